"""The file that is being read: one at a time, the newest that was asked for."""

from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from designer_app.io.documents import Document
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.recent import Recent
from designer_app.specs.documents import ReadSpec
from designer_app.specs.md import MDSpec


@dataclass(frozen=True)
class _Opening:
    """A file that is being read."""

    job: Job
    path: Path | None = None
    """Remembered among the files that were open; None where the user chose none."""
    name: str = ""
    """What the structure is called where the file's own name says nothing."""
    goes_on: MDSpec | None = None
    """The run that goes on once its structure is open."""


class Openings(QObject):
    """Each reading gives up the one before."""

    opened = Signal(object, object)
    """(`Document`, the `MDSpec` that goes on with it or None)."""
    failed = Signal(object)
    """A `JobError`."""

    def __init__(self, jobs: JobManager, recent: Recent, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs, self._recent = jobs, recent
        self._opening: _Opening | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a file is being read."""
        return self._opening is not None

    def read(
        self,
        path: Path,
        *,
        remember: bool = False,
        name: str = "",
        index: int = -1,
        goes_on: MDSpec | None = None,
    ) -> None:
        """Read a frame of a file in the quick worker."""
        job = self._jobs.submit("read", ReadSpec(path=path, index=index), f"Open {path.name}")
        self._begin(_Opening(job, path if remember else None, name, goes_on))

    def follow(self, job: Job) -> None:
        """Open the `Document` that a job will answer."""
        self._begin(_Opening(job))

    def _begin(self, opening: _Opening) -> None:
        if self._opening is not None:
            self._opening.job.cancel()
        self._opening = opening
        opening.job.succeeded.connect(self._on_read)
        opening.job.failed.connect(self._on_not_read)

    def _on_read(self, document: Document) -> None:
        opening = self._opening
        if opening is None or self.sender() is not opening.job:
            return
        self._opening = None
        if opening.path is not None:
            self._recent.add_file(opening.path)
        if opening.goes_on is not None:
            document = _as_at_the_start(document)
        named = document.renamed(opening.name) if opening.name else document
        self.opened.emit(named, opening.goes_on)

    def _on_not_read(self, error: JobError) -> None:
        if self._opening is not None and self.sender() is self._opening.job:
            self._opening = None
            self.failed.emit(error)


def _as_at_the_start(document: Document) -> Document:
    """The first frame of a run as a structure: the run brings its own frames and velocities."""
    content = replace(document.structure(), velocities=None)
    return replace(document, content=content, frame=0, n_frames=1)
