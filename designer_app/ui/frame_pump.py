"""From running jobs to the screen, at most thirty times a second: no signal a step, ever.

Everything that a run moves in the window is moved in one turn, because each turn costs a painting
of the whole window (tens of ms where OpenGL is software). Turns are spaced so that painting takes
at most `PAINT_SHARE` of the time: frames are skipped then, scalars never.
"""

from time import perf_counter

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from designer_app.running.channels import Frame
from designer_app.running.control import RunControl

PAINT_SHARE = 0.3
"""At most this part of the time goes into painting."""
_INTERVAL_MS = 33


class FramePump(QObject):
    """Drains a run's newest frame and its new scalars."""

    frame_seen = Signal(object)
    """Each `Frame` that is caught, also between turns: to be recorded, not painted."""
    frame_arrived = Signal(object)
    """The newest `Frame`, to be shown."""
    rows_arrived = Signal(object)
    """A list of new rows of scalars, oldest first."""
    turned = Signal()
    """After both, once a turn: the moment to show progress."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control: RunControl | None = None
        self._newest: Frame | None = None
        self._turned_at = 0.0
        self._painted_s = 0.0
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
        """Hand over what is there."""
        if self._control is None:
            return
        rows = self._control.series.drain()
        if rows:
            self.rows_arrived.emit(rows)
        self._catch()
        if self._newest is not None:
            frame, self._newest = self._newest, None
            self.frame_arrived.emit(frame)
        self.turned.emit()

    def _catch(self) -> None:
        frame = self._control.frames.take() if self._control is not None else None
        if frame is not None:
            self._newest = frame
            self.frame_seen.emit(frame)

    def note_painting(self, seconds: float) -> None:
        """Told by the window how long it has just painted: it sets when the next turn is due."""
        self._painted_s += seconds

    def _on_tick(self) -> None:
        now = perf_counter()
        if (now - self._turned_at) * PAINT_SHARE >= self._painted_s:
            self._turned_at, self._painted_s = now, 0.0
            self.flush()
        else:
            self._catch()
