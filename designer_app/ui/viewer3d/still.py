"""What is seen as an image of any size, with the lattice directions in its corner."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from designer_app.ui.viewer3d import axes
from designer_app.ui.viewer3d.camera import Camera
from designer_app.ui.viewer3d.look import ViewColors
from designer_app.ui.viewer3d.scene import Scene

_ON = ("black", "white")
"""Text on a light and on a dark background."""


def image_of(pixels: NDArray[np.uint8]) -> QImage:
    """An image of (height, width, 4) premultiplied colours."""
    pixels = np.ascontiguousarray(pixels)
    height, width, _ = pixels.shape
    form = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(pixels.data, width, height, 4 * width, form).copy()


def paint_directions(
    image: QImage,
    scale: float,
    scene: Scene,
    camera: Camera,
    colors: ViewColors,
    background: QColor | None,
) -> None:
    """The lattice directions at `scale` pixels a point; letters that stand out on `background`,
    which is that of the theme where it is None.
    """
    color = background if background is not None else colors.background
    is_dark = color.alphaF() > 0.5 and color.lightnessF() < 0.5
    text = colors.text if background is None else QColor(_ON[is_dark])
    vectors, letters = axes.directions(scene.cell)
    seen = vectors @ camera.rotation.T
    axes.paint_corner(image, scale, seen, letters, text, is_dark=is_dark)
