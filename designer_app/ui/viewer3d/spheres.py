"""Atoms: spheres found by a ray in each pixel, with their true depth."""

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from designer_app.ui.viewer3d.programs import SQUARE, Uniforms, program, set_uniforms
from designer_app.ui.viewer3d.scene import DETAILED, Balls

LARGEST_POINT = 200.0
"""Pixels; every OpenGL draws points up to about this size."""


class Spheres:
    """Squares repeated per atom; point sprites, one vertex an atom, where there are very many."""

    def __init__(self) -> None:
        self._squares = program("spheres.vert", "spheres.frag")
        self._points = program("spheres.vert", "spheres.frag", defines="#define POINTS\n")
        self._squares["a_corner"] = gloo.VertexBuffer(SQUARE)
        self._buffers: dict[str, gloo.VertexBuffer] = {}
        self._sectors: gloo.Texture2D | None = None
        self._largest = 0.0
        self.count = 0

    def set_balls(self, balls: Balls, sector_colors: NDArray[np.uint8]) -> None:
        """Radii and colours of the balls."""
        self.count = len(balls.atoms)
        self._largest = float(balls.radii.max()) if self.count else 0.0
        self._fill("a_radius", balls.radii)
        self._fill("a_color", balls.colors)
        self._fill("a_sectors", balls.sectors)
        self._sectors = gloo.Texture2D(sector_colors, interpolation="nearest", wrapping="repeat")

    def set_positions(self, positions: NDArray[np.float32]) -> None:
        """Move the balls; (n_balls, 3) A."""
        self._fill("a_position", positions)

    def _fill(self, name: str, array: NDArray[np.float32]) -> None:
        if len(array) == 0:
            return
        buffer = self._buffers.get(name)
        if buffer is None or buffer.size != len(array):
            self._buffers[name] = gloo.VertexBuffer(np.ascontiguousarray(array))
        else:
            buffer.set_data(np.ascontiguousarray(array))

    def draw(self, uniforms: Uniforms, pixels_per_A: float) -> None:
        """Draw all balls; `pixels_per_A` is the largest scale in the view."""
        if self.count == 0 or self._sectors is None:
            return
        sprites = self.count > DETAILED and 2.2 * self._largest * pixels_per_A < LARGEST_POINT
        target = self._points if sprites else self._squares
        for name, buffer in self._buffers.items():
            buffer.divisor = None if sprites else 1
            target[name] = buffer
        set_uniforms(target, uniforms)
        target["u_sectors"] = self._sectors
        target["u_n_sectors"] = float(self._sectors.shape[0])
        target.draw("points" if sprites else "triangle_strip")
