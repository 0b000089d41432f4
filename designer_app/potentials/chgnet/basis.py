"""Basis functions of distances and angles, and their slopes.

Radial: sqrt(2/c) sin(f_k r/c)/r u(r/c), the envelope u(x) = 1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1)
- p(p+1)/2 x^(p+2) (Gasteiger et al. 2020, arXiv:2003.03123). Angular: 1/sqrt(2), sin(f_k theta),
cos(f_k theta), over sqrt(pi) (Deng et al. 2023, doi:10.1038/s42256-023-00716-3, eq. 1). The
frequencies f_k were trained.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.potentials.chgnet.network import N_BASIS

_CONSTANT = float(torch.rsqrt(torch.tensor(2.0)) / math.sqrt(math.pi))
"""The constant angular function, with 1/sqrt(2) in single precision as in training."""


def _envelope(x: Tensor, p: int) -> tuple[Tensor, Tensor]:
    """u(x) and u'(x), both 0 from x = 1 on."""
    a, b, c = -(p + 1) * (p + 2) / 2, p * (p + 2), -p * (p + 1) / 2
    power = x ** (p - 1)
    value = 1 + power * x * (a + x * (b + x * c))
    slope = power * (p * a + x * ((p + 1) * b + x * (p + 2) * c))
    inside = x < 1
    return value * inside, slope * inside


def radial_basis(
    lengths: Float[Tensor, "n"], frequencies: Tensor, cutoff: float, power: int
) -> Float[Tensor, "n 32"]:
    """Radial functions of distances, A^-3/2."""
    value, _ = _envelope(lengths / cutoff, power)
    scale = math.sqrt(2 / cutoff) * value / lengths
    basis = lengths.new_zeros(lengths.shape[0], N_BASIS)
    waves = basis[:, : frequencies.shape[0]]
    torch.outer(lengths, frequencies / cutoff, out=waves)
    waves.sin_().mul_(scale[:, None])
    return basis


def radial_slope(
    lengths: Float[Tensor, "n"], frequencies: Tensor, cutoff: float, power: int, g: Tensor
) -> Float[Tensor, "n"]:
    """dE/dr from g = dE/d(radial functions)."""
    value, slope = _envelope(lengths / cutoff, power)
    norm = math.sqrt(2 / cutoff) / lengths
    g = g[:, : frequencies.shape[0]]
    phases = torch.outer(lengths, frequencies / cutoff)
    sine_part = (phases.sin() * g).sum(dim=1)
    cosine_part = (phases.cos_() * g) @ (frequencies / cutoff)
    return norm * ((slope / cutoff - value / lengths) * sine_part + value * cosine_part)


def angular_basis(angles: Float[Tensor, "n"], frequencies: Tensor) -> Float[Tensor, "n 32"]:
    """Fourier functions of angles."""
    order = frequencies.shape[0]
    basis = angles.new_zeros(angles.shape[0], N_BASIS)
    basis[:, 0] = _CONSTANT
    phases = torch.outer(angles, frequencies)
    scale = 1 / math.sqrt(math.pi)
    basis[:, 1 : order + 1] = phases.sin().mul_(scale)
    basis[:, order + 1 : 2 * order + 1] = phases.cos_().mul_(scale)
    return basis


def angular_slope(
    basis: Float[Tensor, "n 32"], frequencies: Tensor, g: Tensor
) -> Float[Tensor, "n"]:
    """dE/dtheta from g = dE/d(angular functions); slopes of sines and cosines are each other."""
    order = frequencies.shape[0]
    sines, cosines = basis[:, 1 : order + 1], basis[:, order + 1 : 2 * order + 1]
    slopes = cosines * g[:, 1 : order + 1] - sines * g[:, order + 1 : 2 * order + 1]
    return slopes @ frequencies
