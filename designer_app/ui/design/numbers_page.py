"""What was predicted of a candidate beside what was computed, and what recomputations said."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from designer_app.specs.design_estimates import is_predicted, predicted, verified
from designer_app.specs.design_rows import Check
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.design.cards import ScrollPage, empty
from designer_app.ui.screening.candidate_delegate import level_of
from designer_app.ui.screening.columns import (
    Column,
    Criterion,
    column_for,
    estimate_text,
    explain,
    place_of,
)
from designer_app.ui.theme import Theme, label, tabular
from designer_app.ui.trust import Level, Verdict
from designer_app.ui.trust_light import TrustLight
from designer_app.ui.wording import unbroken

_WORDS = {Level.GOOD: "sound", Level.CARE: "with care", Level.NO: "doubtful"}
_TOP = Qt.AlignmentFlag.AlignTop


class NumbersPage(ScrollPage):
    """One line a property, both methods side by side, each with its error and its light."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: list[list[str]] = []
        self._asked: tuple[ScreenRow | None, dict[str, Criterion]] = (None, {})
        self._waiting: list[tuple[ScreenRow, str, Criterion | None]] = []
        self._turn = QTimer(self)
        self._turn.setInterval(1)
        self._turn.timeout.connect(self._on_turn)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(8)
        for place, stretch in enumerate((2, 2, 3, 3)):
            self._grid.setColumnStretch(place, stretch)
        self._checks = QVBoxLayout()
        self._checks.setSpacing(8)
        self.body.addLayout(self._grid)
        self.body.addLayout(self._checks)
        self.body.addStretch(1)

    def texts(self) -> list[list[str]]:
        """Property, target, predicted and computed value of each line."""
        return [list(each) for each in self._shown]

    def show_row(self, row: ScreenRow | None, criteria: Mapping[str, Criterion]) -> None:
        """Show the numbers of a candidate."""
        if (row, dict(criteria)) == self._asked:
            return
        self._asked = (row, dict(criteria))
        empty(self._grid)
        self._shown, self._waiting = [], []
        if row is None:
            return
        heads = ("", self.tr("Wanted"), self.tr("Predicted"), self.tr("Computed"))
        for place, text in enumerate(heads):
            self._grid.addWidget(label(text.upper(), "section"), 0, place)
        keys = {each.key for each in row.estimates} | set(criteria)
        # What is asked for comes first, as in the table.
        order = sorted(keys, key=lambda each: (each not in criteria, place_of(each), each))
        self._waiting = [(row, key, criteria.get(key)) for key in order]
        self._turn.start()

    def _on_turn(self) -> None:
        """One line: all at once would make the window stand still for 30 ms."""
        if self._waiting:
            self._add(*self._waiting.pop(0))
        else:
            self._turn.stop()

    def show_checks(self, checks: Sequence[Check]) -> None:
        """Show recomputations below."""
        empty(self._checks)
        if not checks:
            return
        self._checks.addWidget(label(self.tr("RECOMPUTED"), "section"))
        for check in checks:
            light = TrustLight(self._theme)
            light.set_verdict(Verdict(level_of(check.light), check.outcome, (check.sentence,)))
            said = label(unbroken(check.sentence), wrap=True)
            name = label(check.name, "muted", wrap=True)
            line = QWidget()
            grid = QGridLayout(line)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(16)
            for place, stretch in enumerate((2, 5, 1)):
                grid.setColumnStretch(place, stretch)
            for place, widget in enumerate((name, said, light)):
                grid.addWidget(widget, 0, place, _TOP)
            self._checks.addWidget(line)

    def _add(self, row: ScreenRow, key: str, criterion: Criterion | None) -> None:
        found = row.estimate(key)
        column = column_for(found or Estimate(key=key, value=0.0, unit=""))
        line = len(self._shown) + 1
        title = label(column.title, wrap=True)
        title.setToolTip(column.doc)
        wanted = label(
            unbroken(criterion.sentence(column)) if criterion else "", "muted", wrap=True
        )
        self._grid.addWidget(title, line, 0, _TOP)
        self._grid.addWidget(wanted, line, 1, _TOP)
        fails = key in row.failing
        texts = [column.title, wanted.text()]
        for place, estimate in enumerate((predicted(row, key), verified(row, key)), start=2):
            last = estimate is not None and not is_predicted(estimate)
            cell = self._cell(estimate, column, fails=fails and last)
            self._grid.addWidget(cell, line, place, _TOP)
            texts.append(estimate_text(estimate, column) if estimate is not None else "")
        self._shown.append(texts)

    def _cell(self, estimate: Estimate | None, column: Column, *, fails: bool) -> QWidget:
        """Value with interval; below it method and light."""
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(1)
        if estimate is None:
            layout.addWidget(label("\N{EN DASH}", "muted"))
            return made
        told = unbroken(estimate_text(estimate, column))
        if fails:
            told = f"\N{MULTIPLICATION SIGN} {told}"
        value = label(told, "error" if fails else "", wrap=True)
        value.setFont(tabular(value.font()))
        value.setToolTip(explain(estimate, column))
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        light = TrustLight(self._theme)
        level = level_of(estimate.light)
        more = explain(estimate, column).splitlines()[1:]
        reasons = tuple(dict.fromkeys(part for part in (estimate.reason, *more) if part))
        light.set_verdict(Verdict(level, _WORDS[level], reasons))
        below = QWidget()
        grid = QGridLayout(below)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        method = label(estimate.method, "small", wrap=True)
        method.setToolTip(estimate.origin)
        grid.addWidget(light, 0, 0)
        grid.addWidget(method, 0, 1)
        grid.setColumnStretch(1, 1)
        layout.addWidget(value)
        layout.addWidget(below)
        return made
