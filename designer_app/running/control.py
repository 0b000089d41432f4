"""What a job sees of the world that runs it, and what that world sees of the job."""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass

from designer_app.errors import Cancelled
from designer_app.running.channels import Frame, Latest, Series
from designer_app.specs.trust import TrustReport


@dataclass(frozen=True)
class Progress:
    """How far a job is."""

    done: float
    total: float
    text: str = ""
    trust: TrustReport | None = None
    """The light of what runs, as it is now; None where nothing is known of it."""


class RunControl:
    """Handed to a job: `result = run(spec, control)`.

    The job calls `checkpoint`, `progress`, and writes to `frames`, `series` and `log`;
    whoever runs it calls `pause`, `resume` and `cancel` from another thread and drains.
    """

    def __init__(self, log: logging.Logger | None = None) -> None:
        self.frames: Latest[Frame] = Latest()
        self.series = Series()
        self.progress_slot: Latest[Progress] = Latest()
        self.log = log or logging.getLogger("designer_app.run")
        self._running = threading.Event()
        self._running.set()
        self._cancelled = threading.Event()
        self._watchers: list[Callable[[], None]] = []

    # --- the job's side ---

    def checkpoint(self) -> None:
        """Block while paused; raise `Cancelled` once cancelled. Called once a step."""
        if not self._running.is_set():
            self._running.wait()
        if self._cancelled.is_set():
            raise Cancelled

    def progress(
        self, done: float, total: float, text: str = "", trust: TrustReport | None = None
    ) -> None:
        """Say how far the job is."""
        self.progress_slot.put(Progress(done, total, text, trust))

    # --- the other side ---

    def pause(self) -> None:
        """Hold the job at its next checkpoint."""
        self._running.clear()
        self._tell()

    def resume(self) -> None:
        """Let a held job go on."""
        self._running.set()
        self._tell()

    def cancel(self) -> None:
        """End the job at its next checkpoint, also a held one."""
        self._cancelled.set()
        self._running.set()
        self._tell()

    @contextmanager
    def watched(self, changed: Callable[[], None]) -> Generator[None]:
        """While inside, `changed` is called after each pause, resume and cancel, by their thread.

        For a job that runs elsewhere: it cannot wait in `checkpoint`, it must pass the wish on.
        """
        self._watchers.append(changed)
        try:
            yield
        finally:
            self._watchers.remove(changed)

    def _tell(self) -> None:
        for changed in tuple(self._watchers):
            changed()

    @property
    def is_paused(self) -> bool:
        """Whether the job is held."""
        return not self._running.is_set()

    @property
    def is_cancelled(self) -> bool:
        """Whether the job was asked to end."""
        return self._cancelled.is_set()
