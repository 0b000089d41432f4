"""Nothing is designed yet: what the workspace does, ways in, and earlier designs."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from designer_app.specs.design_purposes import purpose_named
from designer_app.ui.design.purpose_card import PurposeCard
from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label
from designer_app.ui.wording import with_subscripts_in

OFFERED = ("li-cathode", "na-cathode", "electrolyte", "her")
"""Keys of the purposes that one click begins with."""
_MOST_RUNS = 6
_WIDTH = 980


class DesignIntro(QWidget):
    """Teaches; every card leads to targets that can be confirmed as they are."""

    begin_asked = Signal(str)
    """The key of a purpose; "" to choose among all."""
    go_on_asked = Signal()
    """Back to the design that was begun."""
    run_chosen = Signal(object)
    """The folder of an earlier design."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards = [PurposeCard(purpose_named(key), theme, is_told=True) for key in OFFERED]
        self.all = QPushButton(self.tr("All purposes..."))
        self.go_on = QPushButton(self.tr("Back to the design you began"))
        self._icons = (ThemedIcon(self.go_on, "next", theme),)
        self._runs_title = label(self.tr("EARLIER DESIGNS"), "section")
        self._runs = QVBoxLayout()
        self._build()
        self._connect()

    def set_begun(self, *, is_begun: bool) -> None:
        """Whether there is a design to go back to."""
        self.go_on.setVisible(is_begun)

    def set_runs(self, runs: Sequence[tuple[str, str, Path]]) -> None:
        """Offer (title, how it ended, folder) of earlier designs, newest first."""
        while (item := self._runs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for title, said, folder in runs[:_MOST_RUNS]:
            button = QPushButton(f"{with_subscripts_in(title)}   ·   {said}")
            button.setProperty("role", "row")
            button.setProperty("folder", str(folder))
            button.setToolTip(self.tr("Open its candidates and its report again"))
            button.clicked.connect(self._on_run_clicked)
            self._runs.addWidget(button)
        self._runs_title.setVisible(bool(runs))

    def _build(self) -> None:
        content = QWidget()
        content.setMaximumWidth(_WIDTH)
        column = QVBoxLayout(content)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(label(self.tr("What should I make?"), "display"))
        said = self.tr(
            "Say what the material is to do. Targets drive a search through the space of known "
            "structure types; what it finds is decoded into real crystals, relaxed, placed on the "
            "convex hull, recomputed and explained. Predicted and verified numbers stand side by "
            "side, each with its error, and what does not hold is told."
        )
        column.addWidget(label(said, wrap=True))
        column.addSpacing(8)
        column.addWidget(label(self.tr("BEGIN WITH"), "section"))
        cards = QGridLayout()
        cards.setSpacing(12)
        for place, card in enumerate(self.cards):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
        column.addLayout(cards)
        self.all.setToolTip(self.tr("Other ions, anodes, other reactions, your own property"))
        column.addLayout(row(self.all, self.go_on, None))
        self.go_on.setVisible(False)
        column.addSpacing(8)
        column.addWidget(self._runs_title)
        column.addLayout(self._runs)
        column.addStretch(2)
        middle = QWidget()
        around = QHBoxLayout(middle)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(content, 100)
        around.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(middle)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._runs_title.setVisible(False)

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

    def _on_run_clicked(self) -> None:
        self.run_chosen.emit(Path(self.sender().property("folder")))
