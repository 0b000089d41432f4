"""The Potentials workspace and the session: what is offered, trained, judged and used."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.io.potential_cards import POTENTIAL_CARD, PotentialCard
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.job import Job
from designer_app.session.trainings import Trained, spec_of
from designer_app.specs.labels import LabelsFound, LabelsSpec
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
from designer_app.ui.potentials.offers import Offer, offer_of, offers_of
from designer_app.ui.potentials.potential_card import COMPARE as ASK_COMPARE
from designer_app.ui.potentials.potential_card import SHOW, TUNE, USE
from designer_app.ui.potentials.training_watch import TrainingWatch
from designer_app.ui.wording import element_counts

if TYPE_CHECKING:
    from designer_app.project import Project
    from designer_app.ui.main_window import MainWindow

_OVER = {"succeeded": "finished", "failed": "failed", "cancelled": "stopped"}
_REMEDIES = (outcomes.RESUME, outcomes.AGAIN)


class PotentialsPresenter(QObject):
    """Made when the workspace is first looked at."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._trainings = window.session.trainings
        self._offers: list[Offer] = []
        self._result: Offer | None = None
        self._title = ""
        """Of the training that is shown."""
        self._page_in_front = LIBRARY
        self._wanted: Offer | None = None
        """What Dynamics gets as soon as a structure of its training set is read."""
        self.page = PotentialsArea(window.theme)
        self.panel = PotentialsPanel(window.theme)
        work = self.page.work
        self.desk = DataDesk(self._trainings, work.data, self.panel.train, self)
        self.watch = TrainingWatch(window, work.training, self.panel.train, self)
        self.judging = Judging(window, work, self.panel, self)
        self._connect()
        self._on_document_changed(self._session.document)
        self._on_listed(self._trainings.trained)
        self._list_past()

    @property
    def shown(self) -> str:
        """The key of the page in front."""
        return self._page_in_front

    @property
    def is_busy(self) -> bool:
        """Whether the shown training is still going."""
        return self.watch.is_busy

    # --- places ---

    def show_page(self, key: str) -> None:
        """Bring a page and its panel to the front."""
        self._page_in_front = key
        self.panel.show_panel(key)
        work = self.page.work
        if key == LIBRARY:
            self.page.show_intro()
            return
        compare, new = self.tr("Compare potentials"), self.tr("Train %s") % self.desk.title()
        result = self._result.title if self._result is not None else ""
        titles = {COMPARE: compare, DATA: new, TRAINING: self._title, RESULT: result}
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

    def use(self, offer: Offer) -> None:
        """Dynamics with this potential, and with a structure that it knows."""
        document = self._session.document
        known = set(offer.elements) if offer.elements is not None else None
        suits = document is not None and (
            known is None or set(element_counts(document.structure())) <= known
        )
        data = () if suits or offer.folder is None else self._data_of(offer.folder)
        if data:
            self._wanted = offer
            job = self._trainings.labels(LabelsSpec(data=data))
            job.succeeded.connect(self._on_first_read)
            job.failed.connect(self.show_error)
            self._window.status.say(self.tr("Opening a structure of the training set..."))
            return
        self._go_to_dynamics(offer)

    def compare(self, names: Sequence[str], data: Sequence[Path] = ()) -> None:
        """Compare these, and what was chosen before."""
        self.panel.compare.choose(names)
        if data:
            self.panel.compare.set_data(data, self.desk.spec.mapping)
        self.show_page(COMPARE)

    def show_error(self, error: JobError) -> None:
        """Something went wrong that is no training."""
        self.page.show_card(ErrorCard(error, self._window.theme))

    # --- wiring ---

    def _connect(self) -> None:
        session, work = self._session, self.page.work
        session.document_changed.connect(self._on_document_changed)
        session.project_changed.connect(self._on_project_changed)
        session.runs.noted.connect(self._list_past)
        self._trainings.listed.connect(self._on_listed)
        library, train, result = self.page.library, self.panel.train, self.panel.result
        library.drop.files_asked.connect(self.ask_files)
        library.drop.compare_asked.connect(self._on_compare_asked)
        library.drop.open_asked.connect(self._on_open_asked)
        library.run_chosen.connect(self.open_run)
        library.asked.connect(self._on_asked)
        self.panel.card.asked.connect(self._on_asked)
        work.left.connect(self._on_left)
        work.step_chosen.connect(self.show_page)
        work.data.files_asked.connect(self.ask_files)
        for page in (work.data, work.training, work.result, work.compare):
            page.frame_asked.connect(self._on_frame_asked)
        self.desk.emptied.connect(self._on_left)
        self.desk.named.connect(self._on_named)
        self.desk.failed.connect(self.show_error)
        train.run_asked.connect(self._on_run_asked)
        train.pause_asked.connect(self._on_pause_asked)
        train.resume_asked.connect(self._on_resume_asked)
        train.stop_asked.connect(self.cancel)
        train.go_on_asked.connect(self._on_go_on_asked)
        self.watch.failed.connect(self._on_failed)
        self.watch.finished.connect(self._on_finished)
        self.judging.failed.connect(self.show_error)
        self.judging.checked.connect(self._trainings.list_trained)
        result.run_asked.connect(self._on_run_md_asked)
        result.health_asked.connect(self._on_health_asked)
        result.compare_asked.connect(self._on_compare_result)
        result.copy_asked.connect(self._on_copy_asked)
        result.further_asked.connect(self._on_further_asked)
        self.panel.compare.files_asked.connect(self.ask_files)
        self._window.status.cancel_asked.connect(self._on_status_cancel)

    # --- the library ---

    def _on_document_changed(self, document: Document | None) -> None:
        structure = document.structure() if document is not None else None
        self.page.library.set_structure(structure)
        self.panel.card.set_structure(structure)
        self.panel.result.set_structure(structure)

    def _on_project_changed(self, _project: "Project") -> None:
        self._list_past()
        if not self.is_busy and self.shown in (TRAINING, RESULT):
            self.show_page(LIBRARY)

    def _on_listed(self, trained: Sequence[Trained]) -> None:
        self._offers = offers_of(trained)
        self.page.library.set_offers(self._offers)
        self.panel.compare.set_offers(self._offers)
        names = [each.name for each in self._offers]
        shown = self.panel.card.offer
        place = names.index(shown.name) if shown is not None and shown.name in names else 0
        self._show_card(self._offers[place])
        if self._result is not None and self._result.name in names:
            self._result = self._offers[names.index(self._result.name)]
            self.panel.result.show_offer(self._result)

    def _show_card(self, offer: Offer) -> None:
        self.panel.card.show_offer(offer)
        self.page.library.choose(offer.name)

    def _on_asked(self, what: str, offer: Offer) -> None:
        if what == SHOW:
            self._show_card(offer)
        elif what == USE:
            self.use(offer)
        elif what == ASK_COMPARE:
            self.compare([offer.name])
        elif what == TUNE:
            self._tune(offer)

    def _tune(self, offer: Offer) -> None:
        """A trained one with its data; one of the program waits for files."""
        if offer.folder is not None:
            self._show_result(offer)
            self._on_further_asked()
        elif offer.family in TRAINABLE:
            self.desk.spec = replace(self.desk.spec, model=offer.family, data=())
            self.ask_files()

    def _on_left(self) -> None:
        self.show_page(LIBRARY)
        self._list_past()

    def _on_open_asked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Open a trained potential"),
            "",
            self.tr("Card of a potential (%s)") % POTENTIAL_CARD,
        )
        if chosen:
            job = self._trainings.add(Path(chosen).parent)
            job.succeeded.connect(self._on_added)
            job.failed.connect(self.show_error)

    def _on_added(self, folder: Path) -> None:
        self._window.status.say(self.tr("%s is one of your potentials now") % folder.name)
        self._trainings.list_trained()

    def _on_compare_asked(self) -> None:
        self.compare(())

    def _list_past(self) -> None:
        project = self._session.project
        if project is not None:
            found = self._trainings.past(project)
            found.succeeded.connect(self._on_past_read)

    def _on_past_read(self, runs: list[Run]) -> None:
        told = [(run, _OVER.get(run.state, run.state)) for run in runs]
        self.page.library.set_runs(told)

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
        self._show_card(offer)
        self._show_result(offer)
        self._trainings.list_trained()

    def _show_result(self, offer: Offer) -> None:
        if offer.card is None or offer.folder is None:
            return
        self._result = offer
        self.judging.forget_check()
        page = self.page.work.result
        page.show_card(offer.card, str(offer.folder))
        self.panel.result.show_offer(offer)
        parity = self._trainings.parity(offer.folder)
        parity.setProperty("folder", str(offer.folder))
        parity.succeeded.connect(self._on_parity_read)
        self.page.work.set_steps(DATA, TRAINING, RESULT)
        self.show_page(RESULT)

    def _on_parity_read(self, found: object) -> None:
        if self._result is not None and self.sender().property("folder") == self._result.model:
            self.page.work.result.show_parity(found)  # pyright: ignore[reportArgumentType] - a job's answer

    def _on_run_md_asked(self) -> None:
        if self._result is not None:
            self.use(self._result)

    def _on_health_asked(self) -> None:
        if self._result is not None:
            self.judging.check(self._result)

    def _on_compare_result(self) -> None:
        if self._result is not None:
            data = self._data_of(self._result.folder) if self._result.folder else ()
            self.compare([self._result.name, "chgnet:0.3.0"], data)

    def _on_copy_asked(self) -> None:
        offer = self._result
        if offer is None or offer.folder is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save a copy of the potential"), offer.title
        )
        if chosen:
            job = self._trainings.copy(offer.folder, Path(chosen))
            job.succeeded.connect(self._on_copied)
            job.failed.connect(self.show_error)

    def _on_copied(self, folder: Path) -> None:
        self._window.status.say(self.tr("Saved %s") % folder)

    def _on_further_asked(self) -> None:
        """Back to the data, with the settings that it was trained with."""
        offer = self._result
        if offer is None or offer.folder is None:
            return
        project = self._session.project
        run = project.runs.at(offer.folder) if project is not None else None
        spec = TrainPotentialSpec(data=(), out=Path(), model=offer.family)
        if run is not None:
            try:
                spec = replace(spec_of(run), resume=False)
            except DesignerAppError as error:
                self.show_error(job_error(error))
        self.show_page(DATA)
        self.desk.begin(spec)

    def _data_of(self, folder: Path) -> tuple[Path, ...]:
        """The files that a potential of this project learned from, as far as they are there."""
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        try:
            data = spec_of(run).data if run is not None else ()
        except DesignerAppError:
            data = ()
        return tuple(path for path in data if path.exists())

    # --- other workspaces ---

    def _on_first_read(self, found: LabelsFound) -> None:
        offer, self._wanted = self._wanted, None
        if found.first is not None:
            self._session.set_document(Document.from_structure(found.first, made_by="labels"))
        if offer is not None:
            self._go_to_dynamics(offer)

    def _go_to_dynamics(self, offer: Offer) -> None:
        self._window.show_workspace("dynamics")
        self._window.dynamics.choose_potential(offer.family, offer.model)

    def _on_frame_asked(self, path: str, index: int) -> None:
        self._window.show_workspace("structure")
        self._session.open_frame(Path(path), index)
