"""How often a number is how large."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.ui.plots.plot_style import dress, prepare
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_BINS = 40


class HistogramPlot(QWidget):
    """Bars of counts; a title that says the span."""

    def __init__(
        self, title: str, axis: str, unit: str, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._name, self._unit = title, unit
        self._tokens = theme.tokens
        self._edges = np.array([0.0, 1.0])
        self._counts: NDArray[np.int64] = np.zeros(1, dtype=np.int64)
        self._title = label(title, "strong")
        self._said = label("", "small")
        self._plot = pg.PlotWidget()
        self._item: Any = prepare(self._plot, axis, "")
        self._bars = pg.BarGraphItem(x=[0.5], height=[0.0], width=1.0)
        self._build()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_values(self, values: NDArray[np.float64]) -> None:
        """Count these; what is not finite is left out."""
        known = values[np.isfinite(values)]
        if not len(known):
            self._counts = np.zeros(1, dtype=np.int64)
            self._said.setText(self.tr("not known"))
        else:
            self._counts, self._edges = np.histogram(known, bins=_BINS)
            low, high = float(known.min()), float(known.max())
            self._said.setText(self.tr("%s to %s %s") % (f"{low:.4g}", f"{high:.4g}", self._unit))
        self._draw()

    def counts(self) -> NDArray[np.int64]:
        """(n_bins,) what is drawn."""
        return self._counts

    def _build(self) -> None:
        self._item.addItem(self._bars)
        self._item.getAxis("left").setWidth(40)
        self._item.setMouseEnabled(x=False, y=False)
        self._plot.setAccessibleName(self._name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self._title, self._said):
            widget.setContentsMargins(12, 0, 12, 0)
            layout.addWidget(widget)
        layout.addWidget(self._plot, 1)

    def _draw(self) -> None:
        width = np.diff(self._edges)[: len(self._counts)]
        self._bars.setOpts(
            x=0.5 * (self._edges[:-1] + self._edges[1:])[: len(self._counts)],
            height=self._counts,
            width=0.92 * width,
            brush=pg.mkBrush(self._tokens.lines[0]),
            pen=pg.mkPen(None),
        )

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        dress(self._plot, tokens)
        self._draw()
