"""Runs of one kind in the project: begin one, go on with one, list the earlier ones."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from designer_app.errors import DesignerAppError, UnsafeFileError
from designer_app.project.runs import Run
from designer_app.running.control import RunControl
from designer_app.running.messages import JobError, exception_of
from designer_app.session.job import Job
from designer_app.session.job_manager import JobManager
from designer_app.session.run_keeper import RunKeeper

if TYPE_CHECKING:
    from designer_app.project import Project


class ProjectRuns(QObject):
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
        self._going_on: dict[Job, Run] = {}

    def spec_of(self, run: Run) -> Any:
        """The settings of a run of the project. Raises `InvalidSpecError`."""
        raise NotImplementedError

    def reader_of(self, run: Run) -> Callable[[RunControl], Any]:
        """What reads the spec that goes on with a run, outside the window's thread."""
        raise NotImplementedError

    def code_of(self, spec: Any) -> str:
        """The name by which a run would import code; "" where it imports none."""
        raise NotImplementedError

    @staticmethod
    def is_worth_a_look(folder: Path) -> bool:
        """Whether a run left something to be looked at."""
        raise NotImplementedError

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

        Raises `InvalidSpecError`, and `UnsafeFileError` of a run with code of its own.
        """
        spec = self.spec_of(run)
        code = self.code_of(spec)
        if code and not is_trusted:
            raise UnsafeFileError(code, "the run computes with code of its own")
        folders = [each.folder for each in self._going_on.values()]
        folders += [job.folder for job in self._jobs.jobs if not job.is_over]
        if run.folder not in folders:
            read = self._jobs.submit_here("spec", self.reader_of(run))
            self._going_on[read] = run
            read.succeeded.connect(self._on_read)
            read.failed.connect(self._on_not_read)

    def past(self, project: "Project") -> Job:
        """All runs of this kind in a project, newest first: a list of `Run`."""
        return self._jobs.submit_here(
            "runs", partial(_past, project, self.key, self.is_worth_a_look)
        )

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


def _past(
    project: "Project", key: str, is_worth_a_look: Callable[[Path], bool], _control: RunControl
) -> list[Run]:
    runs = [run for run in project.runs.all() if run.key == key and is_worth_a_look(run.folder)]
    return runs[::-1]
