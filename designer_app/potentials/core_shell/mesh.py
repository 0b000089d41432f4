"""Ewald's second sum on a mesh: smooth particle mesh Ewald, for cells with many ions.

Charges are spread on a mesh by B-splines M_p, a Fourier transform of it stands for S(k),

    S(k) = b_1(n_1) b_2(n_2) b_3(n_3) FFT[Q](n),
    |b(n)|^2 = | sum_{j=0}^{p-2} M_p(j + 1) exp(2 pi i n j / K) |^-2

(Essmann et al. 1995, doi:10.1063/1.470117, eqs. 4.1 to 4.8), and slopes are the exact ones of
that energy, so that energy is conserved; as the mesh does not move along with the ions, their sum
is not quite 0, and forces are given without their mean. The work grows as n log n, for any cell.
Their splines are of even order here, which is what interpolates well at the shortest waves.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.potentials.core_shell.ewald import virial_of
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A

ORDER = 8
_SPACING = 0.28
"""a times the distance of mesh points: energies are right to 2e-7, forces to 1e-4 eV/A."""
_FACTORS = (2, 3, 5)
_COARSEST, _FINEST = 1.05, 0.6
"""Times that distance, between which a mesh keeps its points while its cell changes."""

Points = tuple[int, int, int]
"""Along the lattice vectors."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Sites on the mesh: which points they touch, and with which weights and slopes."""

    points: Tensor
    """(n, p p p) flat indices."""
    weights: tuple[Tensor, Tensor, Tensor]
    """(n, p) along each lattice vector."""
    slopes: tuple[Tensor, Tensor, Tensor]
    """(n, p) by the fractional coordinate."""


@dataclass(frozen=True, eq=False)
class Mesh:
    """The mesh of a cell."""

    a: float
    inverse: Tensor
    shape: Points
    weights: Tensor
    """(K_1, K_2, K_3/2 + 1) of |FFT[Q]|^2 in the energy, eV/e^2, of k and -k together."""
    twice: Tensor
    """(K_3/2 + 1,) 2 where -k is not in the half of the transform that is kept, else 1."""
    k: Tensor
    """1/A."""

    @classmethod
    def of(cls, cell: Tensor, a: float, points: Points | None = None) -> "Mesh":
        """The mesh of a cell, with so many points or as many as it needs."""
        inverse = torch.linalg.inv(cell)
        shape = points or mesh_points(cell, a)
        numbers = [_numbers(n, cell, half=axis == 2) for axis, n in enumerate(shape)]
        k = 2.0 * math.pi * torch.stack(torch.meshgrid(*numbers, indexing="ij"), -1) @ inverse.T
        k2 = k.square().sum(dim=-1)
        safe = torch.where(k2 > 0, k2, 1.0)
        prefactor = COULOMB_EV_A * 2.0 * math.pi / torch.linalg.det(cell).abs()
        weights = prefactor * torch.exp(-safe / (4.0 * a * a)) / safe
        for axis, n in enumerate(shape):
            along = [1, 1, 1]
            along[axis] = -1
            weights = weights * _moduli(numbers[axis], n).reshape(along)
        third = numbers[2].abs()
        twice = torch.where((third > 0) & (2 * third < shape[2]), 2.0, 1.0).to(cell)
        weights = torch.where(k2 > 0, weights, 0.0) * twice
        return cls(a, inverse, shape, weights, twice, k)

    def at(self, positions: Tensor) -> Spread:
        """See `LongRange`."""
        sizes = torch.tensor(self.shape, dtype=positions.dtype, device=positions.device)
        scaled = (positions @ self.inverse) * sizes
        corner = torch.floor(scaled.detach())
        weights, slopes = _splines(scaled - corner)
        steps = torch.arange(ORDER, device=positions.device)
        one, two, three = (
            (corner[:, axis, None].to(torch.int64) - steps) % self.shape[axis] for axis in range(3)
        )
        planes = one[:, :, None] * self.shape[1] + two[:, None, :]
        points = planes[..., None] * self.shape[2] + three[:, None, None, :]
        slopes = slopes * sizes[:, None]
        return Spread(points.flatten(1), _three(weights), _three(slopes))

    def density(self, sites: Spread, charges: Tensor) -> Tensor:
        """(K_1, K_2, K_3) charges in e at the points."""
        one, two, three = sites.weights
        planes = (charges[:, None] * one)[:, :, None] * two[:, None, :]
        shares = (planes[..., None] * three[:, None, None, :]).flatten()
        mesh = torch.zeros(math.prod(self.shape), dtype=shares.dtype, device=shares.device)
        return mesh.index_add(0, sites.points.flatten(), shares).reshape(self.shape)

    def energy(self, density: Tensor) -> Tensor:
        """See `LongRange`."""
        return self._shares(density).sum()

    def slopes(self, sites: Spread, density: Tensor) -> Tensor:
        """See `LongRange`."""
        # irfftn counts -k by itself, and divides by the number of points.
        waves = 2.0 * self.weights / self.twice * torch.fft.rfftn(density)
        potential = torch.fft.irfftn(waves, self.shape) * math.prod(self.shape)
        (one, two, three), (d_one, d_two, d_three) = sites.weights, sites.slopes
        here = potential.flatten()[sites.points].reshape(-1, ORDER * ORDER, ORDER)
        ends = here @ torch.stack([three, d_three], dim=2)
        ends = ends.reshape(-1, ORDER, ORDER, 2)
        middle = torch.einsum("nijs,nj->nis", ends, two)
        slope_two = torch.einsum("nij,nj,ni->n", ends[..., 0], d_two, one)
        along = (
            (middle[..., 0] * d_one).sum(dim=1),
            slope_two,
            (middle[..., 1] * one).sum(dim=1),
        )
        return torch.stack(along, dim=1) @ self.inverse.T

    def virial(self, density: Tensor) -> Tensor:
        """See `LongRange`."""
        return virial_of(self._shares(density), self.k, self.a)

    def _shares(self, density: Tensor) -> Tensor:
        waves = torch.fft.rfftn(density)
        return self.weights * (waves.real.square() + waves.imag.square())


def mesh_points(cell: Tensor, a: float, before: Sequence[int] = (0, 0, 0)) -> Points:
    """Points that a cell needs; those of a step before, where they still serve."""
    one, two, three = (
        _along(length * a, n)
        for length, n in zip(
            torch.linalg.vector_norm(cell, dim=1).tolist(), map(int, before), strict=True
        )
    )
    return one, two, three


def _along(length: float, before: int) -> int:
    """Points along a lattice vector of a length in 1/a."""
    if before and _FINEST < length / before / _SPACING < _COARSEST:
        return before
    return _smooth(max(math.ceil(length / _SPACING), ORDER))


def _three(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    one, two, three = values.unbind(dim=1)
    return one, two, three


def _splines(w: Tensor) -> tuple[Tensor, Tensor]:
    """(n, 3, p) M_p(w + j) for j = 0 .. p - 1 and their slopes, of offsets w from 0 to 1.

    M_n(x) = [x M_{n-1}(x) + (n - x) M_{n-1}(x - 1)]/(n - 1) and M_n' = M_{n-1}(x) - M_{n-1}(x - 1).
    """
    values = torch.stack([w, 1.0 - w], dim=-1)
    for n in range(3, ORDER + 1):
        before = torch.cat([values, torch.zeros_like(values[..., :1])], dim=-1)
        shifted = torch.cat([torch.zeros_like(values[..., :1]), values], dim=-1)
        x = w[..., None] + torch.arange(n, dtype=w.dtype, device=w.device)
        if n == ORDER:
            return (x * before + (n - x) * shifted) / (n - 1), before - shifted
        values = (x * before + (n - x) * shifted) / (n - 1)
    raise AssertionError


def _moduli(numbers: Tensor, n: int) -> Tensor:
    """|b(n)|^2 of an axis with n points."""
    at_points, _ = _splines(torch.zeros(1, 3, dtype=numbers.dtype, device=numbers.device))
    heights = at_points[0, 0, 1:]
    steps = torch.arange(ORDER - 1, dtype=numbers.dtype, device=numbers.device)
    angles = 2.0 * math.pi * numbers[:, None] * steps / n
    return 1.0 / ((torch.cos(angles) @ heights).square() + (torch.sin(angles) @ heights).square())


def _numbers(n: int, like: Tensor, *, half: bool) -> Tensor:
    """Whole numbers of the waves of an axis, in the order of the transform."""
    found = torch.fft.rfftfreq(n) if half else torch.fft.fftfreq(n)
    return torch.round(found * n).to(like)


def _smooth(least: int) -> int:
    """The least even number from here on of which 2, 3 and 5 are the only factors."""
    found = least + least % 2
    while True:
        rest = found
        for factor in _FACTORS:
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return found
        found += 2
