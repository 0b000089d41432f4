"""The Potentials workspace and the session: what is offered, trained, judged and used."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from designer_app.errors import DesignerAppError
from designer_app.io.potential_cards import PotentialCard
from designer_app.running.messages import JobError, job_error
from designer_app.session.job import Job
from designer_app.session.trainings import spec_of
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui import outcomes
from designer_app.ui.panels.error_card import ErrorCard
from designer_app.ui.potentials.area import (
    COMPARE,
    DATA,
    LIBRARY,
    RESULT,
    TRAINING,
    PotentialsArea,
    PotentialsPanel,
)
from designer_app.ui.potentials.data_desk import DataDesk
from designer_app.ui.potentials.judging import Judging
from designer_app.ui.potentials.library_presenter import LibraryPresenter
from designer_app.ui.potentials.offers import Offer, offer_of
from designer_app.ui.potentials.potential_card import COMPARE as ASK_COMPARE
from designer_app.ui.potentials.potential_card import USE
from designer_app.ui.potentials.result_presenter import ResultPresenter
from designer_app.ui.potentials.training_watch import TrainingWatch
from designer_app.ui.potentials.using import Using

if TYPE_CHECKING:
    from designer_app.project import Project
    from designer_app.ui.main_window import MainWindow

_UNIVERSAL = "chgnet:0.3.0"
"""What one's own potential is compared with first."""
_REMEDIES = (outcomes.RESUME, outcomes.AGAIN)


class PotentialsPresenter(QObject):
    """Made when the workspace is first looked at: the library at once, what a training and a
    comparison need one a turn of the event loop, or when it is asked for.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._trainings = window.session.trainings
        self._title = ""
        """Of the training that is shown."""
        self._page_in_front = LIBRARY
        self.page = PotentialsArea(window.theme)
        self.panel = PotentialsPanel(window.theme)
        self.using = Using(window, self)
        self.library = LibraryPresenter(window, self.page.library, self.panel.card, self)
        self._unmade = deque(("desk", "watch", "judging", "result"))
        self._turn = QTimer(self)
        self._turn.setInterval(1)
        self._turn.timeout.connect(self._make_next)
        self._connect()
        self.library.begin()
        self._turn.start()

    @cached_property
    def desk(self) -> DataDesk:
        """Data on their way to a training."""
        page, panel = self.page.work.data, self.panel.train
        made = DataDesk(self._trainings, page, panel, self)
        made.failed.connect(self.show_error)
        made.emptied.connect(self._on_left)
        made.named.connect(self._on_named)
        page.files_asked.connect(self.ask_files)
        page.frame_asked.connect(self._on_frame_asked)
        panel.run_asked.connect(self._on_run_asked)
        panel.pause_asked.connect(self._on_pause_asked)
        panel.resume_asked.connect(self._on_resume_asked)
        panel.stop_asked.connect(self.cancel)
        panel.go_on_asked.connect(self._on_go_on_asked)
        return made

    @cached_property
    def watch(self) -> TrainingWatch:
        """The training that is shown."""
        made = TrainingWatch(self._window, self.page.work.training, self.panel.train, self)
        made.failed.connect(self._on_failed)
        made.finished.connect(self._on_finished)
        self.page.work.training.frame_asked.connect(self._on_frame_asked)
        return made

    @cached_property
    def judging(self) -> Judging:
        """Health checks and comparisons."""
        made = Judging(self._window, self.page.work, self.panel, self)
        made.failed.connect(self.show_error)
        made.checked.connect(self._trainings.list_trained)
        self.page.work.compare.frame_asked.connect(self._on_frame_asked)
        self.panel.compare.files_asked.connect(self.ask_files)
        self.panel.compare.set_offers(self.library.offers)
        self.library.offered.connect(self.panel.compare.set_offers)
        return made

    @cached_property
    def result(self) -> ResultPresenter:
        """The trained potential that is shown."""
        page, panel = self.page.work.result, self.panel.result
        made = ResultPresenter(self._window, page, panel, self.judging, self)
        made.failed.connect(self.show_error)
        made.asked.connect(self._on_asked_of_result)
        page.frame_asked.connect(self._on_frame_asked)
        self.library.offered.connect(made.take_in)
        return made

    @property
    def shown(self) -> str:
        """The key of the page in front."""
        return self._page_in_front

    @property
    def is_busy(self) -> bool:
        """Whether the shown training is still going."""
        return "watch" in vars(self) and self.watch.is_busy

    def _make_next(self) -> None:
        if self._unmade:
            getattr(self, self._unmade[0])
            self._unmade.popleft()
        else:
            self._turn.stop()

    # --- places ---

    def show_page(self, key: str) -> None:
        """Bring a page and its panel to the front."""
        self._page_in_front = key
        self.panel.show_panel(key)
        work = self.page.work
        if key == LIBRARY:
            self.page.show_intro()
            return
        titles = {
            COMPARE: self.tr("Compare potentials"),
            DATA: self.tr("Train %s") % self.desk.title(),
            TRAINING: self._title,
            RESULT: self.result.offer.title if self.result.offer is not None else "",
        }
        work.title.setText(titles[key])
        work.show_page(key)
        self.page.show_work()

    # --- what is asked ---

    def add_files(self, paths: Sequence[Path]) -> None:
        """Files were dropped or chosen: data of a training, or of the comparison in front."""
        self._window.show_workspace("potentials")
        if self.shown == COMPARE:
            self.panel.compare.set_data([*self.panel.compare.paths, *paths])
            return
        if self.is_busy:
            self._window.status.say(self.tr("A training is running; stop it to set up another"))
            return
        if self.shown not in (DATA, TRAINING, RESULT):
            self.desk.begin(TrainPotentialSpec(data=(), out=Path(), model=self.desk.spec.model))
        self.page.work.set_steps(DATA)
        self.show_page(DATA)
        self.desk.add_files(paths)

    def ask_files(self) -> None:
        """Ask for files of reference calculations."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Choose reference calculations")
        )
        if chosen:
            self.add_files([Path(path) for path in chosen])

    def ask_run(self) -> None:
        """Press the primary button of the panel in front."""
        asked = {
            LIBRARY: self.panel.card.use.click,
            RESULT: self.panel.result.run.click,
            COMPARE: self.panel.compare.ask_run,
        }
        asked.get(self.shown, self.panel.train.ask_run)()

    def pause(self) -> None:
        """Hold the training, or let it go on."""
        self.panel.train.ask_pause()

    def cancel(self) -> None:
        """End what goes on: the best epoch is kept."""
        if self.judging.is_comparing:
            self.judging.stop()
        elif self.watch.job is not None:
            self.watch.job.cancel()

    def start(self, spec: TrainPotentialSpec) -> None:
        """Begin a training."""
        if not self.is_busy:
            self.show_job(self._trainings.start(spec, self.desk.title()))

    def show_job(self, job: Job) -> None:
        """Show a training, e.g. one that goes on."""
        self._window.show_workspace("potentials")
        if self.desk.spec.data != job.spec.data:
            self.desk.begin(job.spec)
        self.page.close_card()
        self._title = job.title
        self.page.work.set_steps(DATA, TRAINING)
        self.show_page(TRAINING)
        self.watch.watch(job)

    def open_run(self, folder: Path) -> None:
        """Show a training of the project again; one that goes on is watched."""
        self._window.show_workspace("potentials")
        if self.watch.is_busy:
            if self.watch.folder == folder:
                self.show_page(TRAINING)
            else:
                self._window.status.say(self.tr("Another training is running"))
            return
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        if run is None:
            self._window.status.say(self.tr("This training is not in the open project"))
            return
        try:
            self.desk.begin(replace(spec_of(run), resume=False))
        except DesignerAppError as error:
            self.show_error(job_error(error))
        self._title = run.title
        self.page.work.set_steps(DATA, TRAINING)
        self.show_page(TRAINING)
        self.watch.show_past(run)

    def compare(self, names: Sequence[str], data: Sequence[Path] = ()) -> None:
        """Compare these, and what was chosen before."""
        self.judging.prepare(names, data, self.desk.spec.mapping)
        self.show_page(COMPARE)

    def show_error(self, error: JobError) -> None:
        """Something went wrong that is no training."""
        self.page.show_card(ErrorCard(error, self._window.theme))

    # --- wiring ---

    def _connect(self) -> None:
        library, work = self.page.library, self.page.work
        self._session.project_changed.connect(self._on_project_changed)
        library.drop.files_asked.connect(self.ask_files)
        library.drop.compare_asked.connect(self._on_compare_asked)
        library.run_chosen.connect(self.open_run)
        work.left.connect(self._on_left)
        work.step_chosen.connect(self.show_page)
        for part in (self.using, self.library):
            part.failed.connect(self.show_error)
        self.library.asked.connect(self._on_asked)
        self.library.opening.usable.connect(self.using.choose)
        self._window.status.cancel_asked.connect(self._on_status_cancel)

    def _on_project_changed(self, _project: "Project") -> None:
        self.library.list_past()
        if not self.is_busy and self.shown in (TRAINING, RESULT):
            self.show_page(LIBRARY)

    # --- what is asked with a potential ---

    def _on_asked(self, what: str, offer: Offer) -> None:
        if what == USE:
            self.using.use(offer)
        elif what == ASK_COMPARE:
            data = self.using.data_of(offer.folder) if offer.folder is not None else ()
            self.compare([offer.name], data)
        elif offer.folder is not None:
            self.result.show_offer(offer)
            self._train_again()
        elif offer.family in TRAINABLE:
            self.desk.spec = replace(self.desk.spec, model=offer.family, data=())
            self.ask_files()

    def _on_asked_of_result(self, what: str) -> None:
        offer = self.result.offer
        if offer is None:
            return
        if what == ASK_COMPARE:
            self.judging.prepare([_UNIVERSAL])
        self._on_asked(what, offer)

    def _train_again(self) -> None:
        """Back to the data, with the settings that it was trained with."""
        spec = self.result.spec_again()
        if self.is_busy:
            self._window.status.say(self.tr("A training is running; stop it to set up another"))
        elif spec is not None:
            self.show_page(DATA)
            self.desk.begin(replace(spec, resume=False))

    def _on_left(self) -> None:
        self.show_page(LIBRARY)
        self.library.list_past()

    def _on_compare_asked(self) -> None:
        self.compare(())

    # --- a training ---

    def _on_named(self, title: str) -> None:
        if self.shown == DATA:
            self.page.work.title.setText(self.tr("Train %s") % title)

    def _on_run_asked(self) -> None:
        try:
            self.start(self.desk.ready_spec())
        except DesignerAppError as error:
            self.show_error(job_error(error))

    def _on_pause_asked(self) -> None:
        if self.watch.job is not None:
            self.watch.job.pause()

    def _on_resume_asked(self) -> None:
        if self.watch.job is not None:
            self.watch.job.resume()

    def _on_status_cancel(self) -> None:
        if not self._window.runs.is_busy:
            self.cancel()

    def _on_go_on_asked(self) -> None:
        if self.watch.job is not None:
            self.show_job(self._trainings.again(self.watch.job))
            return
        project, folder = self._session.project, self.watch.folder
        run = project.runs.at(folder) if project is not None and folder is not None else None
        if run is None:
            self._window.status.say(self.tr("This training is not in the open project"))
            return
        try:
            self._trainings.go_on(run)
        except DesignerAppError as error:
            self.show_error(job_error(error))
        else:
            self.panel.train.set_can_go_on(can=False)

    def _on_failed(self, error: JobError) -> None:
        wanted = outcomes.remedies_for(error) if self.watch.job is not None else ()
        remedies = tuple(each for each in wanted if each.key in _REMEDIES)
        card = ErrorCard(error, self._window.theme, remedies)
        card.remedy_chosen.connect(self._on_remedy_chosen)
        self._window.show_workspace("potentials")
        self.page.show_card(card)

    def _on_remedy_chosen(self, key: str) -> None:
        self.page.close_card()
        job = self.watch.job
        if job is None:
            return
        folder = job.folder
        if key == outcomes.RESUME and folder is not None and any(folder.glob("checkpoint*")):
            self._on_go_on_asked()
        else:
            self.start(replace(job.spec, resume=False))

    # --- what came out ---

    def _on_finished(self, folder: Path, card: PotentialCard) -> None:
        offer = offer_of(folder, card)
        self.library.show_card(offer)
        self.result.show_offer(offer)
        self.page.work.set_steps(DATA, TRAINING, RESULT)
        self.show_page(RESULT)
        self._trainings.list_trained()

    def _on_frame_asked(self, path: str, index: int) -> None:
        self._window.show_workspace("structure")
        self._session.open_frame(Path(path), index)
