"""Which potential, which of its models, and whether it can be trusted here."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.io.documents import Document
from designer_app.io.examples import Example
from designer_app.io.pair_tables import own_tables
from designer_app.io.potential_cards import PotentialCard, model_of
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.specs.trust import TrustReport, TrustSpec
from designer_app.ui.editors import ChoiceEditor, SuggestionEditor
from designer_app.ui.panels.section import row
from designer_app.ui.panels.supercell_button import SupercellButton
from designer_app.ui.theme import Theme, label
from designer_app.ui.trust import Level, Verdict, judge, judge_trained, shipped_example
from designer_app.ui.trust_light import TrustLight


class PotentialChoice(QWidget):
    """Combo, model and trust light. Trained potentials stand by their titles before the families;
    a family of which none comes with the program is offered only once it is chosen.
    """

    edited = Signal()
    judged = Signal()
    """The trust light may have changed."""
    trust_wanted = Signal(object)
    """A `TrustSpec` that `set_report` answers; None where there is nothing more to ask."""

    supercell_asked = Signal(object)
    """How often the cell is to be repeated along a, b and c."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._structure: Structure | None = None
        self._known: Example | None = None
        self._trained: dict[str, tuple[str, Path, PotentialCard]] = {}
        """(family, folder, card) by the key of the choice."""
        self._potential = ChoiceEditor(_families())
        self._model = SuggestionEditor()
        self.light = TrustLight(theme)
        self._reason = label("", "small", wrap=True)
        self.enlarge = SupercellButton()
        self._build()
        self._potential.edited.connect(self._on_potential_chosen)
        self._model.edited.connect(self._on_model_edited)
        self.enlarge.asked.connect(self.supercell_asked)
        self._offer_models()

    @property
    def verdict(self) -> Verdict | None:
        """What the trust light says."""
        return self.light.verdict

    @property
    def is_usable(self) -> bool:
        """Whether the potential can compute this structure at all."""
        return self.verdict is None or not self.verdict.stops

    def values(self) -> dict[str, str]:
        """The two fields of a computing spec."""
        chosen = self._potential.value()
        if chosen in self._trained:
            family, folder, _ = self._trained[chosen]
            return {"potential": family, "model": model_of(folder)}
        return {"potential": chosen, "model": self._model.value()}

    def set_values(self, potential: str, model: str) -> None:
        """Show a potential and its model."""
        trained = f"{potential}:{model}"
        self._offer_potentials(potential)
        self._potential.set_value(trained if trained in self._trained else potential)
        self._offer_models()
        if trained not in self._trained:
            self._model.set_value(model)

    def set_trained(self, trained: Sequence[tuple[Path, PotentialCard]]) -> None:
        """Offer these (folder, card) too; what is chosen stays."""
        present = self.values()
        self._trained = {
            f"{card.family}:{model_of(folder)}": (card.family, folder, card)
            for folder, card in trained
            if card.family in POTENTIALS
        }
        self.set_values(present["potential"], present["model"])

    def set_report(self, report: TrustReport) -> None:
        """What the potential itself says of this structure."""
        chosen = self._trained.get(self._potential.value())
        if chosen is not None and self._structure is not None:
            self.light.set_verdict(judge_trained(chosen[2], self._structure, report))
            self._tell_reason()

    def set_document(self, document: Document | None) -> None:
        """Judge the potential by this structure."""
        self._structure = document.structure() if document else None
        self._known = shipped_example(document)
        self._judge()

    def _build(self) -> None:
        row_now = POTENTIALS[self._potential.value()]
        self._potential.setAccessibleName(self.tr("Potential"))
        self._potential.setToolTip(self.tr("What computes energy and forces"))
        self._model.setAccessibleName(self.tr("Model"))
        self._model.setToolTip(row_now.model_doc)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(row(label(self.tr("Potential"), "muted"), None, self.light))
        layout.addWidget(self._potential)
        layout.addWidget(self._model)
        layout.addWidget(self._reason)
        layout.addWidget(self.enlarge)

    def _offer_potentials(self, wanted: str) -> None:
        titles = [(key, card.title) for key, (_, _, card) in self._trained.items()]
        self._potential.set_choices((*titles, *_families(wanted)))

    def _offer_models(self) -> None:
        is_trained = self._potential.value() in self._trained
        self._model.setVisible(not is_trained)
        if is_trained:
            self._judge()
            return
        row_now = POTENTIALS[self._potential.value()]
        self._model.set_choices((*row_now.models, *own_tables(row_now.key)))
        self._model.setToolTip(self.tr("Model: %s") % row_now.model_doc)
        self._judge()

    def _judge(self) -> None:
        chosen = self._potential.value()
        question: TrustSpec | None = None
        if self._structure is None:
            self.light.set_verdict(None)
        elif chosen in self._trained:
            family, folder, card = self._trained[chosen]
            verdict = judge_trained(card, self._structure)
            self.light.set_verdict(verdict)
            if not verdict.stops:
                question = TrustSpec(
                    structure=self._structure, potential=family, model=model_of(folder)
                )
        else:
            row_now = POTENTIALS[self._potential.value()]
            model = self._model.value()
            self.light.set_verdict(judge(row_now, model, self._structure, self._known))
        self._tell_reason()
        self.trust_wanted.emit(question)

    def _tell_reason(self) -> None:
        """Green needs no words; amber and red say why without a click."""
        verdict = self.verdict
        doubts = verdict is not None and verdict.level is not Level.GOOD
        self._reason.setText(verdict.reasons[0] if verdict is not None and doubts else "")
        self._reason.setVisible(doubts)
        self.enlarge.offer(verdict.supercell if verdict is not None else None)
        self.judged.emit()

    def _on_potential_chosen(self) -> None:
        self._offer_models()
        self.edited.emit()

    def _on_model_edited(self) -> None:
        self._judge()
        self.edited.emit()


def _families(wanted: str = "") -> tuple[tuple[str, str], ...]:
    """Those that come with parameters, and the one that is wanted."""
    rows = POTENTIALS.values()
    return tuple(
        (row.key, row.title)
        for row in rows
        if (row.models and not row.is_trained) or row.key == wanted
    )
