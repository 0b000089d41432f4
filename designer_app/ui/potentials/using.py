"""A potential on its way to Dynamics, with a structure that it knows."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from designer_app.errors import DesignerAppError
from designer_app.io.documents import Document
from designer_app.io.formulas import written_in
from designer_app.session.trainings import spec_of
from designer_app.specs.labels import CalmFrameSpec
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.ui.potentials.offers import Offer, elements_text, knows
from designer_app.ui.wording import element_counts, listed

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class Using(QObject):
    """What is open stays where the potential knows its elements; else the calmest structure that
    it learned from is opened, and said by name.
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
        spec = self._training_of(offer.folder)
        data = self.data_of(offer.folder)
        if self._suits(offer) or spec is None or not data:
            self.choose(offer.family, offer.model)
            return
        self._wanted = offer
        asked = CalmFrameSpec(data=data, mapping=spec.mapping, model=offer.model)
        job = self._session.open_calm_frame(asked)
        job.succeeded.connect(self._on_opened)
        job.failed.connect(self.failed)
        self._window.status.say(self.tr("Opening a structure of the training data..."))

    def told(self, offer: Offer) -> str:
        """Which structure a run with this potential would begin with."""
        document = self._session.document
        calm = self.tr("Run MD opens the calmest structure that it learned from.")
        has_data = bool(self.data_of(offer.folder))
        if document is None:
            return calm if has_data else ""
        name = written_in(document.name)
        if self._suits(offer):
            return self.tr("Run MD takes %s, which is open.") % name
        counts = element_counts(document.structure())
        missing = listed(sorted(set(counts) - set(offer.elements or ())))
        never = self.tr("%s, which is open, has %s, which it never saw.") % (name, missing)
        open_one = self.tr("Open a structure of %s first.") % elements_text(offer.elements)
        return f"{never} {calm if has_data else open_one}"

    def data_of(self, folder: Path | None) -> tuple[Path, ...]:
        """The files that a potential of this project learned from, as far as they are there."""
        spec = self._training_of(folder)
        return tuple(path for path in spec.data if path.exists()) if spec is not None else ()

    def choose(self, family: str, model: str) -> None:
        """Dynamics with this potential and what is open."""
        self._window.show_workspace("dynamics")
        self._window.dynamics.choose_potential(family, model)

    def _training_of(self, folder: Path | None) -> TrainPotentialSpec | None:
        project = self._session.project
        run = project.runs.at(folder) if project is not None and folder is not None else None
        try:
            return spec_of(run) if run is not None else None
        except DesignerAppError:  # of a newer program
            return None

    def _suits(self, offer: Offer) -> bool:
        document = self._session.document
        return document is not None and knows(offer, document.structure())

    def _on_opened(self, document: Document) -> None:
        offer, self._wanted = self._wanted, None
        if offer is None:
            return
        self._window.status.say("")
        self.choose(offer.family, offer.model)
        said = self.tr("%s is open: the calmest structure that it learned from.")
        self._window.dynamics.set_outcome(said % written_in(document.name))
