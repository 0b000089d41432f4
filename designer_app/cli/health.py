"""`designer-app health FILE`: whether a potential behaves as one should, on a structure."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.jobs import health, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.health import HealthSpec

_SIGN = {"good": "ok  ", "care": "care", "no": "NO  ", "skipped": "-   "}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="A structure to deform and heat.")
    parser.add_argument(
        "--index", type=int, default=-1, metavar="N", help="Frame of a trajectory; -1 the last."
    )
    add_spec_arguments(parser, HealthSpec)


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del console
    document = read.run(ReadSpec(path=namespace.file, index=namespace.index), control)
    spec = spec_from_namespace(HealthSpec, namespace, structure=document.structure())
    return asdict(health.run(spec, control))


def _present(result: dict[str, Any]) -> str:
    lines = [f"{result['verdict']} ({result['structure']}, {result['seconds']:.0f} s)"]
    for item in result["items"]:
        lines.append(f"{_SIGN[item['level']]} {item['title']}: {item['sentence']}")
        if item["advice"]:
            lines.append(f"     {item['advice']}")
    return "\n".join(lines)


COMMAND = Command(
    name="health",
    summary="Whether a potential behaves as one should: a verdict in words.",
    configure=_configure,
    run=_run,
    present=_present,
)
