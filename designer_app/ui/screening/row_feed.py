"""Rows of a run into the window, a small slice at a time: 10,000 never make it stand still."""

from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

from designer_app.errors import FileUnreadableError
from designer_app.io.screen_store import ROWS, RowReader

SLICE = 16
"""Rows that are read between two looks at the clock; one takes about 0.1 ms."""
BUDGET_S = 0.006
"""What a turn may take: with the drawing it stays below a frame of 16 ms."""
_TURN_MS = 20
_IDLE_MS = 250
"""Between looks into a file that had nothing new."""


class RowFeed(QObject):
    """Follows the rows of a run folder until `stop`."""

    rows_read = Signal(object)
    """A list of `ScreenRow`, of one turn."""
    caught_up = Signal()
    """All lines that were there are read."""
    failed = Signal(object)
    """A `FileUnreadableError`: a line that is none, the rows of an earlier run that are gone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader: RowReader | None = None
        self._path = Path()
        self._must_exist = False
        self._is_live = False
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.turn)

    def follow(self, folder: Path, *, is_live: bool) -> None:
        """Read a run from its first row; of a live one also what is still to come."""
        self._reader = RowReader(folder)
        self._path = folder / ROWS
        self._is_live, self._must_exist = is_live, not is_live
        self._timer.start(_TURN_MS)

    def finish(self) -> None:
        """The run is over: read what is left, then rest."""
        self._is_live = False
        if self._reader is not None:
            self._timer.start(_TURN_MS)

    def stop(self) -> None:
        """Read no further."""
        self._timer.stop()
        self._reader = None

    @property
    def is_reading(self) -> bool:
        """Whether more may come."""
        return self._timer.isActive()

    def turn(self) -> None:
        """One slice, or a few small ones while there is time."""
        if self._reader is None:
            return
        began = perf_counter()
        rows = []
        has_more = True
        if self._must_exist and not self._path.is_file():
            self._fail("it is no longer there")
            return
        try:
            while has_more and perf_counter() - began < BUDGET_S:
                new = self._reader.new_rows(SLICE)
                rows.extend(new)
                has_more = len(new) == SLICE
        except OSError as error:
            self._fail(error.strerror or str(error))
            return
        except (ValueError, KeyError, TypeError) as error:
            self._fail(f"a row of it is damaged ({error})")
            return
        if rows:
            self.rows_read.emit(rows)
        if has_more:
            self._timer.setInterval(_TURN_MS)
            return
        if not self._is_live:
            self._timer.stop()
        else:
            self._timer.setInterval(_IDLE_MS)
        self.caught_up.emit()

    def _fail(self, reason: str) -> None:
        self.stop()
        self.failed.emit(FileUnreadableError(str(self._path), reason))
