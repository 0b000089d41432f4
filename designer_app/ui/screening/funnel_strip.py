"""The funnel of a run: stages from left to right, how many are left, and why others were lost."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QWidget

from designer_app.specs.screen_rows import STAGES
from designer_app.ui.screening.funnel_stage import Funnel, StageButton
from designer_app.ui.theme import SMALL, TITLE, Theme, tabular
from designer_app.ui.wording import with_spaces

_TITLE_HEIGHT, _NUMBER_HEIGHT, _BAR_HEIGHT = 16, 20, 20
_SHORT = {"balanced": "Balanced"}
"""Titles that fit a ninth of the window."""


class StageCell(StageButton):
    """One stage: its name, how many came through, and the funnel's outline below."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Title, number, outline."""
        return QSize(72, _TITLE_HEIGHT + _NUMBER_HEIGHT + _BAR_HEIGHT + 12)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """Draw title, number, losses and outline."""
        tokens, count = self.tokens, self.count
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
        painter.setPen(QColor(tokens.accent if self.is_at_work else tokens.muted))
        title = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, self.width() - 4
        )
        painter.drawText(0, 4, self.width(), _TITLE_HEIGHT, middle, title)
        if self.n_lost:
            top = self.height() - _BAR_HEIGHT - 4
            painter.setPen(QColor(tokens.text))
            text = f"\N{MINUS SIGN}{with_spaces(self.n_lost)}"
            painter.drawText(0, top, self.width(), _BAR_HEIGHT, middle, text)
        font.setPixelSize(TITLE)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if count.entered else tokens.border))
        number = with_spaces(self.n_here) if count.entered else "\N{EN DASH}"
        painter.drawText(0, 4 + _TITLE_HEIGHT, self.width(), _NUMBER_HEIGHT, middle, number)
        painter.end()

    def _paint_outline(self, painter: QPainter) -> None:
        """As thick at the left as what came in, at the right as what went on, or still may."""
        center = self.height() - 4 - _BAR_HEIGHT / 2
        goes_on = self.count.passed + (self.count.waiting if self.is_at_work else 0)
        left, right = (
            _BAR_HEIGHT / 2 * (n / self.most) ** 0.5 for n in (self.count.entered, goes_on)
        )
        color = QColor(self.tokens.accent)
        color.setAlpha(70 if self.is_at_work else 40)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        wide = float(self.width())
        corners = ((0, -left), (wide, -right), (wide, right), (0, left))
        painter.drawPolygon(QPolygonF([QPointF(x, center + y) for x, y in corners]))


class FunnelStrip(Funnel):
    """All stages side by side."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        cells = {key: StageCell(_SHORT.get(key, title), theme) for key, title in STAGES}
        super().__init__(cells, parent)
        self.setProperty("role", "header")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(0)
        for cell in cells.values():
            layout.addWidget(cell, 1)
