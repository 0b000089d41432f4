"""The log: what the program did, for people who want to know."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label

_MOST_LINES = 5000


class LogPanel(QWidget):
    """Lines of text, newest below."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = QPlainTextEdit()
        self._copy = QPushButton(self.tr("Copy"))
        self._copy_icon = ThemedIcon(self._copy, "copy", theme)
        self._close = QToolButton()
        self._close_icon = ThemedIcon(self._close, "close", theme, "muted")
        self._build()
        self._copy.clicked.connect(self._on_copy)
        self._close.clicked.connect(self.closed)

    def append(self, text: str) -> None:
        """Add a line."""
        self.lines.appendPlainText(text)

    def _build(self) -> None:
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.lines.setReadOnly(True)
        self.lines.setMaximumBlockCount(_MOST_LINES)
        self.lines.setProperty("role", "log")
        self.lines.setAccessibleName(self.tr("Log"))
        self._close.setToolTip(self.tr("Close the log"))
        self._close.setAccessibleName(self._close.toolTip())
        head = row(label(self.tr("LOG"), "section"), None, self._copy, self._close)
        head.setContentsMargins(16, 6, 8, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 12)
        layout.setSpacing(0)
        layout.addLayout(head)
        body = row(self.lines)
        body.setContentsMargins(16, 0, 16, 0)
        layout.addLayout(body, 1)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.lines.toPlainText())
