"""The queue of jobs: one heavy job at a time, quick ones beside it, all of them stoppable."""

import itertools
import logging
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from designer_app.running.control import RunControl
from designer_app.running.link import WorkerLink, remote
from designer_app.session.job import Job
from designer_app.session.job_thread import JobThread
from designer_app.session.workers import ASIDE, CONFINED
from designer_app.specs.jobs import JOBS, JobRow
from designer_app.specs.potentials import runs_a_program

CLOSE_LIMIT_S = 5.0
"""Everything is gone by then: a window that closes does not hang around."""
_LOOK_INTERVAL_MS = 200

_HERE = "here"
"""The lane of what runs in this process, in a thread: saving, reading back."""


_log = logging.getLogger(__name__)


class JobManager(QObject):
    """Runs jobs, each kind of worker taking one after the other."""

    job_added = Signal(object)
    job_changed = Signal(object)
    """Both tell of listed jobs only: reading, bonds and saving come and go unseen."""

    def __init__(self, links: Mapping[str, WorkerLink], parent: QObject | None = None) -> None:
        """`links` by kind of worker, as the rows of jobs name it."""
        super().__init__(parent)
        self.jobs: list[Job] = []
        """All listed jobs, and the others until they are over."""
        self._links = links
        self._waiting: dict[str, deque[tuple[Job, Callable[[RunControl], Any]]]] = {
            kind: deque() for kind in (*links, _HERE)
        }
        self._at_work: dict[str, tuple[JobThread, Job]] = {}
        self._is_closed = False
        self._numbers = itertools.count(1)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_INTERVAL_MS)
        self._clock.timeout.connect(self._on_look)

    def submit(self, key: str, spec: Any, title: str = "", *, folder: Path | None = None) -> Job:
        """A job for a worker, started as soon as its turn comes."""
        row = JOBS[key]
        lane = self._lane(row, spec)
        work = remote(key, spec, self._links[lane])
        job = Job(self._number(), key, spec, title or row.title, folder)
        job.is_listed = row.worker == "compute" and row.is_listed
        return self._added(lane, job, work)

    def submit_here(self, key: str, work: Callable[[RunControl], Any], title: str = "") -> Job:
        """Work on files that needs no worker, in a thread, so that the window does not wait."""
        return self._added(_HERE, Job(self._number(), key, None, title or key), work)

    def submit_failure(self, key: str, spec: Any, title: str, error: Exception) -> Job:
        """A job that could not even begin, listed with its error like any other that failed."""
        job = Job(self._number(), key, spec, title)
        job.is_listed = True
        return self._added(_HERE, job, partial(_fail, error))

    @property
    def running(self) -> list[Job]:
        """Jobs that are at work or paused."""
        return [job for _, job in self._at_work.values()]

    def close(self) -> None:
        """Stop everything within `CLOSE_LIMIT_S`: ask, wait, end the workers, wait for threads.

        The event loop stands still meanwhile; hide the window first. Jobs that write files have
        flushed them: what was interrupted can be continued.
        """
        self._is_closed = True
        self._clock.stop()
        end = monotonic() + CLOSE_LIMIT_S
        last_call = end - 0.4 * CLOSE_LIMIT_S
        for kind in self._links:
            self._waiting[kind].clear()
            if kind in self._at_work:
                self._at_work[kind][1].control.cancel()
        self._wait(last_call)
        self._save_the_rest()
        for link in self._links.values():
            link.stop(patience_s=0.5 * (end - last_call) / len(self._links))
        self._wait(end)
        for job in self.jobs:
            job.control.cancel()
            job.on_cancelled()

    def _lane(self, row: JobRow, spec: Any) -> str:
        if CONFINED in self._links and runs_a_program(spec):
            return CONFINED
        is_taken = row.worker in self._at_work or any(self._waiting[row.worker])
        return ASIDE if row.steps_aside and is_taken and ASIDE in self._links else row.worker

    def _number(self) -> int:
        return next(self._numbers)

    def _added(self, lane: str, job: Job, work: Callable[[RunControl], Any]) -> Job:
        job.setParent(self)
        job.changed.connect(self._on_job_changed)
        self.jobs.append(job)
        if job.is_listed:
            self.job_added.emit(job)
        if self._is_closed:
            job.cancel()
            return job
        self._waiting[lane].append((job, work))
        self._start_next(lane)
        return job

    def _start_next(self, lane: str) -> None:
        """Give the lane its next job, unless it has one."""
        waiting = self._waiting[lane]
        while waiting and lane not in self._at_work and not self._is_closed:
            job, work = waiting.popleft()
            if job.is_over:  # cancelled while it waited
                self._forget(job)
                continue
            thread = JobThread(work, job.control, self)
            thread.succeeded.connect(job.on_succeeded)
            thread.failed.connect(job.on_failed)
            thread.cancelled.connect(job.on_cancelled)
            thread.finished.connect(self._on_thread_finished)
            self._at_work[lane] = (thread, job)
            job.begin()
            thread.start()
            self._clock.start()

    def _save_the_rest(self) -> None:
        """Saving that has not had its turn is done now: nothing is lost by closing."""
        if _HERE in self._at_work and self._at_work[_HERE][0].isRunning():
            return  # it hangs, e.g. on a lost drive
        for job, work in self._waiting[_HERE]:
            try:
                work(job.control)
            except Exception:  # noqa: BLE001 - the others are still to be saved
                _log.exception("%s failed", job.title)
        self._waiting[_HERE].clear()

    def _wait(self, until: float) -> None:
        for thread, _ in self._at_work.values():
            thread.wait(max(1, round(1000 * (until - monotonic()))))

    def _on_thread_finished(self) -> None:
        """The sender's lane alone: another thread may be over and its result still in the queue."""
        ended = self.sender()
        for lane, (thread, job) in tuple(self._at_work.items()):
            if thread is ended:
                del self._at_work[lane]
                thread.deleteLater()
                self._forget(job)
                self._start_next(lane)
        if not self._at_work:
            self._clock.stop()

    def _forget(self, job: Job) -> None:
        """Let go of what nobody sees: it may hold large structures."""
        if not job.is_listed and job in self.jobs:
            self.jobs.remove(job)
            job.setParent(None)

    def _on_look(self) -> None:
        for lane, (_, job) in self._at_work.items():
            if lane in self._links:
                job.memory = self._links[lane].memory()
            if not job.is_followed:
                job.look()

    def _on_job_changed(self) -> None:
        job = self.sender()
        if isinstance(job, Job) and job.is_listed:
            self.job_changed.emit(job)


def _fail(error: Exception, _control: RunControl) -> None:
    raise error
