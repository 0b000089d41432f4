"""Garbage is collected in the thread of the window, and only there.

Python collects in whichever thread happens to pass a threshold. Where that is a thread that reads
from a worker, Qt objects in a cycle are destroyed there, and Qt ends the program. So the automatic
collection is off, and a timer collects by the same thresholds.
"""

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MS = 100
_IDLE_OBJECTS = 50
"""Fewer new containers between two turns: nothing runs and nobody clicks."""
_START_TURNS = 50
"""After these the window is there, with its 3D view."""
_LATE = 10
"""Times the threshold at which a full collection waits for no idle moment."""


class Collector(QObject):
    """Collects from `start` to `stop`; belongs to the thread it was made in.

    A full collection of a started window takes 40 to 100 ms for a hundred thousand objects of
    modules and widgets that stay anyway: they are frozen as soon as the start is over, which takes
    no time, and a full collection looks only at what came since.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = False
        self._is_frozen = False
        self._turns = 0
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.turn)

    @property
    def is_on(self) -> bool:
        """Whether it collects in place of Python."""
        return self._timer.isActive()

    def start(self) -> None:
        """Collect here from now on."""
        if not self.is_on:
            self._was_enabled = gc.isenabled()
            gc.disable()
            self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again, if it did it before."""
        if self.is_on:
            self._timer.stop()
            if self._is_frozen:
                self._is_frozen = False
                gc.unfreeze()
            if self._was_enabled:
                gc.enable()

    def turn(self) -> None:
        """Collect the generation whose threshold is passed."""
        young, middle, old = gc.get_count()
        young_limit, middle_limit, old_limit = gc.get_threshold()
        is_idle = young < _IDLE_OBJECTS
        self._turns += 1
        if not self._is_frozen and is_idle and self._turns > _START_TURNS:
            self._is_frozen = True
            gc.freeze()
        elif old > old_limit and (is_idle or old > _LATE * old_limit):
            gc.collect()
        elif middle > middle_limit:
            gc.collect(1)
        elif young > young_limit:
            gc.collect(0)
