"""Coulomb energy of point charges in a periodic cell, by Ewald's two sums.

    E = k_e [ sum_{pairs} q_i q_j erfc(a r)/r
              + (2 pi/V) sum_{k != 0} exp(-k^2/4a^2)/k^2 |S(k)|^2 - (a/sqrt(pi)) sum_i q_i^2 ],
    S(k) = sum_i q_i exp(i k r_i)

(Ewald 1921, doi:10.1002/andp.19213690304), for neutral cells in a conducting surrounding. The
first sum is over the pair list and stands with the pairs. Here is the second, exact: a wave is a
product of three, one along each lattice vector, so that S(k) of all k is one product of matrices.
Large cells take it from a mesh (`mesh.py`), which has the same methods.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A

ACCURACY = 5.0
"""a r at the cutoff, and k/2a at the last wave: what is left out is below exp(-25) = 1e-11."""
_FARTHEST_PAIR = 8.0
_SERIES = [(-1.0) ** n / math.factorial(n) / (2 * n + 1) for n in range(14)]
"""erf(x)/x in powers of x^2, by 2/sqrt(pi); good to rounding for x up to 1/2."""


def splitting_distance(cutoff: float) -> float:
    """Distance in A at which the sum over pairs ends: waves are the cheaper way to go farther."""
    return min(cutoff, _FARTHEST_PAIR)


class LongRange(Protocol):
    """The second sum for one cell. Densities of several groups of charges may be added."""

    @property
    def a(self) -> float:
        """Splitting parameter in 1/A."""
        ...

    def at(self, positions: Tensor) -> Any:
        """What the other methods want to know of sites at positions (n, 3) in A."""
        ...

    def density(self, sites: Any, charges: Tensor) -> Tensor:
        """S(k), or the charges on a mesh."""
        ...

    def energy(self, density: Tensor) -> Tensor:
        """The sum in eV."""
        ...

    def slopes(self, sites: Any, density: Tensor) -> Tensor:
        """(n, 3) gradient of the potential at sites, in eV/(e A)."""
        ...

    def virial(self, density: Tensor) -> Tensor:
        """(3, 3) slope of the energy under strain in eV; fractional coordinates stay."""
        ...


@dataclass(frozen=True, eq=False)
class Waves:
    """All waves of a cell that count; of k and -k one, where n_1 > 0."""

    a: float
    inverse: Tensor
    numbers: tuple[Tensor, Tensor, Tensor]
    """2 pi n of the waves along each lattice vector."""
    weights: Tensor
    """(n_1, n_2, n_3) k_e 2 pi/V exp(-k^2/4a^2)/k^2 in eV/e^2, of a pair twice."""
    k: Tensor
    """(n_1, n_2, n_3, 3) 1/A."""

    @classmethod
    def of(cls, cell: Tensor, a: float, accuracy: float = ACCURACY) -> "Waves":
        """The waves of a cell."""
        inverse = torch.linalg.inv(cell)
        longest = 2.0 * a * accuracy
        # |k| >= 2 pi n_i / |h_i|: along h_i no wave is longer than this many.
        lengths = torch.linalg.vector_norm(cell, dim=1).tolist()
        most = [int(longest * length / (2.0 * math.pi)) + 1 for length in lengths]
        one, two, three = (
            2.0
            * math.pi
            * torch.arange(
                0 if axis == 0 else -most[axis],
                most[axis] + 1,
                dtype=cell.dtype,
                device=cell.device,
            )
            for axis in range(3)
        )
        k = torch.stack(torch.meshgrid(one, two, three, indexing="ij"), dim=-1) @ inverse.T
        k2 = k.square().sum(dim=-1)
        inside = (k2 > 0) & (k2 <= longest**2)
        safe = torch.where(inside, k2, 1.0)
        # k and -k are counted by one of them where n_1 > 0; both are there where n_1 = 0.
        twice = torch.where(one > 0, 2.0, 1.0).to(cell)[:, None, None]
        prefactor = COULOMB_EV_A * 2.0 * math.pi / torch.linalg.det(cell).abs()
        weights = prefactor * twice * torch.exp(-safe / (4.0 * a * a)) / safe
        return cls(a, inverse, (one, two, three), torch.where(inside, weights, 0.0), k)

    def at(self, positions: Tensor) -> tuple[Tensor, Tensor]:
        """Waves along the first two lattice vectors (n, n_1 n_2), and along the third (n, n_3)."""
        fractional = positions @ self.inverse
        one, two, three = (
            torch.polar(torch.ones_like(angles), angles)
            for angles in (
                fractional[:, axis, None] * numbers for axis, numbers in enumerate(self.numbers)
            )
        )
        return (one[:, :, None] * two[:, None, :]).flatten(1), three

    def density(self, sites: tuple[Tensor, Tensor], charges: Tensor) -> Tensor:
        """(n_1 n_2, n_3) S(k) in e."""
        planes, three = sites
        return planes.T @ (charges[:, None] * three)

    def energy(self, density: Tensor) -> Tensor:
        """See `LongRange`."""
        return (self.weights.flatten(0, 1) * _squared(density)).sum()

    def slopes(self, sites: tuple[Tensor, Tensor], density: Tensor) -> Tensor:
        """See `LongRange`."""
        planes, three = sites
        one, two, third = self.numbers
        potential = (2.0 * self.weights.flatten(0, 1) * density.conj()).T
        # Im, because exp(i n x) has the slope i n exp(i n x), of which the real part counts.
        each = -(planes * (three @ potential)).imag
        each = each.reshape(len(three), len(one), len(two))
        along = (
            each.sum(dim=2) @ one,
            each.sum(dim=1) @ two,
            -(planes * ((three * third) @ potential)).imag.sum(dim=1),
        )
        return torch.stack(along, dim=1) @ self.inverse.T

    def virial(self, density: Tensor) -> Tensor:
        """See `LongRange`."""
        shares = self.weights * _squared(density).reshape(self.weights.shape)
        return virial_of(shares, self.k, self.a)


def virial_of(shares: Tensor, k: Tensor, a: float) -> Tensor:
    """-sum_k E_k [1 - 2 (1/k^2 + 1/4a^2) k k] in eV, E_k the share of a wave in the energy."""
    k2 = k.square().sum(dim=-1)
    bends = 2.0 * shares * (1.0 / torch.where(k2 > 0, k2, 1.0) + 1.0 / (4.0 * a * a))
    across = (bends[..., None] * k).flatten(0, -2).T @ k.flatten(0, -2)
    return across - shares.sum() * torch.eye(3, dtype=k.dtype, device=k.device)


def self_energy(charges: Tensor, a: float) -> Tensor:
    """What charges have with their own clouds in eV: to be added to the second sum."""
    return -COULOMB_EV_A * a / math.sqrt(math.pi) * charges.square().sum()


def _squared(values: Tensor) -> Tensor:
    return values.real.square() + values.imag.square()


def smeared(r2: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """erf(a r)/r in 1/A and its slope divided by r, of sites near each other; smooth at r = 0."""
    n = torch.arange(len(_SERIES), dtype=r2.dtype, device=r2.device)
    series = torch.tensor(_SERIES, dtype=r2.dtype, device=r2.device)
    powers = (a * a * r2)[:, None] ** n
    scale = 2.0 * a / math.sqrt(math.pi)
    value = scale * (powers @ series)
    slope = 2.0 * scale * a * a * (powers[:, :-1] @ (series * n)[1:])
    return value, slope
