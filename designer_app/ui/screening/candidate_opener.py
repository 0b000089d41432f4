"""A candidate becomes the open structure, in the workspace where one wants to go on with it."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from designer_app.io.documents import Document
from designer_app.running.messages import JobError
from designer_app.session.candidate_runs import CandidateRuns
from designer_app.session.job import Job
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from designer_app.ui.main_window import MainWindow


class CandidateOpener(QObject):
    """Reads one at a time; the last one asked for wins."""

    def __init__(self, window: "MainWindow", runs: CandidateRuns, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._runs = runs
        self._send_to = self._sent = ""
        self._opening: Job | None = None

    def open(self, folder: Path, row: ScreenRow, workspace: str = "structure") -> None:
        """Make the candidate the open structure, and go there; "relax" relaxes it too."""
        self._send_to, self._sent = workspace, row.formula
        self._opening = self._runs.structure(folder, row)
        self._opening.succeeded.connect(self._on_opened)
        self._opening.failed.connect(self._on_not_opened)

    def _on_opened(self, found: Document | Structure) -> None:
        if self.sender() is not self._opening:
            return
        if isinstance(found, Structure):
            found = Document.from_structure(found, made_by=self._runs.key)
        window = self._window
        window.session.set_document(found.renamed(self._sent))
        if self._send_to == "relax":
            window.commands.relax()
        else:
            window.show_workspace(self._send_to)

    def _on_not_opened(self, error: JobError) -> None:
        if self.sender() is self._opening:
            self._window.errors.show_error(error)
