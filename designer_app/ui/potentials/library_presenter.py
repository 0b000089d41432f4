"""The library: the potentials there are, the chosen one's card, earlier trainings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.io.pair_tables import read_pair_table
from designer_app.project.runs import Run
from designer_app.running.messages import job_error
from designer_app.session.trainings import Trained
from designer_app.ui.dialogs.pair_table import PairTableDialog
from designer_app.ui.potentials.card_panel import CardPanel
from designer_app.ui.potentials.library_page import LibraryPage
from designer_app.ui.potentials.next_steps import SHOW, TABLE
from designer_app.ui.potentials.offers import Offer, offers_of
from designer_app.ui.potentials.opening import Opening

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow

_OVER = {"succeeded": "finished", "failed": "failed", "cancelled": "stopped"}


class LibraryPresenter(QObject):
    """Keeps page and panel up to date."""

    asked = Signal(str, object)
    """(use, compare, tune or check; the `Offer`)."""
    offered = Signal(object)
    """The list of `Offer` there is now."""
    failed = Signal(object)
    """A `JobError`."""

    def __init__(
        self, window: "MainWindow", page: LibraryPage, panel: CardPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._session = window.session
        self._trainings = window.session.trainings
        self._page, self._panel = page, panel
        self.offers: list[Offer] = []
        self.opening = Opening(window, self)
        self.opening.failed.connect(self.failed)
        self._session.document_changed.connect(self._on_document_changed)
        self._session.runs.noted.connect(self.list_past)
        self._trainings.listed.connect(self._on_listed)
        page.asked.connect(self._on_asked)
        panel.asked.connect(self._on_asked)
        panel.enlarge.asked.connect(self._session.make_supercell)
        page.open_asked.connect(self._on_open_asked)

    def begin(self) -> None:
        """Show what is known by now."""
        self._on_document_changed(self._session.document)
        self._on_listed(self._trainings.trained)
        self.list_past()

    def show_card(self, offer: Offer) -> None:
        """Choose a potential."""
        self._panel.show_offer(offer)
        self._page.choose(offer.name)

    def list_past(self) -> None:
        """Look for earlier trainings."""
        project = self._session.project
        if project is not None:
            found = self._trainings.past(project)
            found.succeeded.connect(self._on_past_read)

    def _on_document_changed(self, document: Document | None) -> None:
        structure = document.structure() if document is not None else None
        self._page.set_structure(structure)
        self._panel.set_structure(structure)

    def _on_listed(self, trained: Sequence[Trained]) -> None:
        self.offers = offers_of(trained)
        self._page.set_offers(self.offers)
        names = [each.name for each in self.offers]
        shown = self._panel.offer
        place = names.index(shown.name) if shown is not None and shown.name in names else 0
        self.show_card(self.offers[place])
        self.offered.emit(self.offers)

    def _on_asked(self, what: str, offer: Offer) -> None:
        if what == SHOW:
            self.show_card(offer)
        elif what == TABLE:
            self._show_table(offer)
        else:
            self.asked.emit(what, offer)

    def _show_table(self, offer: Offer) -> None:
        try:
            table = read_pair_table(offer.family, offer.model)
        except DesignerAppError as error:
            self.failed.emit(job_error(error))
            return
        dialog = PairTableDialog(table, self._window)
        dialog.setProperty("family", offer.family)
        dialog.saved.connect(self._on_table_saved)
        dialog.open()

    def _on_table_saved(self, path: Path) -> None:
        self.opening.usable.emit(self.sender().property("family"), str(path))

    def _on_open_asked(self) -> None:
        """A card stands for its folder; the other files are told by what is in them."""
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open a potential: its card, weights, or a table of parameters")
        )
        if chosen:
            self.opening.open(Path(chosen))

    def _on_past_read(self, runs: list[Run]) -> None:
        self._page.set_runs([(run, _OVER.get(run.state, run.state)) for run in runs])
