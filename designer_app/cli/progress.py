"""How far a run is: a line on the terminal, rewritten as it goes; in a file a new one at times."""

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

from designer_app.running.control import Progress, RunControl

_INTERVAL = 0.5
"""Seconds between two looks."""
_BETWEEN_LINES = 30.0
"""Seconds between two lines where standard error is no terminal, but a file or a pipe."""
CLEAR = "\r\x1b[K"
"""Takes back what stands on the line."""


@contextmanager
def watched(control: RunControl) -> Generator[None]:
    """While inside, progress stands on standard error.

    The rows of a run are let go of: its files have them, and nobody here draws them.
    """
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(control, done), name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def _watch(control: RunControl, done: threading.Event) -> None:
    is_terminal = sys.stderr.isatty()
    is_shown = False
    last = time.monotonic()
    while not done.wait(_INTERVAL):
        control.series.drain()
        progress = control.progress_slot.take()
        if is_terminal and progress is not None:
            print(CLEAR + in_words(progress), end="", file=sys.stderr, flush=True)
            is_shown = True
        elif progress is not None and time.monotonic() - last >= _BETWEEN_LINES:
            print(in_words(progress), file=sys.stderr, flush=True)
            last = time.monotonic()
    if is_shown:
        print(CLEAR, end="", file=sys.stderr, flush=True)


def in_words(progress: Progress) -> str:
    """E.g. "40 %  820 of 2000  14 steps/s, 1:24 left"."""
    if progress.total <= 1:
        return progress.text
    share = 100.0 * progress.done / progress.total
    return f"{share:.0f} %  {progress.done:g} of {progress.total:g}  {progress.text}".rstrip()
