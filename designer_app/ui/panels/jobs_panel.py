"""The list of jobs: what runs, what waits, what came out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from designer_app.ui.icons import ThemedIcon
from designer_app.ui.panels.section import row
from designer_app.ui.theme import Theme, label, set_role, tabular
from designer_app.ui.wording import moment

if TYPE_CHECKING:
    from designer_app.project.runs import Run
    from designer_app.session.job import Job

_WORDS = {
    "queued": "waiting",
    "running": "running",
    "paused": "paused",
    "succeeded": "finished",
    "failed": "failed",
    "cancelled": "stopped",
}
_ROLES = {"succeeded": "ok", "failed": "error", "cancelled": "muted", "paused": "warn"}


class JobRow(QFrame):
    """One job, kept up to date by its `changed` signal."""

    def __init__(self, job: "Job", theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._title = label(job.title, "strong")
        self._state = label("")
        self._text = label("", "small")
        self._bar = QProgressBar()
        self._pause = QToolButton()
        self._stop = QToolButton()
        self._pause_icon = ThemedIcon(self._pause, "pause", theme)
        self._stop_icon = ThemedIcon(self._stop, "stop", theme)
        self._build()
        self._connect()
        self._on_job_changed()

    def _build(self) -> None:
        self.setProperty("role", "inset")
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of %s") % self._job.title)
        self._text.setFont(tabular(self._text.font()))
        self._state.setFixedWidth(80)
        for button, said in ((self._pause, self.tr("Pause")), (self._stop, self.tr("Stop"))):
            button.setToolTip(said)
            button.setAccessibleName(f"{said}: {self._job.title}")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._title)
        words.addWidget(self._text)
        layout.addLayout(words, 2)
        layout.addWidget(self._bar, 3)
        layout.addWidget(self._state)
        layout.addLayout(row(self._pause, self._stop, spacing=0))

    def _connect(self) -> None:
        self._job.changed.connect(self._on_job_changed)
        self._pause.clicked.connect(self._on_pause)
        self._stop.clicked.connect(self._on_stop)

    def _on_job_changed(self) -> None:
        state = self._job.state
        self._state.setText(_WORDS.get(state, state))
        set_role(self._state, _ROLES.get(state, ""))
        set_role(self._bar, state, "state")
        progress = self._job.progress
        if progress is not None and progress.total > 0:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * progress.done / progress.total))
            told = f"{progress.done:.0f} / {progress.total:.0f}   {progress.text}".strip()
            self._text.setText(told)
        elif state == "succeeded":
            self._bar.setRange(0, 1)
            self._bar.setValue(1)
        live = state in ("queued", "running", "paused")
        self._pause.setVisible(live and state != "queued")
        self._stop.setVisible(live)
        self._pause_icon.set_name("resume" if state == "paused" else "pause")

    def _on_pause(self) -> None:
        if self._job.state == "paused":
            self._job.resume()
        else:
            self._job.pause()

    def _on_stop(self) -> None:
        self._job.cancel()


class PastRow(QFrame):
    """A run of the project that this session did not start."""

    def __init__(self, run: "Run", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = run.title
        self.setProperty("role", "inset")
        state = label(_WORDS.get(run.state, run.state))
        state.setFixedWidth(80)
        set_role(state, _ROLES.get(run.state, ""))
        told = f"{moment(run.created)}   {run.error}".strip()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 6, 6, 6)
        layout.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(run.title, "strong"))
        words.addWidget(label(told, "small", wrap=True))
        layout.addLayout(words, 1)
        layout.addWidget(state)


class JobsPanel(QWidget):
    """All jobs of this session, the newest on top; below, earlier runs of the project."""

    closed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: list[JobRow] = []
        self._past: list[PastRow] = []
        self._column = QVBoxLayout()
        self._empty = label(
            self.tr("No jobs yet. What you relax or run is listed here, with its progress."),
            "muted",
            wrap=True,
        )
        self._close = QToolButton()
        self._close_icon = ThemedIcon(self._close, "close", theme, "muted")
        self._build()
        self._close.clicked.connect(self.closed)

    def add(self, job: "Job") -> None:
        """List a job."""
        made = JobRow(job, self._theme)
        self._rows.append(made)
        self._column.insertWidget(0, made)
        self._empty.setVisible(False)

    def set_past(self, runs: Sequence["Run"]) -> None:
        """List earlier runs of the project, the newest first, in place of those before."""
        for made in self._past:
            made.hide()
            made.deleteLater()
        self._past = [PastRow(run) for run in runs]
        for place, made in enumerate(self._past, start=len(self._rows)):
            self._column.insertWidget(place, made)
        self._empty.setVisible(not self._rows and not self._past)

    def past(self) -> list[str]:
        """Titles of the earlier runs, for tests."""
        return [made.title for made in self._past]

    @property
    def count(self) -> int:
        """How many jobs are listed."""
        return len(self._rows)

    def _build(self) -> None:
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._close.setToolTip(self.tr("Close the list of jobs"))
        self._close.setAccessibleName(self._close.toolTip())
        self._column.setContentsMargins(16, 0, 16, 12)
        self._column.setSpacing(6)
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        inner = QWidget()
        inner.setLayout(self._column)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        head = row(label(self.tr("JOBS"), "section"), None, self._close)
        head.setContentsMargins(16, 6, 8, 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)
