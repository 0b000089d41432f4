"""A health check: the verdict, and each item with its light, its sentence and its curves."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from designer_app.specs.health import Curve, HealthItem, HealthReport
from designer_app.ui.panels.section import row
from designer_app.ui.plots.small_plot import SmallPlot
from designer_app.ui.potentials.label_sections import clear
from designer_app.ui.theme import OnTheme, Theme, Tokens, label
from designer_app.ui.trust import Level
from designer_app.ui.trust_light import draw_shape
from designer_app.ui.wording import duration

_WORDS = {"good": "good", "care": "with care", "no": "not usable", "skipped": "not checked"}
_SHAPE = 10
_CHECKS = (
    ("Equation of state", "A crystal is stretched and squeezed: one smooth well, no kink."),
    ("Constant energy", "A short run without a thermostat: the total energy must not drift."),
    ("Dimers", "Each pair of elements pulled together: it must push back."),
    ("Phonons", "Vibrations at the minimum: none may be imaginary."),
    ("Extrapolation", "Does what happens in the run look like the training data?"),
)
"""What will be checked, while nothing was."""


class Light(QWidget):
    """A disc, a triangle or a square; an empty ring for what was not checked."""

    def __init__(self, level: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._level = Level(level) if level in [each.value for each in Level] else None
        self._tokens = theme.tokens
        self.setFixedSize(QSize(_SHAPE + 4, 18))
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002, N802 - Qt's name
        """Draw the shape."""
        painter = QPainter(self)
        area = QRectF(2, (self.height() - _SHAPE) / 2, _SHAPE, _SHAPE)
        if self._level is not None:
            draw_shape(painter, self._level, area, self._tokens)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(self._tokens.muted), 1.5))
            painter.drawEllipse(area.adjusted(1, 1, -1, -1))
        painter.end()

    def _on_theme(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self.update()


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
        x=np.asarray(told["x"], dtype=np.float64),
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
        self._said.setText(self.tr("Five checks, in about a minute:"))
        for title, sentence in _CHECKS:
            item = HealthItem(key="", title=title, level="skipped", sentence=sentence)
            self._items.addWidget(self._item(item))

    def show_report(self, report: HealthReport) -> None:
        """What the check found."""
        self.shown = report.items
        clear(self._items)
        self.verdict.setText(report.verdict)
        took = duration(report.seconds)
        self._said.setText(self.tr("Checked on %s in %s") % (report.structure, took))
        for item in report.items:
            self._items.addWidget(self._item(item))

    def _item(self, item: HealthItem) -> QFrame:
        made = QFrame()
        made.setProperty("role", "card")
        made.setAccessibleName(f"{item.title}: {_WORDS.get(item.level, item.level)}")
        made.setAccessibleDescription(item.sentence)
        head = row(
            Light(item.level, self._theme),
            label(item.title, "strong"),
            None,
            label(_WORDS.get(item.level, item.level), "small"),
            spacing=6,
        )
        column = QVBoxLayout(made)
        column.setContentsMargins(12, 9, 12, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(label(item.sentence, wrap=True))
        if item.advice:
            column.addWidget(label(item.advice, "muted", wrap=True))
        by_axes: dict[tuple[str, str], list[Curve]] = {}
        for curve in item.curves:
            by_axes.setdefault((curve.x_label, curve.y_label), []).append(curve)
        for curves in by_axes.values():
            column.addWidget(SmallPlot(curves, self._theme))
        column.setAlignment(Qt.AlignmentFlag.AlignTop)
        return made
