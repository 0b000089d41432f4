"""The plane of the latent space: known materials as a ground, the population that moves over it.

Thousands of points of many colours would be drawn anew at every move of the population. They are
put into one picture instead, which is drawn in a millisecond.
"""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.design_rows import LatentMap
from designer_app.specs.design_targets import PROPERTIES
from designer_app.ui.number_editor import unit_text
from designer_app.ui.panels.section import row
from designer_app.ui.plots.color_scale import colors_of, scale_on, span_of
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.screening.columns import number_of
from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.wording import THIN, with_spaces

_SETTLED_MS = 60
"""The ground is drawn anew when size and place of the view have stood still for so long."""
_SCALE_WIDE, _SCALE_TALL = 96, 8
_ROOM = 0.05
_FAINT, _CLEAR = 110, 215
"""Opacity of one known material, and of several on one place."""
_NEAR_PX = 8.0
_TRAIL = 90
"""Opacity of the way since the last snapshot."""
_SHOWN_SHARE = 99.5
"""Percentile of the known materials that the map is framed for."""


class LatentMapPlot(QWidget):
    """Shows; a point under the mouse is named."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: LatentMap | None = None
        self._known: NDArray[np.float64] = np.zeros((0, 2))
        self._colour: NDArray[np.float64] = np.zeros(0)
        self._before: NDArray[np.float64] = np.zeros((0, 2))
        self._now: NDArray[np.float64] = np.zeros((0, 2))
        self._legend, self._said = label("", "small"), label("", "small")
        self._legend.setTextFormat(Qt.TextFormat.RichText)
        self._message = label(
            self.tr("Known materials and the search among them appear as soon as the models are "
                    "loaded."),
            "muted",
            wrap=True,
        )  # fmt: skip
        self._caption = label("", "small", wrap=True)
        self._low, self._high = label("", "small"), label("", "small")
        self._scale = QLabel()
        self._plot = pg.PlotWidget()
        self._item: Any = prepare(self._plot, "", "")
        self._ground = pg.ImageItem()
        self._trail = pg.PlotCurveItem()
        self._spots = pg.ScatterPlotItem()
        self._best = pg.ScatterPlotItem()
        self._is_dark = theme.tokens.is_dark
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(_SETTLED_MS)
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def clear(self) -> None:
        """No map yet."""
        self._map = None
        self._known, self._colour = np.zeros((0, 2)), np.zeros(0)
        self._before = self._now = np.zeros((0, 2))
        self._ground.clear()
        self._trail.setData([], [])
        self._spots.clear()
        self._show_parts(is_there=False)

    def set_map(self, found: LatentMap) -> None:
        """Draw the known materials."""
        self._map = found
        self._known = np.stack([np.array(found.x), np.array(found.y)], axis=1).astype(np.float64)
        self._colour = np.array(found.colour, dtype=np.float64)
        self._frame()
        self._redraw.start()
        said = PROPERTIES.get(found.colour_key)
        title = said.title if said else found.colour_key.replace("_", " ").capitalize()
        unit = f"{unit_text(said.unit)}" if said and said.unit else ""
        low, high = span_of(self._colour)
        self._low.setText(f"{title} {number_of(low)}")
        self._high.setText(f"{number_of(high)} {unit}")
        self._show_parts(is_there=bool(len(self._known)))
        self._caption.setText(
            self.tr("%s known materials; the plane shows %s of the space")
            % (with_spaces(len(self._known)), f"{100 * found.explained:.0f}{THIN}%")
        )

    def _show_parts(self, *, is_there: bool) -> None:
        """The map, or the sentence in its place."""
        for part in (self._plot, self._bar, self._caption, self._legend):
            part.setVisible(is_there)
        self._message.setVisible(not is_there)

    def move_population(self, places: NDArray[np.floating]) -> None:
        """Draw the population at (n, 2) places; lines lead from where it was."""
        places = np.asarray(places, dtype=np.float64)
        places = places[np.isfinite(places).all(axis=1)]
        self._before = self._now if len(self._now) == len(places) else places
        self._now = places
        self._spots.setData(pos=places)
        ends = np.stack([self._before, places], axis=1).reshape(-1, 2)
        self._trail.setData(ends[:, 0], ends[:, 1], connect="pairs")

    def population(self) -> NDArray[np.float64]:
        """(n, 2) where it is drawn."""
        return self._now

    def known(self) -> NDArray[np.float64]:
        """(n, 2) where the known materials are drawn."""
        return self._known

    # --- layout ---

    def _build(self) -> None:
        item = self._item
        for part in (self._ground, self._trail, self._spots):
            item.addItem(part)
        for side in ("bottom", "left"):
            item.hideAxis(side)
        item.showGrid(x=False, y=False)
        item.getViewBox().setMouseEnabled(x=True, y=True)
        self._ground.setZValue(-10)
        self._plot.setAccessibleName(self.tr("Map of the latent space"))
        self._scale.setFixedSize(_SCALE_WIDE, _SCALE_TALL)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.setSpacing(6)
        for part in (self._low, self._scale, self._high):
            bar.addWidget(part)
        title = label(self.tr("Where the search is"), "strong")
        head = row(title, self._legend, None, self._said)
        head.setContentsMargins(12, 6, 12, 0)
        foot = row(self._caption, self._bar)
        foot.setStretch(0, 1)
        foot.setContentsMargins(12, 0, 12, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self._message, 1)
        layout.addWidget(self._plot, 1)
        layout.addLayout(foot)
        self._spots.setSymbol("o")
        self._spots.setSize(7)
        self.clear()

    def _connect(self) -> None:
        scene: Any = self._plot.scene()
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        box: Any = self._item.getViewBox()
        box.sigRangeChanged.connect(self._on_view_changed)
        box.sigResized.connect(self._on_view_changed)
        self._redraw.timeout.connect(self._draw_ground)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Say nothing more."""
        super().leaveEvent(event)
        self._said.clear()

    # --- drawing ---

    def _area(self) -> QRectF:
        """What the picture covers: all known materials but the farthest."""
        if not len(self._known):
            return QRectF(0.0, 0.0, 1.0, 1.0)
        shares = (100.0 - _SHOWN_SHARE, _SHOWN_SHARE)
        low, high = np.nanpercentile(self._known, shares, axis=0)
        room = _ROOM * np.maximum(high - low, 1e-6)
        low, high = low - room, high + room
        return QRectF(*low, *(high - low))

    def _frame(self) -> None:
        area = self._area()
        box = self._item.getViewBox()
        box.setRange(
            xRange=(area.left(), area.right()), yRange=(area.top(), area.bottom()), padding=0.0
        )

    def _draw_ground(self) -> None:
        """What is in view, a pixel of the picture for each of the screen."""
        if not len(self._known):
            return
        box = self._item.getViewBox()
        (left, right), (low, high) = box.viewRange()
        ratio = self.devicePixelRatioF()
        wide, tall = (max(16, round(side * ratio)) for side in (box.width(), box.height()))
        places = (self._known - (left, low)) / (right - left, high - low)
        colors = colors_of(self._colour, span_of(self._colour), is_dark=self._is_dark)
        picture = raster(places, colors, wide, tall)
        self._ground.setImage(picture, autoLevels=False, axisOrder="row-major")
        self._ground.setRect(QRectF(left, low, right - left, high - low))

    def _on_view_changed(self) -> None:
        self._redraw.start()

    def _on_mouse_moved(self, at: QPointF) -> None:
        found = self._map
        if found is None or not len(self._known):
            return
        box = self._item.getViewBox()
        spot = box.mapSceneToView(at)
        away = (self._known - (spot.x(), spot.y())) / np.maximum(box.viewPixelSize(), 1e-300)
        distances = np.hypot(away[:, 0], away[:, 1])
        nearest = int(np.nanargmin(distances))
        near = distances[nearest] < _NEAR_PX
        self._said.setText(written(found.names[nearest]) if near else "")

    def _on_theme(self, tokens: Tokens) -> None:
        dress(self._plot, tokens)
        color = pg.mkColor(tokens.error)
        self._spots.setBrush(pg.mkBrush(color))
        self._spots.setPen(pg.mkPen(tokens.surface, width=1))
        faint = pg.mkColor(tokens.error)
        faint.setAlpha(_TRAIL)
        self._trail.setPen(pg.mkPen(faint, width=1))
        dot = f'<span style="color:{tokens.error}">\N{BLACK CIRCLE}</span>'
        square = f'<span style="color:{tokens.lines[0]}">\N{BLACK SQUARE}</span>'
        said = self.tr("%s the search  %s known materials")
        self._legend.setText(said.replace("  ", "&nbsp;&nbsp;") % (dot, square))
        self._is_dark = tokens.is_dark
        self._scale.setPixmap(_scale_pixmap(is_dark=tokens.is_dark))
        self._redraw.start()


def raster(
    places: NDArray[np.float64], colors: NDArray[np.uint8], wide: int, tall: int
) -> NDArray[np.uint8]:
    """(tall, wide, 4) picture of points at (n, 2) shares of the area, three pixels each way."""
    picture = np.zeros((tall, wide, 4), dtype=np.uint8)
    known = np.isfinite(places).all(axis=1) & (places >= 0.0).all(axis=1)
    known &= (places < 1.0).all(axis=1)
    column = (places[known, 0] * (wide - 1)).astype(np.int64)
    line = (places[known, 1] * (tall - 1)).astype(np.int64)
    for right in (-1, 0, 1):
        for up in (-1, 0, 1):
            here = np.clip(line + up, 0, tall - 1), np.clip(column + right, 0, wide - 1)
            again = picture[(*here, 3)] > 0
            picture[(*here, slice(0, 3))] = colors[known]
            picture[(*here, 3)] = np.where(again, _CLEAR, _FAINT)
    return picture


def _scale_pixmap(*, is_dark: bool) -> QPixmap:
    table = scale_on(is_dark=is_dark)
    line = table.tobytes()
    image = QImage(line, len(table), 1, len(line), QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.scaled(_SCALE_WIDE, _SCALE_TALL))
