"""All checks of a potential, one after the other, and the verdict in words."""

import time
from collections.abc import Callable
from dataclasses import replace

from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, hill_formula
from designer_app.potentials.base import Potential
from designer_app.properties.health import constant_energy, dimers, equation_of_state, vibrations
from designer_app.properties.health.subject import Subject, subject_of
from designer_app.running.control import RunControl
from designer_app.specs.health import HealthItem, HealthReport, HealthSpec
from designer_app.specs.trust import TrustReport, worst
from designer_app.state import state_from_structures
from designer_app.trust.judging import Knowledge, judge_structure

CHECKS: tuple[tuple[str, str, Callable[[Subject], HealthItem]], ...] = (
    (equation_of_state.KEY, equation_of_state.TITLE, equation_of_state.check),
    (constant_energy.KEY, constant_energy.TITLE, constant_energy.check),
    (dimers.KEY, dimers.TITLE, dimers.check),
    (vibrations.KEY, vibrations.TITLE, vibrations.check),
)

_VERDICT = {
    "good": "It behaves as a potential should.",
    "care": "Usable with care: {reasons}.",
    "no": "Do not use it yet: {reasons}.",
}


def check_potential(
    potential: Potential, spec: HealthSpec, known: Knowledge, control: RunControl
) -> HealthReport:
    """The report. A check that breaks says why, and the others go on."""
    assert spec.structure is not None
    began = time.perf_counter()
    control.progress(0, len(CHECKS) + 1, "Bringing the structure to rest")
    subject = subject_of(potential, spec, control)
    items = []
    for number, (key, title, check) in enumerate(CHECKS):
        control.progress(number, len(CHECKS) + 1, title)
        try:
            items.append(check(subject))
        except DesignerAppError as error:
            sentence = explain_exception(error).sentence
            items.append(HealthItem(key=key, title=title, level="no", sentence=sentence))
    items.append(_extrapolation(subject, known))
    levels = tuple(item.level for item in items if item.level != "skipped")
    level = worst(levels)
    reasons = "; ".join(item.title.lower() for item in items if item.level == level)
    return HealthReport(
        potential=spec.potential,
        model=spec.model,
        level=level,
        verdict=_VERDICT[level].format(reasons=reasons),
        items=tuple(items),
        structure=hill_formula(amounts_of(spec.structure.numbers)),
        seconds=time.perf_counter() - began,
    )


def _extrapolation(subject: Subject, known: Knowledge) -> HealthItem:
    """The light of the structure by what the potential learned from."""
    item = HealthItem(
        key="extrapolation",
        title="Distance to the training data",
        level="skipped",
        sentence="Not known: it takes a potential trained here, with frames kept back.",
    )
    if known.lost:
        return replace(item, level="care", sentence=known.lost)
    if known.surroundings is None:
        return item
    state = state_from_structures([subject.rest], subject.potential.device)
    report: TrustReport = judge_structure(subject.potential, state, known)
    told = [axis for axis in report.axes if axis.key != "elements"]
    return replace(
        item,
        level=worst(tuple(axis.level for axis in told)),
        sentence=" ".join(axis.sentence for axis in told) or item.sentence,
    )
