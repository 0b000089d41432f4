"""The energy of cores and shells, and its slopes: springs, short-ranged pairs and charges.

    E = sum_i [ k2 d_i^2 / 2 + k4 d_i^4 / 24 ]
        + sum_{pairs of shells} s(R) [ A exp(-r/rho) - C/r^6 - D/r^8 ] + Coulomb of all charges,

d_i the distance of core and shell of an ion (Dick and Overhauser 1958,
doi:10.1103/PhysRev.112.90), which do not feel each other's charge, R the distance of the cores.
Slopes are written out, so that a search for the rest of the shells differentiates nothing, and
what only cores have part in is computed once. All of it can be differentiated once more.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from designer_app.potentials.core_shell.ewald import LongRange, self_energy, smeared
from designer_app.potentials.core_shell.ions import Ions, Pairs, squared
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A


@dataclass(frozen=True, eq=False)
class Cores:
    """Cores at some positions, and what they say to shells that move."""

    ions: Ions
    positions: Tensor
    cell: Tensor
    waves: LongRange
    across: tuple[Tensor, Tensor]
    """Shifts in A of the short-ranged pairs, and of those of charges with a shell."""
    between: Tensor
    """(n_short, 3) A between the cores of the pairs that feel short-ranged forces."""
    switch: tuple[Tensor, Tensor]
    """s(R) and s'(R)/R of these pairs."""
    sites: Any
    density: Tensor
    """Of the charges of cores."""

    @classmethod
    def of(cls, ions: Ions, positions: Tensor, cell: Tensor, waves: LongRange) -> "Cores":
        """The ions with their cores at positions (n, 3) in A."""
        one, other = ions.ions_of_short
        across = ions.short.shifts @ cell
        between = positions.index_select(0, other) - positions.index_select(0, one) + across
        sites = waves.at(positions)
        return cls(
            ions=ions,
            positions=positions,
            cell=cell,
            waves=waves,
            across=(across, ions.moving.shifts @ cell),
            between=between,
            switch=_switch(between, ions.begin, ions.end),
            sites=sites,
            density=waves.density(sites, ions.core),
        )

    def with_shells(self, u: Tensor) -> "Moved":
        """The same with shells displaced by u (m, 3) A from their cores."""
        ions, waves = self.ions, self.waves
        at = self.positions[ions.movable] + u
        positions = torch.cat([self.positions, at])
        d = ions.short.vectors(positions, self.across[0])
        r2, bare, bare_slope = short_ranged(d, ions.short.told)
        charges = _charges(ions.moving, positions, self.across[1], waves.a)
        sites = waves.at(at)
        density = self.density + waves.density(sites, ions.on_shells)
        short_slopes = (self.switch[0] * bare_slope)[:, None] * d
        by_pairs = ions.short.gathered(short_slopes, len(positions))
        by_pairs = by_pairs + ions.moving.gathered(charges.slopes, len(positions))
        return Moved(
            cores=self,
            u=u,
            bare=bare,
            short=(d, r2, short_slopes),
            charges=charges,
            density=density,
            by_pairs=by_pairs,
            by_waves=ions.on_shells[:, None] * waves.slopes(sites, density),
        )

    @cached_property
    def still(self) -> "_Charges":
        """The pairs of charges that no shell has part in."""
        still = self.ions.still
        return _charges(still, self.positions, still.shifts @ self.cell, self.waves.a)


@dataclass(frozen=True, eq=False)
class _Charges:
    """Pairs of charges: their energies, vectors and slopes by the vectors."""

    energies: Tensor
    d: Tensor
    r2: Tensor
    slopes: Tensor


@dataclass(frozen=True, eq=False)
class Moved:
    """Cores and shells where they are."""

    cores: Cores
    u: Tensor
    """(m, 3) A."""
    bare: Tensor
    """(n_short,) eV, short-ranged energies before they are switched off."""
    short: tuple[Tensor, Tensor, Tensor]
    """Vectors of these pairs (n_short, 3), their squared lengths, and slopes by the vectors."""
    charges: _Charges
    """Of pairs with a shell."""
    density: Tensor
    by_pairs: Tensor
    """(n + m, 3) eV/A by the sites, of pairs that shells have part in."""
    by_waves: Tensor
    """(m, 3) eV/A by the shells."""

    @property
    def on_shells(self) -> Tensor:
        """(m, 3) dE/du in eV/A."""
        _, own = self._own()
        return self.by_pairs[len(self.cores.positions) :] + self.by_waves + own[:, None] * self.u

    def energy(self) -> Tensor:
        """EV."""
        cores, ions = self.cores, self.cores.ions
        return (
            self._own()[0]
            + (cores.switch[0] * self.bare).sum()
            + self.charges.energies.sum()
            + cores.still.energies.sum()
            + cores.waves.energy(self.density)
            + self_energy(torch.cat([ions.core, ions.on_shells]), cores.waves.a)
        )

    def on_ions(self) -> Tensor:
        """(n, 3) dE/dx in eV/A of cores that take their shells along."""
        cores, ions = self.cores, self.cores.ions
        n = len(cores.positions)
        slopes = self.by_pairs[:n] + ions.still.gathered(cores.still.slopes, n)
        by_waves = ions.core[:, None] * cores.waves.slopes(cores.sites, self.density)
        by_waves = by_waves.index_add(0, ions.movable, self.by_waves)
        slopes = slopes + by_waves - by_waves.mean(dim=0)  # a mesh pulls at the whole a little
        one, other = ions.ions_of_short
        by_switch = self._by_switch()
        slopes = slopes.index_add(0, other, by_switch).index_add(0, one, -by_switch)
        return slopes.index_add(0, ions.movable, self.by_pairs[n:])

    def virial(self) -> Tensor:
        """(3, 3) dE/d(strain) in eV, of shells at rest."""
        cores = self.cores
        _, own = self._own()
        found = (
            self.short[2].T @ self.short[0]
            + self._by_switch().T @ cores.between
            + self.charges.slopes.T @ self.charges.d
            + cores.still.slopes.T @ cores.still.d
            + (own[:, None] * self.u).T @ self.u
            + cores.waves.virial(self.density)
        )
        return 0.5 * (found + found.T)

    def _by_switch(self) -> Tensor:
        return (self.cores.switch[1] * self.bare)[:, None] * self.cores.between

    def _own(self) -> tuple[Tensor, Tensor]:
        """Energy in eV of springs, and (m,) its slope by the distance, divided by it.

        The waves hold core and shell of the same ion too, which feel the spring only.
        """
        ions = self.cores.ions
        d2 = squared(self.u)
        k2, k4 = ions.springs[ions.movable].unbind(dim=1)
        cloud, its_slope = smeared(d2, self.cores.waves.a)
        charges = COULOMB_EV_A * ions.core[ions.movable] * ions.on_shells
        energy = (0.5 * k2 * d2 + k4 / 24.0 * d2 * d2 - charges * cloud).sum()
        return energy, k2 + k4 / 6.0 * d2 - charges * its_slope


def _switch(between: Tensor, begin: float, end: float) -> tuple[Tensor, Tensor]:
    """s(R), from 1 to 0 with two smooth slopes, and s'(R)/R."""
    width = end**2 - begin**2
    x = ((end**2 - squared(between)) / width).clamp(0.0, 1.0)
    return x**3 * ((6.0 * x - 15.0) * x + 10.0), -60.0 / width * (x * (1.0 - x)).square()


def short_ranged(d: Tensor, told: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """r^2, A exp(-r/rho) - C/r^6 - D/r^8 in eV, its slope divided by r; of vectors (n, 3)."""
    height, steep, six, eight, _ = told.unbind(dim=1)
    r2 = squared(d)
    over = 1.0 / r2
    r = torch.sqrt(r2)
    wall = height * torch.exp(-steep * r)
    over6 = over**3
    far6, far8 = six * over6, eight * over6 * over
    slope = (6.0 * far6 + 8.0 * far8) * over - steep * wall / r
    return r2, wall - far6 - far8, slope


def _charges(pairs: Pairs, positions: Tensor, across: Tensor, a: float) -> _Charges:
    """The first of Ewald's sums."""
    d = pairs.vectors(positions, across)
    r2 = squared(d)
    r = torch.sqrt(r2)
    energies = pairs.told * torch.erfc(a * r) / r
    cloud = 2.0 * a / math.sqrt(math.pi) * torch.exp(-a * a * r2)
    return _Charges(energies, d, r2, (-(energies + pairs.told * cloud) / r2)[:, None] * d)
