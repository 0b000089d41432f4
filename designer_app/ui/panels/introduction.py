"""What a workspace is for, while nothing was done in it: words, ways in, and earlier runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from designer_app.io.formulas import with_subscripts_in
from designer_app.ui.theme import label
from designer_app.ui.wording import moment

if TYPE_CHECKING:
    from designer_app.project.runs import Run

_MOST_RUNS = 6
_SEPARATOR = "   \N{MIDDLE DOT}   "


class Introduction(QWidget):
    """A column in the middle that scrolls; its heirs fill `body`."""

    run_chosen = Signal(object)
    """The folder of an earlier run."""

    def __init__(self, widest: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = label("", "display")
        self._said = label("", wrap=True)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        self._runs_title = label("", "section")
        self._runs = QVBoxLayout()
        self._runs.setSpacing(6)
        self._lay_out(widest)

    def set_words(self, title: str, said: str, earlier: str) -> None:
        """What the workspace answers, how, and the heading of the earlier runs."""
        self._title.setText(title)
        self._said.setText(said)
        self._runs_title.setText(earlier)

    def set_runs(self, runs: Sequence[tuple["Run", str]]) -> None:
        """Offer earlier runs, each with how it ended, newest first."""
        while (item := self._runs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for run, ended in runs[:_MOST_RUNS]:
            told = (with_subscripts_in(run.title), ended, moment(run.created))
            button = QPushButton(_SEPARATOR.join(part for part in told if part))
            button.setProperty("role", "run")
            button.setProperty("folder", str(run.folder))
            button.setToolTip(self.tr("Look at what it found again"))
            button.clicked.connect(self._on_run_clicked)
            self._runs.addWidget(button)
        self._runs_title.setVisible(bool(runs))

    def _lay_out(self, widest: int) -> None:
        content = QWidget()
        content.setMaximumWidth(widest)
        column = QVBoxLayout(content)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self._title)
        column.addWidget(self._said)
        column.addSpacing(8)
        column.addLayout(self.body)
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

    def _on_run_clicked(self) -> None:
        self.run_chosen.emit(Path(self.sender().property("folder")))
