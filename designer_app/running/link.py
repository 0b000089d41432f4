"""The window's side of a worker: started in the background, asked, steered, killed, replaced.

`remote(key, spec, link)(control)` has the signature of the job itself and blocks like it; what the
job writes to its control in the worker appears in the `control` here.
"""

import itertools
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from designer_app.device import thread_environment
from designer_app.errors import (
    Cancelled,
    DesignerAppError,
    InvalidSpecError,
    OutOfMemoryError,
    TimeLimitError,
    WorkerDiedError,
)
from designer_app.running import messages as say
from designer_app.running.control import RunControl
from designer_app.running.worker_process import Ended, Route, WorkerProcess
from designer_app.specs.jobs import JOBS

CANCEL_LIMIT_S = 5.0
"""A worker that has not answered a cancel by then is killed."""
START_LIMIT_S = 120.0
"""Time for a cold worker to begin a job on a busy machine with a slow disk."""
CHECK_INTERVAL_S = 0.5
"""How often the limits of time and memory are looked at."""

_log = logging.getLogger(__name__)


def remote(key: str, spec: Any, link: "WorkerLink") -> Callable[[RunControl], Any]:
    """The job `key` on `spec`, run by a worker: call it with a control, get the result."""
    return lambda control: link.run(key, spec, control)


def default_memory_limit() -> int:
    """Bytes that a worker may hold: what the machine has, less a quarter for everything else."""
    import psutil

    return int(0.75 * psutil.virtual_memory().total)


class WorkerLink:
    """One worker process at a time; a new one takes the place of one that died."""

    def __init__(
        self,
        kind: str = "compute",
        python: str | None = None,
        *,
        threads: int = 0,
        patience_s: float | None = None,
        renewed: bool = True,
        one_job: bool = False,
        memory_limit: int | None = None,
        warm: tuple[str, ...] = (),
        on_state: Callable[[str], None] | None = None,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`memory_limit` is in bytes; None takes `default_memory_limit`, 0 sets none.

        A worker that died is `renewed` ahead of its next job; with `one_job` each job has a worker
        of its own, that ends with it.
        `patience_s` is how long a job may take to answer a cancel, None takes `CANCEL_LIMIT_S`.
        `warm` names modules that the worker imports ahead of its first job. `on_state` is told
        "starting", "ready", "busy", "died" or "stopped", by whichever thread notices.
        """
        self.kind = kind
        self._python = python
        self._threads = threads
        self._patience_s = patience_s
        self._renewed = renewed and not one_job
        self._one_job = one_job
        self._memory_limit = memory_limit
        self._warm = warm
        self._on_state = on_state or (lambda _state: None)
        self._arguments = arguments
        self._writable: tuple[str, ...] = ()
        self._environment = environment or {}
        self._process: WorkerProcess | None = None
        self._is_outdated = False
        self._starting = threading.Lock()
        self._turn = threading.Lock()
        self._stopped = threading.Event()
        self._numbers = itertools.count(1)

    @property
    def is_alive(self) -> bool:
        """Whether there is a process that can take a job."""
        return self._process is not None and self._process.is_alive

    @property
    def pid(self) -> int | None:
        """The number of the process, where there is one."""
        return self._process.pid if self._process is not None and self.is_alive else None

    def memory(self) -> int:
        """Bytes of physical memory that the process holds; 0 where there is none."""
        return self._process.memory() if self._process is not None and self.is_alive else 0

    def configure(self, *, python: str | None, threads: int, memory_limit: int | None) -> None:
        """Use these from the next job on; a worker that was started with others is replaced."""
        with self._starting:
            self._python, self._threads, self._memory_limit = python, threads, memory_limit
            self._is_outdated = True

    def start(self) -> None:
        """Start the worker in the background, so that the first job finds it warm."""
        threading.Thread(target=self._start, name=f"start {self.kind}", daemon=True).start()

    def stop(self, patience_s: float = 2.0) -> None:
        """End the worker, politely and then by force. A job that runs ends with `Cancelled`."""
        self._stopped.set()
        with self._starting:
            process = self._process
        if process is not None:
            process.end(patience_s)
        self._on_state("stopped")

    def run(self, key: str, spec: Any, control: RunControl) -> Any:
        """The result of a job. Raises what the job raised, `Cancelled`, or how the worker ended."""
        while not self._turn.acquire(timeout=0.05):
            if control.is_cancelled:
                raise Cancelled
        try:
            if self._one_job:
                out = getattr(spec, "out", None)
                self._writable = () if out is None else (f"--writable={out}",)
            process = None if control.is_cancelled else self._started()
            if process is None:
                raise Cancelled
            patience_s = CANCEL_LIMIT_S if self._patience_s is None else self._patience_s
            under_way = _UnderWay(process, next(self._numbers), key, spec, control, patience_s)
            try:
                return under_way.result(self._on_state, self._limit())
            except WorkerDiedError:
                if self._stopped.is_set():
                    raise Cancelled from None
                raise
            finally:
                self._after(process)
        finally:
            self._turn.release()

    def _after(self, process: WorkerProcess) -> None:
        if self._stopped.is_set():
            return
        if self._one_job:
            process.end(patience_s=1.0)
            return
        self._on_state("ready" if process.is_alive else "died")
        if self._renewed and not process.is_alive:
            self.start()

    def _start(self) -> None:
        try:
            self._started()
        except DesignerAppError:  # the first job meets it too, and tells
            _log.exception("The %s worker could not be started", self.kind)

    def _started(self) -> WorkerProcess | None:
        """A living process; None once the link was stopped."""
        with self._starting:
            if self._stopped.is_set():
                return None
            if self._process is not None and self._is_outdated:
                self._process.end(patience_s=2.0)
            self._is_outdated = False
            if self._process is None or not self._process.is_alive:
                if self._process is not None:
                    self._process.kill()  # what is left of it: its pipes
                self._on_state("starting")
                self._process = self._new_process()
                self._process.send(say.Warm(self._warm))
            return self._process

    def _new_process(self) -> WorkerProcess:
        environment = {**os.environ, **thread_environment(self._threads), **self._environment}
        try:
            return WorkerProcess(
                self._command(), environment, self.kind, lambda: self._on_state("ready")
            )
        except OSError as error:
            self._on_state("died")
            if self._python is not None:
                reason = f"it cannot be started ({error.strerror})"
                raise InvalidSpecError("python", self._python, reason) from error
            raise WorkerDiedError(None, "start") from error

    def _command(self) -> list[str]:
        if getattr(sys, "frozen", False) and self._python is None:
            begin = [sys.executable, "--worker"]
        else:  # -P: the folder that the program was started in offers no modules
            begin = [self._python or sys.executable, "-P", "-m", "designer_app.running.worker"]
        limit = f"--memory-limit={self._limit()}"
        return [*begin, limit, *self._arguments, *self._writable]

    def _limit(self) -> int:
        if self._memory_limit is None:
            self._memory_limit = default_memory_limit()
        return self._memory_limit


class _UnderWay:
    """A job under way in a worker: its answers, its limits, and the user's wishes for it."""

    def __init__(
        self,
        process: WorkerProcess,
        number: int,
        key: str,
        spec: Any,
        control: RunControl,
        patience_s: float,
    ) -> None:
        self._process = process
        self._number = number
        self._key = key
        self._spec = spec
        self._control = control
        self._patience_s = patience_s
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._is_paused = False
        self._start_by: float | None = time.monotonic() + START_LIMIT_S
        self._end_by: float | None = None
        self._stop_by: float | None = None

    def result(self, on_state: Callable[[str], None], memory_limit: int) -> Any:
        """Send the job and wait for its end."""
        self._process.send_answers_to(Route(self._number, self._control, self._events))
        try:
            with self._control.watched(self._wake):
                self._process.send(say.RunJob(self._number, self._key, self._spec))
                while True:
                    self._steer()
                    event = self._next_event()
                    if isinstance(event, say.Started):
                        self._begin()
                        on_state("busy")
                    elif isinstance(event, say.Succeeded):
                        return event.result
                    elif isinstance(event, say.WasCancelled):
                        raise Cancelled
                    elif isinstance(event, say.Failed):
                        raise say.exception_of(event.error)
                    elif isinstance(event, Ended):
                        raise self._death(event.problem)
                    self._keep_limits(memory_limit)
        finally:
            self._process.send_answers_to(None)

    def _wake(self) -> None:
        """Look at the control: called by whoever paused, resumed or cancelled it."""
        self._events.put(None)

    def _next_event(self) -> Any:
        wait = CHECK_INTERVAL_S
        if self._stop_by is not None:
            wait = min(max(self._stop_by - time.monotonic(), 0.0), wait)
        try:
            return self._events.get(timeout=wait)
        except queue.Empty:
            return None

    def _begin(self) -> None:
        self._start_by = None
        limit = JOBS[self._key].time_limit if self._key in JOBS else None
        if limit is not None:
            self._end_by = time.monotonic() + limit

    def _steer(self) -> None:
        """Pass the user's wishes on."""
        if self._control.is_cancelled:
            if self._stop_by is None:
                self._process.send(say.Steer(self._number, "cancel"))
                self._stop_by = time.monotonic() + self._patience_s
        elif self._control.is_paused != self._is_paused:
            self._is_paused = self._control.is_paused
            self._process.send(say.Steer(self._number, "pause" if self._is_paused else "resume"))

    def _keep_limits(self, memory_limit: int) -> None:
        """Kill the worker, and say why, when it passes a limit."""
        now = time.monotonic()
        if self._stop_by is not None and now >= self._stop_by:
            _log.info("%s did not stop within %g s: killed", self._key, self._patience_s)
            self._process.kill()
            raise Cancelled
        if self._start_by is not None and now > self._start_by:
            raise self._death(f"it did not begin within {START_LIMIT_S:g} s")
        if self._end_by is not None and now > self._end_by:
            self._process.kill()
            seconds = JOBS[self._key].time_limit or 0.0
            raise TimeLimitError(str(getattr(self._spec, "path", self._key)), seconds)
        if memory_limit and self._process.memory() > memory_limit:
            self._process.kill()
            raise OutOfMemoryError("cpu")

    def _death(self, problem: str) -> WorkerDiedError:
        code = None if problem else self._process.exit_code()
        self._process.kill()  # it may have closed its stream, or sent garbage, and live on
        error = WorkerDiedError(code, self._key)
        for line in (problem or f"exit code {code}", *self._process.last_words):
            error.add_note(line)
        return error
