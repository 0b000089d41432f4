"""`designer-app convert FILE`: a potential from weights that another program trained."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.jobs import convert
from designer_app.running.control import RunControl
from designer_app.specs.convert import ConvertSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="Weights: .pt, .pth, .pkl, .npz or .safetensors."
    )
    add_spec_arguments(parser, ConvertSpec)


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del console
    return convert.run(spec_from_namespace(ConvertSpec, namespace, path=namespace.file), control)


def _present(result: dict[str, Any]) -> str:
    what = f"{result['family']} for {' '.join(result['elements'])}"
    size = f"cutoff {result['cutoff_A']:g} A, {result['n_parameters']:,} numbers"
    lines = [f"{what}, {size} -> {result['folder']}", result["notes"]]
    if result["classes_not_run"]:
        lines.append(f"Named in the file and not run: {', '.join(result['classes_not_run'][:8])}")
    return "\n".join(lines)


COMMAND = Command(
    name="convert",
    summary="Make a potential from weights that another program trained.",
    configure=_configure,
    run=_run,
    present=_present,
)
"""A stranger's file is read as data; nothing in it is run."""
