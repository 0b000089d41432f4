"""Ctrl+C in the terminal, and the system's request to end, close the window like its button."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts(QObject):
    """Turns signals of the system into a signal of Qt.

    Python runs its handlers between two of its own instructions, and an event loop that waits runs
    none: a socket, written by the system's handler, wakes the loop instead of a timer that polls.
    """

    asked = Signal()
    """Once. A second Ctrl+C ends the program at once, as where nobody listens."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reading, self._writing = socket.socketpair()
        for end in (self._reading, self._writing):
            end.setblocking(False)
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {
            each: signal.signal(each, _noted) for each in SIGNALS
        }
        self._fd_before = signal.set_wakeup_fd(self._writing.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._reading.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._on_signal)

    def close(self) -> None:
        """Listen no more."""
        if self._notifier.isEnabled():
            self._notifier.setEnabled(False)
            signal.set_wakeup_fd(self._fd_before)
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._reading.close()
            self._writing.close()

    def _on_signal(self) -> None:
        self.close()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.asked.emit()


def _noted(_signal: int, _frame: FrameType | None) -> None:
    """A handler of Python's must be there for the socket to be written."""
