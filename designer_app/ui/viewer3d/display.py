"""The life of the OpenGL picture inside a widget: start, drawing in time, refinement, failure."""

import logging
import time
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from designer_app.ui.viewer3d import opengl
from designer_app.ui.viewer3d.camera import Camera
from designer_app.ui.viewer3d.look import ViewColors
from designer_app.ui.viewer3d.pacing import Pacer
from designer_app.ui.viewer3d.rings import Rings
from designer_app.ui.viewer3d.scene import Scene

if TYPE_CHECKING:
    from designer_app.ui.viewer3d.canvas import GLCanvas

log = logging.getLogger(__name__)

SMOOTH_WITHIN = 0.025
"""s; where a refined drawing takes longer, what moves is drawn with one sample a pixel."""
REFINE_WITHIN = 1.0
"""s; a picture that takes longer to refine is left as it is."""
REFINE_AFTER = 160
"""ms without motion after which the picture is drawn refined again."""


class Display(QObject):
    """Has a canvas from `start` on, unless OpenGL is missing: then all requests do nothing."""

    frame_due = Signal()
    """Drawing may take time again: take the newest frame."""
    frame_drawn = Signal()
    """A picture is on the screen."""
    failed = Signal()
    """There is no OpenGL, or it stopped working."""

    def __init__(self, scene: Scene, camera: Camera, colors: ViewColors, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self._scene, self._camera = scene, camera
        self._colors = colors
        self._shows_cell = True
        self._canvas: GLCanvas | None = None
        self.has_failed = False
        self.draw_seconds = 0.0
        """s; what the newest drawing took."""
        self._refined_cost = 0.0
        self._busy = 0.0
        self._started: float | None = None
        self._pacer = Pacer(self)
        self._pacer.due.connect(self._on_due)
        self._still = QTimer(self)
        self._still.setSingleShot(True)
        self._still.setInterval(REFINE_AFTER)
        self._still.timeout.connect(self._on_still)

    @property
    def canvas(self) -> "GLCanvas | None":
        """The OpenGL picture, where there is one."""
        return self._canvas

    def start(self) -> bool:
        """Make the OpenGL picture if there is none yet; tells whether there is one now."""
        if self._canvas is not None or self.has_failed:
            return self._canvas is not None
        try:
            if not opengl.is_available():
                self._fail()
                return False
            from designer_app.ui.viewer3d.canvas import GLCanvas

            canvas = GLCanvas(self._scene, self._camera, self._colors, self._host)
        except Exception:
            log.exception("The 3D view could not start")
            self._fail()
            return False
        canvas.show_cell = self._shows_cell
        canvas.report_drawn = self._on_drawn
        canvas.report_failure = self._on_failure
        canvas.widget.frameSwapped.connect(self._on_swapped)
        self._canvas = canvas
        return True

    # --- requests --------------------------------------------------------------------------------

    def set_colors(self, colors: ViewColors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        if self._canvas is not None:
            self._canvas.colors = colors

    def set_cell_shown(self, shown: bool) -> None:
        """Draw the edges of the cell or not."""
        self._shows_cell = shown
        if self._canvas is not None:
            self._canvas.show_cell = shown

    def set_rings(self, rings: Rings | None) -> None:
        """Centres, radii and colours of the rings around atoms."""
        if self._canvas is not None:
            self._canvas.rings = rings

    def draw(self) -> None:
        """Draw anew as soon as Qt paints; what was asked for by hand never waits."""
        self._refine_or_not()
        self._redraw()

    def draw_now(self, *, refined: bool) -> None:
        """Draw before returning."""
        if self._canvas is not None:
            self._canvas.refined = refined
            self._canvas.widget.grabFramebuffer()  # Qt may put off even a `repaint`

    def draw_frame(self) -> None:
        """Ask for `frame_due` and a drawing as soon as they may take time again."""
        if self._canvas is not None:
            self._refine_or_not()
            self._pacer.request()

    def moved(self) -> None:
        """The scene's atoms are elsewhere."""
        if self._canvas is not None:
            self._canvas.moved()

    def image(
        self, width: int, height: int, background: QColor, scale: float
    ) -> NDArray[np.uint8] | None:
        """(height, width, 4) premultiplied colours of the view in another size."""
        if not self.start() or self._canvas is None:
            return None
        try:
            return self._canvas.image(width, height, background, scale)
        except Exception:
            log.exception("The 3D view could not draw an image")
            return None

    # --- what happens ----------------------------------------------------------------------------

    def _refine_or_not(self) -> None:
        if self._canvas is None:
            return
        self._canvas.refined = self._refined_cost <= SMOOTH_WITHIN
        if not self._canvas.refined:
            self._still.start()

    def _on_still(self) -> None:
        if self._canvas is None or self._canvas.refined or self._refined_cost > REFINE_WITHIN:
            return
        self._canvas.refined = True
        self._pacer.request()  # a slow run's frames leave such pauses too

    def _on_due(self) -> None:
        start = time.perf_counter()
        self.frame_due.emit()
        self._busy += time.perf_counter() - start
        self._redraw()

    def _redraw(self) -> None:
        if self._canvas is not None:
            self._canvas.widget.update()

    def _on_drawn(self, seconds: float) -> None:
        self.draw_seconds = seconds
        self._started = time.perf_counter() - seconds
        refined = self._canvas is not None and self._canvas.refined
        # Without a refined drawing its cost is guessed, and the guess falls slowly.
        self._refined_cost = seconds if refined else max(3.0 * seconds, 0.9 * self._refined_cost)

    def _on_swapped(self) -> None:
        if self._started is None:  # the window was put together anew with the picture as it was
            return
        self._pacer.drawn(time.perf_counter() - self._started + self._busy)
        self._started, self._busy = None, 0.0
        self.frame_drawn.emit()

    def _on_failure(self, _error: Exception) -> None:
        # Inside paintGL: the widget goes when Qt has finished painting.
        QTimer.singleShot(0, self, self._drop)

    def _drop(self) -> None:
        if self._canvas is not None:
            self._canvas.widget.hide()
        self._fail()

    def _fail(self) -> None:
        self.has_failed = True
        self._canvas = None
        self._still.stop()
        self._pacer.stop()
        self.failed.emit()
