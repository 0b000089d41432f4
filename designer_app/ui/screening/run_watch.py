"""One run of a screening on the screen: rows as they come, funnel, progress, outcome, errors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from designer_app.running.messages import JobError, job_error
from designer_app.session.candidate_runs import has_rows
from designer_app.session.job import Job
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenResult, ScreenRow
from designer_app.ui.screening.candidate_presenter import CandidatePresenter
from designer_app.ui.screening.columns import criteria_of
from designer_app.ui.screening.exporter import Exporter
from designer_app.ui.screening.outcome import (
    best_of,
    live_text,
    losses_text,
    screening_outcome,
)
from designer_app.ui.screening.outlook import StageTimes
from designer_app.ui.screening.page import CANDIDATE, SEARCH, ScreeningPage, ScreeningPanel
from designer_app.ui.screening.results import SCATTER
from designer_app.ui.screening.row_feed import RowFeed
from designer_app.ui.screening.search_page import FINISHED, PAUSED, RUNNING

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_REFRESH_MS = 400
"""Between two pictures of a table that grows."""
_SCATTER_INTERVAL_S = 1.2


class RunWatch(QObject):
    """Shows a run that goes on, or one of the project again."""

    failed = Signal(object)
    """A `JobError`: of the run, or of its files."""

    def __init__(
        self,
        window: "MainWindow",
        page: ScreeningPage,
        panel: ScreeningPanel,
        times: StageTimes,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._page, self._panel, self._search = page, panel, panel.search
        self._times = times
        self.job: Job | None = None
        """The run that this session started; None for an earlier one."""
        self.folder: Path | None = None
        self._title = ""
        self._is_stale = False
        self._scatter_drawn = 0.0
        self.candidates = CandidatePresenter(window, page, panel, self)
        self.exporter = Exporter(window, page.results, self)
        self._feed = RowFeed(self)
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._search.best_asked.connect(self._on_best_asked)
        page.results.tabs.currentChanged.connect(self._on_tab_changed)
        self._feed.rows_read.connect(self._on_rows_read)
        self._feed.caught_up.connect(self._on_caught_up)
        self._feed.failed.connect(self._on_feed_failed)
        self._clock.timeout.connect(self._on_clock)

    @property
    def is_busy(self) -> bool:
        """Whether the shown run is still going."""
        return self.job is not None and not self.job.is_over

    def watch(self, job: Job) -> None:
        """Show a run from now on."""
        self._leave()
        self.job = job
        self._begin(job.folder, job.spec, job.title)
        for signal, slot in self._told_by(job):
            signal.connect(slot)
        if job.folder is not None:
            self._feed.follow(job.folder, is_live=True)
        self._clock.start()
        self._on_job_changed()
        if job.error is not None:  # it could not even begin
            self._on_failed(job.error)

    def show_past(self, folder: Path, spec: ScreenSpec, title: str, *, can_go_on: bool) -> None:
        """Show an earlier run of the project."""
        self._leave()
        self._begin(folder, spec, title)
        self._search.set_state(FINISHED)
        self._search.set_can_go_on(can_go_on)
        self._feed.follow(folder, is_live=False)
        self._clock.start()

    def _leave(self) -> None:
        """What was shown may go on; it is not heard of here any longer."""
        if self.job is not None:
            for signal, slot in self._told_by(self.job):
                signal.disconnect(slot)
        self.job = None

    def _told_by(self, job: Job) -> tuple[tuple[SignalInstance, Callable[..., None]], ...]:
        return (
            (job.changed, self._on_job_changed),
            (job.succeeded, self._on_succeeded),
            (job.failed, self._on_failed),
            (job.cancelled, self._on_cancelled),
        )

    def _begin(self, folder: Path | None, spec: ScreenSpec, title: str) -> None:
        self._feed.stop()
        self._title, self.folder = title, folder
        self._search.set_can_go_on(can=False)
        results = self._page.results
        self._page.close_card()
        self._search.set_outcome("")
        criteria = criteria_of(spec)
        results.list.begin(criteria)
        _, scatter = results.make_plots()
        scatter.set_table(results.list.model.table, criteria)
        self.candidates.begin(folder, spec)
        self.exporter.begin(folder)
        self._is_stale = True
        self._refresh()
        self._page.show_work()
        if spec.rules == "catalyst":  # many are elements, whose hull is a point
            results.show_tab(SCATTER)
        self._panel.show_page(SEARCH)

    def _on_job_changed(self) -> None:
        job = self.job
        if job is None:
            return
        state = PAUSED if job.state == "paused" else FINISHED if job.is_over else RUNNING
        self._search.set_state(state)
        if self._window.runs.is_busy:
            return
        progress = job.progress
        share = progress.done / progress.total if progress and progress.total else 0.0
        self._window.status.show_job(job, share, job.pace.seconds_left)
        job.control.series.drain()  # the funnel is counted from the rows

    def _on_rows_read(self, rows: Sequence[ScreenRow]) -> None:
        self._page.results.list.put(rows)
        self._is_stale = True

    def _on_clock(self) -> None:
        progress = self.job.progress if self.job is not None else None
        losses = losses_text(self._page.results.list.model.table)
        self._search.set_progress(progress.text if progress else "", losses)
        self._refresh()

    def _refresh(self) -> None:
        """Show what came since the last time."""
        if not self._is_stale:
            return
        self._is_stale = False
        results = self._page.results
        results.list.refresh()
        table = results.list.model.table
        results.funnel.set_counts(table.tally.counts(), is_live=self.is_busy)
        results.set_texts(self._title, live_text(table))
        results.set_exports(bool(len(table)))
        if monotonic() - self._scatter_drawn > _SCATTER_INTERVAL_S or not self.is_busy:
            self._draw_scatter()

    def _draw_scatter(self) -> None:
        _, scatter = self._page.results.make_plots()
        if scatter.isVisible():
            self._scatter_drawn = monotonic()
            scatter.refresh()

    def _on_caught_up(self) -> None:
        """All rows of a run that is over are here: say what came out, and show the best."""
        if self.is_busy or self._feed.is_reading:
            return
        self._clock.stop()
        self._is_stale = True
        self._refresh()
        results = self._page.results
        if self.job is None or self.job.state == "succeeded":
            text, kind = screening_outcome(results.list.model.table)
            self._search.set_outcome(text, kind, self.tr("See the best"))
            if self.job is not None:
                self._window.status.say(text)
        best = best_of(results.list.model.table)
        if best is not None and results.list.in_front() is None:
            self.candidates.choose_quietly(best.id)

    def _on_succeeded(self, result: ScreenResult) -> None:
        self._times.note(result.seconds, result.funnel)
        self._feed.finish()

    def _on_cancelled(self) -> None:
        self._feed.finish()
        self._search.set_outcome(self.tr("Stopped; what was finished is kept."), "warn")
        self._search.set_can_go_on(can=True)

    def _on_failed(self, error: JobError) -> None:
        self._feed.finish()
        self._search.set_can_go_on(self.folder is not None and has_rows(self.folder))
        self.failed.emit(error)

    def _on_feed_failed(self, error: Exception) -> None:
        if not self.is_busy:  # else progress is still told
            self._clock.stop()
        self.failed.emit(job_error(error))

    def _on_best_asked(self) -> None:
        best = best_of(self._page.results.list.model.table)
        if best is not None:
            self._page.results.list.choose(best.id)
        self._panel.show_page(CANDIDATE)

    def _on_tab_changed(self, _place: int) -> None:
        self._draw_scatter()
