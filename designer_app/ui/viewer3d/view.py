"""The widget that shows a structure in 3D.

It holds what is shown (`Scene`) and from where (`Camera`), both plain numpy; OpenGL comes with the
first showing and may be missing: then a sentence stands in its place and every method still works.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QPalette, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from designer_app.specs.structure import Structure
from designer_app.ui.viewer3d import axes
from designer_app.ui.viewer3d.camera import Camera, Projection
from designer_app.ui.viewer3d.display import Display
from designer_app.ui.viewer3d.framing import first_direction, free_part
from designer_app.ui.viewer3d.interaction import MouseControl
from designer_app.ui.viewer3d.look import LIGHT, ColorScheme, Style, ViewColors
from designer_app.ui.viewer3d.pointing import Pointing
from designer_app.ui.viewer3d.scene import Scene
from designer_app.ui.viewer3d.sectors import Occupancies
from designer_app.ui.viewer3d.steering import Steering
from designer_app.ui.viewer3d.still import image_of, paint_directions

_TILT = (-0.42, -0.24)
"""rad; how far the first view is turned from looking along a lattice direction."""


class StructureView(QWidget):
    """Atoms, bonds and cell, to be turned, moved, enlarged and picked."""

    atom_picked = Signal(int)
    """The atom that was clicked; -1 beside all."""
    atom_hovered = Signal(int)
    """The atom under the pointer; -1 beside all."""
    selection_changed = Signal(object)
    """Tuple of the selected atoms after a click."""
    frame_drawn = Signal()
    """A picture is on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene()
        self.camera = Camera()
        self._colors = LIGHT
        self._pointing = Pointing(self.scene, self.camera, self)
        self._steering = Steering(self.camera, self)
        self._is_fitted = True
        self._covered = (0, 0, 0, 0)
        self._frame: tuple[NDArray[np.floating], NDArray[np.floating] | None] | None = None
        self._shows_cell = True
        self._shows_axes = True
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAutoFillBackground(True)
        self.setAccessibleName(self.tr("3D view of the structure"))
        layout = self._layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self._message = QLabel(self)
        self._message.setWordWrap(True)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._message.setMargin(24)
        self._message.hide()
        layout.addWidget(self._message)
        self._axes = axes.AxesOverlay(self)
        self._axes.hide()
        self._display = Display(self.scene, self.camera, self._colors, self)
        self.set_colors(self._colors)

    def _connect(self) -> None:
        self._display.frame_due.connect(self.take_frame)
        self._display.frame_drawn.connect(self.frame_drawn)
        self._display.failed.connect(self._on_failed)
        self._steering.moved.connect(self._on_view_moved)
        self._pointing.picked.connect(self.atom_picked)
        self._pointing.hovered.connect(self.atom_hovered)
        self._pointing.selected.connect(self.selection_changed)
        self._pointing.changed.connect(self._changed)

    # --- what is shown ---------------------------------------------------------------------------

    def set_structure(
        self,
        structure: Structure | None,
        occupancies: Occupancies | None = None,
        *,
        keep_view: bool = False,
    ) -> None:
        """Show a structure without bonds; `keep_view` leaves the eye where it is.

        `occupancies` names what shares a site: atom -> {symbol: share}.
        """
        self._frame = None
        self.scene.set_structure(structure, occupancies)
        self._pointing.forget()
        self._measure_scene()
        if not keep_view:
            self.reset_view()
        self._changed()

    def set_bonds(self, pairs: NDArray[np.integer], shifts: NDArray[np.integer]) -> None:
        """Bonds (n, 2) between atoms of the structure, with the second's cell shift (n, 3)."""
        self.take_frame()
        self.scene.set_bonds(pairs, shifts)
        self._measure_scene()
        if self._is_fitted:
            self._fit()
        self._changed()

    def set_frame(
        self, positions: NDArray[np.floating], cell: NDArray[np.floating] | None = None
    ) -> None:
        """Move the atoms to (n_atoms, 3) A; drawn as soon as drawing may take time again."""
        if positions.shape == (len(self.scene.numbers), 3):
            self._frame = positions, cell
            self._display.draw_frame()

    def take_frame(self) -> None:
        """Move the atoms to the newest frame, unless they are there."""
        if self._frame is None:
            return
        (positions, cell), self._frame = self._frame, None
        self.scene.set_frame(positions, cell)
        self._measure_scene()
        self._display.moved()
        self._update_rings()
        self._update_axes()

    def set_colors(self, colors: ViewColors) -> None:
        """Take the colours of a theme."""
        self._colors = colors
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, colors.background)
        palette.setColor(QPalette.ColorRole.WindowText, colors.text)
        self.setPalette(palette)
        self._message.setPalette(palette)
        self._display.set_colors(colors)
        self._changed()

    def set_color_scheme(self, scheme: ColorScheme) -> None:
        """Colour the elements as Jmol or as VESTA does."""
        self.scene.scheme = scheme
        self._rebuild()

    def set_style(self, style: Style) -> None:
        """Draw balls and sticks, or atoms in their full size."""
        self.scene.style = style
        self._rebuild()

    def set_projection(self, projection: Projection) -> None:
        """See in perspective, or parallel."""
        self.camera.projection = projection
        if self._is_fitted:
            self._fit()
        self._changed()

    def show_cell(self, shown: bool) -> None:
        """Draw the edges of the unit cell."""
        self._shows_cell = shown
        self._display.set_cell_shown(shown)
        self._changed()

    def show_bonds(self, shown: bool) -> None:
        """Draw the bonds."""
        self.scene.show_bonds = shown
        self._rebuild()

    def show_axes(self, shown: bool) -> None:
        """Draw the lattice directions in the corner."""
        self._shows_axes = shown
        self._changed()

    def show_boundary_atoms(self, shown: bool | None) -> None:
        """Repeat the atoms on the faces of the cell; None: in small crystals only."""
        self.scene.boundary = shown
        self._rebuild()

    def legend(self) -> list[tuple[str, QColor]]:
        """Symbol and colour of each element that is there."""
        return [(symbol, QColor.fromRgbF(*color)) for symbol, color in self.scene.legend()]

    # --- from where ------------------------------------------------------------------------------

    def reset_view(self) -> None:
        """The first view: the longest lattice direction across, everything in sight."""
        self.camera.look(*first_direction(self.scene))
        self.camera.turn(*_TILT)
        self._fit()
        self._changed()

    def set_covered(self, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0) -> None:
        """Points along the edges where other widgets lie over the picture: fitting avoids them."""
        before, self._covered = self._covered, (left, top, right, bottom)
        if self._is_fitted and self._covered != before:
            self._fit()
            self._changed()

    def turn(self, by: float) -> None:
        """Turn by an angle (rad) about the upright of the screen, as soon as drawing may take time
        again; a view that was moved by hand stays.
        """
        if self._is_fitted:
            self.camera.turn(by, 0.0)
            before = self.camera.distance
            self._fit()  # farther where a long cell would leave the picture, never nearer
            self.camera.distance = max(before, self.camera.distance)
            self._update_axes()
            self._display.draw_frame()

    def look_along(self, axis: str) -> None:
        """Look down a lattice direction ("a", "b" or "c"); it points at the eye."""
        vectors, _ = axes.directions(self.scene.cell)
        index = "abc".index(axis)
        self.camera.look(vectors[index], vectors[(index + 2) % 3])
        self._fit()
        self._changed()

    def _fit(self) -> None:
        self._is_fitted = True
        points, radius = self.scene.bounds(with_cell=self._shows_cell)
        free = free_part((self.width(), self.height()), self._covered)
        self.camera.fit(points, radius, self._aspect(), free)

    def _aspect(self) -> float:
        return max(self.width(), 1) / max(self.height(), 1)

    def _measure_scene(self) -> None:
        self.camera.surround(*self.scene.bounds(with_cell=True))

    # --- selection -------------------------------------------------------------------------------

    def select(self, indices: Sequence[int]) -> None:
        """Put a ring around these atoms and no others."""
        self._pointing.select(indices)

    @property
    def selection(self) -> tuple[int, ...]:
        """The atoms with a ring."""
        return self._pointing.selection

    def atom_at(self, x: float, y: float) -> int:
        """The atom drawn at a place (points from the upper left), -1 where there is none."""
        self.take_frame()
        return self._pointing.atom_at(QPointF(x, y))

    def _update_rings(self) -> None:
        self._display.set_rings(self._pointing.rings(self._colors))

    # --- the mouse and the keys ------------------------------------------------------------------

    def _on_view_moved(self) -> None:
        self._is_fitted = False
        self._changed()

    def _on_clicked(self, place: QPointF, adds: bool) -> None:
        self.take_frame()
        self._pointing.click(place, adds)

    def _on_centered(self, place: QPointF) -> None:
        self.take_frame()
        ball = self._pointing.ball_at(place)
        if ball >= 0:
            self.camera.focus = self.scene.ball_positions()[ball].astype(np.float64)
            self._on_view_moved()

    def _on_hovered(self, place: QPointF) -> None:
        self.take_frame()
        self._pointing.hover(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """`=` resets the view; x, y, z look along a, b, c."""
        text = event.text().lower()
        if event.modifiers() & ~(
            Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
        ):
            super().keyPressEvent(event)
        elif text == "=":
            self.reset_view()
        elif text and text in "xyz":
            self.look_along("abc"["xyz".index(text)])
        else:
            super().keyPressEvent(event)

    # --- drawing ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """OpenGL starts after the window has painted itself once."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self.start_drawing)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep a fitted structure fitted."""
        super().resizeEvent(event)
        self._axes.move(axes.MARGIN, self.height() - axes.SIZE - axes.MARGIN)
        if self._is_fitted:
            self._fit()
            self._changed()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """A picture needs room."""
        return QSize(800, 600)

    def start_drawing(self) -> bool:
        """Make the OpenGL picture if there is none yet; tells whether there is one now."""
        if self._display.canvas is not None or not self._display.start():
            return self._display.canvas is not None
        assert self._display.canvas is not None
        widget = self._display.canvas.widget
        widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._layout.addWidget(widget)
        widget.show()
        self._axes.raise_()
        mouse = MouseControl(widget)
        mouse.turned.connect(self._steering.turn)
        mouse.panned.connect(self._steering.pan)
        mouse.zoomed.connect(self._steering.zoom)
        mouse.clicked.connect(self._on_clicked)
        mouse.centered.connect(self._on_centered)
        mouse.hovered.connect(self._on_hovered)
        mouse.left.connect(self._pointing.leave)
        self._changed()
        return True

    def _on_failed(self) -> None:
        self._axes.hide()
        self._message.setText(
            self.tr(
                "The 3D picture needs OpenGL 2.1, which this display does not offer. "
                "A newer graphics driver usually helps; everything else works."
            )
        )
        self._message.show()

    def _rebuild(self) -> None:
        self.take_frame()
        self.scene.rebuild()
        self._measure_scene()
        self._changed()

    def _changed(self) -> None:
        self.take_frame()
        self._update_axes()
        self._update_rings()
        self._display.draw()

    def _update_axes(self) -> None:
        vectors, letters = axes.directions(self.scene.cell)
        seen = vectors @ self.camera.rotation.T
        self._axes.show_axes(seen, letters, self._colors.text, is_dark=self._colors.is_dark)
        there = self._display.canvas is not None and len(self.scene.numbers) > 0
        self._axes.setVisible(there and self._shows_axes)

    def draw_now(self, *, refined: bool) -> None:
        """Draw before returning: for measuring."""
        self.take_frame()
        self._display.draw_now(refined=refined)

    @property
    def draw_seconds(self) -> float:
        """What the newest drawing took, in s."""
        return self._display.draw_seconds

    # --- export ----------------------------------------------------------------------------------

    def grab_image(self, width: int, height: int, background: QColor | None = None) -> QImage:
        """What is seen, drawn anew in any size; null without OpenGL.

        `background` None takes the theme's; a transparent one leaves it out.
        """
        if not self.start_drawing():
            return QImage()
        color = background if background is not None else self._colors.background
        scale = width / max(self.width(), 1)
        self.take_frame()
        pixels = self._display.image(width, height, color, scale)
        if pixels is None:
            return QImage()
        image = image_of(pixels)
        if self._shows_axes and len(self.scene.numbers):
            paint_directions(image, scale, self.scene, self.camera, self._colors, background)
        return image
