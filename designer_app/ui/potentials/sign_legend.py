"""Which sign in a cloud of points is which potential."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from designer_app.ui.plots.parity_plot import SYMBOLS
from designer_app.ui.theme import OnTheme, Theme, Tokens

_SIGN, _GAP, _BETWEEN = 9, 6, 18
_CORNERS = {
    "t1": ((0.5, 0.0), (1.0, 1.0), (0.0, 1.0)),
    "s": ((0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95)),
    "d": ((0.5, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 0.5)),
}


class SignLegend(QWidget):
    """Sign and name of each, in one line."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: tuple[str, ...] = ()
        self._tokens = theme.tokens
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_names(self, names: Sequence[str]) -> None:
        """The potentials in the order of their clouds."""
        self._names = tuple(names[: len(SYMBOLS)])
        self.setAccessibleName(", ".join(self._names))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Room for all names."""
        metrics = self.fontMetrics()
        wide = sum(
            metrics.horizontalAdvance(name) + _SIGN + _GAP + _BETWEEN for name in self._names
        )
        return QSize(wide, metrics.height() + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw signs and names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x = 0.0
        for place, name in enumerate(self._names):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._tokens.lines[place]))
            top = (self.height() - _SIGN) / 2
            corners = _CORNERS.get(SYMBOLS[place])
            if corners is None:
                painter.drawEllipse(QPointF(x + _SIGN / 2, top + _SIGN / 2), _SIGN / 2, _SIGN / 2)
            else:
                points = [QPointF(x + _SIGN * a, top + _SIGN * b) for a, b in corners]
                painter.drawPolygon(QPolygonF(points))
            painter.setPen(QColor(self._tokens.text))
            x += _SIGN + _GAP
            wide = self.fontMetrics().horizontalAdvance(name)
            area = self.rect().adjusted(round(x), 0, 0, 0)
            painter.drawText(area, int(Qt.AlignmentFlag.AlignVCenter), name)
            x += wide + _BETWEEN
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()
