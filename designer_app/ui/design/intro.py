"""Nothing is designed yet: what the workspace does, and ways in."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QPushButton, QWidget

from designer_app.specs.design_purposes import purpose_named
from designer_app.ui.design.purpose_card import PurposeCard
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.introduction import Introduction
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label

OFFERED = ("li-cathode", "na-cathode", "electrolyte", "her")
"""Keys of the purposes that one click begins with."""
_WIDTH = 980


class DesignIntro(Introduction):
    """Teaches; every card leads to targets that can be confirmed as they are."""

    begin_asked = Signal(str)
    """The key of a purpose; "" to choose among all."""
    go_on_asked = Signal()
    """Back to the design that was begun."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.set_words(
            self.tr("What should I make?"),
            self.tr(
                "Say what the material is to do. Targets drive a search through the space of "
                "known structure types; what it finds is decoded into real crystals, relaxed, "
                "placed on the convex hull, recomputed and explained. Predicted and verified "
                "numbers stand side by side, each with its error, and what does not hold is told."
            ),
            self.tr("EARLIER DESIGNS"),
        )
        self.cards = [PurposeCard(purpose_named(key), theme, is_told=True) for key in OFFERED]
        self.all = QPushButton(self.tr("All purposes..."))
        self.go_on = QPushButton(self.tr("Back to the design you began"))
        self._icons = (ThemedIcon(self.go_on, "next", theme),)
        self._build()
        self._connect()

    def set_begun(self, *, is_begun: bool) -> None:
        """Whether there is a design to go back to."""
        self.go_on.setVisible(is_begun)

    def _build(self) -> None:
        self.body.addWidget(label(self.tr("BEGIN WITH"), "section"))
        cards = QGridLayout()
        cards.setSpacing(12)
        for place, card in enumerate(self.cards):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
        self.body.addLayout(cards)
        self.all.setToolTip(self.tr("Other ions, anodes, other reactions, your own property"))
        self.body.addLayout(row(self.all, self.go_on, None))
        self.go_on.setVisible(False)

    def _connect(self) -> None:
        for card in self.cards:
            card.clicked.connect(self._on_card_clicked)
        self.all.clicked.connect(self._on_all_clicked)
        self.go_on.clicked.connect(self.go_on_asked)

    def _on_card_clicked(self) -> None:
        card = self.sender()
        assert isinstance(card, PurposeCard)
        self.begin_asked.emit(card.purpose.key)

    def _on_all_clicked(self) -> None:
        self.begin_asked.emit("")
