"""Bond-valence site energy of a mobile ion, and the barriers of its ways through a crystal.

Adams and Prasada Rao 2011, doi:10.1002/pssa.201001116; parameters and radii of softBV (Chen, Wong
and Adams 2019, doi:10.1107/S2052520618015718), as tabulated in the package `bvlain` (MIT). The
framework is rigid, and without the other mobile ions:

    E(r) = sum_X D0/2 ([exp(alpha (R_min - d)) - 1]^2 - 1)
         + sum_M C q q_M / (sqrt(n n_M) d) erfc(d / (f (r_c + r_c,M))),   d = |r - r_X|, |r - r_M|

where X are the ions of opposite charge and M those of the same sign, n principal quantum numbers,
r_c covalent radii and f = 0.74. Barriers are percolation energies above the lowest point, which
the literature on this method calls activation energies.

| symbol | variable |
|---|---|
| D0, alpha, R_min | depth, steepness, minimum |
| C = e^2 / (4 pi eps0) | COULOMB |
| f | SCREENING |
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled
from designer_app.errors import InvalidSpecError
from designer_app.properties.percolation import (
    Network,
    Percolation,
    connecting_energy,
    percolation,
    way,
)
from designer_app.properties.softbv import Interaction, interactions
from designer_app.running.control import RunControl
from designer_app.specs.conductivity import BOND_VALENCE, MigrationPath
from designer_app.specs.structure import Structure

Array = NDArray[np.float64]

COULOMB = 14.4
"""eV A, to the digits of softBV."""
SCREENING = 0.74
CUTOFF = 10.0
"""A."""
MOST_POINTS = 400_000
COARSEST = 0.4
"""A; a window between anions is about 1 A wide."""
_CHUNK = 20_000
"""Grid points between two looks at whether the run was cancelled."""
_SAME = 0.02
"""eV: barriers nearer than this are the same one, on a grid."""
_NEAR = 1.0
"""A: a site of the crystal and the lowest point beside it."""
_FLAT = 0.05
"""eV added to the energy in the cost of a way, so that a flat one is not free."""


@dataclass(frozen=True, eq=False)
class SiteEnergies:
    """The energy of the mobile ion over the cell."""

    ion: str
    cell: Array
    energies: Array
    """(n_a, n_b, n_c) eV on a grid without the far faces of the cell."""

    @property
    def spacing(self) -> float:
        """A between neighbouring points, the largest."""
        return float((np.linalg.norm(self.cell, axis=1) / self.energies.shape).max())


@dataclass(frozen=True, eq=False)
class Barriers:
    """Percolation barriers of a mobile ion."""

    barriers: tuple[float, float, float]
    """eV above the lowest point, for ways in 1, 2 and 3 directions; infinite where none was."""
    spacing: float
    """A of the grid."""
    path: MigrationPath | None


def site_energies(
    structure: Structure, ion: str, grid: float = 0.15, control: RunControl | None = None
) -> SiteEnergies:
    """The bond-valence site energy on a grid of about this spacing in A, or coarser in large cells.

    Raises `InvalidSpecError` where the cell is too large, and as `softbv.interactions`.
    """
    framework = interactions(structure, ion)
    lengths = np.linalg.norm(structure.cell, axis=1)
    spacing = max(grid, (structure.volume / MOST_POINTS) ** (1 / 3))
    if spacing > COARSEST:
        raise InvalidSpecError(
            "structure", f"{structure.volume:.0f} A^3", "the cell is too large for a grid"
        )
    counts = np.maximum(np.ceil(lengths / spacing - 1e-9).astype(int), 2)
    axes = [np.arange(count) / count for count in counts]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) @ structure.cell
    energies = energies_at(points, structure.cell, framework, control)
    return SiteEnergies(ion, structure.cell, energies.reshape(counts))


def energies_at(
    points: Array, cell: Array, framework: Interaction, control: RunControl | None = None
) -> Array:
    """(n_points,) eV of the mobile ion at positions (n_points, 3) in A within the cell."""
    control = control or RunControl()
    positions, source = _images(framework.positions, cell)
    found = np.empty(len(points))
    for begin in range(0, len(points), _CHUNK):
        control.checkpoint()
        control.progress(begin, len(points), "Bond-valence energies")
        found[begin : begin + _CHUNK] = _energies(
            np.ascontiguousarray(points[begin : begin + _CHUNK]),
            positions,
            framework.depth[source],
            framework.steepness[source],
            framework.minimum[source],
            framework.charge[source],
            framework.radii[source],
        )
    return found


def barriers(energies: SiteEnergies) -> Barriers:
    """The energies at which ways through the crystal open, and the easiest one to draw."""
    network, steps = grid_network(energies)
    found = percolation(network)
    lowest = float(energies.energies.min())
    above = [energy - lowest for energy in found.energies]
    path = None if math.isinf(above[0]) else _path(energies, network, steps, found)
    return Barriers((above[0], above[1], above[2]), energies.spacing, path)


def barrier_between(energies: SiteEnergies, start: Array, end: Array) -> float:
    """The barrier in eV of the lowest way between two places, above the lower of them.

    A place is the lowest point within 1 A of the position given.
    """
    network, _ = grid_network(energies)
    nodes = [_lowest_near(energies, place) for place in (start, end)]
    values = energies.energies.ravel()[nodes]
    return connecting_energy(network, *nodes) - float(values.min())


def _lowest_near(energies: SiteEnergies, position: Array) -> int:
    """The grid point of the lowest energy near a position."""
    shape = energies.energies.shape
    fractions = np.stack(np.meshgrid(*(np.arange(n) / n for n in shape), indexing="ij"), axis=-1)
    apart = fractions - position @ np.linalg.inv(energies.cell)
    apart -= np.rint(apart)
    distances = np.linalg.norm(apart @ energies.cell, axis=-1)
    reach = max(_NEAR, float(distances.min()))
    return int(np.where(distances <= reach, energies.energies, np.inf).argmin())


def grid_network(energies: SiteEnergies) -> tuple[Network, Array]:
    """Each point connected to its 26 neighbours, at the higher of both energies; edge lengths."""
    shape = np.array(energies.energies.shape)
    values = energies.energies.ravel()
    places = np.stack(np.unravel_index(np.arange(values.size), shape), axis=1)
    halves = [step for step in product((-1, 0, 1), repeat=3) if step > (0, 0, 0)]
    first, second, shifts, lengths = [], [], [], []
    for step in halves:
        there = places + step
        shift = there // shape
        first.append(np.arange(values.size))
        second.append(np.ravel_multi_index(tuple((there - shift * shape).T), tuple(shape)))
        shifts.append(shift)
        length = float(np.linalg.norm((np.array(step) / shape) @ energies.cell))
        lengths.append(np.full(values.size, length))
    one, other = np.concatenate(first), np.concatenate(second)
    network = Network(
        values.size, one, other, np.concatenate(shifts), np.maximum(values[one], values[other])
    )
    return network, np.concatenate(lengths)


def _path(
    energies: SiteEnergies, network: Network, steps: Array, found: Percolation
) -> MigrationPath:
    """The way that opens first, from its lowest point to the same point a lattice vector away."""
    values = energies.energies.ravel()
    lowest = float(values.min())
    top = found.energies[0]
    middle = 0.5 * (values[network.first] + values[network.second]) - lowest
    costs = steps * (middle + _FLAT)
    nodes, cells = way(network, costs, found.node, found.direction, top)
    # Once round from the lowest point of the way, so that the profile begins in a valley.
    turn = int(values[nodes[:-1]].argmin())
    nodes = np.concatenate([nodes[turn:-1], nodes[: turn + 1]])
    cells = np.concatenate([cells[turn:-1], cells[: turn + 1] + np.array(found.direction)])
    shape = energies.energies.shape
    fractions = np.stack(np.unravel_index(nodes, shape), axis=1) / np.array(shape) + cells
    positions = fractions @ energies.cell
    legs = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    return MigrationPath(
        method=BOND_VALENCE,
        ion=energies.ion,
        dimensions=sum(energy <= top + _SAME for energy in found.energies),
        direction=found.direction,
        barrier=top - lowest,
        positions=positions,
        distances=np.concatenate([[0.0], np.cumsum(legs)]),
        energies=values[nodes] - lowest,
    )


def _images(positions: Array, cell: Array) -> tuple[Array, NDArray[np.int64]]:
    """Every image of the framework that a point of the cell can feel, and of which atom it is."""
    volume = abs(np.linalg.det(cell))
    heights = volume / np.linalg.norm(np.cross(cell[[1, 2, 0]], cell[[2, 0, 1]]), axis=1)
    reach = np.ceil(CUTOFF / heights).astype(int) + 1
    ranges = [np.arange(-count, count + 1) for count in reach]
    shifts = np.stack(np.meshgrid(*ranges, indexing="ij"), axis=-1).reshape(-1, 3)
    fractions = positions @ np.linalg.inv(cell)
    fractions = (fractions - np.floor(fractions))[None] + shifts[:, None]
    margin = CUTOFF / heights
    near = ((fractions > -margin) & (fractions < 1.0 + margin)).all(axis=2)
    source = np.broadcast_to(np.arange(len(positions)), near.shape)[near]
    return np.ascontiguousarray(fractions[near] @ cell), source


@compiled
def _energies(points, positions, depth, steepness, minimum, charge, radii):  # noqa: ANN001, ANN202
    """The sum over images of the framework: a Morse well of a counter-ion where `depth` is not 0,
    or else the screened repulsion of an ion of the same sign.
    """
    found = np.zeros(len(points))
    for point in range(len(points)):
        x, y, z = points[point, 0], points[point, 1], points[point, 2]
        total = 0.0
        for image in range(len(positions)):
            dx, dy, dz = positions[image, 0] - x, positions[image, 1] - y, positions[image, 2] - z
            square = dx * dx + dy * dy + dz * dz
            if square > CUTOFF * CUTOFF:
                continue
            distance = max(math.sqrt(square), 0.1)  # a point on an atom is only high
            if depth[image] != 0.0:
                factor = math.exp(steepness[image] * (minimum[image] - distance)) - 1.0
                total += 0.5 * depth[image] * (factor * factor - 1.0)
            else:
                screened = math.erfc(distance / (SCREENING * radii[image]))
                total += COULOMB * charge[image] / distance * screened
        found[point] = total
    return found
