"""Where files go that are dropped: what they may be, and a button for those who choose them."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout

from designer_app.ui.icons import ThemedIcon, icon_pixmap
from designer_app.ui.panels.section import row
from designer_app.ui.theme import OnTheme, Theme, Tokens, label, set_role

_MARK = 32


class DropCard(QFrame):
    """An icon, a title, a sentence, and buttons, the first of which asks for files."""

    files_asked = Signal()

    def __init__(self, title: str, said: str, theme: Theme) -> None:
        super().__init__()
        self._mark = QLabel()
        self.files = QPushButton(self.tr("Choose files..."))
        self._files_icon = ThemedIcon(self.files, "open", theme)
        self._buttons = row(self.files, None)
        self._build(title, said)
        self.files.clicked.connect(self.files_asked)
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def add_button(self, button: QPushButton) -> None:
        """Another thing that can be done, after those that are there."""
        self._buttons.insertWidget(self._buttons.count() - 1, button)

    def set_hovered(self, is_hovered: bool) -> None:
        """Files are held over the window."""
        set_role(self, "chosen-card" if is_hovered else "card")

    def _build(self, title: str, said: str) -> None:
        self.setProperty("role", "card")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(label(title, "title"))
        words.addWidget(label(said, "muted", wrap=True))
        words.addSpacing(6)
        words.addLayout(self._buttons)
        layout = row(spacing=16)
        layout.setContentsMargins(18, 16, 18, 16)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(words, 1)
        self.setLayout(layout)

    def _on_theme(self, tokens: Tokens) -> None:
        pixmap = icon_pixmap("drop", tokens.accent, _MARK, self.devicePixelRatioF())
        self._mark.setPixmap(pixmap)
