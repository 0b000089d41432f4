"""The ions of one structure: charges, springs, and which sites feel each other.

Sites are the n cores, then the m shells. An ion without a shell has all its charge, and its
short-ranged forces, at its core.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.core_shell.ewald import splitting_distance
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
class Pairs:
    """Pairs of sites with what they feel of each other; vectors lead from `one` to `other`."""

    one: Tensor
    other: Tensor
    shifts: Tensor
    """(n_pairs, 3) in cell vectors."""
    told: Tensor
    """(n_pairs,) k_e q q in eV A, or (n_pairs, 5) short-ranged parameters."""

    def vectors(self, sites: Tensor, across: Tensor) -> Tensor:
        """(n_pairs, 3) A; `across` are the shifts in A."""
        return sites.index_select(0, self.other) - sites.index_select(0, self.one) + across

    def gathered(self, slopes: Tensor, n_sites: int) -> Tensor:
        """(n_sites, 3) slopes of the energy by sites, of those by the vectors."""
        found = torch.zeros(n_sites, 3, dtype=slopes.dtype, device=slopes.device)
        return found.index_add(0, self.other, slopes).index_add(0, self.one, -slopes)


@dataclass(frozen=True, eq=False)
class Ions:
    """Ions of one structure with the pairs that are near."""

    core: Tensor
    """(n,) charges of the cores, e; of the ion where it has no shell."""
    shell: Tensor
    """(n,) charges of the shells, e; 0 without one."""
    springs: Tensor
    """(n, 2)."""
    movable: Tensor
    """(m,) ions that have a shell."""
    short: Pairs
    """Short-ranged, between shells."""
    ions_of_short: tuple[Tensor, Tensor]
    """The ions of these pairs."""
    still: Pairs
    """Charges of cores."""
    moving: Pairs
    """Charges of which at least one is a shell's."""
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
        n = len(kinds)
        has_shell = table.has_shell[kinds]
        movable = torch.nonzero(has_shell).squeeze(1)
        core = torch.where(has_shell, table.core[kinds], table.shell[kinds])
        shell = torch.where(has_shell, table.shell[kinds], 0.0)
        rank = torch.full_like(kinds, -1)
        rank[movable] = torch.arange(n, n + len(movable), device=kinds.device)

        near = _Near.of(positions, cell, neighbors)
        n_kinds = len(table.core)
        kind = kinds.index_select(0, near.first) * n_kinds + kinds.index_select(0, near.second)
        is_felt = (table.pairs[..., [0, 2, 3]] != 0).any(dim=-1).flatten()
        felt = near.among((near.r2 < table.end**2) & is_felt.index_select(0, kind))
        carrier = torch.where(has_shell, rank, torch.arange(n, device=kinds.device))
        told = table.pairs.flatten(0, 1).index_select(0, kind.index_select(0, felt.rows))
        short = Pairs(carrier[felt.first], carrier[felt.second], felt.shifts, told)

        charges = COULOMB_EV_A * torch.cat([core, shell[movable]])
        close = near.among(near.r2 < splitting_distance(table.end) ** 2)
        first, second = close.first, close.second
        first_shell, second_shell = rank.index_select(0, first), rank.index_select(0, second)
        groups: list[Pairs] = []
        for ends in (
            [(first, second)],
            [(first, second_shell), (first_shell, second), (first_shell, second_shell)],
        ):
            one, other = (torch.cat(each) for each in zip(*ends, strict=True))
            kept = torch.nonzero((one >= 0) & (other >= 0)).squeeze(1)
            one, other = one.index_select(0, kept), other.index_select(0, kept)
            across = close.shifts.index_select(0, kept % len(first)) if len(first) else close.shifts
            told = charges.index_select(0, one) * charges.index_select(0, other) / COULOMB_EV_A
            groups.append(Pairs(one, other, across, told))
        return cls(
            core=core,
            shell=shell,
            springs=table.springs[kinds],
            movable=movable,
            short=short,
            ions_of_short=(felt.first, felt.second),
            still=groups[0],
            moving=groups[1],
            begin=table.begin,
            end=table.end,
        )

    @property
    def charges(self) -> Tensor:
        """(n,) e, core and shell together."""
        return self.core + self.shell

    @property
    def on_shells(self) -> Tensor:
        """(m,) e."""
        return self.shell[self.movable]


@dataclass(frozen=True, eq=False)
class _Near:
    """Pairs of ions."""

    rows: Tensor
    """Which they are of the list they were taken from."""
    first: Tensor
    second: Tensor
    shifts: Tensor
    r2: Tensor

    @classmethod
    def of(cls, positions: Tensor, cell: Tensor, neighbors: NeighborList) -> "_Near":
        first, second = neighbors.first, neighbors.second
        shifts = neighbors.shifts.to(positions.dtype)
        between = positions.index_select(0, second) - positions.index_select(0, first)
        rows = torch.arange(len(first), device=first.device)
        return cls(rows, first, second, shifts, squared(between + shifts @ cell))

    def among(self, which: Tensor) -> "_Near":
        rows = torch.nonzero(which).squeeze(1)
        return _Near(
            rows,
            self.first.index_select(0, rows),
            self.second.index_select(0, rows),
            self.shifts.index_select(0, rows),
            self.r2.index_select(0, rows),
        )


def squared(d: Tensor) -> Tensor:
    """(n,) squared lengths of vectors (n, 3); as a product of matrices, which is quick."""
    return (d * d) @ torch.ones(3, dtype=d.dtype, device=d.device)
