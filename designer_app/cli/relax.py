"""`designer-app relax FILE...`: structures moved to the nearest minimum of their energy."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.errors import InputError
from designer_app.explanations import explain_exception
from designer_app.jobs import read, relax
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.relax import RelaxSpec
from designer_app.specs.structure import Structure


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="Any files that ASE reads."
    )
    add_spec_arguments(parser, RelaxSpec)


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    structures: list[Structure] = []
    readable: list[Path] = []
    refused: dict[Path, str] = {}
    last: InputError | None = None
    for path in namespace.files:
        try:
            structures.append(read.run(ReadSpec(path=path), control).structure())
            readable.append(path)
        except InputError as error:
            refused[path], last = explain_exception(error).sentence, error
    told = list(refused.values())
    for sentence in told if structures else told[:-1]:
        console.say(sentence)
    if last is not None and not structures:
        raise last
    spec = spec_from_namespace(RelaxSpec, namespace, structures=tuple(structures))
    result = relax.run(spec, control)
    rows = dict(zip(readable, result["structures"], strict=True))
    unread = {"converged": False, "path": None}
    files = [
        {"file": str(path)}
        | {key: value for key, value in rows.get(path, unread).items() if key != "structure"}
        | ({"error": refused[path]} if path in refused else {})
        for path in namespace.files
    ]
    origin = {key: result.get(key) for key in ("potential", "model", "model_sha256")}
    return {**(files[0] if len(files) == 1 else {}), **origin, "files": files}


def _present(result: dict[str, Any]) -> str:
    lines = []
    for row in result["files"]:
        name = Path(row["file"]).name
        if row.get("error"):
            lines.append(f"{name}: {row['error']}")
            continue
        state = "relaxed" if row["converged"] else "NOT converged"
        steps = "1 step" if row["n_steps"] == 1 else f"{row['n_steps']} steps"
        line = f"{name}: {state} in {steps}, {row['energy_eV']:.5f} eV"
        line += f", largest force {row['fmax_eV_A']:.4f} eV/Å"
        if row["volume_change_percent"] is not None:
            line += f", volume {row['volume_A3'] / row['n_atoms']:.2f} Å³/atom"
            line += f" ({row['volume_change_percent']:+.2f} %)"
            line += f", {row['lattice_in_words']}"
        lines.append(line + (f" -> {row['path']}" if row["path"] else ""))
    done = [row for row in result["files"] if not row.get("error")]
    if done and not any(row["path"] for row in done):
        lines.append("Nothing was written; to keep relaxed structures, name a folder: --out DIR")
    return "\n".join(lines)


COMMAND = Command(
    name="relax",
    summary="Move atoms and cell to the nearest minimum of energy.",
    configure=_configure,
    run=_run,
    present=_present,
)
