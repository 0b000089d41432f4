"""What is open and what goes on: the window's one partner, without a widget in it."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from designer_app.errors import DesignerAppError, InvalidSpecError
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.project import Project
from designer_app.project.runs import Run
from designer_app.running.messages import JobError, job_error
from designer_app.session.designs import Designs
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.open_document import OpenDocument
from designer_app.session.openings import Openings
from designer_app.session.preferences import PreferenceStore
from designer_app.session.recent import Recent
from designer_app.session.run_keeper import RunKeeper, spec_to_continue
from designer_app.session.screenings import Screenings
from designer_app.session.structure_runs import StructureRuns
from designer_app.session.trainings import Trainings
from designer_app.session.workers import heavy_settings, make_links
from designer_app.specs.hull import HullSpec
from designer_app.specs.labels import CalmFrameSpec, LabelledFrameSpec
from designer_app.specs.md import MDSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.supercells import Repeats

FIRST_EXAMPLE = "LiFePO4"
_HEAVY_START_DELAY_MS = 3000
"""The heavy worker starts when the first structure is shown, or then: both would share cores."""


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
        self._open = OpenDocument(self.jobs, self.runs, self)
        self._starts = StructureRuns(self.jobs, self.runs, self._open)
        self._recent = Recent()
        self._openings = Openings(self.jobs, self._recent, self)
        self._heavy_start = QTimer(self)
        self._heavy_start.setSingleShot(True)
        self._heavy_start.setInterval(_HEAVY_START_DELAY_MS)
        self._heavy_start.timeout.connect(self.links["compute"].start)
        for told, passed_on in (
            (self._open.changed, self.document_changed),
            (self._open.facts_changed, self.facts_changed),
            (self._open.bonds_changed, self.bonds_changed),
            (self._open.not_changed, self.open_failed),
            (self._open.saved, self.saved),
            (self._open.save_failed, self.save_failed),
        ):
            told.connect(passed_on)
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

    @property
    def document(self) -> Document | None:
        """The structure that is open."""
        return self._open.document

    @property
    def facts(self) -> Mapping[str, Any] | None:
        """What was found by looking at it; None while that is on its way."""
        return self._open.facts

    @property
    def bonds(self) -> Mapping[str, Any] | None:
        """Its bonds; None while they are on their way."""
        return self._open.bonds

    def set_document(self, document: Document) -> None:
        """Show another structure, look at it, and keep it in the project."""
        self._open.set(document)

    def save_structure(self, path: Path) -> None:
        """Save the structure, in the format that the name asks for."""
        self._open.save(path)

    def make_supercell(self, repeats: Repeats) -> None:
        """Repeat the cell of what is open; the original stays among its files."""
        self._open.make_supercell(repeats)

    def make_ordered(self) -> None:
        """Replace a disordered structure by its best ordered cell."""
        self._open.make_ordered()

    # --- runs ---

    def run_md(self, spec: MDSpec) -> Job:
        """Start a simulation of what is open, or go on with the one in `spec.out`."""
        return self._starts.md(spec)

    def run_relax(self, spec: RelaxSpec) -> Job:
        """Relax what is open, or the structures of the spec; what is open becomes the result."""
        return self._starts.relax(spec)

    def run_hull(self, spec: HullSpec) -> Job:
        """Place what is open on the convex hull."""
        return self._starts.hull(spec)

    # --- what jobs answer ---

    def _on_opened(self, document: Document, goes_on: MDSpec | None) -> None:
        self.set_document(document)
        self._start_heavy_worker()
        if goes_on is not None:
            self.run_continued.emit(self.run_md(goes_on))

    def _on_not_opened(self, error: JobError) -> None:
        self.open_failed.emit(error)
        self._start_heavy_worker()

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
