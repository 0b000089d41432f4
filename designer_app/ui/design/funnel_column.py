"""The funnel of a design, stage below stage: how many are left, and the first reason of losses."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.specs.design_rows import STAGES
from designer_app.ui.screening.columns import reason_text
from designer_app.ui.screening.funnel_stage import Funnel, StageButton
from designer_app.ui.theme import BODY, SMALL, TITLE, Theme, tabular
from designer_app.ui.wording import with_spaces

_HEIGHT, _BAR, _SIDE = 47, 4, 10
_LAST = STAGES[-1][0]
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class StageLine(StageButton):
    """A name, a number, a bar as long as what went on, and why others did not."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Two lines of words and a bar."""
        return QSize(200, _HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw ground, words, bar."""
        tokens, count = self.tokens, self.count
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.underMouse() or self.hasFocus():
            painter.setPen(QColor(tokens.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 5, 5)
        inner = QRectF(self.rect()).adjusted(_SIDE, 3, -_SIDE, -3)
        upper = QRectF(inner.left(), inner.top(), inner.width(), 19)
        lower = QRectF(inner.left(), inner.bottom() - 14, inner.width(), 14)
        bar = QRectF(inner.left(), upper.bottom() + 1, inner.width(), _BAR)
        is_reached = bool(count.entered)
        font = tabular(self.font())
        painter.setFont(_sized(font, TITLE, bold=True))
        painter.setPen(QColor(tokens.text if is_reached else tokens.border))
        number = with_spaces(self.n_here) if is_reached else "\N{EN DASH}"
        painter.drawText(upper, int(_MIDDLE | Qt.AlignmentFlag.AlignRight), number)
        color = tokens.accent if self.is_at_work else tokens.text if is_reached else tokens.muted
        painter.setPen(QColor(color))
        painter.setFont(_sized(font, BODY, bold=self.is_at_work))
        painter.drawText(upper, int(_MIDDLE), self.text())
        self._paint_bar(painter, bar)
        painter.setFont(_sized(font, SMALL))
        painter.setPen(QColor(tokens.muted))
        told = painter.fontMetrics().elidedText(
            self._told(), Qt.TextElideMode.ElideRight, int(lower.width())
        )
        painter.drawText(lower, int(_MIDDLE), told)
        painter.end()

    def _paint_bar(self, painter: QPainter, area: QRectF) -> None:
        """All that came in, faint; what went on, or still may, in full."""
        painter.setPen(Qt.PenStyle.NoPen)
        goes_on = self.count.passed + (self.count.waiting if self.is_at_work else 0)
        for n, alpha in ((self.count.entered, 60), (goes_on, 255)):
            if n:
                color = QColor(self.tokens.accent)
                color.setAlpha(alpha)
                painter.setBrush(color)
                wide = max(area.width() * (n / self.most) ** 0.5, _BAR)
                painter.drawRoundedRect(
                    QRectF(area.left(), area.top(), wide, _BAR), _BAR / 2, _BAR / 2
                )

    def _told(self) -> str:
        """The most frequent reason of losses, or how many wait."""
        count = self.count
        if count.lost_reasons:
            reason, _ = count.lost_reasons[0]
            more = " \N{HORIZONTAL ELLIPSIS}" if len(count.lost_reasons) > 1 else ""
            said = reason_text(reason)
            if count.stage == _LAST:  # nothing is lost there: it is judged by the targets
                said = self.tr("misses %s") % said
            return f"\N{MINUS SIGN}{with_spaces(self.n_lost)}  {said}{more}"
        if count.waiting and not self.is_at_work:
            return self.tr("%s not among the best") % with_spaces(count.waiting)
        return ""


class FunnelColumn(Funnel):
    """All stages below each other."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        cells = {key: StageLine(title, theme) for key, title in STAGES}
        super().__init__(cells, parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(0)
        for cell in cells.values():
            layout.addWidget(cell)
        layout.addStretch(1)


def _sized(font: QFont, pixels: int, *, bold: bool = False) -> QFont:
    found = QFont(font)
    found.setPixelSize(pixels)
    found.setBold(bold)
    return found
