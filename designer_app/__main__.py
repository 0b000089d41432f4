"""Dispatch: the window, its benches, the worker, or a command on the terminal.

Nothing heavy is imported here: a window must not pay for torch, nor a command for Qt.
"""

import multiprocessing
import os
import sys
from collections.abc import Sequence

_WINDOW_BENCHES = ("viewer", "latency", "start")


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns the exit code."""
    multiprocessing.freeze_support()  # a frozen program is started anew for its helper processes
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"]:
        from designer_app.running.worker import main as worker

        return worker(words[1:])
    if not words or words[0] == "gui":
        from designer_app.ui.application import main as window

        return window(words[1:])
    if words[0] == "bench":
        _one_thread()
        if any(name in words for name in _WINDOW_BENCHES):
            from designer_app.ui.benches import main as window_bench

            return window_bench(words[1:])
    elif "--help" not in words and "-h" not in words:
        _threads(words)
    from designer_app.cli.main import main as terminal

    return terminal(words)


def _one_thread() -> None:
    from designer_app.device import thread_environment

    os.environ.update(thread_environment(1))


def _threads(words: list[str]) -> None:
    """Set thread counts before numpy and torch are imported, where --threads says so."""
    from designer_app.device import thread_environment

    count = _asked_threads(words)
    for name, value in thread_environment(count).items():
        if count:
            os.environ[name] = value
        else:
            os.environ.setdefault(name, value)


def _asked_threads(words: list[str]) -> int:
    """N of `--threads N` or `--threads=N`, the last one given; 0 where there is none."""
    count = 0
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        said = value or following
        if name == "--threads" and said.isdecimal():
            count = int(said)
    return count


if __name__ == "__main__":
    raise SystemExit(main())
