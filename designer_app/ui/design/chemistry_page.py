"""Chemistry: a periodic table to click, quick limits, families, a crystal to start from."""

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.formulas import with_subscripts
from designer_app.io.structure_families import shipped_cells, shipped_families
from designer_app.specs.design import DesignSpec
from designer_app.specs.fields import about, check_spec, spec_fields
from designer_app.ui.design.chemistry_checks import (
    about_element,
    chemistry_cautions,
    family_cautions,
)
from designer_app.ui.design.element_states import (
    MAY,
    MUST,
    NEVER,
    all_may,
    clicked,
    element_states,
    is_alloys_only,
    only_required,
    with_states,
)
from designer_app.ui.design.families import FamilyChips
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.periodic_table import PeriodicTable, StateLegend
from designer_app.ui.editors import ChoiceEditor, SwitchEditor, mark_problem
from designer_app.ui.number_editor import NumberEditor
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label

_LIMITS = (
    ("usual", "", "Only what is usual for this purpose"),
    ("no_cobalt", "", "No cobalt"),
    ("no_toxic", "", "Nothing toxic or radioactive"),
    ("abundant", "min_abundance", "Earth-abundant: above"),
    ("cheap", "max_price", "Cheap: below"),
)
"""(switch, number, words)."""
_ALLOY = "alloy"
"""Last word of the families that hold metals alone."""
_SIDE_WIDTH, _NUMBER_WIDTH = 312, 118
_NOTHING, _OPEN, _FILE = "nothing", "open", "file"
_FILES = "*.cif *.vasp *.poscar POSCAR* CONTCAR* *.xyz *.extxyz *.json *.xsf *.res"


class ChemistryPage(DesignPage):
    """What candidates may be made of."""

    key = "chemistry"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._document: Document | None = None
        said = {each.name: (about(each), hint) for each, _, hint in spec_fields(DesignSpec)}
        self._said = said
        self.table = PeriodicTable(theme)
        self._legend = StateLegend(theme)
        self._words = label("", wrap=True)
        self._told = label("", "muted", wrap=True)
        self.all = QPushButton(self.tr("All may"))
        self.none = QPushButton(self.tr("Only those I click"))
        self.switches = {name: SwitchEditor(self.tr(text)) for name, _, text in _LIMITS}
        self.numbers = {name: NumberEditor(name, *said[name]) for _, name, _ in _LIMITS if name}
        self.families = FamilyChips(shipped_families())
        self.start = ChoiceEditor(())
        self._start_words = label("", "muted", wrap=True)
        self._build()
        self._connect()
        self.set_document(None)
        self.set_spec(self._spec)

    def set_spec(self, spec: DesignSpec) -> None:
        """Show the limits of a spec."""
        super().set_spec(spec)
        for name, switch in self.switches.items():
            switch.set_value(getattr(spec, name))
        for name, editor in self.numbers.items():
            editor.set_value(getattr(spec, name))
        self.families.set_chosen(spec.families)
        self.families.offer(
            lambda name: spec.purpose == "own" or name.endswith(_ALLOY) == is_alloys_only(spec)
        )
        self._show_start()
        self._show_elements()
        self.refresh()

    def set_document(self, document: Document | None) -> None:
        """The structure that is open may be what the search starts from."""
        self._document = document
        self._show_start()

    def problems(self) -> tuple[Caution, ...]:
        """Numbers that are none; elements that contradict each other."""
        for name, editor in self.numbers.items():
            if problem := self._problem_of(name, editor):
                return (Caution(f"{self._said[name][0].label}: {problem}.", stops=True),)
        cautions = (*chemistry_cautions(self._spec), *family_cautions(self._spec, shipped_cells()))
        return (*cautions, *self._start_cautions())

    # --- layout ---

    def _build(self) -> None:
        frame = self.frame(
            self.tr("What may it be made of?"),
            self.tr("Click an element to go through may, must and never. Charge balance and the "
                    "working ion are looked after by themselves."),
        )  # fmt: skip
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.table)
        left.addWidget(self._legend)
        words = row(spacing=8)
        words.addWidget(self._words, 1)
        words.addWidget(self.all)
        words.addWidget(self.none)
        left.addLayout(words)
        left.addWidget(self._told)
        left.addStretch(1)
        self._told.setMinimumHeight(2 * self._told.fontMetrics().height())
        self._told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.all.setToolTip(self.tr("Every element may be in again; limits at the right stay"))
        self.none.setToolTip(
            self.tr("Nothing may be in but the working ion and what must be; click the rest in")
        )
        body = QHBoxLayout()
        body.setSpacing(24)
        body.addLayout(left, 1)
        body.addWidget(self._side())
        frame.body.addLayout(body)
        frame.body.addStretch(1)

    def _side(self) -> QWidget:
        side = QWidget()
        side.setFixedWidth(_SIDE_WIDTH)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(label(self.tr("QUICK LIMITS"), "section"))
        for name, number, _ in _LIMITS:
            switch = self.switches[name]
            switch.setToolTip(self._said[name][0].doc)
            switch.setAccessibleDescription(self._said[name][0].doc)
            line = row(switch, None)
            if number:
                editor = self.numbers[number]
                editor.setFixedWidth(_NUMBER_WIDTH)
                editor.setToolTip(self._said[number][0].doc)
                about_number = self._said[number][0]
                editor.setAccessibleName(f"{about_number.label} {about_number.unit}")
                line.addWidget(editor)
            column.addLayout(line)
        column.addSpacing(8)
        column.addWidget(label(self.tr("STRUCTURE FAMILIES"), "section"))
        column.addWidget(self.families)
        column.addSpacing(8)
        column.addWidget(label(self.tr("START FROM"), "section"))
        self.start.setAccessibleName(self.tr("Start from"))
        self.start.setToolTip(self._said["start"][0].doc)
        column.addWidget(self.start)
        column.addWidget(self._start_words)
        column.addStretch(1)
        return side

    def _connect(self) -> None:
        self.table.clicked.connect(self._on_element_clicked)
        self.table.state_asked.connect(self._on_state_asked)
        self.table.hovered.connect(self._on_hovered)
        self.all.clicked.connect(self._on_all)
        self.none.clicked.connect(self._on_none)
        for editor in (*self.switches.values(), *self.numbers.values()):
            editor.edited.connect(self._on_limit_edited)
        self.families.edited.connect(self._on_families_edited)
        self.start.edited.connect(self._on_start_chosen)

    # --- elements ---

    def _show_elements(self) -> None:
        try:
            states = element_states(self._spec)
        except InvalidSpecError:  # `problems` tells
            return
        self.table.set_states(states)
        must = [each for each, said in states.items() if said.state == MUST]
        may = [each for each, said in states.items() if said.state == MAY]
        never = [each for each, said in states.items() if said.state == NEVER and not said.why]
        parts = [self.tr("%d elements may be in") % len(may)]
        if len(may) <= 12:
            parts = [self.tr("May: %s") % (" ".join(may) or self.tr("none"))]
        if must:
            parts.append(self.tr("must: %s") % " ".join(must))
        if never and len(never) <= 12:
            parts.append(self.tr("never: %s") % " ".join(never))
        self._words.setText("; ".join(parts) + ".")
        self.all.setEnabled(bool(self._spec.elements or self._spec.exclude))

    def _take(self, spec: DesignSpec) -> None:
        self.edit(spec)
        self._show_elements()

    def _on_element_clicked(self, symbol: str) -> None:
        try:
            self._take(clicked(self._spec, symbol))
        except InvalidSpecError:
            return
        self._on_hovered(symbol)

    def _on_state_asked(self, symbols: list[str], state: str) -> None:
        try:
            self._take(with_states(self._spec, symbols, state))
        except InvalidSpecError:
            return

    def _on_hovered(self, symbol: str) -> None:
        if not symbol:
            self._told.setText("")
            return
        parts = [self.table.describe(symbol), about_element(symbol)]
        self._told.setText(". ".join(part for part in parts if part) + ".")

    def _on_all(self) -> None:
        self._take(all_may(self._spec))

    def _on_none(self) -> None:
        self._take(only_required(self._spec))

    # --- limits and families ---

    def _problem_of(self, name: str, editor: NumberEditor) -> str:
        try:
            check_spec(replace(self._spec, **{name: editor.value()}))
        except InvalidSpecError as problem:
            return problem.reason
        return ""

    def _on_limit_edited(self) -> None:
        values: dict[str, object] = {name: switch.value() for name, switch in self.switches.items()}
        for name, editor in self.numbers.items():
            problem = self._problem_of(name, editor)
            mark_problem(editor, bool(problem))
            if not problem:
                values[name] = editor.value()
        self._take(replace(self._spec, **values))

    def _on_families_edited(self) -> None:
        self.edit(replace(self._spec, families=self.families.chosen()))

    # --- what the search starts from ---

    def _show_start(self) -> None:
        spec, document = self._spec, self._document
        choices = [(_NOTHING, self.tr("Nothing in particular"))]
        if spec.start_structure is not None:
            name = with_subscripts(spec.start_structure.name) or self.tr("The structure")
            choices.append((_OPEN, self.tr("%s, which is open") % name))
        elif document is not None:
            name = with_subscripts(document.name)
            choices.append((_OPEN, self.tr("%s, which is open") % name))
        if spec.start is not None:
            choices.append((str(spec.start), spec.start.name))
        choices.append((_FILE, self.tr("A file...")))
        self.start.set_choices(choices)
        chosen = _NOTHING if spec.start is None else str(spec.start)
        self.start.set_value(_OPEN if spec.start_structure is not None else chosen)
        is_from = spec.start_structure is not None or spec.start is not None
        self._start_words.setText(
            self.tr("The search begins at this crystal: “like this, but ...”. Elements that it may "
                    "not hold are replaced first.")
            if is_from
            else self.tr("The search begins at crystals that already keep to these limits.")
        )  # fmt: skip

    def _start_cautions(self) -> tuple[Caution, ...]:
        structure = self._spec.start_structure
        if structure is None:
            return ()
        drop = (("start_structure", None),)
        button = self.tr("Start from nothing")
        if structure.disordered_sites:
            text = self.tr(
                "Sites of the start structure are shared: order them in Structure first."
            )
            return (Caution(text, button, drop, stops=True),)
        if len(structure) > self._spec.max_atoms:
            text = self.tr("The start structure has %d atoms; candidates have %d at most.")
            changes = (("max_atoms", len(structure)),)
            said = text % (len(structure), self._spec.max_atoms)
            return (Caution(said, self.tr("Allow %d atoms") % len(structure), changes),)
        return ()

    def _on_start_chosen(self) -> None:
        chosen = self.start.value()
        spec = replace(self._spec, start=None, start_structure=None)
        if chosen == _OPEN:
            kept = self._spec.start_structure
            present = self._document.structure() if self._document is not None else kept
            spec = replace(spec, start_structure=present)
        elif chosen == _FILE:
            path, _ = QFileDialog.getOpenFileName(
                self,
                self.tr("A structure to start from"),
                "",
                f"{self.tr('Structures')} ({_FILES});;{self.tr('All files')} (*)",
            )
            if not path:
                self._show_start()
                return
            spec = replace(spec, start=Path(path))
        elif chosen != _NOTHING:
            spec = replace(spec, start=Path(chosen))
        self.edit(spec)
        self._show_start()
