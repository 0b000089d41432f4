"""One row of the targets: on or off, how it is meant, values, weight, and how rare that is."""

import math
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import with_subscripts_in
from designer_app.specs.design_targets import DesignProperty, Target, target_from
from designer_app.specs.distributions import Distribution
from designer_app.specs.fields import About
from designer_app.ui.design.target_slider import TargetSlider
from designer_app.ui.design.target_words import (
    digits,
    property_of,
    rarity_kind,
    rarity_text,
    value_text,
)
from designer_app.ui.editors import ChoiceEditor, SwitchEditor, mark_problem
from designer_app.ui.number_editor import NumberEditor
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label, set_role

LEAST, MOST, BETWEEN, AROUND = "least", "most", "between", "about"
_MODES = ((LEAST, "at least"), (MOST, "at most"), (BETWEEN, "between"), (AROUND, "about"))
_WEIGHTS = (
    ("0.5", "counts half"),
    ("1", "counts once"),
    ("2", "counts double"),
    ("4", "counts fourfold"),
)
_TITLE_WIDTH, _NUMBER_WIDTH, _MODE_WIDTH, _WEIGHT_WIDTH = 190, 116, 104, 138


class TargetRow(QFrame):
    """Emits what is edited; computes nothing but words."""

    edited = Signal()

    def __init__(self, key: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._about: DesignProperty = property_of(key)
        self._known: Distribution | None = None
        self._kept = Target(key=key, low=_middle(self._about))
        """The last target that could be read."""
        said = About(
            label=self._about.title,
            doc=self._about.doc,
            unit=self._about.unit,
            decimals=self._about.decimals,
        )
        self.switch = SwitchEditor(self._about.title)
        self.mode = ChoiceEditor([(key, self.tr(text)) for key, text in _MODES])
        self.low = NumberEditor("target", said, float)
        self.high = NumberEditor("target", said, float)
        self._and = label(self.tr("and"), "muted")
        self.weight = ChoiceEditor([(key, self.tr(text)) for key, text in _WEIGHTS])
        self.slider = TargetSlider(self._about, theme)
        self.rarity = label("", "muted", wrap=True)
        self.doc = label(with_subscripts_in(self.tr(self._about.doc)), "muted", wrap=True)
        self._note = label(
            self.tr("exact from the formula") if self._about.is_exact else "", "small"
        )
        self._open = QWidget()
        self._build()
        self._connect()
        self.set_target(None)

    # --- what it holds ---

    @property
    def key(self) -> str:
        """Of its property."""
        return self._about.key

    @property
    def is_on(self) -> bool:
        """Whether it is asked for."""
        return self.switch.value()

    def target(self) -> Target | None:
        """What is asked, None where it is off. Raises `InvalidSpecError`."""
        if not self.is_on:
            return None
        mode = self.mode.value()
        weight = float(self.weight.value())
        found = Target(key=self.key, weight=weight)
        if mode == AROUND:
            return replace(found, about=self._number(self.low))
        if mode in (LEAST, BETWEEN):
            found = replace(found, low=self._number(self.low))
        if mode in (MOST, BETWEEN):
            found = replace(found, high=self._number(self.high))
        return target_from(found.text())

    def set_target(self, target: Target | None) -> None:
        """Show a target; None: not asked for."""
        self.switch.set_value(target is not None)
        if target is not None:
            self._show(target)
        self._refresh()

    def set_note(self, note: str) -> None:
        """A few words below the title, e.g. what is adsorbed."""
        self._note.setText(note)
        self._refresh()

    def set_known(self, known: Distribution | None) -> None:
        """Measure against these."""
        self._known = known
        self.slider.set_known(known)
        self._refresh()

    def problem(self) -> str:
        """What is wrong with what is typed; "" where nothing is."""
        try:
            self.target()
        except InvalidSpecError as problem:
            return problem.reason
        return ""

    # --- layout ---

    def _build(self) -> None:
        self.setProperty("role", "card")
        about = self._about
        self.switch.setToolTip(about.doc)
        self.switch.setAccessibleDescription(about.doc)
        self.switch.setProperty("strong", True)
        self.switch.setFixedWidth(_TITLE_WIDTH)
        self.mode.setFixedWidth(_MODE_WIDTH)
        self.mode.setAccessibleName(self.tr("%s: how it is meant") % about.title)
        around = value_text(about.wide, about)
        self.mode.setToolTip(self.tr("“About” counts as met within %s to each side") % around)
        for editor, name in ((self.low, self.tr("%s, %s")), (self.high, self.tr("%s, upper, %s"))):
            editor.setFixedWidth(_NUMBER_WIDTH)
            editor.setAccessibleName(name % (about.title, about.unit))
            editor.setToolTip(about.doc)
        self.weight.setFixedWidth(_WEIGHT_WIDTH)
        self.weight.setAccessibleName(self.tr("%s: weight") % about.title)
        self.weight.setToolTip(self.tr("How much it counts where targets pull apart"))
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.switch)
        left.addLayout(row(self.weight, None))
        left.addWidget(self._note)
        left.addStretch(1)
        inner = QGridLayout(self._open)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setHorizontalSpacing(20)
        inner.setVerticalSpacing(6)
        inner.addLayout(row(self.mode, self.low, self._and, self.high, None, spacing=6), 0, 0)
        inner.addWidget(self.rarity, 1, 0, Qt.AlignmentFlag.AlignTop)
        inner.addWidget(self.slider, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTop)
        inner.setColumnMinimumWidth(0, _MODE_WIDTH + 2 * _NUMBER_WIDTH + 40)
        inner.setColumnStretch(1, 1)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.doc)
        right.addWidget(self._open)
        layout = row(left, spacing=8)
        layout.setContentsMargins(14, 10, 14, 10)
        layout.setStretch(0, 0)
        layout.addLayout(right, 1)
        self.setLayout(layout)
        self.setTabOrder(self.switch, self.mode)
        self.setTabOrder(self.mode, self.low)
        self.setTabOrder(self.low, self.high)
        self.setTabOrder(self.high, self.weight)
        self.setTabOrder(self.weight, self.slider)

    def _connect(self) -> None:
        self.switch.edited.connect(self._on_switched)
        self.mode.edited.connect(self._on_mode_chosen)
        for editor in (self.low, self.high, self.weight):
            editor.edited.connect(self._on_edited)
        self.slider.moved.connect(self._on_slid)

    # --- how it follows ---

    def _show(self, target: Target) -> None:
        self._kept = target
        self.mode.set_value(_mode_of(target))
        low = target.about if target.about is not None else target.low
        for editor, value in ((self.low, low), (self.high, target.high)):
            if value is not None and math.isfinite(value):
                editor.setText(digits(value, self._about))
                editor.setCursorPosition(0)
        weight = f"{target.weight:g}"
        if weight not in dict(_WEIGHTS):
            self.weight.set_choices((*_WEIGHTS, (weight, self.tr("counts %s times") % weight)))
        self.weight.set_value(weight)
        self.slider.set_target(target)

    def _refresh(self) -> None:
        is_on, mode = self.is_on, self.mode.value()
        self._open.setVisible(is_on)
        self.weight.setVisible(is_on)
        self._note.setVisible(is_on and bool(self._note.text()))
        self.doc.setVisible(not is_on)
        self.low.setVisible(mode != MOST)
        self.high.setVisible(mode in (MOST, BETWEEN))
        self._and.setVisible(mode == BETWEEN)
        problem = self.problem()
        for editor in (self.low, self.high):
            mark_problem(editor, bool(problem))
        if problem:
            self.rarity.setText(problem)
            set_role(self.rarity, "error")
        elif is_on:
            self.rarity.setText(rarity_text(self._kept, self._known))
            set_role(self.rarity, rarity_kind(self._kept, self._known))

    def _on_switched(self) -> None:
        if self.is_on:
            self._show(self._kept)
        self._refresh()
        self.edited.emit()

    def _on_mode_chosen(self) -> None:
        """The numbers stay what they were; one that is new begins beside the old one."""
        mode, kept = self.mode.value(), self._kept
        value = kept.about
        if value is None:
            value = kept.low if math.isfinite(kept.low) else kept.high
        wide = 2 * self._about.wide
        plain = Target(key=self.key, weight=kept.weight)
        if mode == AROUND:
            made = replace(plain, about=value)
        elif mode == LEAST:
            made = replace(plain, low=value)
        elif mode == MOST:
            high = kept.high if math.isfinite(kept.high) else value
            made = replace(plain, high=high)
        else:
            is_upper = kept.about is None and not math.isfinite(kept.low)
            low, high = (value - wide, value) if is_upper else (value, value + wide)
            if self._about.is_log:
                low, high = (value / 100, value) if is_upper else (value, value * 100)
            made = replace(plain, low=round(low, 9), high=round(high, 9))
        self._show(made)
        self._refresh()
        self.edited.emit()

    def _on_slid(self, target: Target) -> None:
        self._show(target)
        self._refresh()
        self.edited.emit()

    def _on_edited(self) -> None:
        if not self.problem():
            target = self.target()
            if target is not None:
                self._kept = target
                self.slider.set_target(target)
        self._refresh()
        self.edited.emit()

    def _number(self, editor: NumberEditor) -> float:
        value = editor.value()
        assert value is not None  # `float` is no optional: empty text raises
        if not math.isfinite(value):
            raise InvalidSpecError("target", editor.text(), self.tr("give a finite number"))
        return float(value)


def _mode_of(target: Target) -> str:
    if target.about is not None:
        return AROUND
    if not math.isfinite(target.high):
        return LEAST
    return MOST if not math.isfinite(target.low) else BETWEEN


def _middle(about: DesignProperty) -> float:
    """Where a target begins that has no usual one."""
    middle = math.sqrt(about.low * about.high) if about.is_log else (about.low + about.high) / 2
    return float(f"{middle:.1g}") if about.is_log else round(middle, about.decimals)
