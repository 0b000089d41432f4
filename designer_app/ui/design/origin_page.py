"""Why this candidate: known materials near it, and which choices moved its properties."""

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from designer_app.io.formulas import written
from designer_app.specs.design_rows import CandidateDetail, Contribution
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.estimates import Estimate
from designer_app.ui.design.cards import ScrollPage, empty
from designer_app.ui.number_editor import unit_text
from designer_app.ui.screening.columns import Column, column_for, number_of
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, tabular
from designer_app.ui.wording import THIN, with_sources_told

_TOP = Qt.AlignmentFlag.AlignTop
_MOST = 6
"""Choices of one property."""


class ChangeBar(QWidget):
    """A bar to the right of the middle for more, to the left for less."""

    def __init__(self, share: float, theme: Theme) -> None:
        super().__init__()
        self._share = max(-1.0, min(1.0, share))
        self._tokens = theme.tokens
        self.setFixedHeight(14)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Wide enough to compare."""
        return QSize(120, 14)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802
        """The middle line, and the bar."""
        painter = QPainter(self)
        middle = self.width() / 2
        painter.fillRect(QRectF(middle - 0.5, 0, 1, self.height()), QColor(self._tokens.border))
        wide = self._share * (middle - 2)
        first, second = self._tokens.lines[:2]
        bar = QRectF(middle, 3, wide, self.height() - 6).normalized()
        painter.fillRect(bar, QColor(first if wide > 0 else second))
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


class OriginPage(ScrollPage):
    """Three known materials, and the choices that the models held for decisive."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._known = QGridLayout()
        self._known.setHorizontalSpacing(16)
        self._known.setVerticalSpacing(6)
        self._known.setColumnStretch(1, 1)
        self._seen = label("", "muted", wrap=True)
        self._moved = QVBoxLayout()
        self._moved.setSpacing(8)
        self._titles = [
            label(self.tr("NEAREST KNOWN MATERIALS"), "section"),
            label(self.tr("WHAT MOVED THE PREDICTION"), "section"),
        ]
        self._message = label("", "muted", wrap=True)
        self.body.addWidget(self._titles[0])
        self.body.addLayout(self._known)
        self.body.addWidget(self._seen)
        self.body.addWidget(self._titles[1])
        self.body.addLayout(self._moved)
        self.body.addWidget(self._message)
        self.body.addStretch(1)
        self.show_detail(None)

    def show_detail(self, detail: CandidateDetail | None) -> None:
        """Show what is known; only the shortlist has it."""
        empty(self._known)
        empty(self._moved)
        for widget in (*self._titles, self._seen):
            widget.setVisible(detail is not None)
        self._message.setVisible(detail is None)
        self._message.setText(
            self.tr("Neighbours and reasons are found for the shortlist, at the end of a run.")
        )
        if detail is None:
            return
        for line, each in enumerate(detail.neighbours):
            self._known.addWidget(label(written(each.formula), "strong"), line, 0, _TOP)
            self._known.addWidget(label(each.why, wrap=True), line, 1, _TOP)
            self._known.addWidget(label(_above(each.e_above_hull), "muted"), line, 2, _TOP)
            self._known.addWidget(label(with_sources_told(each.source), "small"), line, 3, _TOP)
        if not detail.neighbours:
            self._known.addWidget(label(self.tr("None was found."), "muted"), 0, 0)
        self._seen.setText(detail.seen)
        self._seen.setVisible(bool(detail.seen))
        self._titles[1].setVisible(bool(detail.contributions))
        groups = groupby(sorted(detail.contributions, key=_key), key=_key)
        for key, found in groups:
            self._moved.addWidget(self._group(key, list(found)))

    def _group(self, key: str, found: Sequence[Contribution]) -> QWidget:
        unit = PROPERTIES[key].unit if key in PROPERTIES else ""
        column = column_for(Estimate(key=key, value=0.0, unit=unit))
        made = QWidget()
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 2)
        grid.addWidget(label(column.title, "strong"), 0, 0, 1, 3)
        most = max((abs(each.change) for each in found), default=0.0) or 1.0
        first = sorted(found, key=lambda each: -abs(each.change))[:_MOST]
        for line, each in enumerate(first, start=1):
            said = label(_change(each.change, column))
            said.setFont(tabular(said.font()))
            grid.addWidget(label(each.choice, wrap=True), line, 0)
            grid.addWidget(ChangeBar(each.change / most, self._theme), line, 1)
            grid.addWidget(said, line, 2, Qt.AlignmentFlag.AlignRight)
        return made


def _key(each: Contribution) -> str:
    return each.property_key


def _change(value: float, column: Column) -> str:
    shown = column.shown(value)
    sign = "+" if shown > 0 else ""
    unit = f"{THIN}{unit_text(column.unit)}" if column.unit else ""
    return f"{sign}{number_of(shown)}{unit}"


def _above(distance: float | None) -> str:
    """How far a known material lies above the hull."""
    if distance is None:
        return ""
    return "on the hull" if distance < 5e-4 else f"{1000 * distance:.0f}{THIN}meV/atom above hull"
