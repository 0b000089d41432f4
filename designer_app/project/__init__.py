"""What is saved: a folder `name.designer/` with structures, runs and results.

    project.toml     format version, name
    structures/      what is open (`current.*`) and what was kept
    runs/0001-md/    one folder a run: `run.toml`, and what the run wrote
    results.db       rows of results with their origin (SQLite through `ase.db`)

Every file is written whole, one process at a time may write, and a folder of an older format is
brought up to date at opening, with its old `project.toml` kept.
"""

import logging
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from designer_app import __version__
from designer_app.errors import ProjectRefusedError, WriteFailedError
from designer_app.io.atomic_write import backup_of
from designer_app.io.documents import Document
from designer_app.io.folder_lock import NAME as LOCK
from designer_app.io.folder_lock import FolderLock
from designer_app.io.folders import refuse_link
from designer_app.io.toml import read_toml, write_toml
from designer_app.io.user_folders import projects_folder
from designer_app.project.results import Results
from designer_app.project.runs import Runs
from designer_app.provenance import now

FORMAT = 1
SUFFIX = ".designer"
SCRATCH = "Unnamed"
"""The project of those who never made one: nothing is lost for want of a name."""

_log = logging.getLogger(__name__)

Migration = Callable[[Path, dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""By format: a function (folder, contents of project.toml) -> contents in the next format."""

_HEAD = "project.toml"
_STRUCTURES, _RUNS, _RESULTS = "structures", "runs", "results.db"
_CURRENT = "current"


class Project:
    """A project folder that is open. `close` it, so that others may write."""

    def __init__(self, folder: Path, head: Mapping[str, Any], lock: FolderLock | None) -> None:
        """Use `create`, `open` or `scratch`."""
        self.folder = folder
        self.runs = Runs(folder / _RUNS)
        self.results = Results(folder / _RESULTS, str(head.get("results", "")))
        self._head = head
        self._lock = lock
        self.holder = "" if lock else FolderLock(folder).holder()
        """Who else has it open for writing, in words."""

    @staticmethod
    def create(folder: Path) -> "Project":
        """A new, empty project. Raises `ProjectRefusedError` where the folder is not empty."""
        _check_free(folder)
        head = {"format": FORMAT, "created": now(), "program": __version__}
        write_toml(folder / _HEAD, head)
        return Project.open(folder)

    @staticmethod
    def open(folder: Path) -> "Project":
        """The project in a folder; read-only while another window has it open.

        Raises `ProjectRefusedError` where it is none, damaged, or of a newer program.
        """
        head = _read_head(folder)
        lock = _taken(folder)
        try:
            project = Project(folder, head if lock is None else _migrated(folder, head), lock)
        except BaseException:
            if lock is not None:
                lock.release()
            raise
        if not project.is_read_only:
            project.runs.mark_interrupted()
        return project

    @staticmethod
    def scratch() -> "Project":
        """The user's unnamed project, or a second one while another window has the first."""
        for number in range(1, 100):
            name = SCRATCH if number == 1 else f"{SCRATCH} {number}"
            folder = projects_folder() / f"{name}{SUFFIX}"
            try:
                project = Project.open(folder) if folder.exists() else Project.create(folder)
            except ProjectRefusedError as error:  # damaged, or of a newer program: left as it is
                _log.warning("%s is passed over: %s", folder, error.reason)
                continue
            if not project.is_read_only:
                return project
        raise ProjectRefusedError(str(projects_folder()), "it cannot be written to")

    @property
    def name(self) -> str:
        """What it is called: its folder."""
        return self.folder.name.removesuffix(SUFFIX)

    @property
    def is_read_only(self) -> bool:
        """Whether another window has it, or the folder cannot be written to."""
        return self._lock is None

    def close(self) -> None:
        """Let others write to it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def copied_to(self, folder: Path) -> "Project":
        """The same project under another name, open; this one stays as it is, and open."""
        _check_free(folder)
        if folder.resolve().is_relative_to(self.folder.resolve()):
            raise ProjectRefusedError(str(folder), "it would lie inside the project that it copies")
        try:
            leave_out = shutil.ignore_patterns(LOCK)
            shutil.copytree(self.folder, folder, ignore=leave_out, dirs_exist_ok=True)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise WriteFailedError(str(folder), str(error)) from error
        return Project.open(folder)

    # --- structures ---

    def keep(self, document: Document, name: str = _CURRENT) -> Path:
        """Save a structure: as CIF where sites are shared, else as extended XYZ."""
        from designer_app.io.writing import write_document

        suffix, other = (".cif", ".extxyz") if document.is_disordered else (".extxyz", ".cif")
        path = self.folder / _STRUCTURES / f"{name}{suffix}"
        write_document(document, path, through_link=False)
        told = {"name": document.name, "source": document.source}
        write_toml(path.with_suffix(".toml"), told, backup=False)
        with suppress(OSError):
            path.with_suffix(other).unlink(missing_ok=True)
        return path

    def kept(self, name: str = _CURRENT) -> Path | None:
        """Where a structure of that name is saved, or None."""
        for suffix in (".extxyz", ".cif"):
            path = self.folder / _STRUCTURES / f"{name}{suffix}"
            if path.is_file():
                return path
        return None

    def kept_name(self, name: str = _CURRENT) -> str:
        """What the structure saved under that name is called; empty where nobody knows."""
        with suppress(OSError, ValueError):
            return str(read_toml(self.folder / _STRUCTURES / f"{name}.toml").get("name", ""))
        return ""


def _check_free(folder: Path) -> None:
    """Raise `ProjectRefusedError` where something is in the way of a new folder."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise ProjectRefusedError(str(folder), "there is something else in this folder")
    except OSError as error:
        raise ProjectRefusedError(str(folder), error.strerror or str(error)) from error


def _read_head(folder: Path) -> dict[str, Any]:
    """What project.toml says; its backup, where the file itself is damaged."""
    path = folder / _HEAD
    try:
        is_project = path.is_file() or backup_of(path).is_file()
    except OSError as error:
        raise ProjectRefusedError(str(folder), error.strerror or str(error)) from error
    if not is_project:
        raise ProjectRefusedError(str(folder), "this folder holds no project")
    for each in (path, backup_of(path)):
        with suppress(OSError, ValueError):
            head = read_toml(each)
            if isinstance(head.get("format"), int):
                return _checked(folder, head)
    raise ProjectRefusedError(str(folder), "its project.toml is damaged")


def _checked(folder: Path, head: dict[str, Any]) -> dict[str, Any]:
    found = head["format"]
    if found > FORMAT:
        raise ProjectRefusedError(
            str(folder),
            f"it was made by a newer version of this program (format {found}; "
            f"this version reads up to {FORMAT})",
        )
    if found < FORMAT and not all(each in MIGRATIONS for each in range(found, FORMAT)):
        raise ProjectRefusedError(str(folder), f"its format {found} is not known")
    for name in (_STRUCTURES, _RUNS, _RESULTS):
        try:
            refuse_link(folder / name)
        except OSError as error:
            reason = f"its “{name}” is a link, and nothing is written through one"
            raise ProjectRefusedError(str(folder), reason) from error
    results = str(head.get("results", ""))
    if results and not results.startswith("postgresql://"):  # other text would name a file to write
        raise ProjectRefusedError(str(folder), "its results lie in no PostgreSQL database")
    return head


def _migrated(folder: Path, head: dict[str, Any]) -> dict[str, Any]:
    """The head in the present format, written back where something changed."""
    before = head["format"]
    while head["format"] < FORMAT:
        head = {**MIGRATIONS[head["format"]](folder, head), "format": head["format"] + 1}
    if head["format"] != before:
        write_toml(folder / _HEAD, head)
    return head


def _taken(folder: Path) -> FolderLock | None:
    lock = FolderLock(folder)
    try:
        return lock if lock.take() else None
    except OSError:  # a folder that cannot be written to: read-only
        return None
