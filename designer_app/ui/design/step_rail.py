"""The seven steps at the left of the wizard, each with its state as a sign, never colour alone."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QVBoxLayout, QWidget

from designer_app.ui.design.pages import Step
from designer_app.ui.icons import icon_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

WIDTH = 196
_HEIGHT, _MARK, _LEFT = 56, 24, 16
_SMALL = 11
TODO, CURRENT, DONE, OUTDATED = "todo", "current", "done", "outdated"


class StepButton(QAbstractButton):
    """A numbered circle, a title and a few words."""

    def __init__(self, number: int, step: Step, theme: Theme) -> None:
        super().__init__()
        self._number = number
        self._step = step
        self._state = TODO
        self._is_here = False
        self._tokens = theme.tokens
        self._words = {
            TODO: self.tr("still to do"),
            DONE: self.tr("done"),
            OUTDATED: self.tr("outdated: an earlier step changed since"),
        }
        self.setText(self.tr(step.title))
        self.setFixedHeight(_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_state(TODO, is_here=False)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    @property
    def state(self) -> str:
        """TODO, DONE or OUTDATED."""
        return self._state

    def set_state(self, state: str, *, is_here: bool) -> None:
        """Show how far the step is, and whether it is in front."""
        self._state, self._is_here = state, is_here
        said = f"{self._number}. {self.text()}: {self._words[state]}"
        self.setAccessibleName(said)
        self.setToolTip(f"{self.tr(self._step.said)}\n{self._words[state]}")
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As wide as the rail."""
        return QSize(WIDTH, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Ground, circle, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = self._tokens
        ground = QRectF(self.rect()).adjusted(8, 3, -8, -3)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._is_here:
            painter.setBrush(QColor(tokens.chosen))
            painter.drawRoundedRect(ground, 6, 6)
        elif self.underMouse() and self.isEnabled():
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(ground, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tokens.accent), 1))
            painter.drawRoundedRect(ground, 6, 6)
        self._paint_mark(painter)
        self._paint_words(painter)
        painter.end()

    def _paint_mark(self, painter: QPainter) -> None:
        tokens = self._tokens
        area = QRectF(_LEFT, (self.height() - _MARK) / 2, _MARK, _MARK)
        color = {DONE: tokens.ok, OUTDATED: tokens.warn}.get(
            self._state, tokens.accent if self._is_here else tokens.border
        )
        painter.setPen(QPen(QColor(color), 1.5))
        painter.setBrush(QColor(tokens.surface))
        painter.drawEllipse(area.adjusted(1, 1, -1, -1))
        sign = {DONE: "check", OUTDATED: "warning"}.get(self._state)
        if sign is not None:
            pixmap = icon_pixmap(sign, color, 14, self.devicePixelRatioF())
            painter.drawPixmap(area.center() - QPointF(7, 7.5 if sign == "warning" else 7), pixmap)
            return
        painter.setPen(QColor(tokens.accent if self._is_here else tokens.muted))
        painter.setFont(_sized(self.font(), 12, bold=self._is_here))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(self._number))

    def _paint_words(self, painter: QPainter) -> None:
        tokens = self._tokens
        left = _LEFT + _MARK + 10
        width = self.width() - left - 10
        painter.setPen(QColor(tokens.text if self.isEnabled() else tokens.muted))
        painter.setFont(_sized(self.font(), 13, bold=self._is_here))
        painter.drawText(QRectF(left, 10, width, 18), Qt.AlignmentFlag.AlignVCenter, self.text())
        painter.setPen(QColor(tokens.muted))
        small = _sized(self.font(), _SMALL, bold=False)
        painter.setFont(small)
        said = self.tr("outdated") if self._state == OUTDATED else self.tr(self._step.said)
        if self._state == OUTDATED:
            painter.setPen(QColor(tokens.warn))
        painter.drawText(QRectF(left, 28, width, 16), Qt.AlignmentFlag.AlignVCenter, said)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Return presses it too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class StepRail(QWidget):
    """All steps; a click asks to go there."""

    step_asked = Signal(str)

    def __init__(self, steps: Sequence[Step], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons = {
            step.key: StepButton(place, step, theme) for place, step in enumerate(steps, 1)
        }
        self.setFixedWidth(WIDTH)
        self.setProperty("role", "rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Steps of the design"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 12)
        column.setSpacing(0)
        heading = label(self.tr("DESIGN"), "section")
        heading.setContentsMargins(_LEFT, 4, 0, 8)
        column.addWidget(heading)
        for key, button in self.buttons.items():
            button.setObjectName(key)
            button.clicked.connect(self._on_clicked)
            column.addWidget(button)
        column.addStretch(1)

    def _on_clicked(self) -> None:
        self.step_asked.emit(self.sender().objectName())


def _sized(font: QFont, pixels: int, *, bold: bool) -> QFont:
    found = QFont(font)
    found.setPixelSize(pixels)
    found.setBold(bold)
    return found
