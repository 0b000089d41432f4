"""Nothing was screened yet: three ways to candidates, and earlier screenings of the project."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from designer_app.ui.icons import icon_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, set_role
from designer_app.ui.wording import with_subscripts

_MOST_RUNS = 6
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


class Intro(QWidget):
    """Teaches; every button leads to a search that can be run with its defaults."""

    substitute_asked = Signal()
    files_asked = Signal()
    prototypes_asked = Signal()
    run_chosen = Signal(object)
    """The folder of an earlier screening."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
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
        self._runs_title = label(self.tr("EARLIER SCREENINGS"), "section")
        self._runs = QVBoxLayout()
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

    def set_runs(self, runs: Sequence[tuple[str, str, Path]]) -> None:
        """Offer (title, how it ended, folder) of earlier screenings, newest first."""
        while (item := self._runs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for title, said, folder in runs[:_MOST_RUNS]:
            button = QPushButton(f"{with_subscripts(title)}   ·   {said}")
            button.setProperty("role", "row")
            button.setProperty("folder", str(folder))
            button.setToolTip(self.tr("Open its table and plots again"))
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
        column.addWidget(label(self.tr("Which of these is worth making?"), "display"))
        said = self.tr(
            "Screening takes many candidates through a crystal network, a relaxation and the "
            "convex hull, and ranks what is left, each number with its error and where it comes "
            "from."
        )
        column.addWidget(label(said, wrap=True))
        column.addSpacing(8)
        cards = QGridLayout()
        cards.setSpacing(12)
        for place, card in enumerate((self._substitute, self._files, self._prototypes)):
            cards.addWidget(card, 0, place)
            cards.setColumnStretch(place, 1)
            cards.setColumnMinimumWidth(place, _CARD_WIDTH)
        column.addLayout(cards)
        column.addSpacing(8)
        column.addWidget(self._runs_title)
        column.addLayout(self._runs)
        column.addStretch(2)
        scroll = QScrollArea()
        middle = QWidget()
        around = QHBoxLayout(middle)
        around.setContentsMargins(0, 0, 0, 0)
        around.addStretch(1)
        around.addWidget(content, 100)
        around.addStretch(1)
        scroll.setWidget(middle)
        scroll.setWidgetResizable(True)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._runs_title.setVisible(False)

    def _connect(self) -> None:
        self._substitute.chosen.connect(self.substitute_asked)
        self._files.chosen.connect(self.files_asked)
        self._prototypes.chosen.connect(self.prototypes_asked)

    def _on_run_clicked(self) -> None:
        self.run_chosen.emit(Path(self.sender().property("folder")))
