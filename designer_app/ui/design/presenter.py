"""The Design workspace and the session: what is begun, what is open, what was designed before."""

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from designer_app.errors import DesignerAppError
from designer_app.project.runs import Run
from designer_app.running.messages import JobError
from designer_app.session.designs import spec_of
from designer_app.session.job import Job
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import PURPOSES, applied, purpose_named
from designer_app.ui import outcomes
from designer_app.ui.design.area import DesignArea
from designer_app.ui.design.budget_page import BudgetPage
from designer_app.ui.design.candidates_page import CandidatesPage
from designer_app.ui.design.chemistry_page import ChemistryPage
from designer_app.ui.design.pages import DesignPage
from designer_app.ui.design.purpose_page import PurposePage
from designer_app.ui.design.report_page import ReportPage
from designer_app.ui.design.run_page import RunPage
from designer_app.ui.design.run_watch import DesignWatch
from designer_app.ui.design.targets_page import TargetsPage
from designer_app.ui.design.wizard import DesignWizard
from designer_app.ui.panels.error_card import ErrorCard

if TYPE_CHECKING:
    from designer_app.project import Project
    from designer_app.ui.main_window import MainWindow

_FIRST = PURPOSES[0].key
"""Chosen until another card is."""
_OVER = {"succeeded": "finished", "failed": "failed", "cancelled": "stopped"}
_REMEDIES = (outcomes.RESUME, outcomes.AGAIN)


class DesignPresenter(QObject):
    """Made when the workspace is first looked at: the introduction at once, the pages of the
    wizard one a turn of the event loop, or when they are asked for.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._is_begun = False
        self.watch = DesignWatch(window, self)
        self.page = DesignArea(window.theme)
        self._unmade: deque[Callable[[], DesignPage]] = deque(
            (
                self._make_purpose,
                self._make_targets,
                self._make_chemistry,
                self._make_budget,
                self._make_run,
                self._make_candidates,
                self._make_report,
            )
        )
        self._turn = QTimer(self)
        self._turn.setInterval(1)
        self._turn.timeout.connect(self._make_next)
        self._connect()
        self._list_past()
        self._turn.start()

    @property
    def wizard(self) -> DesignWizard:
        """With all its pages."""
        while self._turn.isActive():
            self._make_next()
        return self.page.wizard

    # --- what is asked ---

    def begin(self, purpose: str = "") -> None:
        """A new design; for a named purpose its targets come next."""
        spec = applied(purpose_named(purpose or _FIRST), DesignSpec())
        self._is_begun = True
        self.wizard.begin(spec)
        self.page.show_work()
        if purpose:
            self.wizard.go_to("targets")

    def open_run(self, folder: Path) -> None:
        """Show a design of the project again; one that goes on is watched."""
        self._window.show_workspace("design")
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if run is None:
            self._window.status.say(self.tr("This design is not in the open project"))
            return
        try:
            spec = spec_of(run)
        except DesignerAppError:  # of a newer program: its candidates can still be looked at
            spec = DesignSpec()
        self._show(spec, folder)

    def show_job(self, job: Job) -> None:
        """Show a design that was started elsewhere, e.g. one that goes on."""
        self._window.show_workspace("design")
        if job.folder is not None:
            self._show(job.spec, job.folder)
        self.watch.show_job(job)

    def ask_run(self) -> None:
        """Confirm the page in front; on the last one before the search, this starts it."""
        if self.page.shows_work:
            self.wizard.ask_next()

    def cancel(self) -> None:
        """End the run; what is finished is kept."""
        self.watch.cancel()

    def pause(self) -> None:
        """Hold the run, or let it go on."""
        if self.watch.is_busy:
            self.watch.pause()

    # --- wiring ---

    def _make_next(self) -> None:
        if self._unmade:
            self.page.wizard.add(self._unmade.popleft()())
        else:
            self._turn.stop()
            self.page.wizard.begin(self.page.wizard.spec())

    def _make_purpose(self) -> DesignPage:
        return PurposePage(self._window.theme)

    def _make_targets(self) -> DesignPage:
        return TargetsPage(self._window.theme)

    def _make_chemistry(self) -> DesignPage:
        made = ChemistryPage(self._window.theme)
        made.set_document(self._session.document)
        self._session.document_changed.connect(made.set_document)
        return made

    def _make_budget(self) -> DesignPage:
        return BudgetPage(self._window.theme)

    def _make_run(self) -> DesignPage:
        made = RunPage(self._window.theme, self.watch)
        made.candidate_asked.connect(self._on_candidate_asked)
        return made

    def _make_candidates(self) -> DesignPage:
        return CandidatesPage(self._window.theme, self.watch)

    def _make_report(self) -> DesignPage:
        return ReportPage(self._window.theme, self.watch)

    def _connect(self) -> None:
        session, intro = self._session, self.page.intro
        intro.begin_asked.connect(self.begin)
        intro.go_on_asked.connect(self.page.show_work)
        intro.run_chosen.connect(self.open_run)
        self.page.wizard.left.connect(self._on_left)
        self.watch.failed.connect(self._on_run_failed)
        session.project_changed.connect(self._on_project_changed)
        session.runs.noted.connect(self._list_past)

    def _show(self, spec: DesignSpec, folder: Path) -> None:
        self._is_begun = True
        self.wizard.show_run(spec, folder)
        self.page.show_work()

    def _on_left(self) -> None:
        self.page.intro.set_begun(is_begun=self._is_begun)
        self.page.show_intro()
        self._list_past()

    def _on_candidate_asked(self, candidate: str) -> None:
        """A point of the run's plot: its card."""
        page = self.wizard.page_of("candidates")
        assert isinstance(page, CandidatesPage)
        page.choose(candidate)
        self.wizard.go_to("candidates")

    def _on_project_changed(self, _project: "Project") -> None:
        self._list_past()

    def _list_past(self) -> None:
        project = self._session.project
        if project is not None:
            found = self._session.designs.past(project)
            found.succeeded.connect(self._on_past_read)

    def _on_past_read(self, runs: list[Run]) -> None:
        self.page.intro.set_runs([(run, _ended(run)) for run in runs])

    # --- errors ---

    def _on_run_failed(self, error: JobError) -> None:
        wanted = outcomes.remedies_for(error)
        remedies = tuple(each for each in wanted if each.key in _REMEDIES)
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        self._window.show_workspace("design")
        self.page.show_card(card)

    def _on_remedy_chosen(self, key: str) -> None:
        self.page.close_card()
        if key == outcomes.RESUME and self.watch.can_go_on:
            self.watch.go_on()
        else:
            self.watch.start(self.wizard.spec())


def _ended(run: Run) -> str:
    """How an earlier design ended, in words."""
    if "n_shortlist" in run.result:
        return f"{run.result['n_shortlist']} on the shortlist"
    return _OVER.get(run.state, run.state)
