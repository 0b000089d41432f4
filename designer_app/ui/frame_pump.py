"""From running jobs to the screen, thirty times a second: no signal a step, ever."""

from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from designer_app.running.control import RunControl

_INTERVAL_MS = 33
_PAINT_SHARE = 0.3
"""At most this part of the time goes into painting; frames are skipped where it would be more."""
_LOST_PAINT_S = 1.0
"""A frame that was not painted by then (hidden window) is not waited for."""


class FramePump(QObject):
    """Drains a run's newest frame and its new scalars."""

    frame_arrived = Signal(object)
    """The newest `Frame`."""
    rows_arrived = Signal(object)
    """A list of new rows of scalars, oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control: RunControl | None = None
        self._sent = 0.0
        self._waiting = False
        self._next_due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._on_tick)

    def watch(self, control: RunControl | None) -> None:
        """Drain this run from now on; None rests."""
        self.flush()
        self._control = control
        if control is None:
            self._timer.stop()
        else:
            self._timer.start()

    def flush(self) -> None:
        """Hand over what is there, at once."""
        if self._control is None:
            return
        self._pump_rows()
        frame = self._control.frames.take()
        if frame is not None:
            self.frame_arrived.emit(frame)

    def note_drawn(self) -> None:
        """Told by the viewer that a frame was painted: its cost sets when the next is due."""
        if self._waiting:
            now = perf_counter()
            self._waiting = False
            self._next_due = now + (now - self._sent) * (1.0 - _PAINT_SHARE) / _PAINT_SHARE

    def _on_tick(self) -> None:
        if self._control is None:
            return
        self._pump_rows()
        now = perf_counter()
        if now < self._next_due or (self._waiting and now - self._sent < _LOST_PAINT_S):
            return
        frame = self._control.frames.take()
        if frame is not None:
            self._sent, self._waiting = now, True
            self.frame_arrived.emit(frame)

    def _pump_rows(self) -> None:
        if self._control is not None:
            rows = self._control.series.drain()
            if rows:
                self.rows_arrived.emit(rows)
