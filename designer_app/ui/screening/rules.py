"""Rules as sentences whose numbers can be typed: "stores more than [500] Wh/kg"."""

from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.specs.fields import About, check_spec, spec_fields
from designer_app.specs.screen import ScreenSpec
from designer_app.ui.editors import SwitchEditor, TextEditor, mark_problem
from designer_app.ui.number_editor import NumberEditor
from designer_app.ui.theme import label

_NUMBER_WIDTH, _HALF_WIDTH, _WIDE_WIDTH = 104, 64, 122
_LONG_UNIT = 6
"""Characters of a unit from which a field is wide."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """One rule: words, the field whose value stands in them, and the switch that turns it on."""

    before: str
    field: str = ""
    then: str = ""
    """Between two numbers."""
    second: str = ""
    """The field of the second number."""
    switch: str = ""
    """The field that says whether the rule counts; empty: always."""
    needs: str = ""
    """The field of another rule that must be on: this one says more of it."""
    kinds: tuple[str, ...] = ("battery", "catalyst", "stability")
    """Values of `rules` for which it counts."""
    scale: float = 1.0
    """From the spec's unit to the one in the sentence."""
    unit: str = ""

    def fields(self) -> tuple[str, ...]:
        """The fields of the spec that it edits."""
        return tuple(name for name in (self.switch, self.field, self.second) if name)


_BATTERY = ("battery",)
SENTENCES = (
    Sentence(before="stores more than", field="energy_density", kinds=_BATTERY),
    Sentence(before="has a voltage from", field="voltage_low", then="to", second="voltage_high",
             kinds=_BATTERY),
    Sentence(before="conducts better than", field="ionic_conductivity",
             switch="test_conductivity", kinds=_BATTERY),
    Sentence(before="that with a chance above", field="conduction_chance", scale=100.0, unit="%",
             needs="test_conductivity", kinds=_BATTERY),
    Sentence(before="has an activity above", field="activity", kinds=("catalyst",)),
    Sentence(before="is stable with a chance above", field="stability", scale=100.0, unit="%"),
    Sentence(before="lies above the hull by at most", field="e_above_hull", scale=1000.0,
             unit="meV/atom"),
    Sentence(before="holds only", field="elements"),
    Sentence(before="holds no", field="exclude"),
    Sentence(before="holds no cobalt", switch="no_cobalt"),
    Sentence(before="is not toxic", switch="no_toxic"),
    Sentence(before="is cheap: below", field="max_price", switch="cheap"),
    Sentence(before="is abundant: above", field="min_abundance", switch="abundant"),
    Sentence(before="is not in the reference set", switch="only_new"),
)  # fmt: skip
EDITED = frozenset(name for each in SENTENCES for name in each.fields())
"""Fields of the spec that the sentences hold: the form leaves them out."""
_HINTS = {"elements": "Li Fe Mn P O ...", "exclude": "Pb Cd ..."}


class _Line:
    """The widgets of a sentence."""

    def __init__(self, sentence: Sentence, about: dict[str, tuple[About, Any]]) -> None:
        self.sentence = sentence
        self.box = QWidget()
        self.switch: SwitchEditor | None = None
        self.words: list[QLabel] = []
        self.editors: dict[str, NumberEditor | TextEditor] = {}
        self.problem = label("", "problem", wrap=True)
        self._about = about
        self._build()

    def _build(self) -> None:
        said = self.sentence
        inner = QHBoxLayout()
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(6)
        if said.switch:
            self.switch = SwitchEditor(said.before)
            self.switch.setToolTip(self._about[said.switch][0].doc)
            self.switch.setAccessibleDescription(self._about[said.switch][0].doc)
            inner.addWidget(self.switch)
        else:
            self._word(inner, said.before, said.field)
        for name, before in ((said.field, ""), (said.second, said.then)):
            if not name:
                continue
            if before:
                self._word(inner, before, name)
            inner.addWidget(self._editor(name), 0 if self._is_number(name) else 1)
        if not said.field or self._is_number(said.field):
            inner.addStretch(1)
        self.problem.setVisible(False)
        column = QVBoxLayout(self.box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(inner)
        column.addWidget(self.problem)

    def _word(self, inner: QHBoxLayout, text: str, name: str) -> None:
        made = label(text)
        made.setToolTip(self._about[name][0].doc)
        self.words.append(made)
        inner.addWidget(made)

    def _is_number(self, name: str) -> bool:
        return self._about[name][1] is not str

    def _editor(self, name: str) -> NumberEditor | TextEditor:
        said, hint = self._about[name]
        if hint is str:
            made: NumberEditor | TextEditor = TextEditor(hint)
            made.setPlaceholderText(_HINTS.get(name, ""))
        else:
            made = NumberEditor(name, self._scaled(said), hint)
            is_long = len(self.sentence.unit or said.unit) > _LONG_UNIT
            width = _WIDE_WIDTH if is_long else _NUMBER_WIDTH
            made.setFixedWidth(_HALF_WIDTH if self.sentence.second else width)
        made.setToolTip(said.doc)
        made.setAccessibleName(f"{self.sentence.before} {self.sentence.unit or said.unit}".strip())
        made.setAccessibleDescription(said.doc)
        self.editors[name] = made
        return made

    def _scaled(self, said: About) -> About:
        def bound(value: float | None) -> float | None:
            return None if value is None else value * self.sentence.scale

        return replace(
            said,
            unit=self.sentence.unit or said.unit,
            low=bound(said.low),
            high=bound(said.high),
            above=bound(said.above),
            decimals=said.decimals if self.sentence.scale == 1.0 else None,
        )

    def show(self, spec: ScreenSpec) -> None:
        """The values of a spec."""
        if self.switch is not None:
            self.switch.set_value(getattr(spec, self.sentence.switch))
        for name, editor in self.editors.items():
            value = getattr(spec, name)
            if isinstance(editor, NumberEditor):
                scaled = value * self.sentence.scale
                editor.set_value(value if self.sentence.scale == 1.0 else round(scaled, 6))
            else:
                editor.set_value(value)

    def values(self) -> dict[str, Any]:
        """What is typed; raises `InvalidSpecError`."""
        found: dict[str, Any] = {}
        if self.switch is not None:
            found[self.sentence.switch] = self.switch.value()
        for name, editor in self.editors.items():
            value = editor.value()
            if isinstance(value, float | int) and self.sentence.scale != 1.0:
                value = round(float(value) / self.sentence.scale, 12)
            found[name] = value
        return found

    def refresh(self, problem: str, *, is_shown: bool) -> None:
        """Show it where it counts, with what is wrong."""
        self.box.setVisible(is_shown)
        counts = self.switch is None or self.switch.value()
        for editor in self.editors.values():
            editor.setEnabled(counts)
            mark_problem(editor, bool(problem))
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))


class RuleSentences(QWidget):
    """All rules of a run; edits go into the spec."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._spec = ScreenSpec()
        about = {each.name: (said, hint) for each, said, hint in spec_fields(ScreenSpec)}
        self._lines = [_Line(sentence, about) for sentence in SENTENCES]
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(6)
        for place, line in enumerate(self._lines):
            grid.addWidget(line.box, place, 0)
            for editor in (line.switch, *line.editors.values()):
                if editor is not None:
                    editor.edited.connect(self._on_edited)
        self.set_spec(self._spec)

    def spec(self) -> ScreenSpec:
        """The spec with these rules; raises `InvalidSpecError` for the first that is wrong."""
        values: dict[str, Any] = {}
        for line in self._lines:
            values.update(line.values())
        spec = replace(self._spec, **values)
        check_spec(spec)
        return spec

    def set_spec(self, spec: ScreenSpec) -> None:
        """Show the rules of a spec."""
        self._spec = spec
        for line in self._lines:
            line.show(spec)
        self._refresh()

    def editor(self, name: str) -> NumberEditor | TextEditor | SwitchEditor:
        """The editor of a field."""
        for line in self._lines:
            if name in line.editors:
                return line.editors[name]
            if line.switch is not None and line.sentence.switch == name:
                return line.switch
        raise KeyError(name)

    def problems(self) -> dict[str, str]:
        """What is wrong, by field."""
        found: dict[str, str] = {}
        for line in self._lines:
            problem = self._problem_of(line)
            if problem and self._counts(line):
                found[line.sentence.field or line.sentence.switch] = problem
        return found

    def sentences(self) -> list[str]:
        """The rules that count, as they are read."""
        return [_as_read(line) for line in self._lines if self._counts(line)]

    def _counts(self, line: _Line) -> bool:
        needed = line.sentence.needs
        is_on = not needed or bool(self.editor(needed).value())
        return is_on and self._spec.rules in line.sentence.kinds

    def _problem_of(self, line: _Line) -> str:
        try:
            check_spec(replace(self._spec, **line.values()))
        except InvalidSpecError as problem:
            return problem.reason
        return ""

    def _refresh(self) -> None:
        for line in self._lines:
            line.refresh(self._problem_of(line), is_shown=self._counts(line))

    def _on_edited(self) -> None:
        self._refresh()
        self.edited.emit()


def _as_read(line: _Line) -> str:
    parts = [line.sentence.before]
    for place, editor in enumerate(line.editors.values()):
        if place:
            parts.append(line.sentence.then)
        parts.append(editor.text())
    return " ".join(parts)
