"""The right panel of the library: the chosen potential, and what can be done with it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

from designer_app.io.pair_tables import PARAMETERS
from designer_app.specs.structure import Structure
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.facts_table import FactsTable
from designer_app.ui.panels.section import PanelPage, row
from designer_app.ui.panels.supercell_button import SupercellButton
from designer_app.ui.potentials.card_view import CardView
from designer_app.ui.potentials.offers import Offer, elements_text
from designer_app.ui.potentials.potential_card import CHECK, COMPARE, TABLE, TUNE, USE
from designer_app.ui.theme import Theme, label
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
        self._icons = (
            ThemedIcon(self.use, "dynamics", theme, "accent_text"),
            ThemedIcon(self.compare, "compare", theme),
            ThemedIcon(self.tune, "train", theme),
            ThemedIcon(self.check, "check", theme),
            ThemedIcon(self.table, "settings", theme),
        )
        self._build()
        for button, key in (
            (self.use, USE),
            (self.compare, COMPARE),
            (self.tune, TUNE),
            (self.check, CHECK),
            (self.table, TABLE),
        ):
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
        self.check.setVisible(offer.card is not None)
        self.table.setVisible(offer.family in PARAMETERS)
        self.tune.setVisible(offer.can_be_tuned)
        again, tune = self.tr("Train again"), self.tr("Fine-tune")
        self.tune.setText(tune if offer.card is None else again)
        self._judge()

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
        self.use.setProperty("role", "primary")
        self.foot.addWidget(self.use)
        buttons = row(spacing=6)
        buttons.addWidget(self.compare, 1)
        buttons.addWidget(self.tune, 1)
        self.foot.addLayout(buttons)
        self.check.setToolTip(self.tr("Five checks; large structures take longer"))
        for button in (self.check, self.table):
            self.foot.addWidget(button)

    def _on_clicked(self) -> None:
        if self.offer is not None:
            self.asked.emit(self.sender().property("asks"), self.offer)
