"""`designer-app hull FILE...`: how far structures lie from the hull of known phases."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.errors import InputError
from designer_app.explanations import explain_exception
from designer_app.jobs import hull, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.hull import ON_HULL, RELAXED_ALIKE, HullSpec
from designer_app.specs.naming import called
from designer_app.specs.structure import Structure

_OBJECTS = ("structure", "placement", "diagram", "electrochemical_window")
"""What of a row is for the window; the same numbers stand in plain keys."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="Any files that ASE reads."
    )
    add_spec_arguments(parser, HullSpec)
    parser.add_argument(
        "--own",
        dest="own_files",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="Structures that join the reference set, relaxed with the same potential.",
    )


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
    if last is not None and not structures:
        raise last
    for sentence in refused.values():
        console.say(sentence)
    own = tuple(read.run(ReadSpec(path=path), control).structure() for path in namespace.own_files)
    spec = spec_from_namespace(HullSpec, namespace, structures=tuple(structures), own=own)
    result = hull.run(spec, control)
    rows = dict(zip(readable, result["structures"], strict=True))
    unread = dict.fromkeys(
        ("e_above_hull_eV_atom", "formation_energy_eV_atom", "decomposition", "reference_set")
    )
    files = [
        {"file": str(path)}
        | {key: value for key, value in rows.get(path, unread).items() if key not in _OBJECTS}
        | ({"error": refused[path]} if path in refused else {})
        for path in namespace.files
    ]
    origin = {key: result[key] for key in ("potential", "model", "model_sha256")}
    return {**(files[0] if len(files) == 1 else {}), **origin, "files": files}


def _present(result: dict[str, Any]) -> str:
    lines: list[str] = []
    sets: dict[str, str] = {}
    for row in result["files"]:
        name = Path(row["file"]).name
        if row.get("error"):
            lines.append(f"{name}: {row['error']}")
            continue
        lines += [f"{name}: {_place(row)}", *_details(row)]
        sets[row["reference_set"]] = row["correction"]
    named = called(result["potential"], result["model"])
    lines.append(f"potential {named} ({result['model_sha256'][:12]})")
    lines += [f"reference set {said}; correction: {sets[said]}" for said in sets]
    return "\n".join(lines)


def _place(row: dict[str, Any]) -> str:
    if row["below_hull_eV_atom"] > RELAXED_ALIKE:
        where = f"{1e3 * row['below_hull_eV_atom']:.1f} meV/atom BELOW the hull"
    elif row["e_above_hull_eV_atom"] < ON_HULL:
        where = "on the hull"
    else:
        where = f"{1e3 * row['e_above_hull_eV_atom']:.1f} meV/atom above the hull"
    forms = round(row["formation_energy_eV_atom"], 3) + 0.0  # no minus before zero
    return f"{row['formula']}, {where}, forms with {forms:+.3f} eV/atom"


def _details(row: dict[str, Any]) -> list[str]:
    phases = [
        f"{each['share_of_atoms']:.3f} {each['formula']} ({each['source']})"
        for each in row["decomposition"]
    ]
    lines = [f"  competes with, in shares of the atoms: {' + '.join(phases)}"]
    gained = row["equilibrium_reaction_energy_eV_atom"]
    if gained is not None:
        lines.append(f"  against phases of other formulas: {1e3 * gained:+.1f} meV/atom")
    window = row.get("window")
    if window:
        low = "no reduction" if window["reduction_V"] is None else f"{window['reduction_V']:.2f} V"
        high = "no limit" if window["oxidation_V"] is None else f"{window['oxidation_V']:.2f} V"
        lines.append(f"  stable against {window['ion']} metal from {low} to {high}")
        for said in ("reduction", "oxidation"):
            products = window[f"{said}_products"]
            if products:
                told = " + ".join(f"{amount:.3g} {name}" for name, amount in products.items())
                lines.append(f"    on {said}: {told}")
        lines += [f"    {window['assumption']}"] if window["assumption"] else []
    return lines


COMMAND = Command(
    name="hull",
    summary="Distance to the convex hull, decomposition and electrochemical window.",
    configure=_configure,
    run=_run,
    present=_present,
)
