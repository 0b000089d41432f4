"""The energy of cores and shells of one structure: springs, short-ranged pairs and charges.

    E = sum_i [ k2 d_i^2 / 2 + k4 d_i^4 / 24 ]
        + sum_{pairs of shells} s(R) [ A exp(-r/rho) - C/r^6 - D/r^8 ] + Coulomb of all charges,

d_i the distance of core and shell of an ion (Dick and Overhauser 1958,
doi:10.1103/PhysRev.112.90), which do not feel each other's charge, R the distance of the cores.
An ion without a shell has all its charge, and its short-ranged forces, at its core.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.core_shell.ewald import (
    ACCURACY,
    reciprocal_energy,
    smeared,
    splitting_distance,
)
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A


@dataclass(frozen=True, eq=False)
class IonTable:
    """Parameters by kind of ion, as tensors."""

    core: Tensor
    shell: Tensor
    springs: Tensor
    has_shell: Tensor
    pairs: Tensor
    begin: float
    end: float


@dataclass(frozen=True, eq=False)
class Ions:
    """Ions of one structure with the pairs that are near; positions are arguments."""

    core: Tensor
    """(n,) charges of the cores, e."""
    shell: Tensor
    springs: Tensor
    """(n, 2)."""
    has_shell: Tensor
    """(n,) bool."""
    first: Tensor
    second: Tensor
    shifts: Tensor
    """(n_pairs, 3) in cell vectors."""
    pairs: Tensor
    """(n_pairs, 5) short-ranged parameters."""
    sites: tuple[Tensor, Tensor, Tensor]
    """(first site, second site, pair) of each pair of charges; cores come before shells."""
    begin: float
    end: float

    @classmethod
    def of(
        cls,
        kinds: Tensor,
        positions: Tensor,
        cell: Tensor,
        neighbors: NeighborList,
        table: IonTable,
    ) -> "Ions":
        """The ions of a structure at these positions; pairs beyond the cutoff are left out."""
        shifts = neighbors.shifts.to(positions.dtype)
        first, second = neighbors.first, neighbors.second
        vectors = positions[second] - positions[first] + shifts @ cell
        near = torch.nonzero(vectors.square().sum(dim=1) < table.end**2).squeeze(1)
        first, second, shifts = first[near], second[near], shifts[near]
        core, shell = table.core[kinds], table.shell[kinds]
        charges = torch.cat([core, shell])
        n = len(kinds)
        pair = torch.arange(len(first), device=first.device).repeat(4)
        one = torch.cat([first, first, first + n, first + n])
        other = torch.cat([second, second + n, second, second + n])
        is_near = vectors[near].square().sum(dim=1) < splitting_distance(table.end) ** 2
        charged = (charges[one] * charges[other] != 0) & is_near[pair]
        charged = torch.nonzero(charged).squeeze(1)
        return cls(
            core=core,
            shell=shell,
            springs=table.springs[kinds],
            has_shell=table.has_shell[kinds],
            first=first,
            second=second,
            shifts=shifts,
            pairs=table.pairs[kinds[first], kinds[second]],
            sites=(one[charged], other[charged], pair[charged]),
            begin=table.begin,
            end=table.end,
        )

    @property
    def charges(self) -> Tensor:
        """(n,) e, core and shell together."""
        return self.core + self.shell

    def energy(self, positions: Tensor, displacements: Tensor, cell: Tensor) -> Tensor:
        """Energy in eV with shells displaced from their cores; differentiable in all three."""
        moved = torch.where(self.has_shell[:, None], displacements, 0.0)
        sites = torch.cat([positions, positions + moved])
        across = self.shifts @ cell
        return (
            self._springs(moved)
            + self._short_ranged(positions, positions + moved, across)
            + self._coulomb(sites, moved, across, cell)
        )

    def _springs(self, moved: Tensor) -> Tensor:
        d2 = moved.square().sum(dim=1)
        k2, k4 = self.springs.unbind(dim=1)
        return (0.5 * k2 * d2 + k4 / 24.0 * d2 * d2).sum()

    def _short_ranged(self, cores: Tensor, shells: Tensor, across: Tensor) -> Tensor:
        between_cores = cores[self.second] - cores[self.first] + across
        r2 = self.shell_vectors(shells, across).square().sum(dim=1)
        height, steep, six, eight, _ = self.pairs.unbind(dim=1)
        over = 1.0 / r2
        bare = height * torch.exp(-steep * torch.sqrt(r2)) - over**3 * (six + eight * over)
        begin2, end2 = self.begin**2, self.end**2
        x = ((end2 - between_cores.square().sum(dim=1)) / (end2 - begin2)).clamp(0.0, 1.0)
        return (bare * x**3 * ((6.0 * x - 15.0) * x + 10.0)).sum()

    def shell_vectors(self, shells: Tensor, across: Tensor) -> Tensor:
        """(n_pairs, 3) A between what carries the short-ranged forces."""
        return shells[self.second] - shells[self.first] + across

    def _coulomb(self, sites: Tensor, moved: Tensor, across: Tensor, cell: Tensor) -> Tensor:
        a = ACCURACY / splitting_distance(self.end)
        charges = torch.cat([self.core, self.shell])
        one, other, pair = self.sites
        r = torch.linalg.vector_norm(sites[other] - sites[one] + across[pair], dim=1)
        real = (charges[one] * charges[other] * torch.erfc(a * r) / r).sum()
        # The waves hold core and shell of the same ion too, which feel the spring only.
        own = (self.core * self.shell * smeared(moved.square().sum(dim=1), a)).sum()
        charged = torch.nonzero(charges).squeeze(1)
        fractional = sites[charged] @ torch.linalg.inv(cell)
        waves = reciprocal_energy(fractional, charges[charged], cell, a)
        return COULOMB_EV_A * (real - own) + waves

    def shell_stiffness(self, positions: Tensor, cell: Tensor) -> Tensor:
        """(n,) eV/A^2 that a shell feels alone, but for charges: spring and short-ranged forces.

        A third of the Laplacian, at shells on their cores; what relaxing starts from.
        """
        r = torch.linalg.vector_norm(self.shell_vectors(positions, self.shifts @ cell), dim=1)
        height, steep, six, eight, _ = self.pairs.unbind(dim=1)
        bend = height * steep * (steep - 2.0 / r) * torch.exp(-steep * r)
        bend = (bend - 30.0 * six / r**8 - 56.0 * eight / r**10) / 3.0
        stiffness = self.springs[:, 0].index_add(0, self.first, bend)
        stiffness = stiffness.index_add(0, self.second, bend)
        return torch.maximum(stiffness, 0.2 * self.springs[:, 0])
