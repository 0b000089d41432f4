"""The funnel of a run: stages from left to right, how many are left, and why others were lost."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.specs.screen_rows import STAGES, FunnelCount
from designer_app.ui.screening.columns import reason_text
from designer_app.ui.theme import SMALL, TITLE, OnTheme, Theme, Tokens, label, tabular
from designer_app.ui.wording import THIN

_TITLE_HEIGHT, _NUMBER_HEIGHT, _BAR_HEIGHT = 16, 20, 20
_MOST_REASONS = 8
_SHORT = {"balanced": "Balanced"}
"""Titles that fit a ninth of the window."""


class StageCell(QAbstractButton):
    """One stage: its name, how many came through, and the funnel's outline below."""

    reason_chosen = Signal(str)
    """Why candidates were lost here: the table is to show them."""

    def __init__(self, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = FunnelCount(stage="", entered=0, passed=0)
        self._most = 1
        self._is_at_work = False
        self._tokens = theme.tokens
        self._popup: QFrame | None = None
        self.setText(title)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._theme_follower = OnTheme(self, theme, self._on_theme)
        self.clicked.connect(self._on_clicked)

    def set_count(self, count: FunnelCount, most: int, *, is_at_work: bool) -> None:
        """What came through, beside the most that any stage saw."""
        self._count, self._most, self._is_at_work = count, max(most, 1), is_at_work
        told = [self.tr("%s: %d of %d went on") % (self.text(), count.passed, count.entered)]
        if count.waiting:
            told.append(self.tr("%d wait, or were not among the best") % count.waiting)
        told.extend(
            f"{n} - {reason_text(reason)}" for reason, n in count.lost_reasons[:_MOST_REASONS]
        )
        if count.lost_reasons:
            told.append(self.tr("Click to see them"))
        self.setToolTip("\n".join(told))
        self.setAccessibleName(told[0])
        self.setAccessibleDescription(", ".join(told[1:]))
        self.setEnabled(bool(count.entered))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Title, number, outline."""
        return QSize(72, _TITLE_HEIGHT + _NUMBER_HEIGHT + _BAR_HEIGHT + 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw title, number, losses and outline."""
        tokens, count = self._tokens, self._count
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 5, 5)
        self._paint_outline(painter)
        middle = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter)
        font = tabular(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(QColor(tokens.accent if self._is_at_work else tokens.muted))
        title = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width() - 4
        )
        painter.drawText(0, 4, self.width(), _TITLE_HEIGHT, middle, title)
        lost = sum(n for _, n in count.lost_reasons)
        if lost:
            top = self.height() - _BAR_HEIGHT - 4
            painter.setPen(QColor(tokens.text))
            text = f"\N{MINUS SIGN}{_with_spaces(lost)}"
            painter.drawText(0, top, self.width(), _BAR_HEIGHT, middle, text)
        font.setPixelSize(TITLE)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if count.entered else tokens.border))
        here = count.entered if self._is_at_work else count.passed
        number = _with_spaces(here) if count.entered else "\N{EN DASH}"
        painter.drawText(0, 4 + _TITLE_HEIGHT, self.width(), _NUMBER_HEIGHT, middle, number)
        painter.end()

    def _paint_outline(self, painter: QPainter) -> None:
        """As thick at the left as what came in, at the right as what went on, or still may."""
        center = self.height() - 4 - _BAR_HEIGHT / 2
        goes_on = self._count.passed + (self._count.waiting if self._is_at_work else 0)
        left, right = (
            _BAR_HEIGHT / 2 * (n / self._most) ** 0.5 for n in (self._count.entered, goes_on)
        )
        color = QColor(self._tokens.accent)
        color.setAlpha(70 if self._is_at_work else 40)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        wide = float(self.width())
        corners = ((0, -left), (wide, -right), (wide, right), (0, left))
        painter.drawPolygon(QPolygonF([QPointF(x, center + y) for x, y in corners]))

    def _on_clicked(self) -> None:
        count = self._count
        popup = QFrame(self, Qt.WindowType.Popup)
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        popup.setProperty("role", "card")
        layout = QVBoxLayout(popup)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(4)
        layout.addWidget(
            label(self.tr("%s: %d of %d went on") % (self.text(), count.passed, count.entered),
                  "strong")
        )  # fmt: skip
        if count.waiting:
            layout.addWidget(label(self.tr("%d wait, or were not among the best") % count.waiting))
        for reason, n in count.lost_reasons[:_MOST_REASONS]:
            button = QPushButton(f"{n}  {reason_text(reason)}")
            button.setProperty("role", "link")
            button.setProperty("reason", reason_text(reason))
            button.setToolTip(self.tr("Show them in the table"))
            button.clicked.connect(self._on_reason_clicked)
            layout.addWidget(button)
        popup.adjustSize()
        popup.move(self.mapToGlobal(QPoint(0, self.height() + 2)))
        popup.show()
        self._popup = popup

    def _on_reason_clicked(self) -> None:
        reason = str(self.sender().property("reason"))
        if self._popup is not None:
            self._popup.close()
        self.reason_chosen.emit(reason)

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class FunnelStrip(QFrame):
    """All stages side by side."""

    reason_chosen = Signal(str, str)
    """(stage, reason)."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[FunnelCount, ...] = ()
        self._cells = {key: StageCell(_SHORT.get(key, title), theme) for key, title in STAGES}
        self.setProperty("role", "header")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(self.tr("Funnel"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(0)
        for cell in self._cells.values():
            layout.addWidget(cell, 1)
            cell.reason_chosen.connect(self._on_reason_chosen)

    def set_counts(self, counts: Sequence[FunnelCount], *, is_live: bool) -> None:
        """Show a funnel; of a live one the stage at work is marked."""
        self._shown = tuple(counts)
        most = max((count.entered for count in counts), default=1)
        reached = [count.stage for count in counts if count.entered]
        for count in counts:
            at_work = is_live and bool(reached) and count.stage == reached[-1]
            self._cells[count.stage].set_count(count, most, is_at_work=at_work)

    def counts(self) -> tuple[FunnelCount, ...]:
        """What is shown."""
        return self._shown

    def _on_reason_chosen(self, reason: str) -> None:
        sender = self.sender()
        stage = next(key for key, cell in self._cells.items() if cell is sender)
        self.reason_chosen.emit(stage, reason)


def _with_spaces(number: int) -> str:
    return f"{number:,}".replace(",", THIN)
