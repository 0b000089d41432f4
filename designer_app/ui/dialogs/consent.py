"""The question before a model that is a program runs for the first time."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from designer_app.io.trusted_code import trust
from designer_app.ui.theme import label

_WIDTH = 440


class ConsentDialog(QDialog):
    """Cancel is the default: Escape and Enter both leave the program alone."""

    allowed = Signal(object)
    """The `Path` of the file, which may run from now on."""
    failed = Signal(object)
    """An `OSError`: the file is gone, or what is allowed cannot be written down."""

    def __init__(self, path: Path, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self.cancel = QPushButton(self.tr("Cancel"))
        self.allow = QPushButton(self.tr("Let it run"))
        self._build(words)
        self.cancel.clicked.connect(self.reject)
        self.allow.clicked.connect(self._on_allow)

    def _build(self, words: str) -> None:
        self.setWindowTitle(self.tr("This file is a program"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.cancel.setDefault(True)
        self.allow.setAutoDefault(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 20, 24, 16)
        layout.setSpacing(12)
        layout.addWidget(label(self.tr("This file is a program"), "title"))
        run = self.tr("%s is %s: run, it can do anything that you can do.")
        layout.addWidget(self._line(run % (f"\u201c{self._path.name}\u201d", words)))
        more = self.tr(
            "It could read, change and send your files. Let it run only if you know who made it. "
            "It runs in a process of its own, with fewer rights where the system allows that; you "
            "are asked again when the file changes."
        )
        layout.addWidget(self._line(more, "muted"))
        layout.addWidget(self._line(str(self._path), "small"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.allow)
        buttons.addWidget(self.cancel)
        layout.addLayout(buttons)
        self.cancel.setFocus()

    def _line(self, text: str, role: str = "") -> QWidget:
        made = label(text, role, wrap=True)
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setFixedWidth(_WIDTH)
        return made

    def _on_allow(self) -> None:
        try:
            trust(self._path)
        except OSError as error:
            self.failed.emit(error)
            self.reject()
            return
        self.allowed.emit(self._path)
        self.accept()
