"""The edges of the unit cell: thin calm lines."""

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d.programs import SQUARE, Instanced, Uniforms, program


def edges(cell: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Starts and ends (12, 3) A of the edges of a parallelepiped."""
    starts, ends = [], []
    for axis in range(3):
        for corner in np.ndindex(2, 2, 2):
            if corner[axis] == 0:
                start = np.array(corner, dtype=np.float64)
                starts.append(start @ cell)
                ends.append((start + np.eye(3)[axis]) @ cell)
    return np.array(starts, dtype=np.float32), np.array(ends, dtype=np.float32)


class CellEdges:
    """The twelve edges."""

    def __init__(self) -> None:
        corners = SQUARE * np.array([0.5, 1.0], np.float32) + np.array([0.5, 0.0], np.float32)
        self._lines = Instanced(program("lines.vert", "lines.frag"), corners, "triangle_strip")

    def set_cell(self, cell: NDArray[np.float64]) -> None:
        """(3, 3) A, rows are lattice vectors."""
        starts, ends = edges(cell)
        self._lines.set(a_start=starts, a_end=ends)

    def draw(self, uniforms: Uniforms, color: tuple[float, float, float], width: float) -> None:
        """Draw the edges, `width` pixels wide."""
        self._lines.draw({**uniforms, "u_color": color, "u_width": width})
