"""`designer-app adsorption FILE`: how strongly a surface of a crystal binds an adsorbate."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.jobs import adsorption, read
from designer_app.running.control import RunControl
from designer_app.specs.adsorption import AdsorptionSpec
from designer_app.specs.documents import ReadSpec
from designer_app.specs.naming import called


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="The bulk crystal.")
    add_spec_arguments(parser, AdsorptionSpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    document = read.run(ReadSpec(path=namespace.file), control)
    spec = spec_from_namespace(AdsorptionSpec, namespace, structure=document.structure())
    found = adsorption.run(spec, control)
    kept = {key: value for key, value in found.items() if key != "result"}
    return {"file": str(namespace.file), **kept}


def _present(result: dict[str, Any]) -> str:
    surface = result["surface"]
    face = "".join(str(each) for each in surface["miller"])
    named = called(result["potential"], result["model"])
    facts = (
        f"{surface['layers']} layers, {surface['n_atoms']} atoms, {surface['termination']} on top",
        f"surface energy {surface['surface_energy_J_m2']:.2f} J/m²",
        f"images {surface['image_distance_A']:.1f} Å apart",
    )
    lines = [
        f"{result['formula']}({face})  {', '.join(facts)}",
        f"potential  {named} ({result['model_sha256'][:12]})",
        "",
        *(_site(row) for row in result["sites"]),
    ]
    for key, energy in result["energies"].items():
        shown = "no value" if energy is None else f"{energy:+.3f} eV"
        own = [row for row in result["sites"] if row["adsorbate"] == key]
        error = next((row["error_eV"] for row in own if row["error_eV"] is not None), None)
        beside = "error not known" if error is None else f"error {error:.2f} eV on metals"
        lines.append(f"{key}: {shown} from {result['references'][key]}; {beside}")
        free = result["free_energies"].get(key)
        if free is not None:
            lines.append(f"{key}: {free:+.3f} eV of free energy at 298 K ({free - energy:+.2f} eV)")
    for row in result["activities"]:
        interval = row["interval_90"]
        between = "" if interval is None else f" (90 %: {interval[0]:+.2f} to {interval[1]:+.2f})"
        lines.append(f"{row['key']}: {row['value']:+.2f} {row['unit']}{between}. {row['reason']}")
    return "\n".join(lines)


def _site(row: dict[str, Any]) -> str:
    energy = "      -   " if row["energy_eV"] is None else f"{row['energy_eV']:+9.3f} eV"
    words = row["error"] or row["outcome"]
    if row["outcome"] == "moved":
        words = f"moved to {row['ends_at']}"
    return f"{row['adsorbate']:4s} {row['site']:24s} {energy}  {words}"


COMMAND = Command(
    name="adsorption",
    summary="Adsorption energies on a surface, by relaxing slabs.",
    configure=_configure,
    run=_run,
    present=_present,
)
