"""`designer-app conductivity FILE_OR_FORMULA`: how fast ions move, by several methods."""

import argparse
import math
import re
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, spec_from_namespace
from designer_app.cli.command import Command, Console
from designer_app.errors import NO_SUCH_FILE, FileUnreadableError
from designer_app.jobs import conductivity, read
from designer_app.running.control import RunControl
from designer_app.specs.conductivity import (
    BARRIER,
    CONDUCTIVITY,
    HEAD,
    ConductivityResult,
    ConductivitySpec,
)
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import Estimate

_FORMULA = re.compile(r"(?:[A-Z][a-z]?|[\d.()\[\]])+")
"""LiNi0.8Co0.2O2, but not LiCoO2.cif."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "material",
        metavar="FILE_OR_FORMULA",
        help="A structure file, or a formula such as Li6PS5Cl: that the learned head alone knows.",
    )
    add_spec_arguments(parser, ConductivitySpec)


def _run(namespace: argparse.Namespace, control: RunControl, _console: Console) -> dict[str, Any]:
    spec = spec_from_namespace(ConductivitySpec, namespace, **_material(namespace, control))
    return _figures(conductivity.run(spec, control))


def _material(namespace: argparse.Namespace, control: RunControl) -> dict[str, Any]:
    """What the word on the command line stands for: an existing file first, then a formula."""
    word = namespace.material
    path = Path(word)
    if not path.exists():
        if not _FORMULA.fullmatch(word):
            raise FileUnreadableError(word, NO_SUCH_FILE)
        return {"formula": word}
    document = read.run(ReadSpec(path=path), control)
    return {"structure": document.structure(), "occupancies": document.occupancies}


def _figures(found: ConductivityResult) -> dict[str, Any]:
    """The keys of the contract are the learned head's; every estimate stands in the list."""
    first = found.by(HEAD)
    assert first is not None
    has_interval = first.low is not None and first.high is not None
    return {
        "formula": found.formula,
        "ion": found.ion,
        "temperature_K": found.temperature,
        "log10_sigma_S_cm": first.value,
        "interval_90": [first.low, first.high] if has_interval else None,
        "method": first.method,
        "estimates": [_row(each) for each in found.estimates],
        "paths": [asdict(each) for each in found.paths],
        "runs": [asdict(each) for each in found.runs],
        "warnings": list(found.warnings),
    }


def _row(estimate: Estimate) -> dict[str, Any]:
    """What every estimate has; a head's own distribution is left out."""
    return {each.name: getattr(estimate, each.name) for each in fields(Estimate)}


def _present(result: dict[str, Any]) -> str:
    lines = [f"{result['formula']}, {result['ion']}, {result['temperature_K']:.0f} K"]
    method = origin = ""
    for row in result["estimates"]:
        estimate = Estimate(**row)
        lines.append(f"{estimate.method:20s} {_value(estimate)}")
        is_told = (estimate.method, estimate.origin) == (method, origin)
        method, origin = estimate.method, estimate.origin
        said = (estimate.reason,) if is_told else (origin, estimate.reason)
        lines += [f"{'':20s} {line}" for line in said if line]
    return "\n".join(lines)


def _value(estimate: Estimate) -> str:
    what = {CONDUCTIVITY: "log10 sigma (S/cm)", BARRIER: "barrier (eV)"}.get(
        estimate.key, f"{estimate.key} ({estimate.unit})"
    )
    if math.isnan(estimate.value):
        return f"{what:18s} -"
    text = f"{what:18s} {estimate.value:.2f}"
    if estimate.low is not None and estimate.high is not None:
        text += f"  ({100 * estimate.level:.0f} %: {estimate.low:.2f} to {estimate.high:.2f})"
    return text


COMMAND = Command(
    name="conductivity",
    summary="Ionic conductivity by a learned head, barriers, and molecular dynamics.",
    configure=_configure,
    run=_run,
    present=_present,
)
