"""What a Gaussian approximation potential is linear in: kernels of SOAP, and functions of pairs.

E = sum_i [ E0 + sum_s b_s (p_i . p_s)^zeta + 1/2 sum_jt b_t exp(-(r_ij - r_t)^2 / 2 w^2) f_c ]

p_s are the sparse points, one set for each element in the middle; r_t stand evenly, one set for
each pair of elements. b is alpha of the papers times the variance of the kernel.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.compiled import compiled
from designer_app.nn.soap import Soap, Surroundings
from designer_app.nn.soap_basis import SoapShape, fade
from designer_app.specs.networks import GAPSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

JITTER = 1e-9
"""Added to the diagonal of K_MM, whose largest entry is 1: it is singular but for that."""


@dataclass(frozen=True, eq=False)
class PairBasis:
    """Gaussians of a distance that fade at the cutoff, the same for each pair of elements."""

    points: FloatArray
    """(n_points,) A."""
    width: float
    """A."""
    cutoff: float
    transition: float
    """They fade over this distance before the cutoff, A."""
    n_kinds: int

    @property
    def n_columns(self) -> int:
        """Points of all pairs of elements."""
        return len(self.points) * self.n_kinds * (self.n_kinds + 1) // 2

    def block(self, first: IntArray, second: IntArray) -> IntArray:
        """Number of the pair of elements."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        found: IntArray = low * self.n_kinds - low * (low - 1) // 2 + high - low
        return found

    def values(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(n, n_points) functions at distances, and their slopes per A."""
        cut, fall = fade(r, self.cutoff - self.transition, self.cutoff)
        cut, fall = cut[:, None], fall[:, None]
        away = (r[:, None] - self.points) / self.width
        bell = np.exp(-0.5 * away**2)
        return bell * cut, bell * (fall - cut * away / self.width)

    def covariance(self) -> FloatArray:
        """(n_points, n_points) of one pair of elements, without the cutoff."""
        away = (self.points[:, None] - self.points) / self.width
        found: FloatArray = np.exp(-0.5 * away**2)
        return found


@dataclass(frozen=True, eq=False)
class GapBasis:
    """Functions of the atoms, columns of the fit: SOAP kernels by element, then pairs."""

    soap: Soap
    zeta: int
    sparse: tuple[FloatArray, ...]
    """(n_sparse, n_features) unit vectors for each element."""
    pairs: PairBasis | None
    offsets: IntArray
    """(n_kinds + 1,) first column of each element; then of the pairs."""

    @property
    def n_columns(self) -> int:
        """All functions."""
        return int(self.offsets[-1]) + (self.pairs.n_columns if self.pairs else 0)

    def kernel(self, unit: FloatArray, kind: int) -> tuple[FloatArray, FloatArray]:
        """(n_atoms, n_sparse) kernels of atoms of one element, and their slopes by p . p_s."""
        overlap = np.maximum(product(unit, self.sparse[kind].T), 0.0)
        powers = (overlap > 0.0).astype(overlap.dtype)  # flat where it was cut off
        for _ in range(self.zeta - 1):  # far quicker than a general power
            powers *= overlap
        return powers * overlap, self.zeta * powers

    def covariance(self, kind: int) -> FloatArray:
        """(n_sparse, n_sparse) kernels between sparse points."""
        return self.kernel(self.sparse[kind], kind)[0]


def triangular_factor(covariance: FloatArray) -> torch.Tensor:
    """Upper L^T of K_MM = L L^T."""
    regular = torch.from_numpy(covariance + JITTER * np.eye(len(covariance)))
    return torch.linalg.cholesky(regular, upper=True)


def soap_shape(settings: GAPSettings) -> SoapShape:
    """The descriptor that settings ask for."""
    return SoapShape(
        n_max=settings.n_max,
        l_max=settings.l_max,
        cutoff=settings.cutoff,
        smearing=settings.smearing,
        transition=min(settings.transition, 0.9 * settings.cutoff),
        decay=settings.decay,
        decay_from=settings.decay_from,
    )


def basis_of(
    settings: GAPSettings, n_kinds: int, arrays: Mapping[str, NDArray[np.float64]]
) -> GapBasis:
    """The basis that settings and the arrays of a fit describe."""
    sparse = tuple(np.asarray(arrays[f"sparse.{kind}"], np.float64) for kind in range(n_kinds))
    points = np.asarray(arrays.get("pair.points", np.zeros(0)), np.float64)
    pairs = None
    if len(points):
        pairs = PairBasis(
            points,
            settings.pair_width,
            settings.cutoff,
            min(settings.transition, 0.9 * settings.cutoff),
            n_kinds,
        )
    return GapBasis(
        Soap(soap_shape(settings), n_kinds),
        settings.zeta,
        sparse,
        pairs,
        np.concatenate([[0], np.cumsum([len(each) for each in sparse])]).astype(np.int64),
    )


def product(left: FloatArray, right: FloatArray) -> FloatArray:
    """Matrix product with the threads that torch was given."""
    return torch.mm(torch.from_numpy(left), torch.from_numpy(right)).numpy()


@compiled
def scatter_pairs(
    first: IntArray,
    second: IntArray,
    vectors: FloatArray,
    slopes: FloatArray,
    forces: FloatArray,
) -> FloatArray:
    """Adds dE/d(vector), (n_pairs, 3), to forces (n_atoms, 3); (n_atoms, 6) strain slopes."""
    strain = np.zeros((len(forces), 6))
    for p in range(len(first)):
        i, j = first[p], second[p]
        x, g = vectors[p], slopes[p]
        for k in range(3):
            forces[i, k] += g[k]
            forces[j, k] -= g[k]
            strain[i, k] += x[k] * g[k]
        strain[i, 3] += 0.5 * (x[1] * g[2] + x[2] * g[1])
        strain[i, 4] += 0.5 * (x[0] * g[2] + x[2] * g[0])
        strain[i, 5] += 0.5 * (x[0] * g[1] + x[1] * g[0])
    return strain


def firsts(near: Surroundings) -> IntArray:
    """(n_pairs,) the atom in the middle of each pair."""
    return np.repeat(np.arange(len(near.kinds)), np.diff(near.starts))
