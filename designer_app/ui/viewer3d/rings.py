"""Which rings stand around the atoms that are selected or under the pointer."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.ui.viewer3d.look import ViewColors, rgb
from designer_app.ui.viewer3d.scene import Scene

HOVER_ALPHA = 0.40

Rings = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Centres (n, 3) A, radii (n,) A, colours (n, 4)."""


def rings_of(
    scene: Scene, selected: Sequence[int], hovered: int, colors: ViewColors
) -> Rings | None:
    """A ring around every image of the atoms; None where there is no atom."""
    chosen = scene.copies_of(selected)
    pointed = scene.copies_of([hovered] if hovered >= 0 and hovered not in selected else [])
    balls = np.concatenate([chosen, pointed])
    if len(balls) == 0:
        return None
    shades = np.empty((len(balls), 4), dtype=np.float32)
    shades[: len(chosen)] = (*rgb(colors.accent), 1.0)
    shades[len(chosen) :] = (*rgb(colors.text), HOVER_ALPHA)
    return scene.ball_positions()[balls], scene.balls.radii[balls], shades
