"""The Potentials workspace and the session: what is offered, trained, judged and used."""

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from designer_app.io.potential_cards import PotentialCard
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE
from designer_app.ui import outcomes
from designer_app.ui.potentials.area import COMPARE, DATA, LIBRARY, RESULT, TRAINING
from designer_app.ui.potentials.data_desk import DataDesk
from designer_app.ui.potentials.error_cards import ErrorCards
from designer_app.ui.potentials.judging import Judging
from designer_app.ui.potentials.library_presenter import LibraryPresenter
from designer_app.ui.potentials.next_steps import CHECK, USE
from designer_app.ui.potentials.next_steps import COMPARE as ASK_COMPARE
from designer_app.ui.potentials.offers import Offer, offer_of
from designer_app.ui.potentials.places import Places
from designer_app.ui.potentials.result_presenter import ResultPresenter
from designer_app.ui.potentials.training_presenter import TrainingPresenter
from designer_app.ui.potentials.training_watch import TrainingWatch
from designer_app.ui.potentials.using import Using

if TYPE_CHECKING:
    from designer_app.project import Project
    from designer_app.ui.main_window import MainWindow

_UNIVERSAL = "chgnet:0.3.0"
"""What one's own potential is compared with first."""


class PotentialsPresenter(QObject):
    """Made when the workspace is first looked at: the library at once, what a training and a
    comparison need one a turn of the event loop, or when it is asked for.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._trainings = window.session.trainings
        self._places = Places(window, self)
        self.page, self.panel = self._places.page, self._places.panel
        self.cards = ErrorCards(window, self.page, self)
        self.using = Using(window, self)
        self.library = LibraryPresenter(window, self.page.library, self.panel.card, self)
        self.training = TrainingPresenter(window, self._places, self.cards, self)
        self._unmade = deque(("desk", "watch", "judging", "result"))
        self._turn = QTimer(self)
        self._turn.setInterval(1)
        self._turn.timeout.connect(self._make_next)
        self._places.set_title(COMPARE, self.tr("Compare potentials"))
        self._connect()
        self.library.begin()
        self._turn.start()

    @property
    def desk(self) -> DataDesk:
        """Data on their way to a training."""
        return self.training.desk

    @property
    def watch(self) -> TrainingWatch:
        """The training that is shown."""
        return self.training.watch

    @cached_property
    def judging(self) -> Judging:
        """Health checks and comparisons."""
        made = Judging(self._window, self.page.work, self.panel, self)
        made.failed.connect(self._on_judging_failed)
        made.checked.connect(self._trainings.list_trained)
        self.page.work.compare.frame_asked.connect(self._on_frame_asked)
        self.panel.compare.files_asked.connect(self.ask_files)
        self.page.work.compare.files_asked.connect(self.ask_files)
        self.panel.compare.set_offers(self.library.offers)
        self.library.offered.connect(self.panel.compare.set_offers)
        return made

    @cached_property
    def result(self) -> ResultPresenter:
        """The trained potential that is shown."""
        page, panel = self.page.work.result, self.panel.result
        made = ResultPresenter(self._window, page, panel, self.judging, self.using, self)
        made.failed.connect(self.cards.show)
        made.asked.connect(self._on_asked_of_result)
        page.frame_asked.connect(self._on_frame_asked)
        self.library.offered.connect(made.take_in)
        return made

    @property
    def shown(self) -> str:
        """The key of the page in front."""
        return self._places.shown

    @property
    def is_busy(self) -> bool:
        """Whether the shown training is still going."""
        return self.training.is_busy

    def _make_next(self) -> None:
        if self._unmade:
            getattr(self, self._unmade[0])
            self._unmade.popleft()
        else:
            self._turn.stop()

    # --- what is asked ---

    def show_page(self, key: str) -> None:
        """Bring a page and its panel to the front."""
        self._places.show(key)

    def add_files(self, paths: Sequence[Path]) -> None:
        """Files were dropped or chosen: data of a training, or of the comparison in front."""
        self._places.enter()
        if self.shown == COMPARE:
            self.panel.compare.set_data([*self.panel.compare.paths, *paths])
        else:
            is_new = self.shown not in (DATA, TRAINING, RESULT)
            self.training.add_files(list(paths), anew=is_new)

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
            LIBRARY: self.panel.card.ask_run,
            RESULT: self.panel.result.ask_run,
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
        else:
            self.training.cancel()

    def start(self, spec: TrainPotentialSpec) -> None:
        """Begin a training."""
        self.training.start(spec)

    def show_job(self, job: Job) -> None:
        """Show a training, e.g. one that goes on."""
        self.training.show_job(job)

    def open_run(self, folder: Path) -> None:
        """Show a training of the project again; one that goes on is watched."""
        self.training.open_run(folder)

    def compare(self, names: Sequence[str], data: Sequence[Path] = ()) -> None:
        """Compare these, and what was chosen before."""
        self.judging.prepare(names, data, self.desk.spec.mapping)
        self.show_page(COMPARE)

    # --- wiring ---

    def _connect(self) -> None:
        library, work = self.page.library, self.page.work
        self._session.project_changed.connect(self._on_project_changed)
        library.drop.files_asked.connect(self.ask_files)
        library.compare_asked.connect(self._on_compare_asked)
        library.run_chosen.connect(self.open_run)
        work.left.connect(self._on_left)
        work.step_chosen.connect(self.show_page)
        for part in (self.using, self.library):
            part.failed.connect(self.cards.show)
        self.library.asked.connect(self._on_asked)
        self.library.opening.usable.connect(self.using.choose)
        self.training.finished.connect(self._on_finished)
        self.training.emptied.connect(self._on_left)
        self.training.files_asked.connect(self.ask_files)
        self.training.frame_asked.connect(self._on_frame_asked)
        self.training.result_asked.connect(self._on_result_asked)
        self._window.status.cancel_asked.connect(self._on_status_cancel)

    def _on_project_changed(self, _project: "Project") -> None:
        self.library.list_past()
        if not self.is_busy and self.shown in (TRAINING, RESULT):
            self.show_page(LIBRARY)

    def _on_left(self) -> None:
        self.show_page(LIBRARY)
        self.library.list_past()

    def _on_result_asked(self) -> None:
        self.show_page(RESULT)

    def _on_compare_asked(self) -> None:
        self.compare(())

    def _on_status_cancel(self) -> None:
        if not self._window.runs.is_busy:
            self.cancel()

    def _on_judging_failed(self, error: JobError) -> None:
        self.cards.show(error, {outcomes.ALLOW: self.judging.try_again})

    def _on_frame_asked(self, path: str, index: int) -> None:
        self._window.show_workspace("structure")
        self._session.open_frame(Path(path), index)

    # --- what is asked with a potential ---

    def _on_asked(self, what: str, offer: Offer) -> None:
        if what == USE:
            self.using.use(offer)
        elif what == ASK_COMPARE:
            data = self.using.data_of(offer.folder) if offer.folder is not None else ()
            self.compare([offer.name], data)
        elif what == CHECK:
            self._show_result(offer)
            self.page.work.set_steps(RESULT)
            self.show_page(RESULT)
            self.result.check()
        elif offer.folder is not None:
            self._show_result(offer)
            spec = self.result.spec_again()
            if spec is not None:
                self.training.set_up(spec)
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

    def _show_result(self, offer: Offer) -> None:
        self.result.show_offer(offer)
        self._places.set_title(RESULT, offer.title)

    def _on_finished(self, folder: Path, card: PotentialCard) -> None:
        offer = offer_of(folder, card)
        self.library.show_card(offer)
        self._show_result(offer)
        self.page.work.set_steps(DATA, TRAINING, RESULT)
        self.show_page(RESULT)
        self._trainings.list_trained()
