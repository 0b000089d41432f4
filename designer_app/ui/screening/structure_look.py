"""The structure of a candidate into a preview: read, drawn, and then its bonds."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from designer_app.explanations import explain
from designer_app.io.documents import Document
from designer_app.running.messages import JobError
from designer_app.session.candidate_runs import CandidateRuns
from designer_app.session.job import Job
from designer_app.session.preferences import PreferenceStore
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure
from designer_app.ui.document_presenter import bonds_of
from designer_app.ui.screening.preview import Preview


class StructureLook(QObject):
    """Shows one candidate at a time; what was asked for before is no longer heard of."""

    def __init__(
        self, runs: CandidateRuns, settings: PreferenceStore, preview: Preview, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._runs = runs
        self._settings = settings
        self._preview = preview
        self._looked_at = ""
        self._reading: Job | None = None
        self._bonding: Job | None = None

    def forget(self, text: str) -> None:
        """Nothing is looked at; say a sentence instead."""
        self._looked_at = ""
        self._reading = self._bonding = None
        self._preview.say(text)

    def look(self, folder: Path, row: ScreenRow) -> None:
        """Show a candidate, unless it is the one that is shown."""
        looked_at = f"{folder} {row.id} {row.structure_file}"
        if looked_at == self._looked_at:
            return
        self._looked_at = looked_at
        self._reading = self._runs.structure(folder, row)
        self._reading.succeeded.connect(self._on_read)
        self._reading.failed.connect(self._on_not_read)

    def _on_read(self, found: Document | Structure) -> None:
        if self.sender() is not self._reading:
            return
        structure = found.structure() if isinstance(found, Document) else found
        self._preview.show_structure(structure)
        self._preview.set_scheme(str(self._settings.get("color_scheme")))
        self._bonding = self._runs.bonds(structure)
        self._bonding.succeeded.connect(self._on_bonds_found)

    def _on_bonds_found(self, bonds: Any) -> None:
        if self.sender() is self._bonding:
            self._preview.show_bonds(*bonds_of(bonds))

    def _on_not_read(self, error: JobError) -> None:
        if self.sender() is self._reading:
            self._looked_at = ""
            self._preview.say(explain(error.kind, error.facts, error.message).what)
