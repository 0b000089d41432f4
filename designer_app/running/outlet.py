"""What a job writes to its control, on its way out of the worker: at most `RATE_HZ` a second."""

import logging
import queue
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import groupby

import numpy as np

from designer_app.running import messages as say
from designer_app.running.channels import Frame
from designer_app.running.control import RunControl
from designer_app.running.frame_block import FrameBlock
from designer_app.running.stream import MessageWriter

RATE_HZ = 30.0


class Outlet:
    """Sends frames, rows, progress and log records of the running job."""

    def __init__(self, writer: MessageWriter) -> None:
        self.log_handler = _LogHandler()
        self._writer = writer
        self._block: FrameBlock | None = None
        self._block_lock = threading.Lock()
        self._frame_may_go = threading.Event()
        self._frame_may_go.set()

    @contextmanager
    def sending(self, job: int, control: RunControl) -> Generator[None]:
        """While inside, what the job writes is sent on; at the end, all that is left."""
        ended = threading.Event()
        pump = threading.Thread(
            target=self._pump, args=(job, control, ended), name="outlet", daemon=True
        )
        pump.start()
        try:
            yield
        finally:
            ended.set()
            pump.join()
            self._frame_may_go.wait(1.0)  # the last frame is the one that stays on the screen
            self._send(job, control)

    def use_block(self, name: str, n_atoms: int) -> None:
        """Put frames of so many atoms into shared memory from now on."""
        block = FrameBlock.attach(name, n_atoms)
        with self._block_lock:
            previous, self._block = self._block, block
        if previous is not None:
            previous.close()

    def frame_was_taken(self) -> None:
        """The window copied the last frame."""
        self._frame_may_go.set()

    def send_log(self) -> None:
        """Send the log records that came since the last time."""
        for record in self.log_handler.drain():
            self._writer.send(record)

    def _pump(self, job: int, control: RunControl, ended: threading.Event) -> None:
        with suppress(OSError):  # the window is gone: the reader thread sees it too, and ends us
            while not ended.wait(1.0 / RATE_HZ):
                self._send(job, control)

    def _send(self, job: int, control: RunControl) -> None:
        for row_batch in _batches(job, control.series.drain()):
            self._writer.send(row_batch)
        progress = control.progress_slot.take()
        if progress is not None:
            self._writer.send(say.Progressed(job, progress))
        if self._frame_may_go.is_set():
            frame = control.frames.take()
            if frame is not None:
                self._frame_may_go.clear()
                self._send_frame(job, frame)
        self.send_log()

    def _send_frame(self, job: int, frame: Frame) -> None:
        with self._block_lock:
            block = self._block
            fits = block is not None and block.n_atoms == len(frame.positions)
            if block is not None and fits:
                block.put(frame.positions)
                frame = Frame(frame.step, frame.time_fs, np.empty((0, 3), np.float32), frame.cell)
        self._writer.send(say.NewFrame(job, frame, is_in_block=fits))


def _batches(job: int, rows: list[Mapping[str, float]]) -> Iterator[say.Rows]:
    """Rows of the same names as one array, in their order."""
    for names, batch in groupby(rows, key=tuple):
        values = np.array([[row[name] for name in names] for row in batch], np.float64)
        yield say.Rows(job, names, values)


class _LogHandler(logging.Handler):
    """Keeps log records until they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self._records: queue.SimpleQueue[say.Logged] = queue.SimpleQueue()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - a library's mistake in a log line must not end its job
            self.handleError(record)
            return
        self._records.put(say.Logged(record.name, record.levelno, text, record.created))

    def drain(self) -> Iterator[say.Logged]:
        """All records since the last call."""
        while not self._records.empty():
            yield self._records.get()
