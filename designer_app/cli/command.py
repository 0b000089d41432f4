"""What a command is: a spec that makes its flags, and a body that returns one dict."""

import argparse
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from designer_app.running.control import RunControl


@dataclass(frozen=True)
class Console:
    """Where a command may speak: standard error; standard output is for the result alone."""

    log: logging.Logger = field(default_factory=lambda: logging.getLogger("designer_app.cli"))

    def say(self, text: str) -> None:
        """A line for the person who waits."""
        print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command of the program."""

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    """Adds the flags; most commands use `arguments.add_spec_arguments`."""
    run: Callable[[argparse.Namespace, RunControl, Console], dict[str, Any]]
    """Returns the JSON keys of the contract: plain numbers, lists, text, numpy arrays."""
    present: Callable[[dict[str, Any]], str] | None = None
    """The result as text for people; without it the keys are listed."""
    failed: Callable[[dict[str, Any]], bool] | None = None
    """Whether a part of what was asked for is missing from a result, which is told all the same:
    the exit code is then 1."""
    takes_control: bool = True
    """Whether what it runs looks at the control and can be stopped between two steps; without,
    Ctrl+C and the end of its time in a queue stop it at once."""
