"""When to draw again: at once where drawing is cheap, seldom where it is dear."""

import time

from PySide6.QtCore import QObject, QTimer, Signal

DUTY = 0.30
"""Largest share of the time that drawing frames of a run may take."""


class Pacer(QObject):
    """Asks for a drawing when one is due; `is_due` carries no request twice."""

    due = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.due)
        self._free_at = 0.0

    def request(self) -> None:
        """Ask for one drawing as soon as the share allows."""
        if self._timer.isActive():
            return
        wait = self._free_at - time.perf_counter()
        if wait <= 0.0:
            self.due.emit()
        else:
            self._timer.start(int(1000 * wait) + 1)

    def drawn(self, seconds: float) -> None:
        """A drawing took this long and ends now."""
        self._free_at = time.perf_counter() + seconds * (1.0 / DUTY - 1.0)

    def stop(self) -> None:
        """Forget what was asked for."""
        self._timer.stop()
