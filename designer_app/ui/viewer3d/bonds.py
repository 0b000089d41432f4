"""Bonds: cylinders found by a ray in each pixel, each half in its atom's colour."""

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d.programs import Instanced, Uniforms, program

# A box as one strip of triangles; z runs along the bond.
_STRIP = (3, 2, 6, 7, 4, 2, 0, 3, 1, 6, 5, 4, 1, 0)
_CUBE = np.array(
    [
        [1, 1, 1], [-1, 1, 1], [1, -1, 1], [-1, -1, 1],
        [1, 1, 0], [-1, 1, 0], [-1, -1, 0], [1, -1, 0],
    ],
    dtype=np.float32,
)  # fmt: skip
BOX = _CUBE[list(_STRIP)]


class Bonds:
    """Half bonds."""

    def __init__(self) -> None:
        self._sticks = Instanced(program("bonds.vert", "bonds.frag"), BOX, "triangle_strip")

    def set_colors(self, colors: NDArray[np.float32]) -> None:
        """(n_sticks, 3) red, green, blue."""
        self._sticks.set(a_color=colors)

    def set_positions(self, starts: NDArray[np.float32], axes: NDArray[np.float32]) -> None:
        """(n_sticks, 3) A: where each starts and how far it goes."""
        self._sticks.set(a_start=starts, a_axis=axes)

    def draw(self, uniforms: Uniforms) -> None:
        """Draw all half bonds."""
        self._sticks.draw(uniforms)
