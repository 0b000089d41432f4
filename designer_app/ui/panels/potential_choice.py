"""Which potential, which of its models, and whether it can be trusted here."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from designer_app.io.documents import Document
from designer_app.io.examples import Example
from designer_app.specs.potentials import POTENTIALS
from designer_app.specs.structure import Structure
from designer_app.ui.editors import ChoiceEditor, SuggestionEditor
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label
from designer_app.ui.trust import Level, Verdict, judge, shipped_example
from designer_app.ui.trust_light import TrustLight


class PotentialChoice(QWidget):
    """Combo, model and trust light."""

    edited = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._structure: Structure | None = None
        self._known: Example | None = None
        self._potential = ChoiceEditor(tuple((r.key, r.title) for r in POTENTIALS.values()))
        self._model = SuggestionEditor()
        self._light = TrustLight(theme)
        self._reason = label("", "small", wrap=True)
        self._build()
        self._potential.edited.connect(self._on_potential_chosen)
        self._model.edited.connect(self._on_model_edited)
        self._offer_models()

    @property
    def verdict(self) -> Verdict | None:
        """What the trust light says."""
        return self._light.verdict

    @property
    def is_usable(self) -> bool:
        """Whether the potential can compute this structure at all."""
        return self.verdict is None or self.verdict.level is not Level.NO

    def values(self) -> dict[str, str]:
        """The two fields of a computing spec."""
        return {"potential": self._potential.value(), "model": self._model.value()}

    def set_values(self, potential: str, model: str) -> None:
        """Show a potential and its model."""
        self._potential.set_value(potential)
        self._offer_models()
        self._model.set_value(model)

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
        layout.addLayout(row(label(self.tr("Potential"), "muted"), None, self._light))
        layout.addWidget(self._potential)
        layout.addWidget(self._model)
        layout.addWidget(self._reason)

    def _offer_models(self) -> None:
        row_now = POTENTIALS[self._potential.value()]
        self._model.set_choices(row_now.models)
        self._model.setToolTip(self.tr("Model: %s") % row_now.model_doc)
        self._judge()

    def _judge(self) -> None:
        if self._structure is None:
            self._light.set_verdict(None)
        else:
            row_now = POTENTIALS[self._potential.value()]
            model = self._model.value()
            self._light.set_verdict(judge(row_now, model, self._structure, self._known))
        self._tell_reason()

    def _tell_reason(self) -> None:
        """Green needs no words; amber and red say why without a click."""
        verdict = self.verdict
        doubts = verdict is not None and verdict.level is not Level.GOOD
        self._reason.setText(verdict.reasons[0] if verdict is not None and doubts else "")
        self._reason.setVisible(doubts)

    def _on_potential_chosen(self) -> None:
        self._offer_models()
        self.edited.emit()

    def _on_model_edited(self) -> None:
        self._judge()
        self.edited.emit()
