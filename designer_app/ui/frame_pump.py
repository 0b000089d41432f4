"""From running jobs to the screen, thirty times a second: no signal a step, ever.

The viewer skips frames where painting would take too much time; scalars are never skipped.
"""

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from designer_app.running.control import RunControl

_INTERVAL_MS = 33


class FramePump(QObject):
    """Drains a run's newest frame and its new scalars."""

    frame_arrived = Signal(object)
    """The newest `Frame`."""
    rows_arrived = Signal(object)
    """A list of new rows of scalars, oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control: RunControl | None = None
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.flush)

    def watch(self, control: RunControl | None) -> None:
        """Drain this run from now on; None rests."""
        self.flush()
        self._control = control
        if control is None:
            self._timer.stop()
        else:
            self._timer.start()

    def flush(self) -> None:
        """Hand over what is there."""
        if self._control is None:
            return
        rows = self._control.series.drain()
        if rows:
            self.rows_arrived.emit(rows)
        frame = self._control.frames.take()
        if frame is not None:
            self.frame_arrived.emit(frame)
