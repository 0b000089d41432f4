"""A health check of a potential on a structure."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.labels import read_labelled
from designer_app.io.potential_cards import (
    read_potential_card,
    trained_folder,
    write_potential_card,
)
from designer_app.jobs.trust import doubts_of_training, knowledge_of
from designer_app.potentials import load_potential
from designer_app.properties.health.calm_frame import calm_frame
from designer_app.properties.health.checkup import check_potential
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec
from designer_app.specs.health import HealthReport, HealthSpec
from designer_app.specs.structure import Structure
from designer_app.state import check_computable, set_threads


def run(spec: HealthSpec, control: RunControl) -> HealthReport:
    """The report; the card of a potential that was trained here keeps it, a shipped one's not."""
    check_spec(spec)
    structure = spec.structure or _learned_from(spec, control)
    if structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to deform and heat")
    check_computable(structure)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    for said in doubts_of_training(spec.potential, spec.model):
        control.log.warning("%s", said)
    known = knowledge_of(spec.potential, spec.model)
    report = check_potential(potential, replace(spec, structure=structure), known, control)
    if spec.model and trained_folder(spec.model) == Path(spec.model):
        _keep(Path(spec.model), report)
    return report


def _learned_from(spec: HealthSpec, control: RunControl) -> Structure | None:
    """The calmest frame of the data; None without data."""
    if not spec.data:
        return None
    control.progress(0, 1, "Reading the training data")
    found = read_labelled(spec.data, spec.mapping, checkpoint=control.checkpoint)
    try:
        references = read_potential_card(trained_folder(spec.model)).references_eV
    except FileUnreadableError:
        references = {}
    return calm_frame(found.frames, references)


def _keep(folder: Path, report: HealthReport) -> None:
    try:
        card = read_potential_card(folder)
    except FileUnreadableError:
        return
    told: dict[str, Any] = {
        "level": report.level,
        "verdict": report.verdict,
        "structure": report.structure,
        "seconds": report.seconds,
        "items": [_plain(asdict(item)) for item in report.items],
    }
    write_potential_card(folder, replace(card, health=told))


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    """An item with its curves as lists, in six digits, as JSON takes them."""
    curves = [
        {**curve, "x": _listed(curve["x"]), "y": _listed(curve["y"])} for curve in told["curves"]
    ]
    return {**told, "curves": curves}


def _listed(values: Any) -> list[float | None]:
    """None for what is not finite: JSON has no word for it."""
    return [float(f"{each:.6g}") if np.isfinite(each) else None for each in values]
