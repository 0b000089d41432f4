"""Forms made from spec dataclasses: one declaration gives label, unit, range, tooltip and check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.specs.fields import About, check_field, is_shown, spec_fields
from designer_app.ui.editors import (
    ChoiceEditor,
    Editor,
    SuggestionEditor,
    SwitchEditor,
    make_editor,
    mark_problem,
)
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.number_editor import number_text, unit_text
from designer_app.ui.theme import Theme, label

LABEL_WIDTH = 118


@dataclass(frozen=True)
class _Row:
    name: str
    said: About
    label: QLabel | None
    editor: Editor
    problem: QLabel


class SpecForm(QWidget):
    """Shows the fields of a spec, the advanced ones folded under "More"."""

    edited = Signal()
    """A value was changed by hand."""

    def __init__(
        self,
        spec: Any,
        theme: Theme,
        parent: QWidget | None = None,
        leave_out: Sequence[str] = (),
    ) -> None:
        super().__init__(parent)
        self._base = spec
        self._rows: dict[str, _Row] = {}
        self._plain = QGridLayout()
        self._folded = QWidget()
        self._advanced = QGridLayout(self._folded)
        self._more = QPushButton(self.tr("More"))
        self._more_icon = ThemedIcon(self._more, "chevron-right", theme, "muted")
        self._build(leave_out)
        self._connect()
        self.set_spec(spec)

    def spec(self) -> Any:
        """The spec as edited; raises `InvalidSpecError` for the first field that is wrong."""
        values = self._values()
        for row in self._rows.values():
            problem = self._problem_of(row, values)
            if problem is not None:
                raise problem
        return replace(self._base, **values)

    def set_spec(self, spec: Any) -> None:
        """Show the values of a spec; fields that are not shown are kept from it."""
        self._base = spec
        for name, row in self._rows.items():
            row.editor.set_value(getattr(spec, name))
        self._refresh()

    def set_choices(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """Offer other choices or suggestions in a field."""
        editor = self._rows[name].editor
        if isinstance(editor, ChoiceEditor | SuggestionEditor):
            editor.set_choices(choices)

    def editor(self, name: str) -> Editor:
        """The editor of a field."""
        return self._rows[name].editor

    def problems(self) -> Mapping[str, str]:
        """What is wrong, by field."""
        values = self._values()
        found = {name: self._problem_of(row, values) for name, row in self._rows.items()}
        return {name: problem.reason for name, problem in found.items() if problem is not None}

    def unfold(self, is_open: bool = True) -> None:
        """Show or fold the advanced fields."""
        self._more.setChecked(is_open)
        self._on_more_toggled(is_open)

    # --- layout ---

    def _build(self, leave_out: Sequence[str]) -> None:
        for grid in (self._plain, self._advanced):
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setHorizontalSpacing(8)
            grid.setVerticalSpacing(6)
            grid.setColumnMinimumWidth(0, LABEL_WIDTH)
            grid.setColumnStretch(1, 1)
        for each, said, hint in spec_fields(self._base):
            if not said.hidden and each.name not in leave_out:
                grid = self._advanced if said.advanced else self._plain
                self._rows[each.name] = self._add_row(grid, each.name, said, hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._plain)
        self._more.setProperty("role", "fold")
        self._more.setCheckable(True)
        self._more.setVisible(self._advanced.count() > 0)
        self._more.setToolTip(self.tr("Settings that rarely need a change"))
        layout.addWidget(self._more)
        layout.addWidget(self._folded)
        self._folded.setVisible(False)

    def _add_row(self, grid: QGridLayout, name: str, said: About, hint: Any) -> _Row:
        editor = make_editor(name, said, hint)
        said_label = None
        line = grid.rowCount()
        if isinstance(editor, SwitchEditor):
            grid.addWidget(editor, line, 0, 1, 2)
        else:
            said_label = label(said.label, "muted")
            said_label.setBuddy(editor)
            said_label.setToolTip(_tooltip(said))
            grid.addWidget(said_label, line, 0)
            grid.addWidget(editor, line, 1)
        editor.setToolTip(_tooltip(said))
        editor.setAccessibleName(f"{said.label} {said.unit}".strip())
        editor.setAccessibleDescription(said.doc)
        problem = label("", "problem", wrap=True)
        problem.setVisible(False)
        grid.addWidget(problem, line + 1, 0, 1, 2, Qt.AlignmentFlag.AlignRight)
        return _Row(name, said, said_label, editor, problem)

    def _connect(self) -> None:
        self._more.toggled.connect(self._on_more_toggled)
        for row in self._rows.values():
            row.editor.edited.connect(self._on_edited)

    # --- values ---

    def _values(self) -> dict[str, Any]:
        """What the editors hold; text that is no value stands as the last good one."""
        found: dict[str, Any] = {}
        for name, row in self._rows.items():
            try:
                found[name] = row.editor.value()
            except InvalidSpecError:
                found[name] = getattr(self._base, name)
        return found

    def _problem_of(self, row: _Row, values: dict[str, Any]) -> InvalidSpecError | None:
        if not is_shown(replace(self._base, **values), row.said):
            return None
        try:
            check_field(self._base, row.name, row.editor.value())
        except InvalidSpecError as problem:
            return problem
        return None

    def _refresh(self) -> None:
        values = self._values()
        present = replace(self._base, **values)
        for row in self._rows.values():
            shown = is_shown(present, row.said)
            row.editor.setVisible(shown)
            if row.label is not None:
                row.label.setVisible(shown)
            problem = self._problem_of(row, values) if shown else None
            row.problem.setText("" if problem is None else problem.reason)
            row.problem.setVisible(problem is not None)
            mark_problem(row.editor, problem is not None)

    def _on_edited(self) -> None:
        self._refresh()
        self.edited.emit()

    def _on_more_toggled(self, is_open: bool) -> None:
        self._folded.setVisible(is_open)
        self._more.setText(self.tr("Less") if is_open else self.tr("More"))
        self._more_icon.set_name("chevron-down" if is_open else "chevron-right")


def _tooltip(said: About) -> str:
    """What a field means, and its range with unit."""
    unit = f" {unit_text(said.unit)}" if said.unit else ""
    low = said.low if said.low is not None else said.above
    parts = [said.doc]
    if low is not None and said.high is not None:
        low_text, high_text = number_text(float(low)), number_text(float(said.high))
        parts.append(f"{low_text} - {high_text}{unit}")
    elif unit:
        parts.append(unit.strip())
    return "\n".join(parts)
