"""The thread behind a job. The only file that makes QThreads."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from designer_app.errors import Cancelled
from designer_app.running.control import RunControl
from designer_app.running.messages import job_error


class JobThread(QThread):
    """Calls `work(control)` and ends with exactly one of its three signals."""

    succeeded = Signal(object)
    failed = Signal(object)
    """A `JobError`."""
    cancelled = Signal()

    def __init__(
        self, work: Callable[[RunControl], Any], control: RunControl, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._control = control

    def run(self) -> None:
        """Qt's entry of the thread."""
        try:
            result = self._work(self._control)
        except Cancelled:
            self.cancelled.emit()
        except BaseException as error:  # noqa: BLE001 - whatever ends a job is reported
            self.failed.emit(job_error(error))
        else:
            self.succeeded.emit(result)
