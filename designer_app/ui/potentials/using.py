"""A potential on its way to Dynamics, with a structure that it knows."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.session.trainings import spec_of
from designer_app.specs.labels import LabelsFound, LabelsSpec
from designer_app.ui.potentials.offers import Offer, knows

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class Using(QObject):
    """What is open stays where the potential knows its elements; else a frame that it learned from
    is opened.
    """

    failed = Signal(object)
    """A `JobError`: the training set could not be read."""

    def __init__(self, window: "MainWindow", parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._session = window.session
        self._wanted: Offer | None = None

    def use(self, offer: Offer) -> None:
        """Dynamics with this potential."""
        data = () if self._suits(offer) or offer.folder is None else self.data_of(offer.folder)
        if not data:
            self.choose(offer.family, offer.model)
            return
        self._wanted = offer
        job = self._session.trainings.labels(LabelsSpec(data=data))
        job.succeeded.connect(self._on_read)
        job.failed.connect(self.failed)
        self._window.status.say(self.tr("Opening a structure of the training set..."))

    def data_of(self, folder: Path) -> tuple[Path, ...]:
        """The files that a potential of this project learned from, as far as they are there."""
        project = self._session.project
        run = project.runs.at(folder) if project is not None else None
        try:
            data = spec_of(run).data if run is not None else ()
        except DesignerAppError:  # of a newer program
            data = ()
        return tuple(path for path in data if path.exists())

    def _suits(self, offer: Offer) -> bool:
        document = self._session.document
        return document is not None and knows(offer, document.structure())

    def _on_read(self, found: LabelsFound) -> None:
        offer, self._wanted = self._wanted, None
        if found.first is not None:
            document = Document.from_structure(found.first, made_by="labels")
            name = found.formulas[0][0] if found.formulas else ""
            self._session.set_document(document if document.name else document.renamed(name))
        if offer is not None:
            self.choose(offer.family, offer.model)

    def choose(self, family: str, model: str) -> None:
        """Dynamics with this potential and what is open."""
        self._window.show_workspace("dynamics")
        self._window.dynamics.choose_potential(family, model)
