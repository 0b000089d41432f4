"""A workspace that is not built yet: what it will hold, and what can be done meanwhile."""

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from designer_app.ui.icons import icon_pixmap
from designer_app.ui.panels.rail import WORKSPACES
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label


@dataclass(frozen=True)
class Promise:
    """One thing that a workspace will do."""

    icon: str
    title: str
    text: str


@dataclass(frozen=True)
class Coming:
    """What a workspace will do, and where one can go today."""

    lead: str
    promises: tuple[Promise, ...]
    meanwhile: str
    action: str
    target: str


COMING = {
    "potentials": Coming(
        "Potentials decide how far a simulation can be believed. Here they will be loaded, "
        "trained on your own data, compared and judged.",
        (
            Promise("train", "Train and fine-tune", "From energies and forces of any engine, "
                    "with live loss curves, pause and resume."),
            Promise("compare", "Compare", "Parity plots and errors by element against reference "
                    "data, side by side."),
            Promise("target", "Judge", "Ensemble spread, distance to the training data and drift, "
                    "gathered in the trust light."),
        ),
        "Today CHGNet, Lennard-Jones, Morse, ensembles and any ASE calculator can be chosen in "
        "Dynamics, each with its trust light.",
        "Go to Dynamics",
        "dynamics",
    ),
}  # fmt: skip


class ComingPage(QWidget):
    """Fills the middle of the window in place of the picture."""

    place_asked = Signal(str)
    """The workspace to go to instead."""

    def __init__(self, key: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._coming = COMING[key]
        self._place = next(each for each in WORKSPACES if each.key == key)
        self._marks: list[tuple[QLabel, str, int]] = []
        self._button = QPushButton(self._coming.action)
        self._build()
        self._button.clicked.connect(self._on_clicked)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def _build(self) -> None:
        content = QWidget()
        content.setMaximumWidth(860)
        column = QVBoxLayout(content)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._mark(self._place.key, 40))
        column.addWidget(label(self._place.title, "display"))
        column.addWidget(label(self._place.question, "title"))
        column.addWidget(label(self._coming.lead, wrap=True))
        column.addSpacing(8)
        column.addWidget(label(self.tr("COMING WITH THE NEXT RELEASE"), "section"))
        cards = QGridLayout()
        cards.setSpacing(12)
        for index, promise in enumerate(self._coming.promises):
            cards.addWidget(self._card(promise), 0, index)
            cards.setColumnStretch(index, 1)
        column.addLayout(cards)
        column.addSpacing(12)
        column.addWidget(label(self._coming.meanwhile, "muted", wrap=True))
        column.addLayout(row(self._button, None))
        column.addStretch(2)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self.setAccessibleName(self._place.title)

    def _mark(self, icon: str, size: int) -> QLabel:
        mark = QLabel()
        self._marks.append((mark, icon, size))
        return mark

    def _card(self, promise: Promise) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._mark(promise.icon, 24))
        column.addWidget(label(promise.title, "strong", wrap=True))
        column.addWidget(label(promise.text, "muted", wrap=True))
        column.addStretch(1)
        return card

    def _on_clicked(self) -> None:
        self.place_asked.emit(self._coming.target)

    def _on_theme(self, tokens: Tokens) -> None:
        for mark, icon, size in self._marks:
            mark.setPixmap(icon_pixmap(icon, tokens.accent, size, self.devicePixelRatioF()))
