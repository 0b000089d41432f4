"""A health check: the verdict, and each item with its light, its sentence and its curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from designer_app.io.formulas import written_in
from designer_app.specs.health import Curve, HealthItem, HealthReport
from designer_app.ui.panels.section import row
from designer_app.ui.plots.small_plot import SmallPlot
from designer_app.ui.potentials.label_sections import clear
from designer_app.ui.theme import Theme, label
from designer_app.ui.trust import Level
from designer_app.ui.trust_light import LevelShape
from designer_app.ui.wording import duration, printed, unbroken

_WORDS = {"good": "good", "care": "with care", "no": "not sound", "skipped": "not checked"}
_LEVELS = {level.value: level for level in Level}
_CHECKS = (
    ("Equation of state", "A crystal is stretched and squeezed: one smooth well."),
    ("Energy conservation", "A short run without a thermostat: the total energy must not drift."),
    (
        "Atoms pushed together",
        "Each pair of elements alone, nearer than a bond: it must push back.",
    ),
    ("Vibrations", "At the minimum: none imaginary, none too fast."),
    ("Distance to the training data", "Does the structure at rest look like what it learned from?"),
)
"""What will be checked, while nothing was."""


def report_of(told: Mapping[str, Any]) -> HealthReport | None:
    """The report that a card keeps, as plain lists and numbers; None where it keeps none."""
    try:
        items = tuple(
            HealthItem(
                key=str(each["key"]),
                title=str(each["title"]),
                level=str(each["level"]),
                sentence=str(each["sentence"]),
                advice=str(each.get("advice", "")),
                curves=tuple(_curve(curve) for curve in each.get("curves", ())),
            )
            for each in told["items"]
        )
        return HealthReport(
            potential=str(told.get("potential", "")),
            model=str(told.get("model", "")),
            level=str(told["level"]),
            verdict=str(told["verdict"]),
            items=items,
            structure=str(told.get("structure", "")),
            seconds=float(told.get("seconds", 0.0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError):  # of another version
        return None


def _curve(told: Mapping[str, Any]) -> Curve:
    return Curve(
        name=str(told["name"]),
        x=np.asarray(told["x"], dtype=np.float64),  # None becomes NaN
        y=np.asarray(told["y"], dtype=np.float64),
        x_label=str(told["x_label"]),
        y_label=str(told["y_label"]),
    )


class HealthView(QWidget):
    """Shows a `HealthReport`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.verdict = label("", "strong", wrap=True)
        self._said = label("", "small", wrap=True)
        self._items = QVBoxLayout()
        self._items.setSpacing(10)
        self.shown: tuple[HealthItem, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.verdict)
        layout.addWidget(self._said)
        layout.addSpacing(4)
        layout.addLayout(self._items)
        self.show_none()

    def show_none(self, said: str = "") -> None:
        """Nothing was checked yet, or it is being checked."""
        self.shown = ()
        clear(self._items)
        self.verdict.setText(said or self.tr("Not checked yet"))
        self._said.setText(self.tr("Five checks:"))
        for title, sentence in _CHECKS:
            item = HealthItem(key="", title=title, level="skipped", sentence=sentence)
            self._items.addWidget(self._item(item))

    def show_report(self, report: HealthReport) -> None:
        """What the check found."""
        self.shown = report.items
        clear(self._items)
        self.verdict.setText(printed(report.verdict))
        took = duration(report.seconds)
        name = written_in(report.structure)
        self._said.setText(self.tr("Checked on %s in %s") % (name, took))
        for item in report.items:
            self._items.addWidget(self._item(item))

    def _item(self, item: HealthItem) -> QFrame:
        made = QFrame()
        made.setProperty("role", "card")
        made.setAccessibleName(f"{item.title}: {_WORDS.get(item.level, item.level)}")
        made.setAccessibleDescription(item.sentence)
        head = row(
            LevelShape(_LEVELS.get(item.level), self._theme),
            label(item.title, "strong"),
            None,
            label(_WORDS.get(item.level, item.level), "small"),
            spacing=6,
        )
        column = QVBoxLayout(made)
        column.setContentsMargins(12, 9, 12, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(label(unbroken(printed(item.sentence)), wrap=True))
        if item.advice:
            column.addWidget(label(printed(item.advice), "muted", wrap=True))
        by_axes: dict[tuple[str, str], list[Curve]] = {}
        for curve in item.curves:
            by_axes.setdefault((curve.x_label, curve.y_label), []).append(curve)
        for curves in by_axes.values():
            column.addWidget(SmallPlot(curves, self._theme))
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        return made
