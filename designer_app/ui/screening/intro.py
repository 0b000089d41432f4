"""Nothing was screened yet: three ways to candidates."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.io.formulas import with_subscripts
from designer_app.ui.icons import icon_pixmap
from designer_app.ui.panels.introduction import Introduction
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, set_role

_WIDTH, _CARD_WIDTH = 900, 216


class WayCard(QFrame):
    """One way to candidates, with its button."""

    chosen = Signal()

    def __init__(self, icon: str, title: str, text: str, button: str, theme: Theme) -> None:
        super().__init__()
        self._icon = icon
        self._mark = QLabel()
        self.title = label(title, "strong", wrap=True)
        self.text = label(text, "muted", wrap=True)
        self.button = QPushButton(button)
        self.setProperty("role", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addWidget(self._mark)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addStretch(1)
        column.addWidget(self.button)
        self.button.clicked.connect(self.chosen)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def _on_theme(self, tokens: Tokens) -> None:
        pixmap = icon_pixmap(self._icon, tokens.accent, 24, self.devicePixelRatioF())
        self._mark.setPixmap(pixmap)


class Intro(Introduction):
    """Teaches; every button leads to a search that can be run with its defaults."""

    substitute_asked = Signal()
    files_asked = Signal()
    prototypes_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(_WIDTH, parent)
        self.set_words(
            self.tr("Which of these is worth making?"),
            self.tr(
                "Screening takes many candidates through a crystal network, a relaxation and the "
                "convex hull, and ranks what is left, each number with its error and where it "
                "comes from."
            ),
            self.tr("EARLIER SCREENINGS"),
        )
        self._substitute = WayCard("supercell", "", "", self.tr("What else could this be?"), theme)
        self._files = WayCard(
            "open",
            self.tr("Your own candidates"),
            self.tr("Drop files or a folder here. Broken ones are told of, the rest goes on; "
                    "10,000 are no trouble."),
            self.tr("Add files..."),
            theme,
        )  # fmt: skip
        self._prototypes = WayCard(
            "structure",
            self.tr("New chemistry in known structures"),
            self.tr("Name elements; they are put into the crystal structures that the reference "
                    "set knows, with charges balanced."),
            self.tr("Choose elements"),
            theme,
        )  # fmt: skip
        self._build()
        self._connect()
        self.set_subject("")

    def set_subject(self, name: str) -> None:
        """The structure that is open; empty where none is: then the panel has nothing to run yet,
        and the way to a structure is what stands out.
        """
        if name:
            title = self.tr("What else could %s be?") % with_subscripts(name)
            text = self.tr(
                "Elements are replaced by those that nature puts in their place, "
                "or the working ion is exchanged. Then network, relaxation and hull judge."
            )
        else:
            title = self.tr("What else could a crystal be?")
            text = self.tr(
                "Open a structure; its elements are then replaced by others that fit, "
                "and network, relaxation and hull judge what comes out."
            )
        self._substitute.title.setText(title)
        self._substitute.text.setText(text)
        said = self.tr("What else could this be?") if name else self.tr("Open a structure...")
        self._substitute.button.setText(said)
        set_role(self._substitute.button, "" if name else "primary")

    def _build(self) -> None:
        cards = QGridLayout()
        cards.setSpacing(12)
        for place, card in enumerate((self._substitute, self._files, self._prototypes)):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
            cards.setColumnMinimumWidth(place, _CARD_WIDTH)
        self.body.addLayout(cards)

    def _connect(self) -> None:
        self._substitute.chosen.connect(self.substitute_asked)
        self._files.chosen.connect(self.files_asked)
        self._prototypes.chosen.connect(self.prototypes_asked)
