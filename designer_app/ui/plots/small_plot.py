"""A small picture of a few curves, as a health check shows them."""

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.specs.health import Curve
from designer_app.ui.plots.plot_legend import PlotLegend
from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.plots.time_plot import dashed
from designer_app.ui.theme import OnTheme, Theme, Tokens

_HEIGHT = 150


class SmallPlot(QWidget):
    """Curves with axes, without anything to press."""

    def __init__(
        self, curves: Sequence[Curve], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._curves = tuple(curves[: len(theme.tokens.lines)])
        self._plot = pg.PlotWidget()
        first = self._curves[0]
        self._item: Any = prepare(self._plot, first.x_label, first.y_label)
        self._lines = [pg.PlotDataItem(each.x, each.y) for each in self._curves]
        self._legend = PlotLegend(theme)
        self._build()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def _build(self) -> None:
        self._item.setMouseEnabled(x=False, y=False)
        for line in self._lines:
            line.opts["antialias"] = True
            self._item.addItem(line)
        self._plot.setFixedHeight(_HEIGHT)
        names = [each.name for each in self._curves]
        self._plot.setAccessibleName(", ".join(names))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._plot)
        if len(names) > 1 or not self._curves[0].y_label.startswith(names[0]):
            self._legend.set_names(names)
            layout.addWidget(self._legend)

    def _on_theme(self, tokens: Tokens) -> None:
        dress(self._plot, tokens)
        for index, line in enumerate(self._lines):
            line.setPen(dashed(pg.mkPen(tokens.lines[index], width=1), index))
