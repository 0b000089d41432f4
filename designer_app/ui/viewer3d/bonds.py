"""Bonds: cylinders found by a ray in each pixel, each half in its atom's colour."""

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d.programs import SQUARE, Instanced, Uniforms, program


class Bonds:
    """Half bonds."""

    def __init__(self) -> None:
        corners = SQUARE * np.array([1.0, 0.5], np.float32) + np.array([0.0, 0.5], np.float32)
        self._sticks = Instanced(program("bonds.vert", "bonds.frag"), corners, "triangle_strip")

    def set_colors(self, colors: NDArray[np.float32]) -> None:
        """(n_sticks, 3) red, green, blue."""
        self._sticks.set(a_color=colors)

    def set_positions(self, starts: NDArray[np.float32], axes: NDArray[np.float32]) -> None:
        """(n_sticks, 3) A: where each starts and how far it goes."""
        self._sticks.set(a_start=starts, a_axis=axes)

    def draw(self, uniforms: Uniforms) -> None:
        """Draw all half bonds."""
        self._sticks.draw(uniforms)
