"""An error as a card: what happened, what it means, what to do; details folded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.explanations import explain
from designer_app.running.messages import JobError
from designer_app.specs.jobs import JOBS
from designer_app.ui.icons import ThemedIcon, icon_pixmap
from designer_app.ui.theme import OnTheme, Theme, Tokens, label


@dataclass(frozen=True)
class Remedy:
    """A button that mends: its key is emitted, its text is shown."""

    key: str
    text: str


class ErrorCard(QFrame):
    """One error. Emits the key of the remedy that was chosen."""

    remedy_chosen = Signal(str)
    closed = Signal()

    def __init__(
        self,
        error: JobError,
        theme: Theme,
        remedies: Sequence[Remedy] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._error = error
        self._told = explain(error.kind, _in_words(error.facts), error.message)
        self._remedies = tuple(remedies)
        self._mark = QLabel()
        self._close = QToolButton()
        self._close_icon = ThemedIcon(self._close, "close", theme, "muted")
        self._fold = QPushButton(self.tr("Details"))
        self._fold_icon = ThemedIcon(self._fold, "chevron-right", theme, "muted")
        self._copy = QPushButton(self.tr("Copy details"))
        self._copy_icon = ThemedIcon(self._copy, "copy", theme)
        self._details = QPlainTextEdit(self.details())
        self._buttons: list[QPushButton] = []
        self._build()
        self._connect()
        self._theme_follower = OnTheme(self, theme, self._on_theme)

    def details(self) -> str:
        """All that is known, for a report."""
        facts = "\n".join(f"{name} = {value}" for name, value in self._error.facts.items())
        parts = (self._error.kind, self._error.message, facts, self._error.traceback)
        return "\n".join(part for part in parts if part)

    def unfold(self) -> None:
        """Show the details."""
        self._fold.setChecked(True)

    def _build(self) -> None:
        self.setProperty("role", "error-card")
        self.setAccessibleName(self.tr("Error"))
        self.setAccessibleDescription(self._told.sentence)
        self._close.setToolTip(self.tr("Close (Esc)"))
        self._close.setAccessibleName(self.tr("Close this message"))
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(label(self._told.what, "strong", wrap=True), 1)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 10, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        body = QVBoxLayout()
        body.setContentsMargins(30, 0, 8, 0)
        body.setSpacing(8)
        if self._told.meaning:
            body.addWidget(label(self._told.meaning, wrap=True))
        for advice in self._told.advice:
            body.addWidget(label(advice, "muted", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(8)
        for index, remedy in enumerate(self._remedies):
            button = QPushButton(remedy.text)
            if index == 0:
                button.setProperty("role", "primary")
            button.setProperty("remedy", remedy.key)
            self._buttons.append(button)
            row.addWidget(button)
        row.addStretch(1)
        self._fold.setProperty("role", "fold")
        self._fold.setCheckable(True)
        row.addWidget(self._fold)
        body.addLayout(row)
        self._details.setProperty("role", "log")
        self._details.setReadOnly(True)
        self._details.setFixedHeight(140)
        self._details.setAccessibleName(self.tr("Details"))
        self._details.setVisible(False)
        self._copy.setVisible(False)
        body.addWidget(self._details)
        body.addWidget(self._copy, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(body)

    def _connect(self) -> None:
        self._close.clicked.connect(self._on_close)
        self._fold.toggled.connect(self._on_fold_toggled)
        self._copy.clicked.connect(self._on_copy)
        for button in self._buttons:
            button.clicked.connect(self._on_remedy)

    def _on_close(self) -> None:
        self.closed.emit()

    def _on_remedy(self) -> None:
        self.remedy_chosen.emit(self.sender().property("remedy"))

    def _on_fold_toggled(self, is_open: bool) -> None:
        self._details.setVisible(is_open)
        self._copy.setVisible(is_open)
        self._fold_icon.set_name("chevron-down" if is_open else "chevron-right")
        self.adjustSize()

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details())

    def _on_theme(self, tokens: Tokens) -> None:
        self._mark.setPixmap(icon_pixmap("error", tokens.error, 20, self.devicePixelRatioF()))


def _in_words(facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the title of a job where its key stands."""
    doing = str(facts.get("while_doing", ""))
    return {**facts, "while_doing": JOBS[doing].title} if doing in JOBS else facts
