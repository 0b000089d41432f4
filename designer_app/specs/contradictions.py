"""What cannot be asked, told before anything runs: targets that no material meets at once or that
no model can judge, strategies that cannot give what is wanted.

Energy density (Wh/kg) is voltage (V) times capacity (mAh/g). Conductivities were learned of lithium
conductors alone; asked about other ions, a head would answer with numbers out of nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from designer_app.specs.design_targets import PROPERTIES, Target

_TOGETHER = ("energy_density", "voltage", "capacity")
_LEARNED_OF = {"ionic_conductivity": "Li"}
"""Properties that heads learned of materials of one ion alone."""
_FROM_NOWHERE = ("random", "best-of-n", "retrieval")


@dataclass(frozen=True)
class EnergyLimit:
    """What voltage and capacity leave of the energy density that is asked."""

    nearest: float
    """Wh/kg, the nearest that is possible."""
    voltage: float
    """V, the end of its target that decides."""
    capacity: float
    """mAh/g, likewise."""
    is_most: bool
    """Whether more is asked than is possible, else less."""


def energy_limit(targets: Iterable[Target]) -> EnergyLimit | None:
    """Why the energy density asked cannot be; None where it can, or where one of them is open."""
    asked = [each for each in targets if each.key in _TOGETHER]
    ends = {each.key: each.bounds(PROPERTIES[each.key].wide) for each in asked}
    if len(ends) < len(_TOGETHER):
        return None
    energy, voltage, capacity = (ends[key] for key in _TOGETHER)
    least = [max(voltage[0], 0.0), max(capacity[0], 0.0)]
    most = [max(voltage[1], 0.0), max(capacity[1], 0.0)]
    if 0.0 in most:  # not infinity times nothing
        most = [0.0 if math.isinf(each) else each for each in most]
    if energy[0] > math.prod(most):
        return EnergyLimit(math.prod(most), voltage[1], capacity[1], is_most=True)
    if energy[1] < math.prod(least):
        return EnergyLimit(math.prod(least), voltage[0], capacity[0], is_most=False)
    return None


def idle(strategy: str, *, only_new: bool, has_start: bool) -> str:
    """Why a strategy cannot give what is asked of it; "" where it can."""
    if strategy == "retrieval" and only_new:
        return (
            "this strategy finds known materials alone, and only new ones are asked for: let known "
            "ones count, or take another strategy"
        )
    if has_start and strategy in _FROM_NOWHERE:
        return "this strategy begins nowhere: take another one, or no structure to start from"
    return ""


def guessed(targets: Iterable[Target], ion: str) -> tuple[Target, ...]:
    """Targets that no head learned of materials of an ion, "" where none is asked."""
    return tuple(each for each in targets if _LEARNED_OF.get(each.key, ion) != ion)


def told_guessed(target: Target, ion: str) -> str:
    """Why such a target cannot be asked for."""
    title, learned = PROPERTIES[target.key].title, _LEARNED_OF[target.key]
    about = f"what {ion} does" if ion else f"of materials without {learned}"
    return (
        f"{title} was learned of materials of {learned} alone, and nothing tells {about}: design "
        f"for {learned}, or name other targets."
    )
