"""`designer-app md FILE`: what the atoms do at a temperature."""

import argparse
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, given_flags, spec_from_namespace
from designer_app.cli.code_of_folders import refuse_unnamed_code
from designer_app.cli.command import Command, Console
from designer_app.dynamics.recording import SPEC
from designer_app.errors import InvalidSpecError, ResumeError
from designer_app.io.toml import read_toml
from designer_app.jobs import md, read
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.fields import spec_from_settings
from designer_app.specs.md import BAROSTATTED, MDSpec
from designer_app.specs.naming import called

_MEANS = (
    ("temperature", "K", 1),
    ("pressure", "GPa", 3),
    ("volume", "A3", 2),
    ("density", "g_cm3", 4),
)
_SPOKEN = {"A3": "Å³", "g_cm3": "g/cm³"}


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="Any file that ASE reads; may be left out with --resume.",
    )
    add_spec_arguments(parser, MDSpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    structure = None
    if namespace.file is not None:
        structure = read.run(ReadSpec(path=namespace.file), control).structure()
    flags = given_flags(MDSpec, namespace)
    if flags.get("resume"):
        return md.run(_continued(flags, structure=structure), control)
    if structure is None:
        raise InvalidSpecError("file", "none", "name a structure file, or a folder to --resume")
    return md.run(spec_from_namespace(MDSpec, namespace, structure=structure), control)


def _continued(flags: dict[str, Any], **given: Any) -> MDSpec:
    """The spec of the folder's run, with what the flags change."""
    out = flags.get("out")
    if out is None:
        raise InvalidSpecError("out", "none", "--resume needs the run's folder: --out DIR")
    try:
        settings = read_toml(out / SPEC) if (out / SPEC).exists() else {}
    except (OSError, ValueError) as error:
        raise ResumeError(str(out), f"its {SPEC} is damaged") from error
    if settings:
        refuse_unnamed_code(out / SPEC, settings | flags, flags)
    text = {name: str(value) if isinstance(value, Path) else value for name, value in flags.items()}
    continued: MDSpec = spec_from_settings(MDSpec, {**settings, **text}, **given)
    return continued


def _present(result: dict[str, Any]) -> str:
    potential = called(result["potential"], result["model"])
    run = f"{result['steps']} steps of {result['n_atoms']} atoms under {potential}"
    lines = [f"{run}, {result['steps_per_s']:.3g} steps/s"]
    if result["resumed_from_step"] is not None:
        lines.append(f"resumed        from step {result['resumed_from_step']}")
    averages = _averages(result)
    lines += averages
    if averages:
        lines.append(f"averages       {_what_they_are(result)}")
    if result["drift_eV_per_atom_ps"] is not None:
        drift = result["drift_eV_per_atom_ps"]
        lines.append(f"drift          {drift:.2e} eV/atom/ps of the conserved energy")
    if result["trust"] is not None:
        lines.append(f"trust          {result['trust']['sentence']}")
    if result["trajectory"]:
        lines.append(f"trajectory     {result['trajectory']} ({result['n_frames']} frames)")
    return "\n".join(lines)


def _averages(result: dict[str, Any]) -> list[str]:
    """A line for each mean; volume and density only where the cell can change."""
    lines = []
    for quantity, unit, decimals in _MEANS:
        mean = result.get(f"mean_{quantity}_{unit}")
        changes = quantity in ("temperature", "pressure") or result["ensemble"] in BAROSTATTED
        if mean is None or not changes:
            continue
        error = result[f"mean_{quantity}_error_{unit}"]
        spread = "" if error is None else f" ± {error:.{decimals}f}"
        bath = result["bath_temperature_K"] if quantity == "temperature" else None
        asked = "" if bath is None else f" (bath: {bath:g} K)"
        lines.append(f"{quantity:14s} {mean:.{decimals}f}{spread} {_SPOKEN.get(unit, unit)}{asked}")
    return lines


def _what_they_are(result: dict[str, Any]) -> str:
    """Over which part of the run, and what stands behind the ±."""
    over = f"over the last {1e-3 * result['averaged_fs']:.3g} ps, without the first fifth"
    if result["mean_temperature_error_K"] is None:
        return f"{over}: too few steps for them to have settled, or for an error"
    said = f"{over}; ± is the standard error of the mean by block averages, not the fluctuation"
    if result["unsettled"]:
        return f"{said}; too short for {', '.join(result['unsettled'])} to have settled"
    return said


COMMAND = Command(
    name="md",
    summary="Molecular dynamics: what the atoms do at a temperature.",
    configure=_configure,
    run=_run,
    present=_present,
)
