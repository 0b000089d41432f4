"""The one design that the wizard's last pages show: a job that goes on, or a run of the project."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from designer_app.errors import DesignerAppError
from designer_app.io.design_store import MAP, PopulationReader
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.candidate_runs import has_rows
from designer_app.session.designs import DISCARDED, KEPT, spec_of
from designer_app.session.job import Job
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import STAGES, DesignResult, LatentMap
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.design.criteria import criteria_of, subject_of
from designer_app.ui.design.time_left import Outlook
from designer_app.ui.screening.candidate_table import CandidateTable, Wish
from designer_app.ui.screening.columns import Criterion
from designer_app.ui.screening.row_feed import RowFeed

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_REFRESH_MS = 300
"""Between two pictures of what grows."""
_SHORTLIST = STAGES[-1][0]


class DesignWatch(QObject):
    """Reads what a run writes, in slices, and tells the pages; holds no widget."""

    began = Signal()
    """Another run: spec, folder, table and all else are new."""
    refreshed = Signal()
    """Rows came."""
    state_changed = Signal()
    """How the job stands, or what can be done with the run."""
    map_read = Signal(object)
    """The `LatentMap` of the run."""
    population_moved = Signal(object)
    """(seeds, 2 + targets) of the newest snapshot."""
    caught_up = Signal()
    """All rows of a run that is over are here."""
    result_read = Signal(object)
    """The `DesignResult` of a run that came to its end."""
    marks_changed = Signal()
    """Candidates were kept or discarded."""
    failed = Signal(object)
    """A `JobError`: of the run, or of its files."""

    def __init__(self, window: "MainWindow", parent: QObject | None = None) -> None:
        super().__init__(parent or window)
        self.window = window
        self._session = window.session
        self.job: Job | None = None
        """The run that this session started; None for an earlier one."""
        self.folder: Path | None = None
        self.spec = DesignSpec()
        self.title = ""
        self.table = CandidateTable(STAGES)
        self.criteria: Mapping[str, Criterion] = {}
        self.map: LatentMap | None = None
        self.population: PopulationReader | None = None
        self.result: DesignResult | None = None
        self.marks: dict[str, str] = {}
        self.error: JobError | None = None
        self.is_read = False
        """Whether all that the run has written was read, and no more will come."""
        self._run: Run | None = None
        self._outlook = Outlook(self.spec)
        self._stage = 0
        self._is_stale = False
        self._reading: dict[str, Job] = {}
        self._feed = RowFeed(self)
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._connect()

    # --- how it stands ---

    @property
    def is_busy(self) -> bool:
        """Whether the run is still going."""
        return self.job is not None and not self.job.is_over

    @property
    def has_run(self) -> bool:
        """Whether there is a run at all."""
        return self.job is not None or self.folder is not None

    @property
    def was_stopped(self) -> bool:
        """Whether it was ended by hand: it may have a result all the same."""
        if self.job is not None:
            return self.job.is_over and self.job.control.is_cancelled
        return self._run is not None and self._run.state == "cancelled"

    @property
    def has_rows(self) -> bool:
        """Whether the run has written candidates."""
        return self.folder is not None and has_rows(self.folder)

    @property
    def can_go_on(self) -> bool:
        """Whether it ended early and left what it can go on from."""
        if self.is_busy or not self.has_rows:
            return False
        if self.job is not None:
            return self.was_stopped or self.job.state == "failed"
        return self._run is not None and self._run.can_go_on

    @property
    def share(self) -> float:
        """Part of the work that is done, 0..1."""
        return self._outlook.share

    @property
    def seconds_left(self) -> float:
        """Expected until the shortlist."""
        return self._outlook.seconds_left

    @property
    def stage(self) -> str:
        """The title of the stage at work."""
        return STAGES[self._stage][1]

    def best(self) -> ScreenRow | None:
        """The candidate at the top; None before any was ranked."""
        places = self._best_first()
        row = self.table.rows[places[0]] if places else None
        return row if row is not None and row.estimates else None

    def shortlist(self) -> list[ScreenRow]:
        """What the run ended with, best first, less what was discarded, with what was kept."""
        return [
            row
            for row in (self.table.rows[place] for place in self._best_first())
            if (row.stage == _SHORTLIST or self.marks.get(row.id) == KEPT)
            and self.marks.get(row.id) != DISCARDED
        ]

    def _best_first(self) -> list[int]:
        """Places in the table: as the run ended and its report tells it, then by rank."""
        told = self.result.shortlist if self.result is not None else ()
        places = [place for place in map(self.table.place, told) if place >= 0]
        return list(dict.fromkeys([*places, *map(int, self.table.order(Wish()))]))

    # --- what is asked ---

    def start(self, spec: DesignSpec) -> None:
        """Begin a run, unless one goes on."""
        if not self.is_busy:
            self.show_job(self._session.designs.start(spec, subject_of(spec)))

    def go_on(self) -> None:
        """Go on with the run that was stopped; an earlier one is read first."""
        if not self.can_go_on:
            return
        if self.job is not None:
            self.show_job(self._session.designs.again(self.job))
        elif self._run is not None:
            try:
                self._session.designs.go_on(self._run)
            except DesignerAppError as error:
                self.failed.emit(job_error(error))

    def pause(self) -> None:
        """Hold it, or let it go on."""
        if self.job is None:
            return
        if self.job.state == "paused":
            self.job.resume()
        else:
            self.job.pause()

    def cancel(self) -> None:
        """End it; what is finished is kept."""
        if self.job is not None and self.is_busy:
            self.job.cancel()

    def mark(self, candidate: str, mark: str) -> None:
        """Keep or discard a candidate; "" takes the mark away."""
        if mark:
            self.marks[candidate] = mark
        else:
            self.marks.pop(candidate, None)
        if self.folder is not None:
            job = self._session.designs.keep_marks(self.folder, self.marks)
            job.failed.connect(self.failed)
        self.marks_changed.emit()

    # --- what is shown ---

    def show_job(self, job: Job) -> None:
        """Show a run of this session from now on."""
        self._leave()
        self.job = job
        self._begin(job.folder, job.spec, job.title)
        for signal, slot in self._told_by(job):
            signal.connect(slot)
        if job.folder is not None:
            self._feed.follow(job.folder, is_live=not job.is_over)
        self._clock.start()
        self._on_job_changed()
        if job.error is not None:  # it could not even begin
            self._on_failed(job.error)

    def show_folder(self, folder: Path) -> bool:
        """Show a run of the project again; one that goes on is watched. Whether there is one."""
        if folder == self.folder:
            return True
        for job in self._session.jobs.jobs:
            if job.folder == folder and not job.is_over:
                self.show_job(job)
                return True
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if run is None:
            return False
        try:
            spec = spec_of(run)
        except DesignerAppError:  # of a newer program: its rows can still be looked at
            spec = DesignSpec()
        self._leave()
        self._run = run
        self._begin(run.folder, spec, run.title)
        self._feed.follow(run.folder, is_live=False)
        self._clock.start()
        self.state_changed.emit()
        return True

    def forget(self) -> None:
        """No run is shown."""
        self._leave()
        self._feed.stop()
        self._clock.stop()
        self._begin(None, DesignSpec(), "")
        self.state_changed.emit()

    # --- wiring ---

    def _connect(self) -> None:
        self._feed.rows_read.connect(self._on_rows_read)
        self._feed.caught_up.connect(self._on_caught_up)
        self._feed.failed.connect(self._on_feed_failed)
        self._clock.timeout.connect(self._on_clock)
        self.window.status.cancel_asked.connect(self._on_status_cancel)

    def _told_by(self, job: Job) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        return (
            (job.changed, self._on_job_changed),
            (job.succeeded, self._on_succeeded),
            (job.failed, self._on_failed),
            (job.cancelled, self._on_cancelled),
        )

    def _leave(self) -> None:
        """What was shown may go on; it is not heard of here any longer."""
        if self.job is not None:
            for signal, slot in self._told_by(self.job):
                signal.disconnect(slot)
        self.job, self._run = None, None

    def _begin(self, folder: Path | None, spec: DesignSpec, title: str) -> None:
        self._feed.stop()
        self.folder, self.spec, self.title = folder, spec, title
        self.criteria = criteria_of(spec)
        self.table = CandidateTable(STAGES)
        self.map = self.population = self.result = self.error = None
        self.marks = {}
        self.is_read = False
        self._outlook = Outlook(spec)
        self._stage = 0
        self._is_stale = True
        self._reading = {}
        self.began.emit()
        if folder is not None:
            self._ask("marks", self._session.designs.marks(folder), self._on_marks_read)

    def _ask(self, name: str, job: Job, slot: Callable[..., None]) -> None:
        self._reading[name] = job
        job.succeeded.connect(slot)
        job.failed.connect(self._on_not_read)

    def _is_answer(self, name: str) -> bool:
        """Whether the sender answers for the run that is shown now."""
        return self.sender() is self._reading.get(name)

    # --- the job ---

    def _on_job_changed(self) -> None:
        job = self.job
        if job is None:
            return
        for row in job.control.series.drain():
            self._stage = int(row.get("stage") or 0)
        progress = job.progress
        if progress is not None:
            left = job.pace.seconds_left
            self._outlook.note(self._stage, progress.done, progress.total, left)
        if not self.window.runs.is_busy:
            self.window.status.show_job(job, self.share, self.seconds_left)
        self.state_changed.emit()

    def _on_succeeded(self, result: DesignResult) -> None:
        self.result = result
        self._feed.finish()

    def _on_cancelled(self) -> None:
        self._feed.finish()

    def _on_failed(self, error: JobError) -> None:
        self.error = error
        self._feed.finish()
        self.state_changed.emit()
        self.failed.emit(error)

    def _on_status_cancel(self) -> None:
        if not self.window.runs.is_busy:
            self.cancel()

    # --- the files ---

    def _on_rows_read(self, rows: Sequence[ScreenRow]) -> None:
        self.table.put(rows)
        self._is_stale = True

    def _on_clock(self) -> None:
        self._look_at_search()
        if self._is_stale:
            self._is_stale = False
            self.refreshed.emit()

    def _look_at_search(self) -> None:
        folder = self.folder
        if folder is None:
            return
        if self.map is None and "map" not in self._reading and (folder / MAP).is_file():
            self._ask("map", self._session.designs.map(folder), self._on_map_read)
        if self.population is not None:
            newest = self.population.newest()
            if newest is not None:
                self.population_moved.emit(newest)

    def _on_caught_up(self) -> None:
        if self.is_busy or self._feed.is_reading:
            return
        self._clock.stop()
        self._look_at_search()
        self.is_read = True
        self._is_stale = False
        self.refreshed.emit()
        if self.result is None and self.folder is not None:
            self._ask("result", self._session.designs.result(self.folder), self._on_result_read)
        elif self.result is not None:
            self.result_read.emit(self.result)
        self.caught_up.emit()

    def _on_map_read(self, found: LatentMap | None) -> None:
        if found is None or not self._is_answer("map") or self.folder is None:
            return
        self.map = found
        self.population = PopulationReader(self.folder, self.spec.seeds, len(found.targets))
        self.map_read.emit(found)
        self._look_at_search()

    def _on_result_read(self, found: DesignResult | None) -> None:
        if found is not None and self._is_answer("result"):
            self.result = found
            self.result_read.emit(found)

    def _on_marks_read(self, marks: dict[str, str]) -> None:
        if self._is_answer("marks"):
            self.marks = {**marks, **self.marks}
            self.marks_changed.emit()

    def _on_not_read(self, error: JobError) -> None:
        if self.sender() in self._reading.values():
            self.failed.emit(error)

    def _on_feed_failed(self, error: Exception) -> None:
        if not self.is_busy:  # else progress is still told
            self._clock.stop()
        self.failed.emit(job_error(error))
