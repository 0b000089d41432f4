"""What is open and what goes on: the window's one partner, without a widget in it."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from designer_app.errors import DesignerAppError, InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.project import Project
from designer_app.project.runs import Run
from designer_app.running.control import RunControl
from designer_app.running.messages import JobError, job_error
from designer_app.session.designs import Designs
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.openings import Openings
from designer_app.session.preferences import PreferenceStore
from designer_app.session.recent import Recent
from designer_app.session.run_keeper import RunKeeper, spec_to_continue
from designer_app.session.screenings import Screenings
from designer_app.session.trainings import Trainings
from designer_app.session.workers import heavy_settings, make_links
from designer_app.specs.documents import BondsSpec, InspectSpec
from designer_app.specs.hull import HullSpec
from designer_app.specs.labels import CalmFrameSpec, LabelledFrameSpec
from designer_app.specs.md import MDSpec
from designer_app.specs.order import OrderSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.supercells import Repeats, supercell

FIRST_EXAMPLE = "LiFePO4"
MOST_ATOMS_TO_AUTOSAVE = 200_000
"""Above, writing takes seconds; the file that was opened is still there."""
_HEAVY_START_DELAY_MS = 3000
"""The heavy worker starts when the first structure is shown, or then: both would share cores."""

_log = logging.getLogger(__name__)


class Session(QObject):
    """The document, the jobs, the project and the preferences of one window."""

    document_changed = Signal(object)
    """A `Document`."""
    facts_changed = Signal(object)
    """What the job `inspect` found, by name."""
    bonds_changed = Signal(object)
    """`pairs` and `shifts`."""
    open_failed = Signal(object)
    """A `JobError`: a file, an example or a project was not opened, or a structure not changed."""
    save_failed = Signal(object)
    """A `JobError`."""
    saved = Signal(object)
    """The `Path` of a structure that was saved."""
    worker_changed = Signal(str)
    """starting, ready, busy, died or stopped: the worker of heavy jobs."""
    project_changed = Signal(object)
    """The `Project` that is open now."""
    interrupted_found = Signal(object)
    """A list of `Run` that the end of the program cut off and that can go on."""
    run_continued = Signal(object)
    """The `Job` of such a run, its structure being the open one."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = PreferenceStore(parent=self)
        self.links = make_links(self.settings.values, self._tell_worker_state)
        self.jobs = JobManager(self.links, self)
        self.runs = RunKeeper(self.jobs, self)
        self.screenings = Screenings(self.jobs, self.runs, self)
        self.designs = Designs(self.jobs, self.runs, self)
        self.trainings = Trainings(self.jobs, self.runs, self)
        self.document: Document | None = None
        self.facts: Mapping[str, Any] | None = None
        self.bonds: Mapping[str, Any] | None = None
        self._recent = Recent()
        self._openings = Openings(self.jobs, self._recent, self)
        self._looking: tuple[Job, ...] = ()
        self._has_told_of_autosave = False
        self._heavy_start = QTimer(self)
        self._heavy_start.setSingleShot(True)
        self._heavy_start.setInterval(_HEAVY_START_DELAY_MS)
        self._heavy_start.timeout.connect(self.links["compute"].start)
        self._openings.opened.connect(self._on_opened)
        self._openings.failed.connect(self._on_not_opened)
        self.settings.changed.connect(self._on_setting_changed)
        self.runs.keep_failed.connect(self.save_failed)
        for each in (self.screenings, self.designs, self.trainings):
            each.went_on.connect(self.run_continued)

    # --- the program's start and end ---

    def start(self) -> None:
        """After the first paint: workers, and the project of last time or an unnamed one."""
        self.links["quick"].start()
        self._heavy_start.start()
        try:
            self._use(self._last_project() or Project.scratch())
        except DesignerAppError as error:  # everything works without, but nothing is kept
            self.save_failed.emit(job_error(error))

    def open_last(self) -> None:
        """What was open at the end of last time, or the first example."""
        kept = self.project.kept() if self.project and self.settings.get("reopen") else None
        if self.project and kept is not None:
            self._openings.read(kept, name=self.project.kept_name())
        else:
            self.open_example(FIRST_EXAMPLE)

    def close(self) -> None:
        """End all jobs and workers within five seconds; what was cut off is offered next time."""
        self._heavy_start.stop()
        self.runs.close()
        self.jobs.close()
        if self.project is not None:
            self.project.close()

    # --- the project ---

    @property
    def project(self) -> Project | None:
        """The project that is open; None before `start`."""
        return self.runs.project

    def open_project(self, folder: Path) -> None:
        """Go on in another project, with the structure that was open in it."""
        try:
            project = Project.open(folder)
        except DesignerAppError as error:
            self.open_failed.emit(job_error(error))
            return
        self._use(project)
        if project.kept() is not None:
            self.open_last()

    def save_project_as(self, folder: Path) -> None:
        """Copy the project to a new folder, and go on there."""
        if self.project is None:
            return
        try:
            self._use(self.project.copied_to(folder))
        except DesignerAppError as error:
            self.save_failed.emit(job_error(error))

    def continue_run(self, run: Run, *, is_trusted: bool = False) -> None:
        """Open the structure of a run that was cut off, then go on: `run_continued` tells. A
        screening, a design and a training need none.

        Raises `UnsafeFileError` where the run imports code. A run whose structure cannot be read
        does not go on: `open_failed` tells.
        """
        try:
            for each in (self.screenings, self.designs, self.trainings):
                if run.key == each.key:
                    each.go_on(run, is_trusted=is_trusted)
                    return
            spec = spec_to_continue(run, is_trusted=is_trusted)
        except InvalidSpecError as error:  # of a newer program
            job = self.jobs.submit_failure(run.key, MDSpec(), run.title, error)
            self.run_continued.emit(job)
            return
        # The first frame is what was open when the run began: symmetry and warnings are of it.
        self._openings.read(run.trajectory, name=run.subject, index=0, goes_on=spec)

    def _last_project(self) -> Project | None:
        folder = self._recent.project
        if folder is None:
            return None
        try:
            project = Project.open(folder)
        except DesignerAppError as error:
            self.open_failed.emit(job_error(error))
            return None
        return None if project.is_read_only else project

    def _use(self, project: Project) -> None:
        if self.project is not None:
            self.project.close()
        self.runs.project = project
        self._has_told_of_autosave = False
        self._recent.set_project(project.folder)
        self.project_changed.emit(project)
        self.trainings.list_trained()
        cut_off = project.runs.to_continue()
        if cut_off and not project.is_read_only:
            self.interrupted_found.emit(cut_off)

    # --- the document ---

    @property
    def is_opening(self) -> bool:
        """Whether a file is being read."""
        return self._openings.is_busy

    def recent_files(self) -> list[Path]:
        """Files that were opened lately and are still there, the latest first."""
        return self._recent.files

    def open_file(self, path: Path) -> None:
        """Read a file in the quick worker; what was being read before is given up."""
        self._openings.read(Path(path), remember=True)

    def open_frame(self, path: Path, index: int) -> None:
        """Read one frame of a file of reference calculations."""
        spec = LabelledFrameSpec(path=path, index=index)
        self._openings.follow(self.jobs.submit("labelled-frame", spec, f"Open {path.name}"))

    def open_calm_frame(self, spec: CalmFrameSpec) -> Job:
        """Read the calmest frame of what a potential learned from."""
        job = self.jobs.submit("calm-frame", spec, "Open training data")
        self._openings.follow(job)
        return job

    def open_example(self, name: str) -> None:
        """Read a shipped structure."""
        try:
            self._openings.read(example(name).path)
        except DesignerAppError as error:
            self.open_failed.emit(job_error(error))

    def set_document(self, document: Document) -> None:
        """Show another structure, look at it, and keep it in the project."""
        self.document, self.facts, self.bonds = document, None, None
        for job in self._looking:
            job.cancel()
        self.document_changed.emit(document)
        structure, shares = document.structure(), document.occupancies
        inspect = self.jobs.submit("inspect", InspectSpec(structure=structure, occupancies=shares))
        bonds = self.jobs.submit("bonds", BondsSpec(structure=structure))
        inspect.succeeded.connect(self._on_inspected)
        bonds.succeeded.connect(self._on_bonds_found)
        for job in (inspect, bonds):
            job.failed.connect(self._on_look_failed)
        self._looking = (inspect, bonds)
        project = self.project
        if project and not project.is_read_only and len(document) <= MOST_ATOMS_TO_AUTOSAVE:
            job = self.jobs.submit_here("autosave", partial(_keep, project, document))
            job.failed.connect(self._on_autosave_failed)

    def save_structure(self, path: Path) -> None:
        """Save the structure, in the format that the name asks for."""
        if self.document is not None:
            job = self.jobs.submit_here("save", partial(_save, self.document, Path(path)))
            job.succeeded.connect(self.saved)
            job.failed.connect(self.save_failed)

    def make_supercell(self, repeats: Repeats) -> None:
        """Repeat the cell of what is open; the original stays among its files."""
        document = self.document
        if document is not None:
            larger = supercell(document.structure(), repeats)
            name = f"{document.name} {'x'.join(str(each) for each in repeats)}"
            self.set_document(document.with_structure(larger, "supercell").renamed(name))

    def make_ordered(self) -> None:
        """Replace a disordered structure by its best ordered cell."""
        document = self.document
        if document is not None:
            spec = OrderSpec(structure=document.structure(), occupancies=document.occupancies)
            job = self.jobs.submit("order", spec, f"Order {document.name}")
            job.succeeded.connect(self._on_ordered)
            job.failed.connect(self.open_failed)

    # --- runs ---

    def run_md(self, spec: MDSpec) -> Job:
        """Start a simulation of what is open, or go on with the one in `spec.out`."""
        if spec.structure is None and not spec.resume and self.document is not None:
            spec = replace(spec, structure=self.document.structure())
        return self._run("md", spec, "MD")

    def run_relax(self, spec: RelaxSpec) -> Job:
        """Relax what is open, or the structures of the spec; what is open becomes the result."""
        document = self.document
        if spec.structures or document is None:
            return self._run("relax", spec, "Relax")
        job = self._run("relax", replace(spec, structures=(document.structure(),)), "Relax")
        job.succeeded.connect(self._on_relaxed)
        return job

    def run_hull(self, spec: HullSpec) -> Job:
        """Place what is open on the convex hull."""
        if not spec.structures and self.document is not None:
            spec = replace(spec, structures=(self.document.structure(),))
        return self._run("hull", spec, "Stability of")

    def _run(self, key: str, spec: MDSpec | RelaxSpec | HullSpec, verb: str) -> Job:
        title = f"{verb} {self.document.name}" if self.document else verb
        if spec.out is None:
            try:
                spec = replace(spec, out=self.runs.folder_for(key, title))
            except DesignerAppError as error:
                return self.jobs.submit_failure(key, spec, title, error)
        job = self.jobs.submit(key, spec, title, folder=spec.out)
        self.runs.keep(job, self.document)
        return job

    # --- what jobs answer ---

    def _on_opened(self, document: Document, goes_on: MDSpec | None) -> None:
        self.set_document(document)
        self._start_heavy_worker()
        if goes_on is not None:
            self.run_continued.emit(self.run_md(goes_on))

    def _on_not_opened(self, error: JobError) -> None:
        self.open_failed.emit(error)
        self._start_heavy_worker()

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
            self.set_document(result["documents"][0])

    def _on_relaxed(self, result: Mapping[str, Any]) -> None:
        if self.document is not None and self._is_of_what_is_open(self.sender()):
            self.set_document(self.document.with_structure(result["structure"], "relax"))

    def _is_of_what_is_open(self, job: QObject) -> bool:
        """Whether a job worked on the structure that is shown now, not on an earlier one."""
        assert isinstance(job, Job)
        spec = job.spec
        given = spec.structures[0] if isinstance(spec, RelaxSpec) else spec.structure
        return self.document is not None and self.document.structure() is given

    def _on_autosave_failed(self, error: JobError) -> None:
        """Told once a project: every edit would bring the same message again."""
        _log.warning("The structure could not be kept in the project: %s", error.message)
        if not self._has_told_of_autosave:
            self._has_told_of_autosave = True
            self.save_failed.emit(error)

    def _on_setting_changed(self, name: str) -> None:
        wanted = heavy_settings(self.settings.values)
        if name in wanted:
            self.links["compute"].configure(**wanted)

    def _start_heavy_worker(self) -> None:
        if self._heavy_start.isActive():
            self._heavy_start.stop()
            self.links["compute"].start()

    def _tell_worker_state(self, state: str) -> None:
        with suppress(RuntimeError):  # the window is gone before its worker
            self.worker_changed.emit(state)


def _keep(project: Project, document: Document, _control: RunControl) -> Path:
    return project.keep(document)


def _save(document: Document, path: Path, _control: RunControl) -> Path:
    from designer_app.io.writing import write_document

    return write_document(document, path)
