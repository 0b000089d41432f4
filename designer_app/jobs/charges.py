"""Oxidation states that balance a composition: what electrostatics is ranked with."""

from collections.abc import Mapping
from itertools import islice, product

_FEWEST = 1e-9
_COMMON_FIRST = 0.02
"""Penalty, e per atom, for each step away from an element's most common state."""
_MOST_COMBINATIONS = 200_000
_ANIONS_ONLY = {"O": (-2,), "S": (-2,), "Se": (-2,), "Te": (-2,), "N": (-3,), "F": (-1,)}
_MIXED_VALENCE_E = 0.51
"""e per atom. What remains may be spread over the metals of variable valence, as mixed valence."""


def oxidation_states(amounts: Mapping[str, float]) -> dict[str, float]:
    """Charge of each element in e, together neutral; empty where no common states come near.

    What one state for each element cannot balance is spread over the elements of variable valence:
    LiMn2O4 gets Mn 3.5.
    """
    from pymatgen.core import Element

    elements = sorted(amounts, key=lambda each: -amounts[each])
    options = []
    for symbol in elements:
        element = Element(symbol)
        states = _ANIONS_ONLY.get(symbol) or element.common_oxidation_states
        if not states or len(elements) == 1:
            return {}
        options.append(states)
    total = sum(amounts.values())
    best: tuple[float, dict[str, float]] | None = None
    for chosen in islice(product(*options), _MOST_COMBINATIONS):
        states = dict(zip(elements, map(float, chosen), strict=True))
        balanced = _balanced(states, amounts, dict(zip(elements, options, strict=True)))
        if balanced is None:
            continue
        steps = sum(option.index(state) for option, state in zip(options, chosen, strict=True))
        moved = sum(abs(balanced[each] - states[each]) * amounts[each] for each in elements)
        cost = moved / total + _COMMON_FIRST * steps
        if best is None or cost < best[0] - _FEWEST:
            best = cost, balanced
    return best[1] if best else {}


def _balanced(
    states: dict[str, float],
    amounts: Mapping[str, float],
    options: Mapping[str, tuple[int, ...]],
) -> dict[str, float] | None:
    """The states with the remaining charge spread over metals of variable valence, or None."""
    if min(states.values()) > 0 or max(states.values()) < 0:
        return None
    excess = sum(states[each] * amounts[each] for each in states)
    if abs(excess) < _FEWEST:
        return states
    variable = [each for each in states if states[each] > 0 and _is_variable(each, options[each])]
    atoms = sum(amounts[each] for each in variable)
    if not variable or abs(excess) > _MIXED_VALENCE_E * atoms:
        return None
    return {
        each: state - excess / atoms if each in variable else state
        for each, state in states.items()
    }


def _is_variable(symbol: str, states: tuple[int, ...]) -> bool:
    from pymatgen.core import Element

    return len(states) > 1 or Element(symbol).is_transition_metal
