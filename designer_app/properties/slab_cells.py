"""A slab, and its cell in the plane: as small as its symmetry allows, or as wide as needed."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.io.formulas import amounts_of, formula
from designer_app.properties.plane_lattices import reduced_basis, shortest_vector, smallest_cell
from designer_app.specs.structure import Structure

Miller = tuple[int, int, int]

_SAME_PLACE = 0.05
"""A: nearer atoms lie on the same place."""


@dataclass(frozen=True, eq=False)
class Slab:
    """One termination of a surface, z along its outer normal."""

    structure: Structure
    """With `fixed` set for the lower half."""
    miller: Miller
    layers: NDArray[np.int64]
    """(n_atoms,) the layer of each atom, 0 on top."""
    n_bulk_cells: float
    """How many cells of the bulk crystal it holds."""

    @property
    def n_layers(self) -> int:
        """Atomic layers."""
        return int(self.layers.max()) + 1

    @property
    def area(self) -> float:
        """A^2 of one side."""
        a, b = self.structure.cell[:2]
        return float(np.linalg.norm(np.cross(a, b)))

    @property
    def termination(self) -> str:
        """Composition of the top layer, reduced."""
        counts = amounts_of(self.structure.numbers[self.layers == 0])
        divisor = math.gcd(*(round(each) for each in counts.values()))
        return formula({symbol: amount / divisor for symbol, amount in counts.items()})


def primitive(slab: Slab) -> Slab:
    """The same slab on its smallest cell in the plane; pymatgen may leave a larger one."""
    given = slab.structure
    first = np.flatnonzero(slab.layers == 0)[0]
    alike = (slab.layers == 0) & (given.numbers == given.numbers[first])
    steps = given.positions[alike] - given.positions[first]
    steps = steps[np.abs(steps[:, 2]) < _SAME_PLACE]
    symmetries = [each for each in steps if _is_symmetry(given, each)]
    if len(symmetries) <= 1:
        return slab
    cell = given.cell.copy()
    cell[:2] = smallest_cell([*symmetries, *given.cell[:2]])
    fractions = given.positions @ np.linalg.inv(cell)
    fractions[:, :2] -= np.floor(fractions[:, :2] + 1e-4)
    kept: list[int] = []
    for index, place in enumerate(fractions):
        offsets = fractions[kept] - place if kept else np.empty((0, 3))
        offsets[:, :2] -= np.round(offsets[:, :2])
        if not (np.linalg.norm(offsets @ cell, axis=1) < _SAME_PLACE).any():
            kept.append(index)
    structure = replace(
        given,
        numbers=given.numbers[kept],
        positions=fractions[kept] @ cell,
        cell=cell,
        fixed=None if given.fixed is None else given.fixed[kept],
    )
    share = len(kept) / len(given)
    return Slab(structure, slab.miller, slab.layers[kept], slab.n_bulk_cells * share)


def _is_symmetry(structure: Structure, step: NDArray[np.float64]) -> bool:
    """Whether the slab moved by a step in the plane lies on itself."""
    inverse = np.linalg.inv(structure.cell)
    for number in np.unique(structure.numbers):
        places = structure.positions[structure.numbers == number]
        offsets = (places[:, None, :] + step - places[None, :, :]) @ inverse
        offsets -= np.round(offsets)
        nearest = np.linalg.norm(offsets @ structure.cell, axis=2).min(axis=1)
        if nearest.max() > _SAME_PLACE:
            return False
    return True


def widened(slab: Slab, spacing: float) -> Slab:
    """The smallest repetition whose shortest in-plane lattice vector is `spacing` A or longer."""
    a, b = reduced_basis(slab.structure.cell[0], slab.structure.cell[1])
    counts = range(1, 2 + math.ceil(spacing / min(np.linalg.norm(a), np.linalg.norm(b))))
    choices = [
        (n * m, abs(n - m), n, m)
        for n in counts
        for m in counts
        if shortest_vector(n * a, m * b) >= spacing - 1e-3
    ]
    _, _, n, m = min(choices) if choices else (0, 0, max(counts), max(counts))
    return repeated(slab, a, b, n, m)


def repeated(slab: Slab, a: NDArray[np.float64], b: NDArray[np.float64], n: int, m: int) -> Slab:
    """The slab on the cell (n a, m b), where a and b span the same lattice as its own."""
    given = slab.structure
    shifts = np.array([i * a + j * b for i in range(n) for j in range(m)])
    positions = (given.positions[None, :, :] + shifts[:, None, :]).reshape(-1, 3)
    count = len(shifts)
    structure = Structure(
        numbers=np.tile(given.numbers, count),
        positions=positions,
        cell=np.array([n * a, m * b, given.cell[2]]),
        pbc=given.pbc,
        fixed=None if given.fixed is None else np.tile(given.fixed, count),
        name=given.name,
    )
    return Slab(structure, slab.miller, np.tile(slab.layers, count), slab.n_bulk_cells * count)
