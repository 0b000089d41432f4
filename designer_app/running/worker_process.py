"""A worker process and its three pipes. The only file that makes processes for jobs.

Its messages go to the control of the job that runs, its stderr to the log. Two threads read, so
the worker never waits for the window.
"""

import logging
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from designer_app.running import messages as say
from designer_app.running.channels import Frame
from designer_app.running.control import RunControl
from designer_app.running.encoding import BrokenMessageError
from designer_app.running.frame_block import SMALLEST_BLOCK, FrameBlock
from designer_app.running.stream import MessageWriter, receive

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Ended:
    """The worker says no more."""

    problem: str = ""
    """What it did wrong before; empty where it simply ended."""


@dataclass(frozen=True)
class Route:
    """Where the answers to a job go: scalars and frames to its control, all else to events."""

    job: int
    control: RunControl
    events: "queue.SimpleQueue[Any]"


class WorkerProcess:
    """A process that has been started, and is read until it ends."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        kind: str,
        on_ready: Callable[[], None],
    ) -> None:
        hidden: dict[str, Any] = {}
        if sys.platform == "win32":
            hidden["creationflags"] = subprocess.CREATE_NO_WINDOW
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,  # Ctrl+C in the terminal is for the window
            **hidden,
        )
        self._out = cast("BinaryIO", self._process.stdout)
        self._err = cast("BinaryIO", self._process.stderr)
        self._writer = MessageWriter(cast("BinaryIO", self._process.stdin))
        self._kind = kind
        self._on_ready = on_ready
        self._route: Route | None = None
        self._route_lock = threading.Lock()
        self._has_ended = False
        self._block: FrameBlock | None = None
        self._measured: Any = None
        self.last_words: deque[str] = deque(maxlen=40)
        """The end of what it wrote to stderr, e.g. the stack of a segmentation fault."""
        self._threads = [
            threading.Thread(target=self._read, name=f"{kind} messages", daemon=True),
            threading.Thread(target=self._read_stderr, name=f"{kind} stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The system's number of it."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it can still answer."""
        return not self._has_ended and self._process.poll() is None

    def exit_code(self, patience_s: float = 1.0) -> int | None:
        """Its exit code, known shortly after its end; negative is the signal that ended it."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(patience_s)
        return None

    def send(self, message: Any) -> None:
        """Send a message. Where the worker is gone, its reader tells."""
        with suppress(OSError):
            self._writer.send(message)

    def send_answers_to(self, route: Route | None) -> None:
        """From now on, what comes for this job goes there."""
        with self._route_lock:
            self._route = route
            if route is not None and self._has_ended:
                route.events.put(Ended())

    def memory(self) -> int:
        """Bytes of physical memory that it holds."""
        import psutil

        with suppress(psutil.Error):
            self._measured = self._measured or psutil.Process(self._process.pid)
            return self._measured.memory_info().rss
        return 0

    def end(self, patience_s: float) -> None:
        """Close its stream, which asks it to end; kill it when it does not."""
        with suppress(OSError):
            self._writer.close(patience_s)
            self.exit_code(patience_s)
        self.kill()

    def kill(self) -> None:
        """End it now, and leave nothing of it behind."""
        self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(1.0)
        with suppress(OSError):
            self._writer.close(0.1)
        if not any(thread.is_alive() for thread in self._threads):
            self._out.close()
            self._err.close()

    # --- the reading threads ---

    def _read(self) -> None:
        problem = ""
        try:
            while (message := receive(self._out)) is not None:
                self._take(message)
        except BrokenMessageError as error:
            problem = f"it sent no message: {error}"
        except Exception as error:  # noqa: BLE001 - the job that waits must hear of every end
            _log.exception("A message of the %s worker could not be taken", self._kind)
            problem = f"its message could not be taken: {error!r}"
        finally:
            with self._route_lock:
                self._has_ended = True
                if self._route is not None:
                    self._route.events.put(Ended(problem))
            if self._block is not None:
                self._block.close(remove=True)

    def _take(self, message: Any) -> None:
        if isinstance(message, say.Logged):
            _log_here(message)
        elif isinstance(message, say.Ready):
            _log.info("The %s worker is ready (process %d)", self._kind, message.pid)
            self._on_ready()
        elif isinstance(message, say.NewFrame):
            self._take_frame(message)
        else:
            with self._route_lock:
                if self._route is not None and self._route.job == message.job:
                    _pass_on(message, self._route)

    def _take_frame(self, message: say.NewFrame) -> None:
        frame = message.frame
        if message.is_in_block:
            assert self._block is not None
            frame = Frame(frame.step, frame.time_fs, self._block.take(), frame.cell)
        elif len(frame.positions) >= SMALLEST_BLOCK:
            self._offer_block(len(frame.positions))
        self.send(say.FrameTaken())
        with self._route_lock:
            if self._route is not None and self._route.job == message.job:
                self._route.control.frames.put(frame)

    def _offer_block(self, n_atoms: int) -> None:
        """Share memory for frames of this size; the worker uses it from the next frame on."""
        if self._block is not None:
            self._block.close(remove=True)
        try:
            self._block = FrameBlock.create(n_atoms)
        except OSError as error:  # no room for shared memory: frames go through the pipe
            self._block = None
            _log.info("Frames are not shared: %s", error)
            return
        self.send(say.UseFrameBlock(self._block.name, n_atoms))

    def _read_stderr(self) -> None:
        for line in self._err:
            text = line.decode("utf-8", "replace").rstrip()
            self.last_words.append(text)
            _log.info("%s worker: %s", self._kind, text)


def _pass_on(message: Any, route: Route) -> None:
    if isinstance(message, say.Rows):
        rows = message.values.tolist()
        route.control.series.extend([dict(zip(message.names, row, strict=True)) for row in rows])
    elif isinstance(message, say.Progressed):
        route.control.progress_slot.put(message.progress)
    else:
        route.events.put(message)


def _log_here(message: say.Logged) -> None:
    """Log in this process what was logged in the worker."""
    logger = logging.getLogger(message.logger)
    if logger.isEnabledFor(message.level):
        record = logger.makeRecord(
            message.logger, message.level, "(worker)", 0, message.text, (), None
        )
        record.created = message.created
        logger.handle(record)
