"""Lattices of a plane: their shortest vectors, and their smallest cells."""

import numpy as np
from numpy.typing import NDArray

LEAST_AREA = 1.0
"""A^2: vectors that span less lie on one line."""


def smallest_cell(vectors: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The two vectors that span the smallest cell, made short."""
    pairs = [
        (abs(float(np.cross(a, b)[2])), i, j)
        for i, a in enumerate(vectors)
        for j, b in enumerate(vectors[:i])
    ]
    _, i, j = min(each for each in pairs if each[0] > LEAST_AREA)
    return np.array(reduced_basis(vectors[i], vectors[j]))


def reduced_basis(
    a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shortest basis of a plane lattice (Gauss and Lagrange)."""
    while True:
        if a @ a > b @ b:
            a, b = b, a
        steps = round(float(a @ b) / float(a @ a))
        if steps == 0:
            return (a, b) if np.cross(a, b)[2] > 0 else (a, -b)
        b = b - steps * a


def shortest_vector(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """A: the shortest lattice vector of a plane lattice."""
    a, _ = reduced_basis(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    return float(np.linalg.norm(a))
