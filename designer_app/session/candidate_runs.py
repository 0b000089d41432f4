"""Runs of the project that make candidates, row by row: read back, write files."""

import re
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from designer_app.errors import FileUnreadableError, WriteFailedError
from designer_app.io.documents import Document
from designer_app.io.screen_store import REPORT, ROWS, ScreenStore
from designer_app.io.screen_table import write_csv
from designer_app.io.writing import write_document
from designer_app.running.control import RunControl
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.project_runs import ProjectRuns
from designer_app.session.run_keeper import RunKeeper
from designer_app.specs.documents import BondsSpec, ReadSpec
from designer_app.specs.potentials import imports_code
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure


class CandidateRuns(ProjectRuns):
    """Each answer is a `Job`: nothing here keeps the window waiting."""

    def __init__(self, jobs: JobManager, runs: RunKeeper, parent: QObject | None = None) -> None:
        super().__init__(jobs, runs, parent)
        self._store: ScreenStore | None = None
        """Of the run looked at last: it knows where its structures are."""

    def code_of(self, spec: Any) -> str:
        """The potential, where it is code."""
        is_code = imports_code(spec.potential, spec.model)
        return (spec.model or spec.potential) if is_code else ""

    @staticmethod
    def is_worth_a_look(folder: Path) -> bool:
        """Whether it has rows."""
        return has_rows(folder)

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
