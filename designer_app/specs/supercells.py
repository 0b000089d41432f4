"""How often a cell must be repeated to be thick enough, and the cell that comes out."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.structure import Structure

Repeats = tuple[int, int, int]
"""Along a, b and c."""


def thicknesses(
    cell: NDArray[np.float64], pbc: tuple[bool, bool, bool]
) -> tuple[float, float, float]:
    """Distance of the lattice planes across each direction in A; infinite where none repeats."""
    repeats = np.flatnonzero(pbc)
    found = [math.inf] * 3
    if repeats.size:
        # Column i of the inverse is normal to the plane of the other vectors, 1 / height long.
        normals = np.linalg.pinv(cell[repeats])
        for direction, normal in zip(repeats, normals.T, strict=True):
            found[direction] = float(1.0 / np.linalg.norm(normal))
    return found[0], found[1], found[2]


def repeats_to_reach(
    cell: NDArray[np.float64], pbc: tuple[bool, bool, bool], thickness: float
) -> tuple[int, int, int]:
    """The smallest supercell, along the cell's own vectors, that is `thickness` A in each."""
    a, b, c = (
        1 if math.isinf(each) else max(1, math.ceil(thickness / each - 1e-6))
        for each in thicknesses(cell, pbc)
    )
    return a, b, c


def supercell(structure: Structure, repeats: Repeats) -> Structure:
    """The cell repeated along its own vectors: at rest, since images would move in step."""
    shifts = np.array(list(np.ndindex(repeats)), dtype=np.float64) @ structure.cell
    n = len(shifts)
    return replace(
        structure,
        numbers=np.tile(structure.numbers, n),
        positions=(structure.positions[None] + shifts[:, None]).reshape(-1, 3),
        cell=structure.cell * np.array(repeats)[:, None],
        velocities=None,
        magmoms=None if structure.magmoms is None else np.tile(structure.magmoms, n),
        fixed=None if structure.fixed is None else np.tile(structure.fixed, n),
        masses=None if structure.masses is None else np.tile(structure.masses, n),
    )
