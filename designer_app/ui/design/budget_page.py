"""Budget: three sizes of a search, what each does on this computer, and all numbers below."""

import os
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from designer_app.errors import InvalidSpecError
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import BUDGETS, expected_parts, expected_seconds
from designer_app.specs.fields import spec_fields
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.presets import applied, preset_named, preset_of
from designer_app.ui.design.budget_card import BudgetCard
from designer_app.ui.design.budget_checks import budget_cautions
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.time_bar import TimeBar
from designer_app.ui.forms import SpecForm
from designer_app.ui.panels.md_outlook import Caution
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import duration

_FORM_WIDTH = 480
EDITED = (
    "relax_best", "physics_best", "n", "only_new", "potential", "model", "charge", "max_atoms",
    "strategy", "seeds", "steps", "diversity", "learn", "check_best", "seed", "workers", "device",
    "dtype", "threads",
)  # fmt: skip
"""Fields of the spec that this page's form shows; other pages hold the rest."""


class BudgetPage(DesignPage):
    """The last page before the search."""

    key = "budget"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._cores = os.cpu_count() or 1
        self._group = QButtonGroup(self)
        self.cards = {each.key: BudgetCard(each, self._group) for each in BUDGETS}
        leave_out = [each.name for each, _, _ in spec_fields(DesignSpec) if each.name not in EDITED]
        self.form = SpecForm(self._spec, theme, leave_out=leave_out)
        self._time = label("", "title")
        self._words = label("", "muted", wrap=True)
        self.parts = TimeBar(theme)
        self._build()
        for card in self.cards.values():
            card.chosen.connect(self._on_budget_chosen)
        self.form.edited.connect(self._on_form_edited)
        self.set_spec(applied(preset_named(BUDGETS, "balanced"), self._spec))

    def set_spec(self, spec: DesignSpec) -> None:
        """Show the numbers of a spec."""
        super().set_spec(spec)
        self._offer_models(spec.potential)
        self.form.set_spec(spec)
        self._tell()
        self.refresh()

    def problems(self) -> tuple[Caution, ...]:
        """Numbers out of range; sizes that promise less than they seem to."""
        problems = self.form.problems()
        if problems:
            text = self.tr("A number above needs a correction: %s.")
            return (Caution(text % next(iter(problems.values())), stops=True),)
        return budget_cautions(self._spec, self._cores)

    # --- layout ---

    def _build(self) -> None:
        frame = self.frame(
            self.tr("How long may it take?"),
            self.tr("More time means more candidates that are really computed. Any search can be "
                    "stopped and gone on with later; what is done stays."),
        )  # fmt: skip
        cards = QGridLayout()
        cards.setSpacing(12)
        for place, card in enumerate(self.cards.values()):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
        frame.body.addLayout(cards)
        lower = QHBoxLayout()
        lower.setSpacing(24)
        numbers = QVBoxLayout()
        numbers.setSpacing(8)
        numbers.addWidget(label(self.tr("NUMBERS"), "section"))
        self.form.setMaximumWidth(_FORM_WIDTH)
        numbers.addWidget(self.form)
        numbers.addStretch(1)
        lower.addLayout(numbers, 3)
        lower.addWidget(self._outlook(), 2, Qt.AlignmentFlag.AlignTop)
        frame.body.addSpacing(4)
        frame.body.addLayout(lower)
        frame.body.addStretch(1)

    def _outlook(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._time)
        column.addWidget(self.parts)
        column.addWidget(self._words)
        return card

    # --- how it follows ---

    def _tell(self) -> None:
        chosen = preset_of(BUDGETS, self._spec)
        # Qt keeps one of an exclusive group checked: with own numbers none is.
        self._group.setExclusive(False)
        for key, card in self.cards.items():
            card.show_spec(self._spec, self._cores, is_chosen=key == chosen)
        self._group.setExclusive(True)
        seconds = expected_seconds(self._spec, self._cores)
        self._time.setText(self.tr("About %s on this computer") % duration(seconds))
        self.parts.set_parts(expected_parts(self._spec, self._cores))
        cores = self.tr("1 core") if self._cores == 1 else self.tr("%d cores") % self._cores
        self._words.setText(
            self.tr("%s here, %d of them used side by side; right within a factor of two.")
            % (cores, min(self._spec.workers, self._cores))
        )

    def _offer_models(self, potential: str) -> None:
        found = POTENTIALS.get(potential)
        if found is not None:
            self.form.set_choices("model", found.models)

    def _on_budget_chosen(self, key: str) -> None:
        spec = applied(preset_named(BUDGETS, key), self._spec)
        self.form.set_spec(spec)
        self.edit(spec)
        self._tell()

    def _on_form_edited(self) -> None:
        try:
            edited = self.form.spec()
        except InvalidSpecError:
            self.refresh()
            return
        if edited.potential != self._spec.potential:
            self._offer_models(edited.potential)
        values = {name: getattr(edited, name) for name in EDITED}
        self.edit(replace(self._spec, **values))
        self._tell()
