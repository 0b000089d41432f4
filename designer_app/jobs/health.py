"""A health check of a potential on a structure."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.io.potential_cards import read_potential_card, write_potential_card
from designer_app.jobs.trust import knowledge_of
from designer_app.potentials import load_potential
from designer_app.properties.health.checkup import check_potential
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec
from designer_app.specs.health import HealthReport, HealthSpec
from designer_app.state import check_computable, set_threads


def run(spec: HealthSpec, control: RunControl) -> HealthReport:
    """The report; the card of a potential that was trained here keeps it in words."""
    check_spec(spec)
    if spec.structure is None:
        raise InvalidSpecError("structure", None, "there is nothing to deform and heat")
    check_computable(spec.structure)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    control.progress(0, 1, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    report = check_potential(potential, spec, knowledge_of(spec.model), control)
    _keep(Path(spec.model), report)
    return report


def _keep(folder: Path, report: HealthReport) -> None:
    try:
        card = read_potential_card(folder)
    except FileUnreadableError:
        return
    told: dict[str, Any] = {
        "level": report.level,
        "verdict": report.verdict,
        "structure": report.structure,
        "items": [
            {name: value for name, value in asdict(item).items() if name != "curves"}
            for item in report.items
        ],
    }
    write_potential_card(folder, replace(card, health=told))
