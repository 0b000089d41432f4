"""The OpenGL picture: what is drawn in which order, on the screen or into an image.

Everything is drawn into a picture of its own size (1, 2 or more samples a pixel and direction) and
averaged from there, so that screen and export share one path and edges are smooth without
multisampling, which knows nothing of the spheres' outlines.
"""

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
from designer_app.ui.viewer3d.programs import SQUARE, program  # noqa: E402
from designer_app.ui.viewer3d.scene import Scene  # noqa: E402
from designer_app.ui.viewer3d.spheres import Spheres  # noqa: E402

log = logging.getLogger(__name__)

DEPTH_24 = 0x81A6
"""GL_DEPTH_COMPONENT24; vispy's own "depth" has 16 bits."""
LARGEST_PICTURE = 8192
"""Pixels along a side that every OpenGL can draw into."""
FOG_LIGHT, FOG_DARK = 0.42, 0.50
CELL_WIDTH = 1.3
"""Pixels."""


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
        self.samples = 2
        self.rings: tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]] | None = (
            None
        )
        self.report_drawn: Callable[[float], None] = _ignore
        self.report_failure: Callable[[Exception], None] = _ignore
        self._spheres = Spheres()
        self._bonds = Bonds()
        self._cell = CellEdges()
        self._halos = Halos()
        self._resolve = program("resolve.vert", "resolve.frag", lit=False)
        self._resolve["a_corner"] = gloo.VertexBuffer(SQUARE)
        self._picture: tuple[gloo.Texture2D, gloo.FrameBuffer] | None = None
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
            self._draw_picture(
                width, height, self.samples, self.colors.background, self.pixel_scale
            )
            self._show_picture(width, height)
            self.context.finish()
        except Exception as error:
            log.exception("The 3D view could not draw")
            self.report_failure(error)
            return
        self.report_drawn(time.perf_counter() - start)

    def image(self, width: int, height: int, background: QColor, scale: float) -> NDArray[np.uint8]:
        """(height, width, 4) straight alpha; `scale` is pixels per point for line widths."""
        self.set_current()
        samples = max(1, min(3, LARGEST_PICTURE // max(width, height)))
        self._draw_picture(width, height, samples, background, scale)
        texture, buffer = self._picture_of(width * samples, height * samples)
        with buffer:
            tall = buffer.read("color", alpha=True)
        self._picture = None
        means = (
            tall.reshape(height, samples, width, samples, 4).astype(np.float32).mean(axis=(1, 3))
        )
        del texture
        return np.rint(means).astype(np.uint8)

    def _picture_of(self, width: int, height: int) -> tuple[gloo.Texture2D, gloo.FrameBuffer]:
        if self._picture is None or self._picture[0].shape[:2] != (height, width):
            texture = gloo.Texture2D((height, width, 4), interpolation="linear")
            depth = gloo.RenderBuffer((height, width), DEPTH_24)
            self._picture = texture, gloo.FrameBuffer(texture, depth)
        return self._picture

    def _draw_picture(
        self, width: int, height: int, samples: int, background: QColor, scale: float
    ) -> None:
        wide, tall = width * samples, height * samples
        _texture, buffer = self._picture_of(wide, tall)
        self._upload()
        camera, scene = self.camera, self.scene
        aspect = width / height
        near, far = camera.clip_range()
        half = camera.half_extent(aspect)
        fog_color = rgb(background)
        uniforms = {
            "u_view": camera.view_matrix().T.astype(np.float32),
            "u_projection": camera.projection_matrix(aspect).T.astype(np.float32),
            "u_orthographic": float(camera.projection == "orthographic"),
            "u_half_extent": half,
            "u_viewport": (float(wide), float(tall)),
            "u_fog_color": fog_color,
            "u_fog": (*self._fog_range(near, far), FOG_DARK if self.colors.is_dark else FOG_LIGHT),
            "u_darkness": float(background.alphaF() > 0.5 and background.lightnessF() < 0.5),
            "u_scale": 1.0,
            "u_radius": scene.stick_radius,
            "u_near": near,
            "u_wrapped": float(scene.is_massive and scene.has_cell),
            "u_cell": scene.cell.astype(np.float32),
            "u_inverse_cell": (np.linalg.inv(scene.cell) if scene.has_cell else np.eye(3)).astype(
                np.float32
            ),
            "u_periodic": tuple(scene.periodic.astype(float)),
        }
        closest = 1.0 if camera.projection == "orthographic" else near
        with buffer:
            gloo.set_viewport(0, 0, wide, tall)
            gloo.set_state(depth_test=True, blend=False, cull_face=False, depth_mask=True)
            gloo.clear(color=(*fog_color, background.alphaF()), depth=1.0)
            self._spheres.draw(uniforms, tall / (2.0 * half[1] * closest))
            self._bonds.draw(uniforms)
            gloo.set_state(blend=True, depth_mask=False)
            gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one_minus_src_alpha")
            if self.show_cell and scene.has_cell:
                self._cell.draw(uniforms, rgb(self.colors.cell), CELL_WIDTH * samples * scale)
            if self.rings is not None:
                self._halos.draw(uniforms)
            gloo.set_state(blend=False, depth_mask=True)

    def _fog_range(self, near: float, far: float) -> tuple[float, float]:
        # The front half of the structure stays clear.
        return near + 0.40 * (far - near), far + 0.05 * (far - near)

    def _show_picture(self, width: int, height: int) -> None:
        texture, _buffer = self._picture_of(width * self.samples, height * self.samples)
        gloo.set_viewport(0, 0, width, height)
        gloo.set_state(depth_test=False, blend=False)
        self._resolve["u_picture"] = texture
        self._resolve["u_texel"] = (1.0 / texture.shape[1], 1.0 / texture.shape[0])
        self._resolve["u_softened"] = float(self.samples == 1)
        self._resolve.draw("triangle_strip")

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


def _ignore(_told: object) -> None:
    pass
