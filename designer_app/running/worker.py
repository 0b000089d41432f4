"""The worker: a process that runs jobs by name, so that no window waits for or dies with one.

`python -m designer_app.running.worker` reads messages from stdin and answers on stdout. The main
thread runs the jobs one after the other, a reader thread takes pause, resume and cancel, and what
a job writes to its control goes out through the `Outlet`.
"""

import argparse
import faulthandler
import logging
import os
import queue
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

from designer_app import __version__
from designer_app.errors import Cancelled
from designer_app.registry import Row
from designer_app.running import messages as say
from designer_app.running.control import RunControl
from designer_app.running.outlet import Outlet
from designer_app.running.sandbox import WORKER, confine
from designer_app.running.stream import MessageWriter, receive
from designer_app.specs.jobs import JOBS

GRACE_S = 3.0
"""How long a job may finish its files after the window is gone."""

_log = logging.getLogger(__name__)


class Worker:
    """Runs the jobs that come in, until the stream ends."""

    def __init__(
        self,
        incoming: BinaryIO,
        outgoing: BinaryIO,
        jobs: Mapping[str, Row],
    ) -> None:
        self._incoming = incoming
        self._writer = MessageWriter(outgoing)
        self._outlet = Outlet(self._writer)
        self._jobs = jobs
        self._orders: queue.SimpleQueue[say.RunJob | say.Warm | None] = queue.SimpleQueue()
        self._controls: dict[int, RunControl] = {}
        self._running: int | None = None
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Answer until the window closes the stream."""
        logging.getLogger().addHandler(self._outlet.log_handler)
        threading.Thread(target=self._read, name="reader", daemon=True).start()
        while (order := self._orders.get()) is not None:
            if isinstance(order, say.Warm):
                _import_ahead(order.modules)
                self._writer.send(say.Ready(os.getpid(), __version__))
            else:
                self._run(order)
            self._outlet.send_log()

    def _run(self, order: say.RunJob) -> None:
        with self._lock:
            control = self._controls.get(order.job)
            if control is None:  # cancelled while it waited, and answered by the reader
                return
            self._running = order.job
        self._writer.send(say.Started(order.job))
        answer: Any
        with self._outlet.sending(order.job, control):
            try:
                result = self._jobs[order.key].load()(order.spec, control)
                answer = say.Succeeded(order.job, result)
            except Cancelled:
                answer = say.WasCancelled(order.job)
            except BaseException as error:  # noqa: BLE001 - every end of a job is reported
                answer = say.Failed(order.job, say.job_error(error))
        with self._lock:
            del self._controls[order.job]
            self._running = None
        try:
            self._writer.send(answer)
        except (TypeError, ValueError) as error:  # a result that is no plain data, or too large
            self._writer.send(say.Failed(order.job, say.job_error(error)))

    # --- the reader thread ---

    def _read(self) -> None:
        try:
            while (message := receive(self._incoming)) is not None:
                self._take(message)
        except Exception:  # noqa: BLE001 - without a reader nobody could end the worker
            _log.exception("The window sent something that cannot be followed")
        self._leave()

    def _take(self, message: Any) -> None:
        if isinstance(message, say.RunJob):
            with self._lock:
                self._controls[message.job] = RunControl()
            self._orders.put(message)
        elif isinstance(message, say.Warm):
            self._orders.put(message)
        elif isinstance(message, say.Steer):
            self._steer(message)
        elif isinstance(message, say.UseFrameBlock):
            self._outlet.use_block(message.name, message.n_atoms)
        elif isinstance(message, say.FrameTaken):
            self._outlet.frame_was_taken()

    def _steer(self, message: say.Steer) -> None:
        with self._lock:
            control = self._controls.get(message.job)
            if control is None:
                return
            never_starts = message.to == "cancel" and message.job != self._running
            if never_starts:
                del self._controls[message.job]
        if never_starts:
            self._writer.send(say.WasCancelled(message.job))
        elif message.to in ("pause", "resume", "cancel"):
            getattr(control, message.to)()

    def _leave(self) -> None:
        """End soon: running jobs are cancelled, and given time to finish their files."""
        with self._lock:
            for control in self._controls.values():
                control.cancel()
        self._orders.put(None)
        threading.Event().wait(GRACE_S)
        os._exit(1)  # the main thread is still in a job that does not look


def _confine(folders: Sequence[Path]) -> None:
    """Writing in these folders, for temporary files and in shared memory alone."""
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    shared = (Path(tempfile.gettempdir()), Path("/dev/shm"), Path(os.devnull))  # noqa: S108
    taken = confine((*shared, *folders))
    _log.info("This worker may not use: %s", taken or "(nothing can be taken away here)")


def _import_ahead(modules: Sequence[str]) -> None:
    for name in modules:
        try:
            import_module(name)
        except Exception:  # noqa: BLE001 - a package that does not import is told by its job
            _log.warning("Could not import %s ahead of time", name, exc_info=True)


def _own_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Stdin and stdout for messages alone: what libraries print goes to stderr."""
    incoming, outgoing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import ctypes
        import msvcrt

        # A child takes the system's handles, which a program without console keeps apart.
        ctypes.windll.kernel32.SetStdHandle(-10, msvcrt.get_osfhandle(0))
        ctypes.windll.kernel32.SetStdHandle(-11, msvcrt.get_osfhandle(1))
        msvcrt.setmode(incoming, os.O_BINARY)
        msvcrt.setmode(outgoing, os.O_BINARY)
    return os.fdopen(incoming, "rb"), os.fdopen(outgoing, "wb")


def _limit_memory(n_bytes: int) -> None:
    """Let an allocation beyond the limit fail, where the system counts private data (Linux).

    The address space is not limited: CUDA reserves far more of it than it uses. Besides, the
    window watches what the worker really holds, on every system.
    """
    if sys.platform == "linux" and n_bytes:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (n_bytes, n_bytes))


def _registry(named: str) -> Mapping[str, Row]:
    if not named:
        return JOBS
    module, _, attribute = named.partition(":")
    return getattr(import_module(module), attribute)


def main(arguments: Sequence[str] | None = None) -> int:
    """The process's entry: `python -m designer_app.running.worker`, or the program's `--worker`."""
    parser = argparse.ArgumentParser(prog="designer-app --worker")
    parser.add_argument("--memory-limit", type=int, default=0, metavar="BYTES")
    parser.add_argument(
        "--confined", action="store_true", help="give up rights before anything else"
    )
    parser.add_argument("--writable", type=Path, action="append", default=[], metavar="DIR")
    parser.add_argument("--jobs", default="", metavar="MODULE:ATTRIBUTE", help="for tests")
    given = parser.parse_args(arguments)
    incoming, outgoing = _own_pipes()
    faulthandler.enable(2)
    logging.captureWarnings(capture=True)
    logging.getLogger().setLevel(logging.INFO)
    _limit_memory(given.memory_limit)
    os.environ[WORKER] = "confined" if given.confined else "open"
    if given.confined:
        _confine(given.writable)
    try:
        Worker(incoming, outgoing, _registry(given.jobs)).serve()
    except BrokenPipeError:  # the window is gone, and with it whoever could be told
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
