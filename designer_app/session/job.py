"""One job as the window sees it: what it is, how far, what came out."""

from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, Signal

from designer_app.running.control import Progress, RunControl
from designer_app.running.messages import JobError
from designer_app.session.pace import Pace

OVER = ("succeeded", "failed", "cancelled")


class Job(QObject):
    """A job in the queue, at work, or over. All of it belongs to the window's thread."""

    changed = Signal()
    succeeded = Signal(object)
    failed = Signal(object)
    """A `JobError`."""
    cancelled = Signal()

    def __init__(
        self,
        number: int,
        key: str,
        spec: Any,
        title: str,
        folder: Path | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.id = number
        self.key = key
        self.spec = spec
        self.title = title
        self.folder = folder
        """Where it is recorded; None for what leaves nothing behind."""
        self.is_listed = False
        """Whether people see it in the list of jobs."""
        self.is_followed = False
        """Whether who shows it looks itself, at the moments at which curves and frames move too."""
        self.control = RunControl()
        self.state = "queued"
        """queued, running, paused, succeeded, failed or cancelled."""
        self.result: Any = None
        self.error: JobError | None = None
        self.progress: Progress | None = None
        self.pace = Pace()
        self.memory = 0
        """Bytes that its worker held when last looked at."""
        self.started: datetime | None = None
        self.finished: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.state in OVER

    @property
    def is_stopping(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self.control.is_cancelled and not self.is_over

    def pause(self) -> None:
        """Hold it at its next step."""
        if self.state == "running":
            self.control.pause()
            self.pace.rest()
            self._become("paused")

    def resume(self) -> None:
        """Let it go on."""
        if self.state == "paused":
            self.control.resume()
            self.pace.rest()  # its last steps were seen after it was held
            self._become("running")

    def cancel(self) -> None:
        """Stop it: at once while it waits, at its next step while it runs."""
        if self.is_over:
            return
        self.control.cancel()
        if self.state == "queued":
            self.on_cancelled()
        else:
            self._become("running")

    # --- told by the manager and by the thread ---

    def begin(self) -> None:
        """It got its turn."""
        self.started = datetime.now(UTC)
        self._become("running")

    def look(self) -> None:
        """Take in the newest progress."""
        progress = self.control.progress_slot.take()
        if progress is not None:
            self.progress = progress
            self.pace.note(progress.done, progress.total, monotonic())
            self.changed.emit()

    def on_succeeded(self, result: Any) -> None:
        """It ended with a result."""
        self.result = result
        if self._end("succeeded"):
            self.succeeded.emit(result)

    def on_failed(self, error: JobError) -> None:
        """It ended with an error."""
        self.error = error
        if self._end("failed"):
            self.failed.emit(error)

    def on_cancelled(self) -> None:
        """It ended because it was asked to."""
        if self._end("cancelled"):
            self.cancelled.emit()

    def _end(self, state: str) -> bool:
        """Whether this is its end: what comes after the first end is ignored."""
        if self.is_over:
            return False
        self.look()
        self.finished = datetime.now(UTC)
        self._become(state)
        return True

    def _become(self, state: str) -> None:
        self.state = state
        self.changed.emit()
