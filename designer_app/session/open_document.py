"""The structure that is open: shown, looked at, kept in the project, changed and saved."""

import logging
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer_app.io.documents import Document
from designer_app.project import Project
from designer_app.running.control import RunControl
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.documents import BondsSpec, InspectSpec
from designer_app.specs.order import OrderSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.supercells import Repeats, supercell

MOST_ATOMS_TO_AUTOSAVE = 200_000
"""Above, writing takes seconds; the file that was opened is still there."""

_log = logging.getLogger(__name__)


class OpenDocument(QObject):
    """One document at a time, and what is known of it."""

    changed = Signal(object)
    """A `Document`."""
    facts_changed = Signal(object)
    """What the job `inspect` found, by name."""
    bonds_changed = Signal(object)
    """`pairs` and `shifts`."""
    not_changed = Signal(object)
    """A `JobError`: it could not be made what was asked for."""
    saved = Signal(object)
    """The `Path` of a structure that was saved."""
    save_failed = Signal(object)
    """A `JobError`."""

    def __init__(self, jobs: JobManager, runs: RunKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._runs = jobs, runs
        self.document: Document | None = None
        self.facts: Mapping[str, Any] | None = None
        self.bonds: Mapping[str, Any] | None = None
        self._looking: tuple[Job, ...] = ()
        self._told_of_autosave: Project | None = None

    def set(self, document: Document) -> None:
        """Show another structure, look at it, and keep it in the project."""
        self.document, self.facts, self.bonds = document, None, None
        for job in self._looking:
            job.cancel()
        self.changed.emit(document)
        structure, shares = document.structure(), document.occupancies
        inspect = self._jobs.submit("inspect", InspectSpec(structure=structure, occupancies=shares))
        bonds = self._jobs.submit("bonds", BondsSpec(structure=structure))
        inspect.succeeded.connect(self._on_inspected)
        bonds.succeeded.connect(self._on_bonds_found)
        for job in (inspect, bonds):
            job.failed.connect(self._on_look_failed)
        self._looking = (inspect, bonds)
        project = self._runs.project
        if project and not project.is_read_only and len(document) <= MOST_ATOMS_TO_AUTOSAVE:
            job = self._jobs.submit_here("autosave", partial(_keep, project, document))
            job.failed.connect(self._on_autosave_failed)

    def save(self, path: Path) -> None:
        """Save the structure, in the format that the name asks for."""
        if self.document is not None:
            job = self._jobs.submit_here("save", partial(_save, self.document, Path(path)))
            job.succeeded.connect(self.saved)
            job.failed.connect(self.save_failed)

    def make_supercell(self, repeats: Repeats) -> None:
        """Repeat the cell; the original stays among its files."""
        document = self.document
        if document is not None:
            larger = supercell(document.structure(), repeats)
            name = f"{document.name} {'x'.join(str(each) for each in repeats)}"
            self.set(document.with_structure(larger, "supercell").renamed(name))

    def make_ordered(self) -> None:
        """Replace a disordered structure by its best ordered cell."""
        document = self.document
        if document is not None:
            spec = OrderSpec(structure=document.structure(), occupancies=document.occupancies)
            job = self._jobs.submit("order", spec, f"Order {document.name}")
            job.succeeded.connect(self._on_ordered)
            job.failed.connect(self.not_changed)

    def follow_relaxation(self, job: Job) -> None:
        """Become what a relaxation of it ends with."""
        job.succeeded.connect(self._on_relaxed)

    # --- what jobs answer ---

    def _on_inspected(self, facts: Mapping[str, Any]) -> None:
        if self.sender() in self._looking:
            self.facts = facts
            self.facts_changed.emit(facts)

    def _on_bonds_found(self, bonds: Mapping[str, Any]) -> None:
        if self.sender() in self._looking:
            self.bonds = bonds
            self.bonds_changed.emit(bonds)

    def _on_look_failed(self, error: JobError) -> None:
        _log.warning("The structure could not be looked at: %s\n%s", error.message, error.traceback)

    def _on_ordered(self, result: Mapping[str, Any]) -> None:
        if self._is_of_what_is_open(self.sender()):
            self.set(result["documents"][0])

    def _on_relaxed(self, result: Mapping[str, Any]) -> None:
        if self.document is not None and self._is_of_what_is_open(self.sender()):
            self.set(self.document.with_structure(result["structure"], "relax"))

    def _is_of_what_is_open(self, job: QObject) -> bool:
        """Whether a job worked on the structure that is shown now, not on an earlier one."""
        assert isinstance(job, Job)
        spec = job.spec
        given = spec.structures[0] if isinstance(spec, RelaxSpec) else spec.structure
        return self.document is not None and self.document.structure() is given

    def _on_autosave_failed(self, error: JobError) -> None:
        """Told once a project: every edit would bring the same message again."""
        _log.warning("The structure could not be kept in the project: %s", error.message)
        if self._told_of_autosave is not self._runs.project:
            self._told_of_autosave = self._runs.project
            self.save_failed.emit(error)


def _keep(project: Project, document: Document, _control: RunControl) -> Path:
    return project.keep(document)


def _save(document: Document, path: Path, _control: RunControl) -> Path:
    from designer_app.io.writing import write_document

    return write_document(document, path)
