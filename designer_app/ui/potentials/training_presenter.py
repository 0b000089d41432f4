"""A training from its data to its end: set up, begun, watched, gone on with."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from designer_app.errors import DesignerAppError
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.job import Job
from designer_app.session.trainings import spec_of
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui import outcomes
from designer_app.ui.potentials.area import DATA, TRAINING
from designer_app.ui.potentials.data_desk import DataDesk
from designer_app.ui.potentials.error_cards import ErrorCards
from designer_app.ui.potentials.places import Places
from designer_app.ui.potentials.training_watch import TrainingWatch

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class TrainingPresenter(QObject):
    """One training at a time. Desk and watch are made when they are first needed."""

    finished = Signal(object, object)
    """(folder, `PotentialCard`): a potential is there."""
    emptied = Signal()
    """The last file of a training was taken away."""
    files_asked = Signal()
    result_asked = Signal()
    frame_asked = Signal(str, int)

    def __init__(
        self, window: "MainWindow", places: Places, cards: ErrorCards, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = window.session
        self._trainings = window.session.trainings
        self._places, self._cards = places, cards

    @cached_property
    def desk(self) -> DataDesk:
        """Data on their way to a training."""
        page, panel = self._places.page.work.data, self._places.panel.train
        made = DataDesk(self._trainings, page, panel, self)
        made.failed.connect(self._on_data_failed)
        made.emptied.connect(self.emptied)
        made.named.connect(self._on_named)
        made.found_out.connect(self._tell_tags)
        page.files_asked.connect(self.files_asked)
        page.frame_asked.connect(self.frame_asked)
        panel.run_asked.connect(self._on_run_asked)
        panel.pause_asked.connect(self._on_pause_asked)
        panel.resume_asked.connect(self._on_resume_asked)
        panel.stop_asked.connect(self.cancel)
        panel.go_on_asked.connect(self._on_go_on_asked)
        panel.result_asked.connect(self.result_asked)
        return made

    @cached_property
    def watch(self) -> TrainingWatch:
        """The training that is shown."""
        page = self._places.page.work.training
        made = TrainingWatch(self._window, page, self._places.panel.train, self)
        made.failed.connect(self._on_failed)
        made.finished.connect(self.finished)
        page.frame_asked.connect(self.frame_asked)
        return made

    @property
    def is_busy(self) -> bool:
        """Whether the shown training is still going."""
        return "watch" in vars(self) and self.watch.is_busy

    # --- what is asked ---

    def add_files(self, paths: list[Path], *, anew: bool) -> None:
        """Learn from these files too, or from these alone."""
        if self.says_busy():
            return
        if anew:
            self.desk.begin(TrainPotentialSpec(data=(), out=Path(), model=self.desk.spec.model))
        self._places.page.work.set_steps(DATA)
        self._places.show(DATA)
        self.desk.add_files(paths)

    def set_up(self, spec: TrainPotentialSpec) -> None:
        """Back to the data, with settings of an earlier training."""
        if not self.says_busy():
            self._places.show(DATA)
            self.desk.begin(replace(spec, resume=False))

    def start(self, spec: TrainPotentialSpec) -> None:
        """Begin a training."""
        if not self.is_busy:
            self.show_job(self._trainings.start(spec, self.desk.title()))

    def show_job(self, job: Job) -> None:
        """Show a training, e.g. one that goes on."""
        self._places.enter()
        if self.desk.spec.data != job.spec.data:
            self.desk.begin(job.spec)
        self._places.page.close_card()
        self._bring_up(job.title)
        self.watch.watch(job)
        self._tell_tags()

    def open_run(self, folder: Path) -> None:
        """Show a training of the project again; one that goes on is watched."""
        self._places.enter()
        if self.watch.is_busy:
            if self.watch.folder == folder:
                self._places.show(TRAINING)
            else:
                self._window.status.say(self.tr("Another training is running"))
            return
        run = self._run_in(folder)
        if run is None:
            return
        try:
            self.desk.begin(replace(spec_of(run), resume=False))
        except DesignerAppError as error:
            self._cards.show(job_error(error))
        self._bring_up(run.title)
        self.watch.show_past(run)
        self._tell_tags()

    def cancel(self) -> None:
        """End the training: the best epoch is kept."""
        if self.watch.job is not None:
            self.watch.job.cancel()

    def says_busy(self) -> bool:
        """Whether a training is in the way, which the status line then tells."""
        if self.is_busy:
            self._window.status.say(self.tr("A training is running; stop it to set up another"))
        return self.is_busy

    def _tell_tags(self) -> None:
        """The shown training may have validation frames of some tags only."""
        if self._places.page.work.has_step(TRAINING):
            self._places.page.work.training.bars.set_tags(self.desk.tags())

    def _bring_up(self, title: str) -> None:
        self._places.set_title(TRAINING, title)
        self._places.page.work.set_steps(DATA, TRAINING)
        self._places.show(TRAINING)

    def _run_in(self, folder: Path | None) -> Run | None:
        project = self._session.project
        run = project.runs.at(folder) if project is not None and folder is not None else None
        if run is None:
            self._window.status.say(self.tr("This training is not in the open project"))
        return run

    # --- wiring ---

    def _on_named(self, title: str) -> None:
        self._places.set_title(DATA, self.tr("Train %s") % title)

    def _on_run_asked(self) -> None:
        try:
            self.start(self.desk.ready_spec())
        except DesignerAppError as error:
            self._cards.show(job_error(error))

    def _on_pause_asked(self) -> None:
        if self.watch.job is not None:
            self.watch.job.pause()

    def _on_resume_asked(self) -> None:
        if self.watch.job is not None:
            self.watch.job.resume()

    def _on_go_on_asked(self) -> None:
        if self.watch.job is not None:
            self.show_job(self._trainings.again(self.watch.job))
            return
        run = self._run_in(self.watch.folder)
        if run is None:
            return
        try:
            self._trainings.go_on(run)
        except DesignerAppError as error:
            self._cards.show(job_error(error))
        else:
            self._places.panel.train.set_can_go_on(can=False)

    # --- what went wrong ---

    def _on_data_failed(self, error: JobError) -> None:
        self._cards.show(error, {outcomes.ALLOW: self.desk.check_again})

    def _on_failed(self, error: JobError) -> None:
        again = self._go_on_or_begin
        begun = {outcomes.RESUME: again, outcomes.AGAIN: self._begin_again, outcomes.ALLOW: again}
        self._places.enter()
        self._cards.show(error, begun if self.watch.job is not None else {})

    def _go_on_or_begin(self) -> None:
        job = self.watch.job
        if job is not None and job.folder is not None and any(job.folder.glob("checkpoint*")):
            self._on_go_on_asked()
        else:
            self._begin_again()

    def _begin_again(self) -> None:
        if self.watch.job is not None:
            self.start(replace(self.watch.job.spec, resume=False))
