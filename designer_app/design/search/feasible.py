"""Whether targets can be met at all, asked before anything is searched.

What the allowed elements can hold follows from a small linear program. With n_i atoms of element i
in a gram of discharged material, each between its lowest and highest charge q_i, and all ions out,

    maximise Q = F sum_i n_i (q_i^high - q_i^low),  with  sum_i n_i q_i^high = 0,
    z n_ion = sum_i n_i (q_i^high - q_i^low),       sum_i n_i m_i + n_ion m_ion = 1,

over n >= 0. No crystal of these elements stores more, and most store far less: what is refused here
is impossible, what is not may still be.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.search.limits import Limits
from designer_app.design.search.restricting import NOT_OXIDISED, Restricted
from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES
from designer_app.errors import InvalidSpecError
from designer_app.io.element_limits import price
from designer_app.io.property_distributions import distribution_of
from designer_app.properties.charges import common_states
from designer_app.properties.electrode_checks import HIGHEST_VOLTAGE
from designer_app.properties.working_ions import FARADAY_MAH_MOL
from designer_app.screening.ion_release import highest_charge
from designer_app.specs.contradictions import (
    RARE,
    charge_needed,
    energy_limit,
    guessed,
    told_guessed,
)
from designer_app.specs.design_targets import PROPERTIES, Target, in_words
from designer_app.specs.voltage import ION_CHARGES

_ANIONS = frozenset(("O", "F", "Cl", "Br", "I", "N"))
"""Never oxidised, and never cations beside what they are anions of."""
_CHALCOGENS = frozenset(("S", "Se", "Te"))
_NOT_NEGATIVE = (
    "energy_density", "capacity", "volume_change", "band_gap", "bulk_modulus", "price",
)  # fmt: skip


@dataclass(frozen=True)
class Doubts:
    """What stands against a search before it begins."""

    impossible: tuple[str, ...]
    """Sentences, each with the nearest possible value; with any of them nothing can be found."""
    unlikely: tuple[str, ...]
    """Sentences about targets that few known materials meet."""


def doubts_of(targets: Sequence[Target], limits: Limits) -> Doubts:
    """What stands against targets, from the limits and from what is known."""
    by_key = {target.key: target for target in targets}
    unknown = [told_guessed(each, limits.ion) for each in guessed(targets, limits.ion)]
    impossible = [*unknown, *_signs(targets), *_products(targets), *_elements(by_key, limits)]
    return Doubts(tuple(impossible), tuple(_tails(targets, limits)))


def check_left(limits: Limits, restricted: Restricted, library: PrototypeLibrary) -> None:
    """Raises `InvalidSpecError` where no structure type is left, with what to loosen."""
    unknown = [name for name in limits.families if name not in library.families]
    if unknown:
        told = f"there is no such family; known: {', '.join(library.families)}"
        raise InvalidSpecError("families", ", ".join(unknown), told)
    if restricted.n_prototypes:
        return
    rows = [row for name in limits.families for row in library.family(name)]
    sizes = library.n_atoms[rows] if rows else library.n_atoms
    if int(sizes.min(initial=limits.max_atoms + 1)) > limits.max_atoms:
        least = int(sizes.min())
        told = f"the smallest cell of these families has {least} atoms: allow that many"
        raise InvalidSpecError("max_atoms", limits.max_atoms, told)
    worst = max(restricted.lost, key=lambda why: restricted.lost[why], default="")
    allowed = " ".join(sorted(limits.allowed, key=lambda each: ATOMIC_NUMBERS[each]))
    others = "another family, or a looser charge balance"
    more = "a metal of several valences" if worst == NOT_OXIDISED else "more elements"
    told = f"no structure type is left ({worst}): allow {more}, {others}"
    raise InvalidSpecError("elements", allowed, told)


def check_targets(targets: Sequence[Target], limits: Limits, elements: str = "") -> None:
    """Raises `InvalidSpecError` with the first sentence where targets cannot be met; the fault is
    with the allowed `elements` where somebody names them and the targets could be met with others.
    """
    found = doubts_of(targets, limits).impossible
    if not found:
        return
    told = found[0].removesuffix(".")
    if elements and found[0] in _elements({each.key: each for each in targets}, limits):
        raise InvalidSpecError("elements", elements, told, "Allowed elements")
    text = ", ".join(target.text() for target in targets)
    raise InvalidSpecError("targets", text, told, "Targets")


# --- contradictions ---


def _signs(targets: Sequence[Target]) -> list[str]:
    found = []
    for target in targets:
        highest = target.about if target.about is not None else target.high
        if target.key in _NOT_NEGATIVE and highest < 0:
            title = PROPERTIES[target.key].title
            found.append(f"{title} below 0 does not exist; the nearest possible is 0.")
        if target.key == "voltage" and _lowest(target) > HIGHEST_VOLTAGE:
            found.append(
                f"Above {HIGHEST_VOLTAGE:g} V no electrolyte lasts and the models know no "
                f"materials; the nearest possible is {HIGHEST_VOLTAGE:g} V."
            )
    return found


def _products(targets: Sequence[Target]) -> list[str]:
    """Energy density against voltage times capacity."""
    limit = energy_limit(targets)
    if limit is None:
        return []
    said, end = ("more", "highest") if limit.is_most else ("less", "lowest")
    told = (
        f"The energy density asked is {said} than the {end} voltage times the {end} capacity "
        f"asked; the nearest possible is {limit.nearest:.0f} Wh/kg."
    )
    return [told]


def _elements(by_key: Mapping[str, Target], limits: Limits) -> list[str]:
    """Capacity, energy density and price against what the allowed elements can give."""
    found = []
    if limits.ion and limits.releases and limits.charge == "strict":
        most = most_capacity(limits)
        charge, density = by_key.get("capacity"), by_key.get("energy_density")
        if most == 0.0 and (charge or density):
            found.append(
                f"None of the allowed elements can be oxidised when {limits.ion} leaves; the "
                "nearest possible capacity is 0. Allow a metal of several valences."
            )
        elif charge is not None and _lowest(charge) > most:
            found.append(
                f"The allowed elements can store no more than {most:.0f} mAh/g, the nearest "
                f"possible to the {_lowest(charge):g} asked."
            )
        elif density is not None:
            voltage = by_key.get("voltage")
            top = min(_highest(voltage), HIGHEST_VOLTAGE) if voltage else HIGHEST_VOLTAGE
            if _lowest(density) > most * top:
                found.append(
                    f"The allowed elements store no more than {most:.0f} mAh/g, so at {top:g} V "
                    f"the nearest possible energy density is {most * top:.0f} Wh/kg."
                )
    cost = by_key.get("price")
    if cost is not None:
        cheapest = min(price(each) for each in limits.allowed)
        if _highest(cost) < cheapest:
            found.append(
                f"The cheapest of the allowed elements costs {cheapest:g} USD/kg, the nearest "
                "possible price."
            )
    return found


def most_capacity(limits: Limits) -> float:
    """mAh/g of discharged material that the allowed elements can store at most."""
    charge = ION_CHARGES[limits.ion]
    mass_of_ion = float(STANDARD_MASSES[ATOMIC_NUMBERS[limits.ion]])
    high, released, mass = [], [], []
    for symbol in sorted(limits.allowed - {limits.ion}):
        for low, top in _charge_ranges(symbol):
            high.append(top)
            released.append(top - low)
            mass.append(float(STANDARD_MASSES[ATOMIC_NUMBERS[symbol]]))
    if not high:
        return 0.0
    gained = np.array(released, dtype=np.float64)
    whole = np.array(mass) + gained * mass_of_ion / charge
    solved = linprog(
        -gained,
        A_eq=np.array([high, whole], dtype=np.float64),
        b_eq=np.array([0.0, 1.0]),
        method="highs",
    )
    return 0.0 if solved.x is None else max(float(-solved.fun), 0.0) * FARADAY_MAH_MOL


def _charge_ranges(symbol: str) -> list[tuple[float, float]]:
    """(lowest, highest) charge in an electrode, as a cation and as an anion where it may be both.

    No element changes its sign, and of the anions only sulfur and its like give up charge, by
    pairing up (`ion_release`).
    """
    states = common_states(symbol)
    found: list[tuple[float, float]] = []
    negative = min((state for state in states if state < 0), default=0)
    if negative:
        found.append((negative, -1 if symbol in _CHALCOGENS else negative))
    positive = [state for state in states if state > 0]
    if positive and symbol not in _ANIONS:
        found.append((min(positive), max(highest_charge(symbol, 1), *positive)))
    return found


# --- tails ---


def _tails(targets: Sequence[Target], limits: Limits) -> list[str]:
    """Targets that few known materials meet."""
    purpose = "catalyst" if limits.metals_only else "any"
    if limits.ion:
        purpose = "cathode" if limits.releases else "electrolyte"
    found = []
    if limits.releases:
        needed = charge_needed(targets, distribution_of("capacity", purpose, limits.ion))
        found += [needed.sentence] if needed is not None else []
    for target in targets:
        known = distribution_of(target.key, purpose, limits.ion)
        row = PROPERTIES.get(target.key)
        if known is None or row is None:
            continue
        low, high = target.bounds(row.wide)
        share = known.share_within(low, high)
        asked = in_words(target)
        asked = asked[:1].upper() + asked[1:]
        if low > known.quantiles[-1] or high < known.quantiles[0]:
            end = known.quantiles[-1 if low > known.quantiles[-1] else 0]
            found.append(
                f"{asked} holds for none of the {known.n} known materials of its kind, which end "
                f"at {end:.3g} {row.unit}: nothing tells whether predictions hold there."
            )
        elif share < RARE:
            found.append(
                f"{asked} holds for {100 * share:.1f} % of the {known.n} known materials of its "
                "kind: targets in the tail of the data rarely hold."
            )
    return found


def _lowest(target: Target) -> float:
    return target.low if target.about is None else target.about


def _highest(target: Target) -> float:
    high = target.high if target.about is None else target.about
    return high if math.isfinite(high) else math.inf
