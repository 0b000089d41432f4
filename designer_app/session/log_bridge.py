"""Log records of every thread, as a signal in the window's thread."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class LogLine:
    """A record, ready to show."""

    time: datetime
    level: int
    source: str
    """The logger's name."""
    text: str
    """With its traceback, where it has one."""


class LogBridge(QObject):
    """Listens to the root logger. Emitting is safe from any thread: Qt queues it for slots."""

    logged = Signal(object)
    """A `LogLine`."""

    def __init__(self, level: int = logging.INFO, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._handler = _Handler(self)
        self._handler.setLevel(level)
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """Listen no more: records that come at the program's end find no signal."""
        logging.getLogger().removeHandler(self._handler)


class _Handler(logging.Handler):
    def __init__(self, bridge: LogBridge) -> None:
        super().__init__()
        self._bridge = bridge

    def emit(self, record: logging.LogRecord) -> None:
        time = datetime.fromtimestamp(record.created, UTC)
        try:
            text = self.format(record)
        except Exception:  # noqa: BLE001 - a mistake in a log line must not end who wrote it
            self.handleError(record)
            return
        line = LogLine(time, record.levelno, record.name, text)
        try:
            self._bridge.logged.emit(line)
        except RuntimeError:  # Qt has already deleted the signal's object
            self._bridge.close()
