"""Runs of the project that make candidates, row by row: begin, go on, read back, write files."""

import re
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from designer_app.errors import (
    DesignerAppError,
    FileUnreadableError,
    UnsafeFileError,
    WriteFailedError,
)
from designer_app.io.documents import Document
from designer_app.io.screen_store import REPORT, ROWS, ScreenStore
from designer_app.io.screen_table import write_csv
from designer_app.io.writing import write_document
from designer_app.project.runs import Run
from designer_app.running.control import RunControl
from designer_app.running.messages import JobError, exception_of
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.documents import BondsSpec, ReadSpec
from designer_app.specs.potentials import imports_code
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from designer_app.project import Project


class CandidateRuns(QObject):
    """Each answer is a `Job`: nothing here keeps the window waiting."""

    key = ""
    """Of the job; runs of the project carry it."""
    verb = ""
    """First word of a run's title."""
    went_on = Signal(object)
    """The `Job` of an earlier run, now that what it needs is read."""

    def __init__(self, jobs: JobManager, runs: RunKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._runs = runs
        self._store: ScreenStore | None = None
        """Of the run looked at last: it knows where its structures are."""
        self._going_on: dict[Job, Run] = {}

    def spec_of(self, run: Run) -> Any:
        """The settings of a run of the project. Raises `InvalidSpecError`."""
        raise NotImplementedError

    def reader_of(self, run: Run) -> Callable[[RunControl], Any]:
        """What reads the spec that goes on with a run, outside the window's thread."""
        raise NotImplementedError

    # --- runs ---

    def start(self, spec: Any, subject: str) -> Job:
        """Begin a run in a new folder of the project."""
        title = f"{self.verb} {subject}".strip()
        try:
            folder = self._runs.folder_for(self.key, title)
        except DesignerAppError as error:
            return self._jobs.submit_failure(self.key, spec, title, error)
        if folder is None:  # a project that another window has open
            folder = Path(tempfile.mkdtemp(prefix=f"designer_app-{self.key}-"))
        return self._submit(replace(spec, out=folder, resume=False), title)

    def again(self, job: Job) -> Job:
        """Go on with a run that this session began."""
        return self._submit(replace(job.spec, resume=True), job.title)

    def go_on(self, run: Run, *, is_trusted: bool = False) -> None:
        """Go on with an earlier run that was stopped or cut off: `went_on` tells.

        Raises `InvalidSpecError`, and `UnsafeFileError` where the run imports code.
        """
        spec = self.spec_of(run)
        if not is_trusted and imports_code(spec.potential, spec.model):
            raise UnsafeFileError(spec.model, "the run imports code by this name")
        folders = [each.folder for each in self._going_on.values()]
        folders += [job.folder for job in self._jobs.jobs if not job.is_over]
        if run.folder not in folders:
            read = self._jobs.submit_here("spec", self.reader_of(run))
            self._going_on[read] = run
            read.succeeded.connect(self._on_read)
            read.failed.connect(self._on_not_read)

    def past(self, project: "Project") -> Job:
        """All runs of this kind in a project, newest first: a list of `Run`."""
        return self._jobs.submit_here("runs", partial(_past, project, self.key))

    def _submit(self, spec: Any, title: str) -> Job:
        job = self._jobs.submit(self.key, spec, title, folder=spec.out)
        self._runs.keep(job, None)
        return job

    def _on_read(self, spec: Any) -> None:
        run = self._going_on.pop(self._reader())
        self.went_on.emit(self._submit(spec, run.title))

    def _on_not_read(self, error: JobError) -> None:
        run = self._going_on.pop(self._reader())
        spec = self.spec_of(run)
        failure = self._jobs.submit_failure(self.key, spec, run.title, exception_of(error))
        self.went_on.emit(failure)

    def _reader(self) -> Job:
        sender = self.sender()
        assert isinstance(sender, Job)
        return sender

    # --- looking ---

    def structure(self, folder: Path, row: ScreenRow) -> Job:
        """The structure of a candidate: a `Document` where it was relaxed, else a `Structure`."""
        path = _relaxed_file(folder, row)
        if path is not None:
            return self._jobs.submit("read", ReadSpec(path=path), f"Open {row.formula}")
        if self._store is None or self._store.folder != folder:
            self._store = ScreenStore(folder)
        return self._jobs.submit_here("structure", partial(_stored, self._store, row))

    def bonds(self, structure: Structure) -> Job:
        """Which atoms are drawn as bonded."""
        return self._jobs.submit("bonds", BondsSpec(structure=structure))

    # --- files ---

    def write_table(self, rows: Sequence[ScreenRow], path: Path) -> Job:
        """The rows as CSV: the `Path`."""
        return self._jobs.submit_here("save", partial(_write_table, tuple(rows), path))

    def write_structures(
        self, folder: Path, rows: Sequence[ScreenRow], out: Path, kind: str = "cif"
    ) -> Job:
        """A file for each row, "cif" or "vasp" (POSCAR), into a folder: the `Path`."""
        work = partial(_write_structures, folder, tuple(rows), out, kind, self.key)
        return self._jobs.submit_here("save", work)

    def copy_report(self, folder: Path, path: Path) -> Job:
        """The report of a finished run: the `Path`."""
        return self.copy_file(folder, REPORT, path)

    def copy_file(self, folder: Path, name: str, path: Path) -> Job:
        """A file that the run wrote: the `Path`."""
        return self._jobs.submit_here("save", partial(_copy, folder / name, path))


def has_rows(folder: Path) -> bool:
    """Whether a folder holds the rows of a run."""
    return (folder / ROWS).is_file()


def has_report(folder: Path) -> bool:
    """Whether the run came to its end and wrote a report."""
    return (folder / REPORT).is_file()


def _past(project: "Project", key: str, _control: RunControl) -> list[Run]:
    runs = [run for run in project.runs.all() if run.key == key and has_rows(run.folder)]
    return runs[::-1]


def _relaxed_file(folder: Path, row: ScreenRow) -> Path | None:
    """The CIF of a relaxed candidate; None without, or where it would lie outside its run."""
    path = folder / row.structure_file
    is_ours = bool(row.structure_file) and path.resolve().is_relative_to(folder.resolve())
    return path if is_ours and path.is_file() else None


def _stored(store: ScreenStore, row: ScreenRow, _control: RunControl) -> Structure:
    structure = store.structure(row)
    if structure is None:  # it was made after the store looked
        structure = ScreenStore(store.folder).structure(row)
    if structure is None:
        raise FileUnreadableError(str(store.folder), f"candidate {row.id} is not in it")
    return structure


def _write_table(rows: tuple[ScreenRow, ...], path: Path, _control: RunControl) -> Path:
    write_csv(path, rows)
    return path


def _write_structures(
    folder: Path,
    rows: tuple[ScreenRow, ...],
    out: Path,
    kind: str,
    made_by: str,
    control: RunControl,
) -> Path:
    store = ScreenStore(folder)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for row in rows:
            control.checkpoint()
            target = out / f"{_as_file_name(row.id)}-{_as_file_name(row.formula)}.{kind}"
            source = _relaxed_file(folder, row)
            if source is not None and source.suffix == target.suffix:
                shutil.copyfile(source, target)
                continue
            structure = store.relaxed(row) if source is not None else store.structure(row)
            if structure is not None:
                write_document(Document.from_structure(structure, made_by=made_by), target)
    except OSError as error:
        raise WriteFailedError(str(out), error.strerror or str(error)) from error
    return out


def _as_file_name(text: str) -> str:
    """What every file system takes: the name of a lost file stands for its formula."""
    return re.sub(r"[^\w.+-]", "_", text)[:80].lstrip(".") or "_"


def _copy(source: Path, path: Path, _control: RunControl) -> Path:
    try:
        shutil.copyfile(source, path)
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
    return path
