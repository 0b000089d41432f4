"""The trust light: a shape and a word; a click tells why."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.trust import Level, Verdict

_SHAPE = 10
_GAP = 6


def draw_shape(painter: QPainter, level: Level, area: QRectF, tokens: Tokens) -> None:
    """A green disc, an amber triangle or a red square."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    colors = {Level.GOOD: tokens.ok, Level.CARE: tokens.warn, Level.NO: tokens.error}
    painter.setBrush(QColor(colors[level]))
    if level is Level.GOOD:
        painter.drawEllipse(area)
    elif level is Level.CARE:
        top = QPointF(area.center().x(), area.top())
        painter.drawPolygon(QPolygonF([top, area.bottomRight(), area.bottomLeft()]))
    else:
        painter.drawRect(area)


def _draw(painter: QPainter, level: Level | None, area: QRectF, tokens: Tokens) -> None:
    """The shape of a level; an empty ring for none."""
    if level is not None:
        draw_shape(painter, level, area, tokens)
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(tokens.muted), 1.5))
    painter.drawEllipse(area.adjusted(1, 1, -1, -1))


class LevelShape(QWidget):
    """A disc, a triangle or a square; an empty ring for what was not checked."""

    def __init__(self, level: Level | None, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level = level
        self._tokens = theme.tokens
        self.setFixedSize(QSize(_SHAPE + 4, 18))
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the shape."""
        painter = QPainter(self)
        area = QRectF(2, (self.height() - _SHAPE) / 2, _SHAPE, _SHAPE)
        _draw(painter, self._level, area, self._tokens)
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class TrustLight(QAbstractButton):
    """Shows a `Verdict`; clicked, its reasons."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._verdict: Verdict | None = None
        self._theme = theme
        self._tokens = theme.tokens
        self.popup: QFrame | None = None
        """The reasons, once they were asked for."""
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setVisible(False)
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self.clicked.connect(self._on_clicked)

    @property
    def verdict(self) -> Verdict | None:
        """What is shown."""
        return self._verdict

    def set_verdict(self, verdict: Verdict | None) -> None:
        """Show a verdict, or nothing."""
        self._verdict = verdict
        self.setVisible(verdict is not None)
        if verdict is not None:
            self.setText(verdict.word)
            self.setAccessibleName(self.tr("Trust: %s") % verdict.word)
            self.setAccessibleDescription(" ".join(verdict.reasons))
            self.setToolTip("\n".join((*verdict.reasons, self.tr("Click for reasons"))))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Shape, gap and word."""
        width = _SHAPE + _GAP + self.fontMetrics().horizontalAdvance(self.text()) + 8
        return QSize(width, max(24, self.fontMetrics().height() + 6))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw the shape and the word."""
        if self._verdict is None:
            return
        painter = QPainter(self)
        area = QRectF(2, (self.height() - _SHAPE) / 2, _SHAPE, _SHAPE)
        _draw(painter, self._verdict.level, area, self._tokens)
        painter.setPen(QColor(self._tokens.text))
        words = self.rect().adjusted(_SHAPE + _GAP + 2, 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.hasFocus():
            painter.setPen(QColor(self._tokens.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()

    def _on_clicked(self) -> None:
        if self._verdict is None:
            return
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("role", "card")
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(label(self.tr("Can this result be trusted?"), "strong"))
        levels = self._verdict.levels or (None,) * len(self._verdict.reasons)
        for reason, level in zip(self._verdict.reasons, levels, strict=True):
            said = label(reason, wrap=True)
            said.setFixedWidth(280)
            line = QHBoxLayout()
            line.setSpacing(8)
            if level is not None:
                line.addWidget(LevelShape(level, self._theme), 0, Qt.AlignmentFlag.AlignTop)
            elif self._verdict.levels:
                line.addSpacing(_SHAPE + 12)
            line.addWidget(said)
            layout.addLayout(line)
        popup.adjustSize()
        corner = self.mapToGlobal(QPoint(self.width(), self.height() + 4))
        popup.move(corner.x() - popup.width(), corner.y())
        popup.show()
        self.popup = popup
