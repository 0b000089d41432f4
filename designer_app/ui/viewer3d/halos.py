"""Rings around atoms that are selected or under the pointer."""

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d.programs import SQUARE, Instanced, Uniforms, program


class Halos:
    """One ring a ball."""

    def __init__(self) -> None:
        self._rings = Instanced(program("halos.vert", "halos.frag"), SQUARE, "triangle_strip")

    def set_rings(
        self,
        positions: NDArray[np.float32],
        radii: NDArray[np.float32],
        colors: NDArray[np.float32],
    ) -> None:
        """Centres (n, 3) A, radii (n,) A and colours (n, 4)."""
        self._rings.set(a_position=positions, a_radius=radii, a_color=colors)

    def draw(self, uniforms: Uniforms) -> None:
        """Draw all rings."""
        self._rings.draw(uniforms)
