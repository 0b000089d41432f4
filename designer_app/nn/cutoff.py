"""Weights of neighbours that fall smoothly to zero at the cutoff."""

import math

import torch
from jaxtyping import Float
from torch import Tensor


def cosine_cutoff(distance: Float[Tensor, "*n"], cutoff: float) -> Float[Tensor, "*n"]:
    """[1 + cos(pi r / r_c)] / 2 below the cutoff, 0 beyond (Behler 2011, doi:10.1063/1.3553717)."""
    inside = 0.5 * (torch.cos(distance * (math.pi / cutoff)) + 1.0)
    return inside * (distance < cutoff)


def cosine_cutoff_slope(distance: Float[Tensor, "*n"], cutoff: float) -> Float[Tensor, "*n"]:
    """Derivative of `cosine_cutoff` by the distance, in 1/A."""
    rate = math.pi / cutoff
    return -0.5 * rate * torch.sin(distance * rate) * (distance < cutoff)


def polynomial_envelope(
    distance: Float[Tensor, "*n"], cutoff: float, power: int = 6
) -> Float[Tensor, "*n"]:
    """1 at the atom; 0 at the cutoff and beyond, with two derivatives that are 0 there.

    u(x) = 1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2), x = r / r_c
    (Gasteiger et al. 2020, arXiv:2003.03123, eq. 8).
    """
    x = distance / cutoff
    p = float(power)
    below = x**power * (
        0.5 * (p + 1.0) * (p + 2.0) - x * (p * (p + 2.0) - x * (0.5 * p * (p + 1.0)))
    )
    return (1.0 - below) * (distance < cutoff)
