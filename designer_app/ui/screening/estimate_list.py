"""All numbers of a candidate: value with interval, trust light, method and origin below."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.specs.estimates import Estimate
from designer_app.ui.panels.section import row
from designer_app.ui.screening.candidate_delegate import level_of
from designer_app.ui.screening.columns import (
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


class EstimateList(QWidget):
    """Different methods for one property stand below each other; they are never averaged."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[Estimate, ...] = ()
        self._judged_by: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(10)

    def texts(self) -> list[tuple[str, str]]:
        """(title, value) as shown."""
        return [
            (column_for(each).title, estimate_text(each, column_for(each))) for each in self._shown
        ]

    def set_estimates(
        self,
        estimates: Sequence[Estimate],
        failing: Sequence[str],
        criteria: Mapping[str, Criterion],
    ) -> None:
        """Show these, in the order of the table's columns."""
        wanted = tuple(sorted(estimates, key=lambda each: (place_of(each.key), each.key)))
        judged_by = (tuple(failing), dict(criteria))
        if (wanted, judged_by) == (self._shown, self._judged_by):
            return
        self._shown, self._judged_by = wanted, judged_by
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for each in wanted:
            made = self._line(each, criteria.get(each.key), fails=each.key in failing)
            self._column.addWidget(made)

    def _line(self, estimate: Estimate, criterion: Criterion | None, *, fails: bool) -> QWidget:
        """Title and value; below, method and light."""
        column = column_for(estimate)
        title = label(column.title, "muted")
        title.setToolTip(column.doc)
        value = label(
            unbroken(estimate_text(estimate, column)), "error" if fails else "", wrap=True
        )
        value.setFont(tabular(value.font()))
        value.setToolTip(explain(estimate, column))
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        light = TrustLight(self._theme)
        level = level_of(estimate.light)
        reasons = tuple(
            part for part in (estimate.reason, *explain(estimate, column).splitlines()[1:]) if part
        )
        light.set_verdict(Verdict(level, _WORDS[level], tuple(dict.fromkeys(reasons))))
        parts = [estimate.method]
        if criterion is not None:
            told = criterion.sentence(column)
            parts.append(self.tr("misses: %s") % told if fails else self.tr("wanted: %s") % told)
        told = unbroken(", ".join(part for part in parts if part))
        below = label(told, "problem" if fails else "small", wrap=True)
        below.setToolTip(estimate.origin)
        value.setAlignment(Qt.AlignmentFlag.AlignRight)
        upper, lower = row(title), row(spacing=8)
        upper.addWidget(value, 1)
        lower.addWidget(below, 1)
        lower.addWidget(light, 0, Qt.AlignmentFlag.AlignTop)
        made = QWidget()
        layout = QVBoxLayout(made)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(upper)
        layout.addLayout(lower)
        return made
