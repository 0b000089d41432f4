"""The Screening workspace and the session: what is asked, and what is opened again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.candidate_runs import has_rows
from designer_app.session.job import Job
from designer_app.session.screenings import spec_of
from designer_app.specs.screen import ScreenSpec
from designer_app.ui import outcomes
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.screening.outlook import StageTimes
from designer_app.ui.screening.page import SEARCH, ScreeningPage, ScreeningPanel
from designer_app.ui.screening.run_watch import RunWatch

if TYPE_CHECKING:
    from designer_app.project import Project
    from designer_app.ui.main_window import MainWindow

_OVER = {"succeeded": "finished", "failed": "failed", "cancelled": "stopped"}
_REMEDIES = (outcomes.RESUME, outcomes.AGAIN, outcomes.POTENTIAL)


class ScreeningPresenter(QObject):
    """Made with the window; its widgets are made when they are first looked at."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        times = StageTimes()
        self.page = ScreeningPage(window.theme)
        self.panel = ScreeningPanel(window.theme, times)
        self.search = self.panel.search
        self.shown = RunWatch(window, self.page, self.panel, times, self)
        self._connect()
        self.search.set_document(self._session.document)
        self._on_document_changed(self._session.document)
        self._list_past()

    @property
    def job(self) -> Job | None:
        """The run that is shown, where this session started it."""
        return self.shown.job

    @property
    def is_busy(self) -> bool:
        """Whether the shown run is still going."""
        return self.shown.is_busy

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
            self.shown.watch(self._session.screenings.start(spec, self.search.sources.title()))

    def show_job(self, job: Job) -> None:
        """Show a run that was started elsewhere, e.g. one that goes on."""
        self._window.show_workspace("screening")
        self.search.set_spec(job.spec)
        self.shown.watch(job)

    def open_run(self, folder: Path) -> None:
        """Show a run of the project again; one that goes on is watched."""
        self._window.show_workspace("screening")
        for job in self._session.jobs.jobs:
            if job.folder == folder and not job.is_over:
                if job is not self.job:
                    self.shown.watch(job)
                return
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if self.is_busy:
            self._window.status.say(self.tr("Another screening is running"))
        elif run is None:
            self._window.status.say(self.tr("This screening is not in the open project"))
        else:
            self._show_past(run)

    def cancel(self) -> None:
        """End the shown run; what is finished is kept."""
        if self.job is not None and self.is_busy:
            self.job.cancel()

    def _show_past(self, run: Run) -> None:
        try:
            spec = spec_of(run)
        except DesignerAppError:  # of a newer program: its rows can still be looked at
            spec = ScreenSpec()
        self.shown.show_past(run.folder, spec, run.title, can_go_on=run.can_go_on)
        self.search.set_spec(spec)

    # --- wiring ---

    def _connect(self) -> None:
        session, search, page = self._session, self.search, self.page
        search.potential.set_trained(session.trainings.trained)
        session.trainings.listed.connect(search.potential.set_trained)
        session.document_changed.connect(self._on_document_changed)
        session.project_changed.connect(self._on_project_changed)
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
        self._window.status.cancel_asked.connect(self._on_status_cancel)
        self.shown.failed.connect(self._on_run_failed)

    def _on_document_changed(self, document: Document | None) -> None:
        self.search.set_document(document)
        self.page.intro.set_subject(document.name if document is not None else "")

    def _on_project_changed(self, project: "Project") -> None:
        """An earlier run stays in sight where the project was copied, and leaves with its own."""
        self._list_past()
        folder = self.shown.folder
        if folder is None or self.is_busy or folder.is_relative_to(project.folder):
            return
        run = project.runs.at(project.runs.folder / folder.name)
        if run is not None and self.page.shows_work and has_rows(run.folder):
            self._show_past(run)
        else:
            self.page.show_intro()

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
        if self.job is not None:
            self.job.pause()

    def _on_resume_asked(self) -> None:
        if self.job is not None:
            self.job.resume()

    def _on_status_cancel(self) -> None:
        if not self._window.runs.is_busy:
            self.cancel()

    def _on_reason_chosen(self, _stage: str, reason: str) -> None:
        self.page.results.list.show_reason("all", reason)

    # --- errors ---

    def _on_run_failed(self, error: JobError) -> None:
        remedies = tuple(each for each in outcomes.remedies_for(error) if each.key in _REMEDIES)
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        self._window.show_workspace("screening")
        self.page.show_card(card)

    def _on_error(self, error: JobError) -> None:
        self.page.show_card(ErrorCard(error, self._window.theme))

    def _on_remedy_chosen(self, key: str) -> None:
        self.page.close_card()
        job = self.job
        if key == outcomes.POTENTIAL or job is None:
            self.panel.show_page(SEARCH)
            self.search.potential.setFocus()
        elif key == outcomes.RESUME and job.folder is not None and has_rows(job.folder):
            self._on_go_on_asked()
        else:
            self.start(replace(job.spec, out=None, resume=False))

    # --- going on, and earlier runs ---

    def _on_go_on_asked(self) -> None:
        """With a run of this session at once; an earlier one is read first: `show_job` follows."""
        if self.job is not None:
            self.shown.watch(self._session.screenings.again(self.job))
            return
        project, folder = self._session.project, self.shown.folder
        run = project.runs.at(folder) if project is not None and folder is not None else None
        if run is None:
            self._window.status.say(self.tr("This screening is not in the open project"))
            return
        try:
            self._session.screenings.go_on(run)
        except DesignerAppError as error:
            self._on_error(job_error(error))
        else:
            self.search.set_can_go_on(can=False)

    def _list_past(self) -> None:
        project = self._session.project
        if project is not None:
            found = self._session.screenings.past(project)
            found.succeeded.connect(self._on_past_read)

    def _on_past_read(self, runs: list[Run]) -> None:
        self.page.intro.set_runs([(run, _ended(run)) for run in runs])


def _ended(run: Run) -> str:
    """How an earlier run ended, in words."""
    if "n_passing" in run.result:
        return f"{run.result['n_passing']} of {run.result.get('n_rows', '?')} pass"
    return _OVER.get(run.state, run.state)
