"""The OpenGL picture: what is drawn in which order, on the screen or into an image."""

import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import qInstallMessageHandler
from PySide6.QtGui import QColor
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

# vispy's backend takes Qt's message handler away from whoever has it: it is put back.
_handler = qInstallMessageHandler(None)
from vispy import app, gloo  # noqa: E402
from vispy.app.backends import _pyside6  # noqa: E402, F401 - imports the Qt backend now

qInstallMessageHandler(_handler)

from designer_app.ui.viewer3d.bonds import Bonds  # noqa: E402
from designer_app.ui.viewer3d.camera import Camera  # noqa: E402
from designer_app.ui.viewer3d.cell import CellEdges  # noqa: E402
from designer_app.ui.viewer3d.halos import Halos  # noqa: E402
from designer_app.ui.viewer3d.look import ViewColors, rgb  # noqa: E402
from designer_app.ui.viewer3d.picture import Picture, Target  # noqa: E402
from designer_app.ui.viewer3d.programs import Uniforms  # noqa: E402
from designer_app.ui.viewer3d.rings import Rings  # noqa: E402
from designer_app.ui.viewer3d.scene import Scene  # noqa: E402
from designer_app.ui.viewer3d.spheres import Spheres  # noqa: E402

log = logging.getLogger(__name__)

LARGEST_PICTURE = 8192
"""Pixels along a side that every OpenGL can draw into."""
EXPORT_SAMPLES = 3
MANY_PIXELS = 4_000_000
"""An export with more has two samples a pixel and direction: its outlines are fine enough."""
FOG = 0.40
"""Share of the background in the farthest atoms."""
CELL_WIDTH = 1.3
"""Points."""


class GLCanvas(app.Canvas):
    """Draws a scene through a camera; owns the OpenGL objects."""

    def __init__(self, scene: Scene, camera: Camera, colors: ViewColors, parent: QWidget) -> None:
        app.use_app("pyside6")
        gloo.gl.use_gl("gl+")
        super().__init__(parent=parent, keys=None, create_native=True, show=False, vsync=True)
        # The backend's second context serves questions that nobody asks here, and outlives Qt.
        backend: Any = self.native
        backend._secondary_context.doneCurrent()  # noqa: SLF001
        backend._secondary_context = backend._surface = None  # noqa: SLF001
        self.scene = scene
        self.camera = camera
        self.colors = colors
        self.show_cell = True
        self.refined = True
        self.rings: Rings | None = None
        self.report_drawn: Callable[[float], None] = _ignore
        self.report_failure: Callable[[Exception], None] = _ignore
        self._spheres = Spheres()
        self._bonds = Bonds()
        self._cell = CellEdges()
        self._halos = Halos()
        self._pictures: dict[bool, Picture] = {}
        self._version = -1
        self._moved = True

    @property
    def widget(self) -> QOpenGLWidget:
        """The Qt widget that shows the picture."""
        return self.native

    def moved(self) -> None:
        """The scene's positions changed: send them before the next drawing."""
        self._moved = True

    # --- drawing ---------------------------------------------------------------------------------

    def on_draw(self, _event: object) -> None:
        """Called by vispy inside paintGL."""
        start = time.perf_counter()
        try:
            width, height = (max(int(side), 1) for side in self.physical_size)
            picture = self._picture_of(width, height)
            uniforms = self._draw(picture, self.colors.background, self.pixel_scale)
            picture.occlude(uniforms)
            picture.show(uniforms)
            self.context.finish()
        except Exception as error:
            log.exception("The 3D view could not draw")
            self.report_failure(error)
            return
        self.report_drawn(time.perf_counter() - start)

    def image(self, width: int, height: int, background: QColor, scale: float) -> NDArray[np.uint8]:
        """(height, width, 4) premultiplied; `scale` is pixels per point for line widths."""
        if not self.widget.isValid():  # never shown: Qt makes the context for this picture
            self.widget.grabFramebuffer()
        self.set_current()
        wanted = EXPORT_SAMPLES if width * height <= MANY_PIXELS else 2
        samples = max(1, min(wanted, LARGEST_PICTURE // max(width, height)))
        picture = Picture(width, height, samples, occluded=True)
        finished = Target(width, height)
        uniforms = self._draw(picture, background, scale)
        picture.occlude(uniforms)
        with finished.buffer:
            picture.show(uniforms)
            return np.asarray(finished.buffer.read("color", alpha=True), dtype=np.uint8)

    def _picture_of(self, width: int, height: int) -> Picture:
        picture = self._pictures.get(self.refined)
        if picture is None or (picture.width, picture.height) != (width, height):
            samples = 2 if self.refined else 1
            picture = Picture(width, height, samples, occluded=self.refined)
            self._pictures[self.refined] = picture
        return picture

    def _draw(self, picture: Picture, background: QColor, scale: float) -> Uniforms:
        self._upload()
        wide, tall = picture.drawn.width, picture.drawn.height
        aspect = picture.width / picture.height
        uniforms = self._uniforms(aspect, (wide, tall), background)
        _, half_height = self.camera.half_extent(aspect)
        parallel = self.camera.projection == "orthographic"
        nearest = 1.0 if parallel else self.camera.clip_range()[0]
        with picture.drawn.buffer:
            gloo.set_viewport(0, 0, wide, tall)
            gloo.set_state(depth_test=True, blend=False, cull_face=False, depth_mask=True)
            gloo.clear(color=(*premultiplied(background), background.alphaF()), depth=1.0)
            self._spheres.draw(uniforms, tall / (2.0 * half_height * nearest))
            self._bonds.draw(uniforms)
            gloo.set_state(blend=True, depth_mask=False)
            gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
            if self.show_cell and self.scene.has_cell:
                width = CELL_WIDTH * picture.samples * scale
                self._cell.draw(uniforms, rgb(self.colors.cell), width)
            if self.rings is not None:
                self._halos.draw(uniforms)
            gloo.set_state(blend=False, depth_mask=True)
        return uniforms

    def _uniforms(
        self, aspect: float, viewport: tuple[int, int], background: QColor
    ) -> dict[str, object]:
        camera, scene = self.camera, self.scene
        near, far = camera.clip_range()
        inverse_cell = np.linalg.inv(scene.cell) if scene.has_cell else np.eye(3)
        is_dark = background.alphaF() > 0.5 and background.lightnessF() < 0.5
        return {
            "u_view": camera.view_matrix().T.astype(np.float32),
            "u_projection": camera.projection_matrix(aspect).T.astype(np.float32),
            "u_orthographic": float(camera.projection == "orthographic"),
            "u_half_extent": camera.half_extent(aspect),
            "u_viewport": (float(viewport[0]), float(viewport[1])),
            "u_fog_color": rgb(background),
            # The front half stays clear; nothing fades into a transparent background.
            "u_fog": (
                near + 0.40 * (far - near),
                far + 0.05 * (far - near),
                FOG * background.alphaF(),
            ),
            "u_darkness": float(is_dark),
            "u_scale": 1.0,
            "u_radius": scene.stick_radius,
            "u_near": near,
            # Neighbours in a small cell, grooves and pores in a large one.
            "u_reach": float(np.clip(0.06 * camera.scene_radius, 2.0, 8.0)),
            "u_wrapped": float(scene.is_massive and scene.has_cell),
            "u_cell": scene.cell.astype(np.float32),
            "u_inverse_cell": inverse_cell.astype(np.float32),
            "u_periodic": tuple(scene.periodic.astype(float)),
        }

    def _upload(self) -> None:
        scene = self.scene
        if scene.version != self._version:
            self._version = scene.version
            self._moved = True
            self._spheres.set_balls(scene.balls, scene.sector_colors)
            self._bonds.set_colors(scene.sticks.colors)
        if self._moved:
            self._moved = False
            self._spheres.set_positions(scene.positions)
            self._bonds.set_positions(scene.stick_starts, scene.stick_axes)
            if scene.has_cell:
                self._cell.set_cell(scene.cell)
        if self.rings is not None:
            self._halos.set_rings(*self.rings)


def premultiplied(color: QColor) -> tuple[float, float, float]:
    """Red, green and blue times alpha."""
    red, green, blue = rgb(color)
    return red * color.alphaF(), green * color.alphaF(), blue * color.alphaF()


def _ignore(_told: object) -> None:
    pass
