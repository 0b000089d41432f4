"""What cannot be asked, told before anything runs: targets that no material meets at once or that
no model can judge, strategies that cannot give what is wanted.

Energy density (Wh/kg) is voltage (V) times capacity (mAh/g). Conductivities were learned of lithium
conductors alone; asked about other ions, a head would answer with numbers out of nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from designer_app.specs.design_targets import PROPERTIES, Target
from designer_app.specs.distributions import Distribution

RARE = 0.05
"""Share of known materials below which a target is told to lie in the tail."""
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


@dataclass(frozen=True)
class ChargeNeeded:
    """What an energy density takes, and what known electrodes have."""

    capacity: float
    """mAh/g that it takes at the highest voltage asked."""
    share: float
    """Of known electrodes that store as much."""
    nearest: float
    """Wh/kg at that voltage of the best twentieth of known electrodes."""
    sentence: str


def charge_needed(targets: Iterable[Target], known: Distribution | None) -> ChargeNeeded | None:
    """Why an energy density will hardly be met; None where it may, or where voltages are open.

    `known` are capacities of electrodes of the ion.
    """
    asked = {each.key: each for each in targets}
    if known is None or not {"energy_density", "voltage"} <= asked.keys():
        return None
    density = asked["energy_density"].bounds(PROPERTIES["energy_density"].wide)[0]
    voltage = asked["voltage"].bounds(PROPERTIES["voltage"].wide)[1]
    if not (math.isfinite(voltage) and voltage > 0.0 and density > 0.0):
        return None
    capacity = density / voltage
    share = known.share_within(capacity, math.inf)
    if share >= RARE:
        return None
    best = _rounded_down(voltage * known.value_at(1.0 - RARE))
    told = (
        f"{density:g} Wh/kg at no more than {voltage:g} V takes {capacity:.0f} mAh/g, and "
        f"{_part(share, known.n)} known {known.ion} electrodes store as much; the best "
        f"{100 * RARE:.0f} % could give {best:.0f} Wh/kg at that voltage."
    )
    return ChargeNeeded(capacity, share, best, told)


def _part(share: float, n: int) -> str:
    return f"none of the {n}" if share * n < 1.0 else f"only {100 * share:.1g} % of the {n}"


def _rounded_down(value: float) -> float:
    """To two digits."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1)
    return math.floor(value / step) * step


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
