"""`designer-app bench NAME`: ours and the peer in one run, as a table."""

import argparse
from collections.abc import Iterable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

from designer_app.cli.command import Command, Console
from designer_app.errors import InvalidSpecError
from designer_app.running.control import RunControl

BENCHES = {
    "adsorption": "designer_app.cli.benches.adsorption",
    "barrier": "designer_app.cli.benches.barrier",
    "bond-valence": "designer_app.cli.benches.bond_valence",
    "calculators": "designer_app.cli.benches.calculators",
    "core-shell": "designer_app.cli.benches.core_shell",
    "core-shell-speed": "designer_app.cli.benches.core_shell_speed",
    "crystal-gnn": "designer_app.cli.benches.crystal_gnn",
    "delta": "designer_app.cli.benches.delta",
    "design-heads": "designer_app.cli.benches.design_heads",
    "design": "designer_app.cli.benches.design",
    "design-speed": "designer_app.cli.benches.design_speed",
    "design-wizard": "designer_app.cli.benches.design_wizard",
    "gemnet": "designer_app.cli.benches.gemnet",
    "heads": "designer_app.cli.benches.heads",
    "held-out": "designer_app.cli.benches.held_out",
    "hull": "designer_app.cli.benches.hull",
    "hydrogen": "designer_app.cli.benches.hydrogen",
    "md-chgnet": "designer_app.cli.benches.md_chgnet",
    "md-lj": "designer_app.cli.benches.md_lj",
    "metals": "designer_app.cli.benches.metals",
    "perovskites": "designer_app.cli.benches.perovskites.bench",
    "prototypes": "designer_app.cli.benches.prototypes",
    "recovery": "designer_app.cli.benches.recovery",
    "relax": "designer_app.cli.benches.relax",
    "schnet": "designer_app.cli.benches.schnet",
    "screen": "designer_app.cli.benches.screen",
    "single-points": "designer_app.cli.benches.single_points",
    "train": "designer_app.cli.benches.train",
    "train-gap": "designer_app.cli.benches.train_gap",
    "train-nequip": "designer_app.cli.benches.train_nequip",
    "uncertainty": "designer_app.cli.benches.uncertainty",
    "vae": "designer_app.cli.benches.vae",
    "voltage": "designer_app.cli.benches.voltage",
}
WINDOW_BENCHES = ("viewer", "latency", "start")
"""Run in the window's process; `__main__` sends them there."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", choices=[*BENCHES, *WINDOW_BENCHES], help="What is measured.")
    parser.add_argument("--quick", action="store_true", help="Fewer and smaller cases.")
    parser.add_argument("--data", type=Path, metavar="DIR", help="Folder of the published data.")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="Finished parts; they go on.")
    parser.add_argument(
        "--kept", action="store_true", default=None, help="Tell what is kept; compute nothing."
    )
    parser.add_argument(
        "--members", type=int, metavar="N", help="Networks of the ensemble (uncertainty)."
    )
    parser.add_argument("--peer", type=Path, metavar="PYTHON", help="Python that has the peer.")
    parser.add_argument("--plot", type=Path, metavar="PNG", help="Picture of what was compared.")


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del control
    measure = import_module(BENCHES[namespace.name]).rows
    named = ("data", "peer", "plot", "keep", "kept", "members")
    options = {name: getattr(namespace, name) for name in named}
    known = signature(measure).parameters
    for name, value in options.items():
        if value is not None and name not in known:
            raise InvalidSpecError(name, value, f"{namespace.name} has no use for it")
    options = {name: value for name, value in options.items() if name in known}
    rows = measure(namespace.quick, console.say, **options)
    return {"bench": namespace.name, "threads": threads(), "rows": list(rows)}


def threads() -> int:
    """The thread count the environment asks for."""
    import torch

    return torch.get_num_threads()


_LONGEST = 1e6
"""Shorter numbers are written out: 2490, not 2.49e+03."""


def table(rows: Iterable[dict[str, object]]) -> str:
    """Rows as a Markdown table, as the README shows them."""
    rows = list(rows)
    if not rows:
        return "no rows"
    names = list(rows[0])
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in cells])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    told = f"{value:.3g}"
    return f"{value:.0f}" if "e+" in told and abs(value) < _LONGEST else told


COMMAND = Command(
    name="bench",
    summary="Measure speed and accuracy against other programs.",
    configure=_configure,
    run=_run,
    present=lambda result: table(result["rows"]),
    takes_control=False,
)
