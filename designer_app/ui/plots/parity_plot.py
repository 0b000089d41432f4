"""Predictions against references: on the diagonal all is well; a click opens what is off it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.io.parity import Points
from designer_app.ui.panels.section import row
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.wording import with_spaces

SYMBOLS = ("o", "t1", "s", "d")
"""One a potential: colour never tells them apart alone."""
_SIZES = (5, 7, 6, 7)
_ALPHA, _ALPHA_OF_MANY = 150, 110
_NEAR_PX = 10.0
_ROOM = 0.04
VALIDATION = "validation frames"
"""What the points of a training are of."""


class ParityPlot(QWidget):
    """Clouds of points of one or more potentials, equal scales, the diagonal."""

    frame_chosen = Signal(int)
    """The place of the frame whose point was clicked."""

    def __init__(
        self, title: str, unit: str, theme: Theme, parent: QWidget | None = None, *, of: str = ""
    ) -> None:
        """Of a quantity in some unit; `of` says on which frames, where nothing else does."""
        super().__init__(parent)
        self._unit = unit
        self._clouds: list[tuple[str, Points]] = []
        self._name_of: Callable[[int], str] | None = None
        self._tokens = theme.tokens
        self._title = label(title, "strong")
        self._of = label(of, "small")
        self._said = label("", "small")
        self._plot = pg.PlotWidget()
        self._item: Any = prepare(
            self._plot, self.tr("Reference (%s)") % unit, self.tr("Predicted (%s)") % unit
        )
        self._diagonal = pg.InfiniteLine(angle=45)
        self._spots = [pg.ScatterPlotItem() for _ in SYMBOLS]
        self._build(title)
        scene: Any = self._plot.scene()
        scene.sigMouseClicked.connect(self._on_mouse_clicked)
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_points(self, points: Points | None) -> None:
        """Show one potential; None clears."""
        self.set_clouds([] if points is None else [("", points)])

    def set_clouds(self, clouds: Sequence[tuple[str, Points]]) -> None:
        """Show (name, points) of some potentials; what does not fit the signs is left out."""
        is_first = not self._clouds
        self._clouds = list(clouds[: len(SYMBOLS)])
        self._draw()
        self._said.setText(self._legend())
        self._said.setToolTip(self.tr("Where not all are drawn, the worst are among them"))
        if is_first or len(clouds) > 1:
            self._fit()

    def set_names(self, name_of: Callable[[int], str]) -> None:
        """What is said of a frame under the mouse."""
        self._name_of = name_of

    @property
    def is_filled(self) -> bool:
        """Whether there is anything to see."""
        return any(len(points.frame) for _, points in self._clouds)

    def text(self) -> str:
        """What stands beside the title."""
        return self._said.text()

    def _build(self, title: str) -> None:
        self._item.getAxis("left").setWidth(54)
        self._item.setAspectLocked(False)
        self._item.addItem(self._diagonal, ignoreBounds=True)
        for spots in self._spots:
            self._item.addItem(spots)
        named = self.tr("%s: predicted against reference") % title
        of = self._of.text()
        self._plot.setAccessibleName(f"{named}, {of}" if of else named)
        self._of.setVisible(bool(of))
        head = row(self._title, self._of, None, self._said)
        head.setContentsMargins(12, 8, 12, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self._plot, 1)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Say again what is shown."""
        super().leaveEvent(event)
        self._said.setText(self._legend())

    def _draw(self) -> None:
        lines = self._tokens.lines
        for place, spots in enumerate(self._spots):
            if place >= len(self._clouds):
                spots.clear()
                continue
            points = self._clouds[place][1]
            color = pg.mkColor(lines[place])
            color.setAlpha(_ALPHA if len(self._clouds) == 1 else _ALPHA_OF_MANY)
            spots.setData(
                x=points.reference,
                y=points.predicted,
                symbol=SYMBOLS[place],
                size=_SIZES[place],
                pen=pg.mkPen(None),
                brush=pg.mkBrush(color),
            )

    def _fit(self) -> None:
        """Equal spans, so that the diagonal is one."""
        parts = [part for _, p in self._clouds for part in (p.reference, p.predicted) if len(part)]
        if not parts:
            return
        low, high = min(float(p.min()) for p in parts), max(float(p.max()) for p in parts)
        room = _ROOM * (high - low) or 1.0
        span = (low - room, high + room)
        self._item.getViewBox().setRange(xRange=span, yRange=span, padding=0.0)

    def _legend(self) -> str:
        if not self.is_filled or len(self._clouds) > 1:
            return ""
        points = self._clouds[0][1]
        n, n_all = with_spaces(len(points.frame)), with_spaces(points.n_all)
        if len(points.frame) < points.n_all:
            return self.tr("%s of %s points") % (n, n_all)
        return self.tr("%s points") % n

    def _nearest(self, place: QPointF) -> int:
        """The frame of the point under the mouse; -1 where there is none."""
        box = self._item.getViewBox()
        spot, pixel = box.mapSceneToView(place), box.viewPixelSize()
        best, found = _NEAR_PX, -1
        for _, points in self._clouds:
            if not len(points.frame):
                continue
            away: NDArray[np.float64] = np.hypot(
                (points.reference - spot.x()) / max(pixel[0], 1e-300),
                (points.predicted - spot.y()) / max(pixel[1], 1e-300),
            )
            nearest = int(np.argmin(away))
            if away[nearest] < best:
                best, found = float(away[nearest]), int(points.frame[nearest])
        return found

    def _on_mouse_clicked(self, event: Any) -> None:
        frame = self._nearest(event.scenePos())
        if frame >= 0:
            self.frame_chosen.emit(frame)

    def _on_mouse_moved(self, place: QPointF) -> None:
        frame = self._nearest(place)
        named = frame >= 0 and self._name_of is not None
        self._said.setText(self._name_of(frame) if named and self._name_of else self._legend())
        shape = Qt.CursorShape.PointingHandCursor if frame >= 0 else Qt.CursorShape.ArrowCursor
        self._plot.setCursor(shape)

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        dress(self._plot, tokens)
        self._diagonal.setPen(pg.mkPen(tokens.muted, style=Qt.PenStyle.DashLine))
        self._draw()
