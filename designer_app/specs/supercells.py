"""How often a cell must be repeated to be thick enough."""

import math

import numpy as np
from numpy.typing import NDArray


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
