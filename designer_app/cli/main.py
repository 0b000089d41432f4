"""The terminal's way in: finds the command, runs it, prints one result, sets the exit code."""

import argparse
import io
import json
import logging
import math
import os
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from difflib import get_close_matches
from importlib import import_module
from types import FrameType
from typing import Any, NoReturn

import numpy as np

from designer_app import __version__
from designer_app.cli.command import Command, Console
from designer_app.cli.progress import CLEAR, watched
from designer_app.device import DEVICES, DTYPES
from designer_app.errors import Cancelled, InputError, WriteFailedError
from designer_app.explanations import explain, explain_exception, is_explained
from designer_app.running.control import RunControl
from designer_app.running.messages import job_error

COMMANDS = (
    "info",
    "order",
    "potentials",
    "energy",
    "relax",
    "md",
    "analyse",
    "hull",
    "voltage",
    "conductivity",
    "adsorption",
    "train",
    "evaluate",
    "screen",
    "design",
    "health",
    "convert",
    "allow",
    "bench",
)
"""Modules of this package, in the order of the help; each exports `COMMAND`."""

EXIT_FAILED_RUN, EXIT_BAD_INPUT = 1, 2


def main(arguments: Sequence[str]) -> int:
    """Run a command; 0, or 2 for bad usage or input, or 1 for a failed run."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal may lack a letter of a file name
        sys.stdout.reconfigure(errors="replace")
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("Stopped at once; what was written is kept.", file=sys.stderr)
        return EXIT_FAILED_RUN


def _run(arguments: Sequence[str]) -> int:
    parser, commands = _parser(arguments)
    namespace = parser.parse_args(list(arguments))
    if not namespace.command:
        parser.print_help()
        return EXIT_BAD_INPUT
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if namespace.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    command = commands[namespace.command]
    control = RunControl(told_on_stderr())
    try:
        with _stopped_by_signals(control, command), _stdout_kept_clean(), watched(control):
            result = command.run(namespace, control, Console())
    except Cancelled:
        print(_stopped(namespace), file=sys.stderr)
        return EXIT_FAILED_RUN
    except Exception as error:
        if namespace.verbose:
            logging.getLogger(__name__).exception("the run failed")
        told = job_error(error)  # also finds full disks and used-up memory in foreign exceptions
        sentence = explain(told.kind, told.facts, told.message).sentence
        if not is_explained(told.kind) and not namespace.verbose:
            sentence += " --verbose prints the details."
        flag = getattr(namespace, "flag_of", {}).get(told.facts.get("field"))
        print(sentence + (f" It is set by {flag}." if flag else ""), file=sys.stderr)
        return EXIT_BAD_INPUT if isinstance(error, InputError) else EXIT_FAILED_RUN
    if namespace.json:  # ASCII alone: a pipe may have any encoding, a path any bytes
        text = json.dumps(plain(result), allow_nan=False)
    else:
        text = command.present(result) if command.present else as_lines(result)
    is_whole = command.failed is None or not command.failed(result)
    return _delivered(text) or (0 if is_whole else EXIT_FAILED_RUN)


def _stopped(namespace: argparse.Namespace) -> str:
    """What is left of a run that was interrupted, and how it goes on."""
    flags = getattr(namespace, "flag_of", {})
    out = getattr(namespace, "out", None)
    if out is None:
        return "Stopped; nothing is kept" + (" without --out." if "out" in flags else ".")
    if not out.is_file() and not (out.is_dir() and any(out.iterdir())):
        return "Stopped before anything was done; the same command begins anew."
    how = "goes on with --resume." if "resume" in flags else "goes on."
    return f"Stopped; what is done is kept. The same command {how}"


def told_on_stderr() -> logging.Logger:
    """Where a job tells what the person at the terminal should know: plain sentences, at once."""

    class Sentences(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            begin = CLEAR if sys.stderr.isatty() else ""  # where the line of the progress stands
            print(begin + record.getMessage(), file=sys.stderr, flush=True)

    # Of this run alone: a registered one would keep its handlers.
    log = logging.Logger("designer_app.run", logging.WARNING)  # noqa: LOG001
    log.addHandler(Sentences())
    return log


def _delivered(text: str) -> int:
    """Print the result; the exit code."""
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader has seen enough, as `head` does
        _silence_stdout()
    except OSError as error:
        _silence_stdout()
        failure = WriteFailedError("standard output", error.strerror or str(error))
        print(explain_exception(failure).sentence, file=sys.stderr)
        return EXIT_FAILED_RUN
    return 0


def _silence_stdout() -> None:
    """Lead what is still buffered to nowhere: Python would try again, and complain, at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


@contextmanager
def _stdout_kept_clean() -> Generator[None]:
    """What libraries and the programs they start print goes to stderr, not between the result."""
    try:
        kept = os.dup(1)
    except OSError:  # closed: there is nothing to keep clean
        yield
        return
    try:
        os.dup2(2, 1)
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


class _Parser(argparse.ArgumentParser):
    """A parser that refuses in one sentence instead of a screen of flags."""

    def error(self, message: str) -> NoReturn:
        """Exit with code 2."""
        self.exit(EXIT_BAD_INPUT, f"Bad usage: {message}. See {self.prog} --help.\n")

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride] - it is overloaded
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """As the base class, but flags that nobody knows are refused here, with what was meant.

        The base class would leave that to the outer parser, which has other flags and other help.
        """
        known, left = super().parse_known_args(args, namespace)
        flag = next((word.partition("=")[0] for word in left if word.startswith("--")), None)
        if flag is not None:
            near = get_close_matches(flag, self._option_string_actions, 1)
            self.error(f"there is no {flag}" + (f"; did you mean {near[0]}?" if near else ""))
        return known, left


def _parser(
    arguments: Sequence[str],
) -> tuple[_Parser, dict[str, Command]]:
    parser = _Parser(
        prog="designer-app",
        description="Battery and catalyst materials: without a command, opens the window.",
    )
    parser.add_argument("--version", action="version", version=f"designer-app {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    asked = next((word for word in arguments if not word.startswith("-")), "")
    commands: dict[str, Command] = {}
    # Only the command asked for is imported: `designer-app info` should not wait for torch.
    for name in [asked] if asked in COMMANDS else COMMANDS:
        command: Command = import_module(f"designer_app.cli.{name}").COMMAND
        child = subparsers.add_parser(
            name,
            parents=[_common_flags()],
            conflict_handler="resolve",  # a command's own flag replaces the common one
            help=command.summary,
            description=command.summary,
        )
        command.configure(child)
        commands[name] = command
    if asked not in COMMANDS:
        subparsers.add_parser("gui", help="Open the window.", add_help=False)
    return parser, commands


def _common_flags() -> _Parser:
    """Flags that every command takes, so that scripts need not know which of them compute."""
    flags = _Parser(add_help=False)
    flags.add_argument("--json", action="store_true", help="Print one JSON object, only that.")
    flags.add_argument("--verbose", action="store_true", help="Log to standard error.")
    for flag, kind, choices, default in (
        ("--device", str, DEVICES, "auto"),
        ("--dtype", str, DTYPES, "float32"),
        ("--threads", int, None, 0),
        ("--seed", int, None, 0),
    ):  # hidden: a command that depends on one replaces it and says what it does
        flags.add_argument(
            flag, type=kind, choices=choices, default=default, help=argparse.SUPPRESS
        )
    return flags


@contextmanager
def _stopped_by_signals(control: RunControl, command: Command) -> Generator[None]:
    """Ctrl+C ends the run at its next step, so that its files are whole; twice ends at once.

    So does what a queue or `timeout` sends when the time is over. What does not look at the control
    ends at once.
    """

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if control.is_cancelled or not command.takes_control:
            raise KeyboardInterrupt
        control.cancel()

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def plain(value: Any) -> Any:  # noqa: PLR0911 - one line a type
    """A result as JSON knows it: arrays as lists, numbers that are not finite as null."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def as_lines(result: dict[str, Any]) -> str:
    """A result for people: a key and its value on each line, long lists left out."""
    lines = []
    for key, value in result.items():
        shown = plain(value)
        if isinstance(shown, float):
            shown = f"{shown:.6g}"
        elif isinstance(shown, list) and len(shown) > 9:
            shown = f"({len(shown)} values; use --json)"
        lines.append(f"{key:24s} {shown}")
    return "\n".join(lines)
