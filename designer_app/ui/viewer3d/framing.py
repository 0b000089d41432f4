"""How a structure is first looked at, and what part of the view it may fill."""

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d import axes
from designer_app.ui.viewer3d.scene import Scene

Vector = NDArray[np.float64]


def first_direction(scene: Scene) -> tuple[Vector, Vector]:
    """Where the eye is and what is up at first: a to the right, c up; a molecule lies flat."""
    if scene.has_cell:
        vectors, _ = axes.directions(scene.cell)
        return np.cross(vectors[0], vectors[2]), vectors[2]
    points = scene.bounds(with_cell=False)[0]
    away = points - points.mean(axis=0)
    thinnest, middle, _ = np.linalg.eigh(away.T @ away)[1].T
    return _mostly_positive(thinnest), _mostly_positive(middle)


def _mostly_positive(direction: Vector) -> Vector:
    return direction * np.sign(direction[np.abs(direction).argmax()])


def free_part(
    size: tuple[int, int], covered: tuple[int, int, int, int]
) -> tuple[float, float, float, float]:
    """Left, bottom, right, top in -1..1 of what is not `covered` (left, top, right, bottom)."""
    width, height = max(size[0], 1), max(size[1], 1)
    left, top, right, bottom = covered
    return (
        2.0 * left / width - 1.0,
        2.0 * bottom / height - 1.0,
        1.0 - 2.0 * right / width,
        1.0 - 2.0 * top / height,
    )
