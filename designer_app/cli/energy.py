"""`designer-app energy FILE`: energy, forces and stress of a structure as it is."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.io.formulas import amounts_of, hill_formula
from designer_app.jobs import energy, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.naming import called
from designer_app.specs.single_point import EnergySpec
from designer_app.units import GPA


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="Any file that ASE reads.")
    parser.add_argument(
        "--index", type=int, default=-1, metavar="N", help="Frame of a trajectory; -1 the last."
    )
    add_spec_arguments(parser, EnergySpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    document = read.run(ReadSpec(path=namespace.file, index=namespace.index), control)
    spec = spec_from_namespace(EnergySpec, namespace, structure=document.structure())
    return {
        "file": str(namespace.file),
        "formula": hill_formula(amounts_of(spec.structure.numbers)),
        **energy.run(spec, control),
    }


def _present(result: dict[str, Any]) -> str:
    trust = result["trust"]
    lines = [
        f"energy         {result['energy_eV']:.6f} eV",
        f"               {result['energy_per_atom_eV']:.6f} eV/atom, {result['n_atoms']} atoms",
    ]
    if trust["largest_force_eV_A"] is not None:
        lines.append(f"largest force  {trust['largest_force_eV_A']:.4f} eV/Å")
    if trust["largest_force_spread_eV_A"] is not None:
        spread = trust["largest_force_spread_eV_A"]
        lines.append(f"  spread       {spread:.4f} eV/Å between members")
    if result["stress_eV_A3"] is not None:
        stress = "  ".join(f"{round(value / GPA, 3) + 0.0:.3f}" for value in result["stress_eV_A3"])
        lines.append(f"stress         {stress} GPa (xx yy zz yz xz xy)")
    if result["magmoms"] is not None:
        moments = result["magmoms"]
        lines.append(f"moments        {moments.min():.3f} to {moments.max():.3f} Bohr magnetons")
    named = called(result["potential"], result["model"])
    return "\n".join([*lines, f"potential      {named} ({result['model_sha256'][:12]})"])


COMMAND = Command(
    name="energy",
    summary="Energy, forces and stress of a structure as it is.",
    configure=_configure,
    run=_run,
    present=_present,
)
