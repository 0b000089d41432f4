"""A folder that one process at a time writes to.

The system holds the lock for an open file and lets go of it when the process ends, however it
ends: a crash leaves no lock behind. The file tells people who holds it.
"""

import logging
import os
import platform
import sys
from pathlib import Path
from typing import IO

from designer_app.io.folders import refuse_link
from designer_app.provenance import now

NAME = "in-use.lock"

_log = logging.getLogger(__name__)


class FolderLock:
    """The lock of a folder, once `take` got it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
        self._file: IO[bytes] | None = None

    def take(self) -> bool:
        """Whether the folder is ours now. Raises `OSError` where it cannot be written to."""
        refuse_link(self.path)
        file = self.path.open("ab")
        try:
            _lock(file)
        except (BlockingIOError, PermissionError):
            file.close()
            return False
        except OSError as error:  # a network drive without locks: better to work than to refuse
            _log.warning("%s cannot be locked: %s", self.path.parent, error)
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()} since {now()}\n".encode())
        file.flush()
        self._file = file
        return True

    def holder(self) -> str:
        """Who holds it, in words; empty where that cannot be read."""
        try:
            return self.path.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def release(self) -> None:
        """Let others have the folder."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(file: IO[bytes]) -> None:
    """Lock an open file without waiting."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(2**30)  # far behind the text, so that others can read it
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
