"""`designer-app train`: a model made anew from published tables, or corrected with own rows."""

import argparse
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.bench import table
from designer_app.cli.command import Command, Console
from designer_app.jobs import train
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    add_spec_arguments(parser, TrainSpec)


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del console
    return train.run(spec_from_namespace(TrainSpec, namespace), control)


def _present(result: dict[str, Any]) -> str:
    told = f"{result['model']} {result['version']} -> {result['folder']}"
    return f"{told}, {result['seconds']:.0f} s\n{result['split']}\n{table(result['heads'])}"


COMMAND = Command(
    name="train",
    summary="Train a model on published tables or on your own rows.",
    configure=_configure,
    run=_run,
    present=_present,
)
