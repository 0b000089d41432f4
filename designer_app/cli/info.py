"""`designer-app info FILE`: what is in a structure file."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.io.documents import Document
from designer_app.jobs import inspect, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import InspectSpec, ReadSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="Any file that ASE reads.")
    parser.add_argument(
        "--index",
        type=int,
        default=-1,
        metavar="N",
        help="Frame of a trajectory (-1 the last), or data block of a CIF (-1 the first).",
    )
    add_spec_arguments(parser, InspectSpec, "structure", "occupancies")


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    document: Document = read.run(ReadSpec(path=namespace.file, index=namespace.index), control)
    spec = spec_from_namespace(
        InspectSpec,
        namespace,
        structure=document.structure(),
        occupancies=document.occupancies,
    )
    return {
        **inspect.run(spec, control),
        "frame": document.frame,
        "n_frames": document.n_frames,
        "warnings": list(document.warnings),
        "source": document.source,
    }


def _present(result: dict[str, Any]) -> str:
    """The facts a chemist looks for first, one a line."""
    lines = [f"{result['formula_with_subscripts']}   {result['name']}".rstrip()]
    lines.append(f"  atoms         {result['n_atoms']}  ({result['formula_hill']})")
    if result["space_group"]:
        number, system = result["space_group_number"], result["crystal_system"]
        lines.append(f"  space group   {result['space_group']} ({number}), {system}")
    elif 0 < result["periodic_directions"] < 3:
        count = result["periodic_directions"]
        lines.append(f"  periodic      in {count} of 3 directions: no space group, no density")
    if result["cell_lengths_A"] is not None:
        lengths = "  ".join(f"{value:.4f}" for value in result["cell_lengths_A"])
        angles = "  ".join(f"{value:.2f}" for value in result["cell_angles_deg"])
        lines.append(f"  cell          {lengths} Å,  {angles}°")
        lines.append(f"  volume        {result['volume_A3']:.3f} Å³")
    if result["density_g_cm3"] is not None:
        lines.append(f"  density       {result['density_g_cm3']:.3f} g/cm³")
    if result["min_distance_A"] is not None:
        lines.append(f"  nearest pair  {result['min_distance_A']:.3f} Å")
    lines += [f"  ! {warning}" for warning in result["warnings"]]
    return "\n".join(lines)


COMMAND = Command(
    name="info",
    summary="Formula, space group, cell and density of a structure file.",
    configure=_configure,
    run=_run,
    present=_present,
)
