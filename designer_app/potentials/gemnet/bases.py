"""Distances and angles as features: equations 9-11 of the GemNet paper (arXiv:2106.08903)."""

import math
from functools import cache, partial
from itertools import pairwise

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import spherical_jn
from torch import Tensor, nn

from designer_app.nn.polynomials import chebyshev, legendre
from designer_app.specs.networks import GemNetSettings

ENVELOPE_POWER = 5
_NEGLIGIBLE = 1e-13
"""Chebyshev coefficients below this are left out; the largest are about 1."""


def envelope(u: Float[Tensor, "*n"], p: int = ENVELOPE_POWER) -> Float[Tensor, "*n"]:
    """1 - (p+1)(p+2)/2 u^p + p(p+2) u^(p+1) - p(p+1)/2 u^(p+2): 1 at 0, smoothly 0 at u = 1.

    Of DimeNet (Gasteiger et al. 2020, arXiv:2003.03123); value, slope and curvature vanish at 1.
    """
    inner = (p + 1) * (p + 2) / 2 - u * (p * (p + 2) - u * (p * (p + 1) / 2))
    return (1.0 - u.pow(p) * inner) * (u < 1)


class BesselBasis(nn.Module):
    """sqrt(2/c) sin(f_n d/c) / d times the envelope; f_n starts at n pi and is learned."""

    def __init__(self, n: int, cutoff: float) -> None:
        super().__init__()
        self.frequencies = nn.Parameter(math.pi * torch.arange(1, n + 1, dtype=torch.float32))
        self._cutoff = cutoff

    def forward(self, d: Float[Tensor, "n_edges"]) -> Float[Tensor, "n_edges n"]:
        """The features of each distance in A."""
        waves = torch.sin(self.frequencies * (d / self._cutoff)[:, None])
        factor = math.sqrt(2.0 / self._cutoff) * envelope(d / self._cutoff) / d
        return waves * factor[:, None]


class SphericalBesselBasis(nn.Module):
    """sqrt(2 / (c^3 j_{l+1}(z_ln)^2)) j_l(z_ln d/c) times the envelope; z_ln is a zero of j_l.

    Evaluated as Chebyshev series in 2 (d/c)^2 - 1, exact to rounding: the recurrence of j_l
    itself loses all digits where z_ln d/c < l.
    """

    series: Tensor
    is_odd: Tensor

    def __init__(self, n_degrees: int, n: int, cutoff: float) -> None:
        super().__init__()
        self._shape, self._cutoff = (n_degrees, n), cutoff
        series = bessel_series(n_degrees, n) * math.sqrt(2.0 / cutoff**3)
        self.register_buffer("series", torch.from_numpy(series), persistent=False)
        odd = (np.arange(n_degrees) % 2).repeat(n).astype(bool)
        self.register_buffer("is_odd", torch.from_numpy(odd), persistent=False)

    def forward(self, d: Float[Tensor, "n_edges"]) -> Float[Tensor, "n_edges n_degrees n"]:
        """The features of each distance in A."""
        u = d / self._cutoff
        wide = u.double() if u.device.type != "mps" else u
        series = self.series.to(wide.dtype)
        terms = chebyshev(2.0 * wide * wide - 1.0, series.shape[0])
        found = (terms.T @ series).to(u.dtype)
        found = found * torch.where(self.is_odd, u[:, None], 1.0)
        return (found * envelope(u)[:, None]).reshape(-1, *self._shape)


class SharedBesselBasis(BesselBasis):
    """The functions of degree 0 for every degree, with learned frequencies (as in fairchem)."""

    def __init__(self, n_degrees: int, n: int, cutoff: float) -> None:
        super().__init__(n, cutoff)
        self._n_degrees = n_degrees

    def forward(self, d: Float[Tensor, "n_edges"]) -> Float[Tensor, "n_edges n_degrees n"]:
        """The features of each distance in A."""
        return super().forward(d)[:, None].expand(-1, self._n_degrees, -1)


def angular_basis(
    settings: GemNetSettings, cutoff: float
) -> SphericalBesselBasis | SharedBesselBasis:
    """The radial half of circular and spherical bases."""
    kind = SphericalBesselBasis if settings.radial_by_degree else SharedBesselBasis
    return kind(settings.n_spherical, settings.n_radial, cutoff)


@cache
def bessel_zeros(n_degrees: int, n: int) -> NDArray[np.float64]:
    """z_ln > 0: the first n zeros of j_0 ... ; those of j_l lie between those of j_{l-1}."""
    zeros = [np.pi * np.arange(1, n + n_degrees, dtype=np.float64)]
    for degree in range(1, n_degrees):
        between = pairwise(zeros[-1])
        found = [brentq(partial(spherical_jn, degree), *each, xtol=1e-14) for each in between]
        zeros.append(np.array(found, dtype=np.float64))
    return np.stack([each[:n] for each in zeros], dtype=np.float64)


@cache
def bessel_series(n_degrees: int, n: int) -> NDArray[np.float64]:
    """(n_terms, n_degrees * n): T_k(2u^2 - 1) coefficients of j_l(z_ln u) / |j_{l+1}(z_ln)|.

    Odd degrees are divided by u first, so that all are even functions.
    """
    zeros = bessel_zeros(n_degrees, n)
    n_terms = 24 + math.ceil(zeros.max() / 2)
    nodes = np.cos(math.pi * (np.arange(n_terms) + 0.5) / n_terms)
    u = np.sqrt((nodes + 1) / 2)
    columns = []
    for degree in range(n_degrees):
        for z in zeros[degree]:
            values = spherical_jn(degree, z * u) / abs(spherical_jn(degree + 1, z))
            columns.append(
                np.polynomial.chebyshev.chebfit(nodes, values / u ** (degree % 2), n_terms - 1)
            )
    series = np.stack(columns, axis=1)
    used = np.flatnonzero((np.abs(series) > _NEGLIGIBLE).any(axis=1)).max() + 1
    return series[:used]


def circular_harmonics(
    cosines: Float[Tensor, "*rows k"], n_degrees: int
) -> Float[Tensor, "*rows n_degrees k"]:
    """Y_l0 = sqrt((2l + 1) / 4 pi) P_l(cos angle), degrees along the last axis but one."""
    degrees = torch.arange(n_degrees, dtype=cosines.dtype, device=cosines.device)
    return legendre(cosines, n_degrees) * torch.sqrt((2 * degrees + 1) / (4 * math.pi))[:, None]
