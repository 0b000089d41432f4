"""Settings and projects in a folder that goes away: for pictures and benches of the window."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = "DESIGNER_APP_HOME"


@contextmanager
def temporary_home() -> Iterator[None]:
    """While inside, nothing of the user's is read or written."""
    before = os.environ.get(_NAME)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ[_NAME] = folder
        try:
            yield
        finally:
            del os.environ[_NAME]
            if before is not None:
                os.environ[_NAME] = before
