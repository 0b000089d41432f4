"""The Screening workspace and the session: runs begin, are watched, end, and are opened again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.job import Job
from designer_app.session.screenings import is_screening, spec_of
from designer_app.specs.screen import ScreenResult, ScreenRow, ScreenSpec
from designer_app.ui import outcomes
from designer_app.ui.panels.error_card import ErrorCard
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
from designer_app.ui.screening.page import SEARCH, ScreeningPage, ScreeningPanel
from designer_app.ui.screening.row_feed import RowFeed
from designer_app.ui.screening.search_page import FINISHED, PAUSED, RUNNING

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_REFRESH_MS = 400
"""Between two pictures of a table that grows."""
_SCATTER_INTERVAL_S = 1.2
_OVER = {"succeeded": "finished", "failed": "failed", "cancelled": "stopped"}


class ScreeningPresenter(QObject):
    """Made with the window; its widgets are made when they are first looked at."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._times = StageTimes()
        self._job: Job | None = None
        self._is_stale = False
        self._scatter_drawn = 0.0
        self._title = ""
        self._folder: Path | None = None
        self.page = ScreeningPage(window.theme)
        self.panel = ScreeningPanel(window.theme, self._times)
        self.search = self.panel.search
        self.candidates = CandidatePresenter(window, self.page, self.panel, self)
        self.exporter = Exporter(window, self.page.results, self)
        self._feed = RowFeed(self)
        self._clock = QTimer(self)
        self._clock.setInterval(_REFRESH_MS)
        self._connect()
        self.search.set_document(self._session.document)
        self._on_document_changed(self._session.document)
        self._list_past()

    @property
    def job(self) -> Job | None:
        """The run that is shown."""
        return self._job

    @property
    def is_busy(self) -> bool:
        """Whether the shown run is still going."""
        return self._job is not None and not self._job.is_over

    # --- what is asked ---

    def ask_run(self) -> None:
        """Start, as if the button was pressed."""
        self.search.ask_run()

    def ask_what_else(self) -> None:
        """What else could the open structure be? Its search, ready to be started."""
        self._window.show_workspace("screening")
        if not self.is_busy:
            self.search.set_way("substitute")
            self.page.show_intro()
            self.panel.show_page(SEARCH)
            self.search.run.setFocus()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Screen these files, and all structures in these folders."""
        self._window.show_workspace("screening")
        found = self._session.screenings.find_files(paths)
        found.succeeded.connect(self._on_files_found)
        found.failed.connect(self._on_error)

    def start(self, spec: ScreenSpec) -> None:
        """Begin a run."""
        if not self.is_busy:
            self._watch(self._session.screenings.start(spec, self.search.sources.title()))

    def show_job(self, job: Job) -> None:
        """Show a run that was started elsewhere, e.g. one that goes on."""
        self._window.show_workspace("screening")
        self.search.set_spec(job.spec)
        self._watch(job)

    def open_run(self, folder: Path) -> None:
        """Show a run of the project again; one that goes on is watched."""
        self._window.show_workspace("screening")
        for job in self._session.jobs.jobs:
            if job.folder == folder and not job.is_over:
                if job is not self._job:
                    self._watch(job)
                return
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if run is None or self.is_busy:
            self._window.status.say(self.tr("Another screening is running"))
            return
        try:
            spec = spec_of(run)
        except DesignerAppError:  # of a newer program: its rows can still be looked at
            spec = ScreenSpec()
        self._job = None
        self._begin(folder, spec, run.title)
        self.search.set_spec(spec)
        self.search.set_state(FINISHED)
        self.search.set_can_go_on(can=run.can_go_on)
        self._feed.follow(folder, is_live=False)
        self._clock.start()

    def cancel(self) -> None:
        """End the shown run; what is finished is kept."""
        if self._job is not None and self.is_busy:
            self._job.cancel()

    # --- wiring ---

    def _connect(self) -> None:
        session, search, page = self._session, self.search, self.page
        session.document_changed.connect(self._on_document_changed)
        session.project_changed.connect(self._list_past)
        session.runs.noted.connect(self._list_past)
        search.run_asked.connect(self.start)
        search.pause_asked.connect(self._on_pause_asked)
        search.resume_asked.connect(self._on_resume_asked)
        search.stop_asked.connect(self.cancel)
        search.go_on_asked.connect(self._on_go_on_asked)
        search.sources.files_asked.connect(self.add_files)
        page.intro.substitute_asked.connect(self._on_substitute_asked)
        page.intro.files_asked.connect(search.sources.ask_files)
        page.intro.prototypes_asked.connect(self._on_prototypes_asked)
        page.intro.run_chosen.connect(self.open_run)
        page.results.new_asked.connect(self._on_new_asked)
        page.results.funnel.reason_chosen.connect(self._on_reason_chosen)
        page.results.tabs.currentChanged.connect(self._on_tab_changed)
        self._window.status.cancel_asked.connect(self._on_status_cancel)
        self._feed.rows_read.connect(self._on_rows_read)
        self._feed.caught_up.connect(self._on_caught_up)
        self._feed.failed.connect(self._on_feed_failed)
        self._clock.timeout.connect(self._on_clock)

    def _on_document_changed(self, document: Document | None) -> None:
        self.search.set_document(document)
        self.page.intro.set_subject(document.name if document is not None else "")

    def _on_substitute_asked(self) -> None:
        if self._session.document is None:
            self._window.commands.open()
            return
        self.search.set_way("substitute")
        self.search.ask_run()

    def _on_prototypes_asked(self) -> None:
        self.search.set_way("prototypes")
        self.panel.show_page(SEARCH)
        self.search.rules.editor("elements").setFocus()

    def _on_new_asked(self) -> None:
        self.page.show_intro()
        self.panel.show_page(SEARCH)
        self._list_past()

    def _on_files_found(self, files: list[Path]) -> None:
        if not files:
            self._window.status.say(self.tr("There is no structure file"))
            return
        self.search.set_files([*self.search.sources.files, *files])
        self.panel.show_page(SEARCH)
        if not self.is_busy:
            self.page.show_intro()

    def _on_pause_asked(self) -> None:
        if self._job is not None:
            self._job.pause()

    def _on_resume_asked(self) -> None:
        if self._job is not None:
            self._job.resume()

    def _on_status_cancel(self) -> None:
        if not self._window.runs.is_busy:
            self.cancel()

    def _on_reason_chosen(self, _stage: str, reason: str) -> None:
        self.page.results.list.show_reason("all", reason)

    def _on_tab_changed(self, _place: int) -> None:
        self._draw_scatter()

    # --- a run ---

    def _watch(self, job: Job) -> None:
        self._job = job
        self._begin(job.folder, job.spec, job.title)
        job.changed.connect(self._on_job_changed)
        job.succeeded.connect(self._on_succeeded)
        job.failed.connect(self._on_failed)
        job.cancelled.connect(self._on_cancelled)
        if job.folder is not None:
            self._feed.follow(job.folder, is_live=True)
        self._clock.start()
        self._on_job_changed()
        if job.error is not None:  # it could not even begin
            self._on_failed(job.error)

    def _begin(self, folder: Path | None, spec: ScreenSpec, title: str) -> None:
        self._feed.stop()
        self._title, self._folder = title, folder
        self.search.set_can_go_on(can=False)
        results = self.page.results
        self.page.close_card()
        self.search.set_outcome("")
        criteria = criteria_of(spec)
        results.list.begin(criteria)
        _, scatter = results.make_plots()
        scatter.set_table(results.list.model.table, criteria)
        self.candidates.begin(folder, spec)
        self.exporter.begin(folder)
        self._is_stale = True
        self._refresh()
        self.page.show_results()
        self.panel.show_page(SEARCH)

    def _on_job_changed(self) -> None:
        job = self._job
        if job is None:
            return
        state = PAUSED if job.state == "paused" else FINISHED if job.is_over else RUNNING
        self.search.set_state(state)
        if self._window.runs.is_busy:
            return
        status = self._window.status
        if job.is_over:
            status.set_job("", 0.0, None, None)
            return
        progress = job.progress
        share = progress.done / progress.total if progress and progress.total else 0.0
        title = job.title
        if job.state == "paused":
            title = self.tr("%s (paused)") % title
        elif job.is_stopping:
            title = self.tr("%s (stopping)") % title
        status.set_job(title, share, None, job.pace.seconds_left)
        job.control.series.drain()  # the funnel is counted from the rows

    def _on_rows_read(self, rows: Sequence[ScreenRow]) -> None:
        self.page.results.list.put(rows)
        self._is_stale = True

    def _on_clock(self) -> None:
        self._refresh()

    def _refresh(self) -> None:
        """Show what came since the last time."""
        if not self._is_stale:
            return
        self._is_stale = False
        results = self.page.results
        results.list.refresh()
        table = results.list.model.table
        results.funnel.set_counts(table.tally.counts(), is_live=self.is_busy)
        results.set_texts(self._title, live_text(table))
        progress = self._job.progress if self._job is not None else None
        self.search.set_progress(progress.text if progress else "", losses_text(table))
        results.set_exports(bool(len(table)))
        if monotonic() - self._scatter_drawn > _SCATTER_INTERVAL_S or not self.is_busy:
            self._draw_scatter()

    def _draw_scatter(self) -> None:
        _, scatter = self.page.results.make_plots()
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
        results = self.page.results
        if self._job is None or self._job.state == "succeeded":
            text, kind = screening_outcome(results.list.model.table)
            self.search.set_outcome(text, kind)
            if self._job is not None:
                self._window.status.say(text)
        best = best_of(results.list.model.table)
        if best is not None and results.list.in_front() is None:
            results.list.choose(best.id)

    def _on_succeeded(self, result: ScreenResult) -> None:
        self._times.note(result.seconds, result.funnel)
        self._feed.finish()

    def _on_cancelled(self) -> None:
        self._feed.finish()
        self.search.set_outcome(self.tr("Stopped; what was finished is kept."), "warn")
        self.search.set_can_go_on(can=True)

    def _on_failed(self, error: JobError) -> None:
        self._feed.finish()
        remedies = tuple(
            each
            for each in outcomes.remedies_for(error)
            if each.key in (outcomes.RESUME, outcomes.AGAIN, outcomes.POTENTIAL)
        )
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        self._window.show_workspace("screening")
        self.page.show_card(card)

    def _on_error(self, error: JobError) -> None:
        self.page.show_card(ErrorCard(error, self._window.theme))

    def _on_feed_failed(self, error: Exception) -> None:
        self._clock.stop()
        self._on_error(job_error(error))

    def _on_remedy_chosen(self, key: str) -> None:
        self.page.close_card()
        job = self._job
        if key == outcomes.POTENTIAL or job is None:
            self.panel.show_page(SEARCH)
            self.search.potential.setFocus()
        elif key == outcomes.RESUME and job.folder is not None and is_screening(job.folder):
            self._go_on(job.folder)
        else:
            self.start(replace(job.spec, out=None, resume=False))

    # --- going on, and earlier runs ---

    def _on_go_on_asked(self) -> None:
        if self._folder is not None:
            self._go_on(self._folder)

    def _go_on(self, folder: Path) -> None:
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if run is None:
            return
        try:
            is_ours = self._job is not None  # else the project may be somebody else's
            self._watch(self._session.screenings.go_on(run, is_trusted=is_ours))
        except DesignerAppError as error:
            self._on_error(job_error(error))

    def _list_past(self) -> None:
        project = self._session.project
        if project is not None:
            found = self._session.screenings.past(project)
            found.succeeded.connect(self._on_past_read)

    def _on_past_read(self, runs: list[Run]) -> None:
        self.page.intro.set_runs([(run.title, _ended(run), run.folder) for run in runs])


def _ended(run: Run) -> str:
    """How an earlier run ended, in words."""
    if "n_passing" in run.result:
        return f"{run.result['n_passing']} of {run.result.get('n_rows', '?')} pass"
    return _OVER.get(run.state, run.state)
