"""Where the time of a run will go, as one bar with its parts named below."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from designer_app.ui.theme import OnTheme, Theme, Tokens
from designer_app.ui.wording import duration

_BAR, _LINE, _MARK = 12, 20, 10


class TimeBar(QWidget):
    """Shows (what, seconds) parts; each has a colour of the theme's lines and its name."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[tuple[str, float], ...] = ()
        self._tokens = theme.tokens
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_parts(self, parts: Sequence[tuple[str, float]]) -> None:
        """Show these."""
        self._parts = tuple(parts)
        told = ", ".join(f"{what} {duration(seconds)}" for what, seconds in self._parts)
        self.setAccessibleName(self.tr("Expected time: %s") % told)
        self.setToolTip(self.tr("Counted from what each part usually takes on one core"))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The bar, and a line for each part."""
        return QSize(300, _BAR + 8 + _LINE * len(self._parts))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Parts side by side, then their names."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(seconds for _, seconds in self._parts)
        left, font = 0.0, QFont(self.font())
        for place, (what, seconds) in enumerate(self._parts):
            color = QColor(self._color(place))
            width = self.width() * seconds / total if total else 0.0
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            painter.drawRect(QRectF(left, 0, max(width - 2, 1), _BAR))
            left += width
            top = _BAR + 8 + place * _LINE
            painter.drawRect(QRectF(0, top + (_LINE - _MARK) / 2, _MARK, _MARK))
            painter.setFont(font)
            painter.setPen(QColor(self._tokens.muted))
            area = QRectF(_MARK + 8, top, self.width() - _MARK - 8, _LINE)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, what)
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.setPen(QColor(self._tokens.text))
            painter.drawText(area, right, duration(seconds))
        painter.end()

    def _color(self, place: int) -> str:
        lines = (*self._tokens.lines, self._tokens.muted)
        return lines[place % len(lines)]

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()
