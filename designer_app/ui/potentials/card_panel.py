"""The right panel of the library: the chosen potential, and what can be done with it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from designer_app.io.pair_tables import PARAMETERS
from designer_app.specs.structure import Structure
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.panels.section import PanelPage, row
from designer_app.ui.panels.supercell_button import SupercellButton
from designer_app.ui.potentials.card_view import CardView
from designer_app.ui.potentials.next_steps import CHECK, COMPARE, TABLE, TUNE, USE, next_steps
from designer_app.ui.potentials.offers import Offer, elements_text
from designer_app.ui.theme import Theme, label, set_role
from designer_app.ui.trust_light import TrustLight


class CardPanel(PanelPage):
    """Shows an `Offer`; emits what is asked with it."""

    asked = Signal(str, object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Potential"), parent)
        self.offer: Offer | None = None
        self._structure: Structure | None = None
        self.title = label("", "title", wrap=True)
        self.light = TrustLight(theme)
        self._reasons = label("", "muted", wrap=True)
        self._summary = label("", wrap=True)
        self.card = CardView()
        self.facts = FactsTable(name_width=92)
        self.use = QPushButton(self.tr("Use in Dynamics"))
        self.compare = QPushButton(self.tr("Compare"))
        self.tune = QPushButton(self.tr("Fine-tune"))
        self.check = QPushButton(self.tr("Check health"))
        self.table = QPushButton(self.tr("Parameters..."))
        self.enlarge = SupercellButton()
        self._buttons = {
            CHECK: self.check,
            USE: self.use,
            COMPARE: self.compare,
            TUNE: self.tune,
            TABLE: self.table,
        }
        names = ("check", "dynamics", "compare", "train", "settings")
        self._icons = {
            key: ThemedIcon(button, name, theme)
            for (key, button), name in zip(self._buttons.items(), names, strict=True)
        }
        self._places = QGridLayout()
        self._build()
        for key, button in self._buttons.items():
            button.setProperty("asks", key)
            button.clicked.connect(self._on_clicked)

    def set_structure(self, structure: Structure | None) -> None:
        """Judge by what is open."""
        self._structure = structure
        self._judge()

    def show_offer(self, offer: Offer) -> None:
        """Show a potential."""
        self.offer = offer
        self.title.setText(offer.title)
        self._summary.setText("" if offer.card is not None else offer.summary)
        self._summary.setVisible(offer.card is None)
        self.card.setVisible(offer.card is not None)
        self.facts.setVisible(offer.card is None)
        if offer.card is not None:
            self.card.show_card(offer.card, str(offer.folder))
        else:
            elements = ", ".join(offer.elements) if offer.elements else elements_text(None)
            self.facts.set_rows(
                [
                    (self.tr("Model"), offer.model),
                    (self.tr("Elements"), elements),
                    (self.tr("Origin"), self.tr("comes with the program")),
                ]
            )
        again, tune = self.tr("Train again"), self.tr("Fine-tune")
        self.tune.setText(tune if offer.card is None else again)
        self._place_buttons(offer)
        self._judge()

    @property
    def primary(self) -> QPushButton:
        """The next step."""
        return self._buttons[next_steps(self.offer)[0]] if self.offer is not None else self.use

    def ask_run(self) -> None:
        """Press the primary button."""
        self.primary.click()

    def _place_buttons(self, offer: Offer) -> None:
        """The next step above the others."""
        steps = next_steps(offer)
        shown = [*steps, TABLE] if offer.family in PARAMETERS else list(steps)
        for key, button in self._buttons.items():
            self._places.removeWidget(button)
            button.setVisible(key in shown)
            set_role(button, "primary" if key == steps[0] else "")
            self._icons[key].set_role("accent_text" if key == steps[0] else "text")
        for place, key in enumerate(shown[1:]):
            is_last_alone = place % 2 == 0 and place == len(shown) - 2
            across = 2 if is_last_alone else 1
            self._places.addWidget(self._buttons[key], 1 + place // 2, place % 2, 1, across)
        self._places.addWidget(self._buttons[shown[0]], 0, 0, 1, 2)

    def _judge(self) -> None:
        if self.offer is None:
            return
        verdict = self.offer.verdict(self._structure)
        self.light.set_verdict(verdict)
        self._reasons.setText(" ".join(verdict.reasons))
        self.enlarge.offer(verdict.supercell)
        self.use.setEnabled(not verdict.stops)
        cannot = self.tr("Not with the structure that is open: %s") % verdict.reasons[0]
        self.use.setToolTip(cannot if verdict.stops else self.tr("Dynamics, with this potential"))

    def _build(self) -> None:
        head = row(spacing=8)
        head.addWidget(self.title, 1)
        head.addWidget(self.light)
        self.body.addLayout(head)
        for widget in (self._summary, self._reasons, self.enlarge, self.card, self.facts):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self._places.setSpacing(6)
        for row_of_one, button in enumerate(self._buttons.values()):
            self._places.addWidget(button, row_of_one, 0)
        self.check.setToolTip(self.tr("Five checks; large structures take longer"))
        self.foot.addLayout(self._places)

    def _on_clicked(self) -> None:
        if self.offer is not None:
            self.asked.emit(self.sender().property("asks"), self.offer)
