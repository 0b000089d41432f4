"""One training on the screen: epochs as they come, parity when it is new, how it ended."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from designer_app.io.parity import Parity
from designer_app.io.potential_cards import PotentialCard
from designer_app.project.runs import Run
from designer_app.running.control import Progress
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.training_progress import PLAN_FILE
from designer_app.ui.potentials.train_panel import FINISHED, IDLE, PAUSED, RUNNING, TrainPanel
from designer_app.ui.potentials.training_page import TrainingPage
from designer_app.ui.wording import clock, duration, printed

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_REFRESH_MS = 500
_EPOCHS = "epochs"
"""What a training counts; the time that is left stands in a place of its own."""


class TrainingWatch(QObject):
    """Shows a training that goes on, or one of the project again."""

    failed = Signal(object)
    """A `JobError`: of the training, or of its files."""
    finished = Signal(object, object)
    """(folder, `PotentialCard`): a potential is there."""

    def __init__(
        self, window: "MainWindow", page: TrainingPage, panel: TrainPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._trainings = window.session.trainings
        self._page, self._panel = page, panel
        self.job: Job | None = None
        """The training that this session started; None for an earlier one."""
        self.folder: Path | None = None
        self._newest: Mapping[str, float] = {}
        """The row of the last epoch."""
        self._seconds: dict[float, float] = {}
        """That each member took until its last epoch."""
        self._planning: Job | None = None
        self._is_unfinished = False
        """Whether it ended early and can go on."""
        self._n_judged = 0
        """How often parity was written, as the rows tell."""
        self._reading: Job | None = None
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._clock.timeout.connect(self.look)

    @property
    def is_busy(self) -> bool:
        """Whether the shown training is still going."""
        return self.job is not None and not self.job.is_over

    def watch(self, job: Job) -> None:
        """Show a training from now on."""
        self._begin(job.folder)
        self.job = job
        for signal, slot in self._told_by(job):
            signal.connect(slot)
        if job.spec.resume and job.folder is not None:  # the epochs before, and their points
            self._read_rows(job.folder)
        self._clock.start()
        self._on_job_changed()
        if job.error is not None:  # it could not even begin
            self.end_with(job.error)

    def show_past(self, run: Run) -> None:
        """Show an earlier training of the project."""
        self._begin(run.folder)
        self._panel.set_state(FINISHED)
        self._set_can_go_on(can=run.can_go_on)
        self._read_rows(run.folder)
        self._read_plan(run.folder)
        self._read_parity()
        self._read_card()

    def look(self) -> None:
        """Take in what came since the last time."""
        job = self.job
        if job is None:
            return
        rows = job.control.series.drain()
        if rows:
            self._take(rows)
        left = job.pace.seconds_left
        if self.is_busy:
            self._page.show_time(clock(left) if left is not None else "", is_over=False)
        self._panel.set_progress(_told(job.progress))
        if self._planning is None and job.folder and (job.folder / PLAN_FILE).is_file():
            self._read_plan(job.folder)
        self._measure(job.progress)
        if job.is_over:
            self._clock.stop()

    def _begin(self, folder: Path | None) -> None:
        if self.job is not None:
            for signal, slot in self._told_by(self.job):
                signal.disconnect(slot)
        self.job, self.folder = None, folder
        self._n_judged, self._reading, self._planning = 0, None, None
        self._newest, self._seconds = {}, {}
        self._clock.stop()
        self._panel.set_outcome("")
        self._set_can_go_on(can=False)
        self._panel.plan.set_own(())
        self._page.begin()

    def _told_by(self, job: Job) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        return (
            (job.changed, self._on_job_changed),
            (job.succeeded, self._on_succeeded),
            (job.failed, self.end_with),
            (job.cancelled, self._on_cancelled),
        )

    # --- what comes ---

    def _take(self, rows: Sequence[Any]) -> None:
        self._page.append(rows)
        self._newest = rows[-1]
        self._seconds |= _seconds_of_members(rows)
        judged = [int(row["parity"]) for row in rows if row.get("parity") == row.get("parity")]
        n_judged = max(judged, default=0)
        if n_judged != self._n_judged:
            self._n_judged = n_judged
            self._read_parity()

    def _read_rows(self, folder: Path) -> None:
        found = self._trainings.rows(folder)
        found.setProperty("folder", str(folder))
        found.succeeded.connect(self._on_rows_read)
        found.failed.connect(self.failed)

    def _read_plan(self, folder: Path) -> None:
        """Once a training has begun by it: the one that the panel has was made before."""
        self._planning = self._trainings.plan(folder)
        self._planning.succeeded.connect(self._on_plan_read)
        self._planning.failed.connect(self.failed)

    def _measure(self, told: Progress | None = None) -> None:
        """Mend the plan by the epochs so far, and by how many there will be."""
        done, seconds = self._newest.get("epoch", 0.0), self._newest.get("seconds", math.nan)
        if not done or not math.isfinite(seconds):
            return
        epochs = done
        if self.is_busy:
            if told is None or not told.text.startswith(_EPOCHS):
                return
            epochs = max(told.total, done)
        if not self.is_busy:
            took = clock(sum(self._seconds.values()))
            self._page.show_time(took, is_over=True, is_unfinished=self._is_unfinished)
        members = self.job.spec.members if self.job is not None else len(self._seconds)
        self._panel.plan.measure(seconds / done, epochs, members)

    def _read_parity(self) -> None:
        """One reading at a time: the next judged epoch brings the next."""
        if self.folder is None or (self._reading is not None and not self._reading.is_over):
            return
        self._reading = self._trainings.parity(self.folder)
        self._reading.succeeded.connect(self._on_parity_read)
        self._reading.failed.connect(self.failed)

    def _read_card(self) -> None:
        if self.folder is not None:
            found = self._trainings.card(self.folder)
            found.setProperty("folder", str(self.folder))
            found.succeeded.connect(self._on_card_read)
            found.failed.connect(self.failed)

    def _is_of_shown(self) -> bool:
        """Whether the job that answers was asked for the training that is shown now."""
        return self.sender().property("folder") == str(self.folder)

    def _on_rows_read(self, rows: Sequence[Any]) -> None:
        if self._is_of_shown():
            self._page.append(rows)
            self._newest = rows[-1] if rows and not self._newest else self._newest
            self._seconds = _seconds_of_members(rows) | self._seconds
            self._measure()

    def _on_plan_read(self, lines: Sequence[tuple[str, str]]) -> None:
        if self.sender() is self._planning:
            self._panel.plan.set_own(lines)

    def _on_parity_read(self, found: Parity | None) -> None:
        if self.sender() is self._reading and found is not None:
            self._page.show_parity(found)

    def _on_card_read(self, card: PotentialCard | None) -> None:
        if not self._is_of_shown() or self.folder is None:
            return
        if card is not None:
            self.finished.emit(self.folder, card)
        elif self.job is not None:
            self._panel.set_outcome(self.tr("Stopped before a potential was there."), "warn")
            self._set_can_go_on(can=True)

    # --- how it stands ---

    def _on_job_changed(self) -> None:
        job = self.job
        if job is None:
            return
        state = PAUSED if job.state == "paused" else FINISHED if job.is_over else RUNNING
        self._panel.set_state(state)
        if not self._window.runs.is_busy:
            progress = job.progress
            share = progress.done / progress.total if progress and progress.total else 0.0
            self._window.status.show_job(job, share, job.pace.seconds_left)

    def _on_succeeded(self, _result: object) -> None:
        self.look()
        self._read_parity()
        self._read_card()

    def _on_cancelled(self) -> None:
        self.look()
        self._read_card()

    def end_with(self, error: JobError) -> None:
        """It failed: what it left so far stays in sight."""
        age = _age_of_checkpoint(self.folder)
        self.look()
        self._panel.set_state(IDLE)
        self._set_can_go_on(can=bool(age))
        if error.kind == "WorkerDiedError":
            error = replace(error, facts={**error.facts, "checkpoint_age": age})
        self.failed.emit(error)

    def _set_can_go_on(self, *, can: bool) -> None:
        self._is_unfinished = can
        self._panel.set_can_go_on(can)
        self._measure()


def _age_of_checkpoint(folder: Path | None) -> str:
    """How long ago its state was last written, in words; "" where it never was."""
    found = [*folder.glob("checkpoint*"), *folder.glob("member-*/checkpoint*")] if folder else []
    written = max((path.stat().st_mtime for path in found), default=None)
    return duration(max(0.0, time() - written)) if written is not None else ""


def _seconds_of_members(rows: Sequence[Mapping[str, float]]) -> dict[float, float]:
    """Time of the last epoch of each member; each counts from its own beginning."""
    return {
        row.get("member", 0.0): seconds
        for row in rows
        if math.isfinite(seconds := row.get("seconds", math.nan))
    }


def _told(progress: Progress | None) -> str:
    """How far it is, without the time that is left."""
    if progress is None:
        return ""
    if progress.text.startswith(_EPOCHS):
        return f"Epoch {progress.done:.0f} of about {progress.total:.0f}"
    return printed(progress.text[:1].upper() + progress.text[1:])
