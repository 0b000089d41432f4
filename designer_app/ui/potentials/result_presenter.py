"""A trained potential in front: its card, its parity, copies of it."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from designer_app.errors import DesignerAppError
from designer_app.io.parity import Parity
from designer_app.running.messages import job_error
from designer_app.session.trainings import spec_of
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.potentials.judging import Judging
from designer_app.ui.potentials.offers import Offer, elements_text, knows
from designer_app.ui.potentials.result_page import ResultPage
from designer_app.ui.potentials.result_panel import ResultPanel
from designer_app.ui.potentials.using import Using

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class ResultPresenter(QObject):
    """Shows an `Offer` that has a card; emits what is asked with it."""

    asked = Signal(str)
    """use, compare or tune."""
    failed = Signal(object)
    """A `JobError`."""

    def __init__(
        self,
        window: "MainWindow",
        page: ResultPage,
        panel: ResultPanel,
        judging: Judging,
        using: Using,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._trainings = window.session.trainings
        self._page, self._panel = page, panel
        self._judging, self._using = judging, using
        self.offer: Offer | None = None
        window.session.document_changed.connect(self._tell_what_opens)
        panel.asked.connect(self.asked)
        panel.health_asked.connect(self.check)
        panel.copy_asked.connect(self._on_copy_asked)

    def show_offer(self, offer: Offer) -> None:
        """Show a potential."""
        if offer.card is None or offer.folder is None:
            return
        self.offer = offer
        self._judging.forget_check()
        self._page.show_card(offer.card, str(offer.folder))
        self._panel.show_offer(offer)
        self._tell_what_opens()
        parity = self._trainings.parity(offer.folder)
        parity.setProperty("folder", offer.model)
        parity.succeeded.connect(self._on_parity_read)

    def take_in(self, offers: list[Offer]) -> None:
        """Cards that were read anew, as after a health check."""
        for each in offers:
            if self.offer is not None and each.name == self.offer.name:
                self.offer = each
                self._panel.show_offer(each)

    def spec_again(self) -> TrainPotentialSpec | None:
        """The settings that it was trained with, for another training."""
        offer, project = self.offer, self._window.session.project
        if offer is None or offer.folder is None:
            return None
        run = project.runs.at(offer.folder) if project is not None else None
        plain = TrainPotentialSpec(data=(), out=Path(), model=offer.family)
        if run is None:  # it was made elsewhere
            return plain
        try:
            return spec_of(run)
        except DesignerAppError as error:  # of a newer program
            self.failed.emit(job_error(error))
            return plain

    def _tell_what_opens(self) -> None:
        if self.offer is not None:
            self._panel.set_opens(self._using.told(self.offer))

    def _on_parity_read(self, found: Parity | None) -> None:
        if self.offer is not None and self.sender().property("folder") == self.offer.model:
            self._page.show_parity(found)

    def check(self) -> None:
        """Check its health on the data that it learned from; where these are gone, on what is
        open.
        """
        offer = self.offer
        if offer is None or offer.folder is None:
            return
        spec = self.spec_again()
        data = tuple(path for path in spec.data if path.exists()) if spec is not None else ()
        document = self._window.session.document
        structure = document.structure() if document is not None and not data else None
        if data or (structure is not None and knows(offer, structure)):
            self._judging.check(offer, structure, data, spec.mapping if spec is not None else ())
        else:
            self._window.status.say(
                self.tr("Its training data are not here: open a structure of %s to check it on")
                % elements_text(offer.elements)
            )

    def _on_copy_asked(self) -> None:
        offer = self.offer
        if offer is None or offer.folder is None:
            return
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save a copy of the potential"), offer.title
        )
        if chosen:
            job = self._trainings.copy(offer.folder, Path(chosen))
            job.succeeded.connect(self._on_copied)
            job.failed.connect(self.failed)

    def _on_copied(self, folder: Path) -> None:
        self._window.status.say(self.tr("Saved %s") % folder)
