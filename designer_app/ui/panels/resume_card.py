"""A run that the end of the program cut off: go on, or not now."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPushButton, QVBoxLayout, QWidget

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label

if TYPE_CHECKING:
    from designer_app.project.runs import Run


class ResumeCard(QFrame):
    """Offers to continue; a run of code of its own is asked about first."""

    resume_asked = Signal()
    trusted = Signal()
    """The user lets the run use the code it names."""
    closed = Signal()

    def __init__(self, run: "Run", theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._needs_trust = False
        self._text = label(
            self.tr("“%s” was interrupted when the program ended.") % run.title, "strong", wrap=True
        )
        kept = {
            "screen": self.tr("What was screened is kept; the rest can go on."),
            "train-potential": self.tr("What was learned is kept; it goes on from there."),
        }
        md = self.tr("Its trajectory and its last checkpoint are kept; it can go on exactly.")
        self._more = label(kept.get(run.key, md), wrap=True)
        self.resume = QPushButton(self.tr("Resume"))
        self.later = QPushButton(self.tr("Not now"))
        self._icon = ThemedIcon(self.resume, "resume", theme, "accent_text")
        self._build()
        self.resume.clicked.connect(self._on_resume)
        self.later.clicked.connect(self.closed)

    def ask_for_trust(self, name: str) -> None:
        """The run names code: say so, with "Not now" as the answer at hand."""
        self._needs_trust = True
        self._text.setText(self.tr("This run computes with the code “%s”.") % name)
        self._more.setText(
            self.tr("Such code can do anything you can do on this computer. Go on only if you "
                    "know where the run comes from.")
        )  # fmt: skip
        self.resume.setText(self.tr("Run it and resume"))
        self.later.setFocus()

    def _build(self) -> None:
        self.setProperty("role", "ok-card")
        self.setAccessibleName(self.tr("Interrupted run"))
        self.resume.setProperty("role", "primary")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 14)
        layout.setSpacing(8)
        layout.addWidget(self._text)
        layout.addWidget(self._more)
        layout.addLayout(row(self.resume, self.later, None))

    def _on_resume(self) -> None:
        if self._needs_trust:
            self.trusted.emit()
        else:
            self.resume_asked.emit()
