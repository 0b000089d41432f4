"""One plot over simulated time: curves, crosshair, the present frame."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFont, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.ui.plots.series_table import SeriesTable
from designer_app.ui.theme import SMALL, OnTheme, Theme, Tokens, tabular

DASHES: tuple[tuple[float, ...], ...] = ((), (7.0, 3.0), (2.0, 2.0), (7.0, 2.0, 2.0, 2.0))
"""Dash patterns in line widths, one a curve: colour never tells curves apart alone."""


def dashed(pen: QPen, index: int) -> QPen:
    """The pen with the pattern of a curve."""
    if DASHES[index]:
        pen.setDashPattern(DASHES[index])
    return pen


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A column of a run as a line."""

    name: str
    column: str
    unit: str
    scale: float = 1.0
    """From the column's unit to the axis's."""
    relative: bool = False
    """Drawn as the change since the first row."""


class TimePlot(QWidget):
    """Curves of a `SeriesTable` over time in ps."""

    time_chosen = Signal(float)
    """A click, as simulated time in fs."""
    read_out = Signal(object)
    """Texts under the crosshair: the time, then one a curve; empty when the mouse has left."""

    def __init__(
        self, curves: tuple[Curve, ...], axis: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._curves = curves
        self._axis = axis
        self._table = SeriesTable()
        self._scales = {curve.name: curve.scale for curve in curves}
        self._plot = pg.PlotWidget()
        self._item: Any = self._plot.getPlotItem()
        self._lines = [pg.PlotDataItem() for _ in curves]
        self._crosshair = pg.InfiniteLine(angle=90)
        self._present = pg.InfiniteLine(angle=90)
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    @property
    def names(self) -> tuple[str, ...]:
        """The curves' names."""
        return tuple(curve.name for curve in self._curves)

    def set_scale(self, name: str, scale: float) -> None:
        """Change the factor from a curve's column to the axis, e.g. per atom."""
        self._scales[name] = scale

    def set_table(self, table: SeriesTable) -> None:
        """Show another run."""
        self._table = table
        self._plot.enableAutoRange()
        self.refresh()

    def refresh(self) -> None:
        """Draw the rows that are there now."""
        time_ps = self._table.column("time_fs") / 1000.0
        for curve, line in zip(self._curves, self._lines, strict=True):
            values = self._values(curve)
            line.setData(time_ps[: len(values)], values)

    def mark_time(self, time_fs: float | None) -> None:
        """Show which moment the picture shows."""
        self._present.setVisible(time_fs is not None)
        if time_fs is not None:
            self._present.setValue(time_fs / 1000.0)

    def _build(self) -> None:
        item = self._item
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setContentsMargins(0, 6, 10, 0)
        item.showGrid(x=True, y=True, alpha=0.12)
        item.setDownsampling(auto=True, mode="peak")
        item.setClipToView(True)
        item.setLimits(xMin=0.0)
        for side, text in (("bottom", "Time (ps)"), ("left", self._axis)):
            axis = item.getAxis(side)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(text)
            axis.setStyle(tickFont=_tick_font(self.font()), tickTextOffset=4, tickLength=0)
        item.getAxis("left").setWidth(66)
        for line in self._lines:
            item.addItem(line)
        for marker in (self._crosshair, self._present):
            marker.setVisible(False)
            item.addItem(marker, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self._plot.setAccessibleName(self._axis)

    def _connect(self) -> None:
        scene: Any = self._plot.scene()
        scene.sigMouseMoved.connect(self._on_mouse_moved)
        scene.sigMouseClicked.connect(self._on_mouse_clicked)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Take the crosshair away."""
        super().leaveEvent(event)
        self._crosshair.setVisible(False)
        self.read_out.emit(())

    def _values(self, curve: Curve) -> NDArray[np.float64]:
        column = self._table.column(curve.column)
        if curve.relative and len(column):
            column = column - column[0]
        return column * self._scales[curve.name]

    def _on_theme(self, tokens: Tokens) -> None:
        self._plot.setBackground(tokens.surface)
        item = self._item
        for side in ("bottom", "left"):
            axis = item.getAxis(side)
            axis.setPen(pg.mkPen(tokens.border))
            axis.setTextPen(pg.mkPen(tokens.muted))
            axis.setLabel(axis.labelText, color=tokens.muted, **{"font-size": f"{SMALL}px"})
        for index, line in enumerate(self._lines):
            line.setPen(dashed(pg.mkPen(tokens.lines[index], width=1), index))
            line.opts["antialias"] = True
        self._crosshair.setPen(pg.mkPen(tokens.muted, style=Qt.PenStyle.DotLine))
        self._present.setPen(pg.mkPen(tokens.accent))

    def _time_at(self, place: QPointF) -> float | None:
        item = self._item
        if not item.sceneBoundingRect().contains(place):
            return None
        return float(item.getViewBox().mapSceneToView(place).x()) * 1000.0

    def _on_mouse_moved(self, place: QPointF) -> None:
        time_fs = self._time_at(place)
        times = self._table.column("time_fs")
        if time_fs is None or not len(times):
            return
        row = int(np.clip(np.searchsorted(times, time_fs), 0, len(times) - 1))
        self._crosshair.setVisible(True)
        self._crosshair.setValue(times[row] / 1000.0)
        texts = [f"{times[row] / 1000.0:.3f} ps"]
        for curve in self._curves:
            column = self._table.column(curve.column)
            texts.append(f"{column[row]:.6g} {curve.unit}" if row < len(column) else "")
        self.read_out.emit(tuple(texts))

    def _on_mouse_clicked(self, event: Any) -> None:
        time_fs = self._time_at(event.scenePos())
        if time_fs is not None and len(self._table):
            self.time_chosen.emit(time_fs)


def _tick_font(font: QFont) -> QFont:
    found = tabular(font)
    found.setPixelSize(SMALL)
    return found
