"""Nothing is being trained: how to begin, and the potentials there are."""

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from designer_app.specs.structure import Structure
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.introduction import Introduction
from designer_app.ui.potentials.drop_card import DropCard
from designer_app.ui.potentials.offers import Offer
from designer_app.ui.potentials.potential_card import OfferCard
from designer_app.ui.theme import Theme, label

_WIDTH, _COLUMNS, _CARD_WIDTH = 980, 2, 330


class LibraryPage(Introduction):
    """Cards of potentials; a click on one shows it in the panel."""

    asked = Signal(str, object)
    """(what, the `Offer`)."""
    compare_asked = Signal()
    open_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self._theme = theme
        self._structure: Structure | None = None
        self.drop = DropCard(
            self.tr("Drop reference calculations here"),
            self.tr(
                "VASP, Quantum ESPRESSO, CP2K, GPAW, extended XYZ, ASE, DeePMD or pymatgen "
                "JSON. They are checked, you press Train, and Dynamics runs what comes out."
            ),
            theme,
        )
        self.compare = QPushButton(self.tr("Compare potentials"))
        self.open = QPushButton(self.tr("Open a trained potential..."))
        self._icons = (
            ThemedIcon(self.compare, "compare", theme),
            ThemedIcon(self.open, "potentials", theme),
        )
        self.cards: list[OfferCard] = []
        self._fillers: list[QWidget] = []
        """Beside a card that is alone, so that all are of the same width."""
        self._grids: list[tuple[QLabel, QGridLayout]] = []
        self.set_words(
            self.tr("What computes the energy, and can I trust it?"),
            self.tr(
                "A potential gives energy and forces in milliseconds instead of hours. Take one "
                "that comes with the program, or teach one your own material."
            ),
            self.tr("EARLIER TRAININGS"),
        )
        self._build()
        self.compare.clicked.connect(self.compare_asked)
        self.open.clicked.connect(self.open_asked)

    def set_offers(self, offers: Sequence[Offer]) -> None:
        """Show these potentials."""
        for card in self.cards:
            card.hide()
            card.deleteLater()
        for filler in self._fillers:
            filler.deleteLater()
        self.cards, self._fillers = [], []
        own = [each for each in offers if each.is_own]
        shipped = [each for each in offers if not each.is_own]
        for (title, grid), group in zip(self._grids, (own, shipped), strict=True):
            title.setVisible(bool(group))
            for place, offer in enumerate(group):
                card = OfferCard(offer, self._theme)
                card.set_structure(self._structure)
                card.asked.connect(self.asked)
                self.cards.append(card)
                grid.addWidget(card, place // _COLUMNS, place % _COLUMNS)
            for place in range(len(group), _COLUMNS if group else 0):
                self._fillers.append(QWidget())
                grid.addWidget(self._fillers[-1], 0, place)

    def set_structure(self, structure: Structure | None) -> None:
        """Judge all by what is open."""
        self._structure = structure
        for card in self.cards:
            card.set_structure(structure)

    def choose(self, name: str) -> None:
        """Mark the potential of this name."""
        for card in self.cards:
            card.set_chosen(is_chosen=card.offer.name == name)

    def _build(self) -> None:
        for button in (self.compare, self.open):
            self.drop.add_button(button)
        self.body.addWidget(self.drop)
        for title in (self.tr("YOUR POTENTIALS"), self.tr("POTENTIALS OF THE PROGRAM")):
            heading = label(title, "section")
            heading.setVisible(False)
            grid = QGridLayout()
            grid.setSpacing(10)
            for column in range(_COLUMNS):
                grid.setColumnStretch(column, 1)
                grid.setColumnMinimumWidth(column, _CARD_WIDTH)
            self._grids.append((heading, grid))
            self.body.addSpacing(4)
            self.body.addWidget(heading)
            self.body.addLayout(grid)
