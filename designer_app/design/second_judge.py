"""A second potential on the same phases: what another functional makes of a candidate.

CHGNet r2SCAN learned another functional and labelled nothing that the heads learned from. The
phases of its hull are those of the first potential, relaxed with it once and kept
(`screening/reference/again.py`): where a compound is missing, both put a candidate too low, and the
second bears nothing out. SevenNet joins where it is installed.
"""

from importlib.util import find_spec

from designer_app.elements import SYMBOLS
from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of
from designer_app.potentials.base import Potential
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.hull_errors import STABLE
from designer_app.screening.placing import TOO_GOOD
from designer_app.screening.reference.again import reference_set
from designer_app.screening.reference.relaxing import Inner, relax_phases
from designer_app.specs.design_rows import Check
from designer_app.specs.design_tasks import DesignAnswer
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import HullPlacement
from designer_app.specs.structure import Structure

KEY = "e_above_hull_second"
"""Of its estimate: numbers of two functionals never take each other's place."""
_DISAGREES = "It does not agree that this is near the hull."
_DOUBT = (
    "So far below the hull a known compound is probably missing; both potentials miss it, and the "
    "second bears nothing out."
)
_SEVENNET = ("ase", "sevenn.calculator:SevenNetCalculator")


def judges(potential: str, model: str) -> tuple[tuple[str, str], ...]:
    """(potential, model) of those beside the one that a run uses."""
    found = [("chgnet", "r2scan")]
    if find_spec("sevenn") is not None:
        found.append(_SEVENNET)
    return tuple(each for each in found if each != (potential, model))


def judged_again(
    structure: Structure, first: float, potential: Potential, control: RunControl
) -> DesignAnswer:
    """Energy above the hull of the second potential, eV/atom; `first` is that of the first one."""
    name = f"{potential.key} {potential.model}".replace("chgnet r2scan", "CHGNet r2SCAN")
    (phase,) = relax_phases([structure], potential, control=Inner(control))
    if phase.structure is None:
        return DesignAnswer(warnings=(f"{name} cannot relax it: {phase.error}",))
    try:
        placed = _placed(phase.structure, phase.energy, potential, control)
    except DesignerAppError as error:
        told = f"{name} cannot place it: {explain_exception(error).sentence}"
        return DesignAnswer(warnings=(told,))
    distance = placed.e_above_hull - placed.below_hull
    is_open = first < -TOO_GOOD
    holds = distance <= STABLE and not is_open
    doubt = _DOUBT if is_open else "" if holds else _DISAGREES
    told = (
        f"{name}, a second potential on the same phases, says {abs(1000 * distance):.0f} meV/atom "
        f"{_side(distance)} the hull; the first says {abs(1000 * first):.0f} {_side(first)}."
    )
    check = Check(
        name=name,
        value=distance,
        unit="eV/atom",
        holds=holds,
        is_open=is_open,
        sentence=" ".join(filter(None, (told, doubt))),
    )
    estimate = Estimate(
        key=KEY,
        value=distance,
        unit="eV/atom",
        method="relaxation",
        origin=f"{potential.key} {potential.model} ({potential.model_sha256[:12]}), "
        f"{placed.reference_set}",
        light="green" if holds else "amber",
        reason=doubt,
    )
    return DesignAnswer(checks=(check,), estimates=(estimate,))


def _side(distance: float) -> str:
    return "below" if distance < 0.0 else "above"


def _placed(
    structure: Structure, energy: float, potential: Potential, control: RunControl
) -> HullPlacement:
    elements = tuple(sorted({SYMBOLS[number] for number in structure.numbers}))
    amounts = amounts_of(structure.numbers)
    found = reference_set(elements, potential, near=amounts, control=Inner(control))
    hull = hull_for(elements, found.phases, found.origin)
    return hull.place(amounts, energy / len(structure))
