"""Nothing is open yet: what to do about it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from designer_app.io.formulas import with_subscripts
from designer_app.ui.icons import ThemedIcon, icon_pixmap
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label

_COLUMNS = 2


class EmptyState(QWidget):
    """Teaches the three ways in: drop, open, example."""

    open_asked = Signal()
    demo_asked = Signal()
    example_asked = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = QLabel()
        self._open = QPushButton(self.tr("Open a file..."))
        self._demo = QPushButton(self.tr("Run the demo"))
        self._icons = (
            ThemedIcon(self._open, "open", theme),
            ThemedIcon(self._demo, "play", theme, "accent_text"),
        )
        self._examples = QGridLayout()
        self._box = QFrame()
        self._build()
        self._open.clicked.connect(self.open_asked)
        self._demo.clicked.connect(self.demo_asked)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def set_examples(self, examples: Sequence[tuple[str, str, str]]) -> None:
        """Offer (name, title, what it is)."""
        for place, (name, title, said) in enumerate(examples):
            button = QPushButton()
            button.setProperty("role", "row")
            button.setProperty("example", name)
            words = QVBoxLayout(button)
            words.setContentsMargins(10, 6, 10, 6)
            words.setSpacing(1)
            words.addWidget(label(with_subscripts(title), "strong"))
            words.addWidget(label(said, "small"))
            button.setMinimumSize(words.sizeHint().width(), 50)
            button.setAccessibleName(self.tr("Open the example %s") % title)
            button.setToolTip(said)
            button.clicked.connect(self._on_example_clicked)
            self._examples.addWidget(button, place // _COLUMNS, place % _COLUMNS)

    def set_hovered(self, is_hovered: bool) -> None:
        """A file is held over the window."""
        self._box.setProperty("role", "ok-card" if is_hovered else "card")
        self._box.style().polish(self._box)

    def _build(self) -> None:
        self._box.setProperty("role", "card")
        self._box.setMaximumWidth(620)
        self._mark.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._demo.setProperty("role", "primary")
        self._demo.setToolTip(self.tr("Opens LiFePO4 and heats it to 600 K with CHGNet"))
        title = label(self.tr("Drop a CIF here, or open an example"), "display", wrap=True)
        title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        said = label(
            self.tr("CIF, POSCAR, extended XYZ and everything else that ASE reads"), "muted"
        )
        said.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._examples.setHorizontalSpacing(8)
        self._examples.setVerticalSpacing(2)
        column = QVBoxLayout(self._box)
        column.setContentsMargins(24, 24, 24, 20)
        column.setSpacing(10)
        column.addWidget(self._mark)
        column.addWidget(title)
        column.addWidget(said)
        column.addSpacing(4)
        column.addLayout(row(None, self._open, self._demo, None))
        column.addSpacing(8)
        column.addWidget(label(self.tr("EXAMPLES"), "section"))
        column.addLayout(self._examples)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(row(None, self._box, None))
        outer.addStretch(1)

    def _on_example_clicked(self) -> None:
        self.example_asked.emit(self.sender().property("example"))

    def _on_theme(self, tokens: Tokens) -> None:
        self._mark.setPixmap(icon_pixmap("drop", tokens.accent, 36, self.devicePixelRatioF()))
