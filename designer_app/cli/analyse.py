"""`designer-app analyse TRAJECTORY`: pair distances, displacements, diffusion, conductivity."""

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.dynamics.recording import TRAJECTORY
from designer_app.errors import InvalidSpecError
from designer_app.jobs import analyse
from designer_app.running.control import RunControl
from designer_app.specs.analyse import AnalyseSpec


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "trajectory",
        type=Path,
        metavar="TRAJECTORY",
        help="A trajectory of this program, or any that ASE reads.",
    )
    add_spec_arguments(parser, AnalyseSpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    _refuse_folder(namespace.trajectory)
    return analyse.run(spec_from_namespace(AnalyseSpec, namespace), control)


def _refuse_folder(path: Path) -> None:
    """Name the trajectory in a folder. Raises `InvalidSpecError`."""
    if not path.is_dir():
        return
    inside = path / TRAJECTORY
    way = f"it is a folder; name the trajectory in it: {inside}"
    if not inside.is_file():
        way = f"it is a folder, and holds no {TRAJECTORY}; name a trajectory"
    raise InvalidSpecError("trajectory", path, way, "Trajectory")


def _present(result: dict[str, Any]) -> str:
    lines = [f"{result['n_frames']} frames of {result['n_atoms']} atoms"]
    if result["temperature_K"] is not None:
        lines[0] += f" at {result['temperature_K']:.0f} K"
    if "rdf" in result:
        lines += _first_peaks(result["rdf"])
    if result.get("msd"):
        lines.append(_diffusion(result))
    if result.get("conductivity_S_cm") is not None:
        value, error = result["conductivity_S_cm"], result["conductivity_error_S_cm"]
        kind = result["conductivity_kind"]
        lines.append(f"conductivity   {value:.2e} ± {error:.1e} S/cm, {kind}")
    if len(lines) == 1:
        lines.append("Ask for more with --rdf or --msd ELEMENT.")
    return "\n".join(lines)


def _first_peaks(rdf: dict[str, Any]) -> list[str]:
    return [
        f"g(r) {pair:8s}  first peak at {first_peak(rdf['r_A'], values):.2f} Å"
        for pair, values in rdf["g"].items()
        if len(values) and np.max(values) >= 1.0
    ]


def first_peak(distances: Any, values: Any) -> float:
    """Where g(r) is highest before it falls below 1 again, A: the nearest neighbours.

    The highest of all is often a lattice vector, along which each atom meets its own images.
    """
    above = np.asarray(values) >= 1.0
    begin = int(np.argmax(above))
    below = np.flatnonzero(~above[begin:])
    end = begin + int(below[0]) if len(below) else len(above)
    return float(distances[begin + int(np.argmax(values[begin:end]))])


def _diffusion(result: dict[str, Any]) -> str:
    element = result["msd"]["element"]
    if result["diffusion_seen"]:
        value, error = result["D_cm2_s"], result["D_error_cm2_s"]
        return f"{element} moves: D = {value:.2e} ± {error:.1e} cm²/s"
    said = f"No diffusion of {element} seen"
    if result["D_upper_bound_cm2_s"] is not None:
        said += f": D is below {result['D_upper_bound_cm2_s']:.1e} cm²/s"
    if result["run_needed_ps"] is not None:
        said += f"; about {result['run_needed_ps']:.0f} ps would tell"
    return said + "."


COMMAND = Command(
    name="analyse",
    summary="Pair distances and diffusion from a trajectory.",
    configure=_configure,
    run=_run,
    present=_present,
)
