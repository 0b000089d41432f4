"""The legend of a plot in one line; under the crosshair it tells the values."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from designer_app.ui.plots.time_plot import dashed
from designer_app.ui.theme import SMALL, OnTheme, Theme, Tokens, tabular

_SAMPLE, _GAP, _BETWEEN = 22, 6, 18


class PlotLegend(QWidget):
    """A sample of each line, its name, and its value where the mouse is."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._values: tuple[str, ...] = ()
        self._tokens = theme.tokens
        font = tabular(self.font())
        font.setPixelSize(SMALL)
        self.setFont(font)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_names(self, names: Sequence[str]) -> None:
        """The lines of the plot in front."""
        self._names, self._values = tuple(names), ()
        self._changed()

    def set_values(self, texts: Sequence[str]) -> None:
        """The time and the value of each line; empty for none."""
        self._values = tuple(texts)
        self._changed()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for all texts."""
        return QSize(self._draw(None) + 4, self.fontMetrics().height() + 6)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw samples and texts."""
        painter = QPainter(self)
        self._draw(painter)
        painter.end()

    def _draw(self, painter: QPainter | None) -> int:
        """The width that is drawn, or would be."""
        x = 0
        metrics = self.fontMetrics()
        if self._values:
            x = self._text(painter, x, self._values[0], self._tokens.muted) + _BETWEEN
        for index, name in enumerate(self._names):
            if painter is not None:
                pen = QPen(QColor(self._tokens.lines[index]), 2)
                pen.setCapStyle(Qt.PenCapStyle.FlatCap)
                painter.setPen(dashed(pen, index))
                painter.drawLine(x, self.height() // 2, x + _SAMPLE, self.height() // 2)
            value = self._values[index + 1] if index + 1 < len(self._values) else ""
            x = self._text(painter, x + _SAMPLE + _GAP, name, self._tokens.muted)
            if value:
                x = self._text(painter, x + _GAP, value, self._tokens.text)
            x += _BETWEEN
        return max(0, x - _BETWEEN) + metrics.leading()

    def _text(self, painter: QPainter | None, x: int, text: str, color: str) -> int:
        wide = self.fontMetrics().horizontalAdvance(text)
        if painter is not None:
            painter.setPen(QColor(color))
            painter.drawText(
                x, 0, wide + 4, self.height(), int(Qt.AlignmentFlag.AlignVCenter), text
            )
        return x + wide

    def _changed(self) -> None:
        self.setAccessibleName(", ".join(self._names))
        self.updateGeometry()
        self.update()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()
