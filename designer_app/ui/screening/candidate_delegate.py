"""How a cell of the table looks: a number over its interval, a verdict with its sign."""

import math

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from designer_app.io.formulas import written
from designer_app.specs.screen_rows import FAILS, LOST, PASSES
from designer_app.ui.screening.candidate_model import CELL, Cell, verdict_text
from designer_app.ui.screening.columns import SCORE, Column, name_of
from designer_app.ui.theme import SMALL, OnTheme, Theme, Tokens, tabular
from designer_app.ui.trust import Level
from designer_app.ui.trust_light import draw_shape
from designer_app.ui.wording import with_indices

ROW_HEIGHT = 44
_PAD = 10
_SHAPE = 8
_LEVELS = {"green": Level.GOOD, "amber": Level.CARE, "red": Level.NO}
_Index = QModelIndex | QPersistentModelIndex
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


def level_of(light: str) -> Level:
    """The trust light of an estimate."""
    return _LEVELS.get(light, Level.CARE)


class CandidateDelegate(QStyledItemDelegate):
    """Draws; holds no widget, so that 10,000 rows cost what the visible ones cost."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = theme.tokens
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: ARG002, N802
        """Two lines."""
        return QSize(96, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground, then what the column shows."""
        cell: Cell | None = index.data(CELL)
        if cell is None:
            return
        painter.save()
        area: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - missing in the stubs
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(self._tokens.chosen))
        painter.setPen(QPen(QColor(self._tokens.border), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        inner = area.adjusted(_PAD, 4, -_PAD, -4)
        font: QFont = option.font  # pyright: ignore[reportAttributeAccessIssue]
        if cell.column is not None:
            self._paint_number(painter, inner, font, cell, cell.column)
        elif index.column() == 0:
            self._paint_candidate(painter, inner, font, cell)
        else:
            self._paint_verdict(painter, inner, font, cell)
        painter.restore()

    # --- the three kinds of cell ---

    def _paint_candidate(self, painter: QPainter, area: QRect, font: QFont, cell: Cell) -> None:
        row = cell.row
        upper, lower = _halves(area)
        self._write(painter, upper, font, written(row.formula), self._tokens.text, _LEFT)
        size = f"{row.n_atoms} atoms" if row.n_atoms else ""
        parts = [with_indices(row.space_group).partition(" ")[0], "known" if row.known else size]
        told = " · ".join(part for part in parts if part)
        self._write(painter, lower, _small(font), told, self._tokens.muted, _LEFT)

    def _paint_verdict(self, painter: QPainter, area: QRect, font: QFont, cell: Cell) -> None:
        row = cell.row
        upper, lower = _halves(area)
        colors = {PASSES: self._tokens.ok, FAILS: self._tokens.warn, LOST: self._tokens.muted}
        color = colors.get(row.verdict, self._tokens.muted)
        if row.verdict == PASSES and row.light != "green":
            color = self._tokens.warn
        if row.verdict in (PASSES, FAILS):
            self._light(painter, upper, row.light)
            upper = upper.adjusted(_SHAPE + 6, 0, 0, 0)
        self._write(painter, upper, font, verdict_text(row), color, _LEFT)
        self._write(painter, lower, _small(font), _why(cell), self._tokens.muted, _LEFT)

    def _paint_number(
        self, painter: QPainter, area: QRect, font: QFont, cell: Cell, column: Column
    ) -> None:
        upper, lower = _halves(area)
        value = cell.row.score if column.key == SCORE.key else _value(cell)
        if not math.isfinite(value):
            return
        if cell.estimate is not None:
            self._light(painter, upper, cell.estimate.light)
        color = self._tokens.error if cell.fails else self._tokens.text
        text = column.text(value)
        self._write(painter, upper, tabular(font), text, color, _RIGHT)
        if cell.fails:
            wide = painter.fontMetrics().horizontalAdvance(text)
            self._cross(painter, QPointF(upper.right() - wide - 10, upper.center().y() + 1))
        if column.key != SCORE.key:
            self._paint_range(painter, QRectF(lower), cell, column)

    def _paint_range(self, painter: QPainter, area: QRectF, cell: Cell, column: Column) -> None:
        """The value among all candidates' values, its interval, and the thresholds as ticks."""
        scale = _Scale(area, cell, column)
        estimate = cell.estimate
        if estimate is None or not scale.is_wide:
            return
        y = area.center().y() + 1
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._tokens.border), 2))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        color = QColor(self._tokens.error if cell.fails else self._tokens.accent)
        if estimate.low is not None and estimate.high is not None:
            painter.setPen(QPen(color, 2))
            painter.drawLine(QPointF(scale.x(estimate.low), y), QPointF(scale.x(estimate.high), y))
        if cell.criterion is not None:
            painter.setPen(QPen(QColor(self._tokens.muted), 1))
            for bound in cell.criterion.bounds():
                x = scale.x(bound)
                painter.drawLine(QPointF(x, y - 5), QPointF(x, y + 5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QPointF(scale.x(estimate.value), y), 3, 3)

    # --- pieces ---

    def _write(
        self,
        painter: QPainter,
        area: QRect,
        font: QFont,
        text: str,
        color: str,
        side: Qt.AlignmentFlag,
    ) -> None:
        painter.setFont(font)
        painter.setPen(QColor(color))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(side), shown)

    def _light(self, painter: QPainter, area: QRect, light: str) -> None:
        top = area.center().y() - _SHAPE / 2 + 1
        place = QRectF(area.left(), top, _SHAPE, _SHAPE)
        draw_shape(painter, level_of(light), place, self._tokens)

    def _cross(self, painter: QPainter, center: QPointF) -> None:
        """The sign of a rule that is not met: colour never tells it alone."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(self._tokens.error), 1.6))
        for sign in (1, -1):
            painter.drawLine(center + QPointF(-3, -3 * sign), center + QPointF(3, 3 * sign))

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens


class _Scale:
    """From values to places along a cell: linear, or by the logarithm."""

    def __init__(self, area: QRectF, cell: Cell, column: Column) -> None:
        self._area = area
        self._is_log = column.is_log
        bounds = cell.criterion.bounds() if cell.criterion else ()
        ends = [self._number(each) for each in (*cell.span, *bounds) if self._is_usable(each)]
        self._low, self._high = (min(ends), max(ends)) if ends else (0.0, 0.0)

    @property
    def is_wide(self) -> bool:
        return self._high > self._low

    def x(self, value: float) -> float:
        number = self._number(value) if self._is_usable(value) else self._low
        share = (number - self._low) / (self._high - self._low)
        return self._area.left() + min(max(share, 0.0), 1.0) * self._area.width()

    def _is_usable(self, value: float) -> bool:
        return math.isfinite(value) and (value > 0.0 or not self._is_log)

    def _number(self, value: float) -> float:
        return math.log10(value) if self._is_log else value


def _halves(area: QRect) -> tuple[QRect, QRect]:
    middle = area.top() + round(0.58 * area.height())
    upper = QRect(area.left(), area.top(), area.width(), middle - area.top())
    return upper, QRect(area.left(), middle, area.width(), area.bottom() - middle)


def _small(font: QFont) -> QFont:
    found = QFont(font)
    found.setPixelSize(SMALL)
    return found


def _value(cell: Cell) -> float:
    return cell.estimate.value if cell.estimate is not None else math.nan


def _why(cell: Cell) -> str:
    """What fits under the verdict: the reason, or where it waits."""
    row = cell.row
    if row.verdict == LOST:
        return row.reason
    return ", ".join(name_of(key).lower() for key in row.failing)
