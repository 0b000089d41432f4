"""Oxidation states that balance a composition: what electrostatics is ranked with."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice, product

_FEWEST = 1e-9
_COMMON_FIRST = 0.1
"""Penalty, e per atom, for each step away from an element's most common state."""
_AS_COMMON = 0.02
"""The same for elements whose states are about as common as each other."""
_OF_TWO_MINDS = ("Ni", "Fe", "Cu")
_MOST_COMBINATIONS = 200_000
_MIXED_VALENCE_E = 0.51
"""e per atom. What remains may be spread over some of the cations, as mixed valence."""

# The most common first, as in oxides, sulfides and halides that solids are made of; elements that
# are not here take the common states of pymatgen, which come from all of chemistry (Mn +7).
_IN_SOLIDS: Mapping[str, tuple[int, ...]] = {
    "H": (1, -1),
    "B": (3,),
    "C": (4, -4),
    "N": (-3, 5),
    "O": (-2,),
    "F": (-1,),
    "Si": (4,),
    "P": (5, -3),
    "S": (-2, 6),
    "Cl": (-1, 7),
    "Ti": (4, 3),
    "V": (5, 4, 3),
    "Cr": (3, 6),
    "Mn": (4, 3, 2),
    "Fe": (3, 2),
    "Co": (3, 2),
    "Ni": (2, 3, 4),
    "Cu": (2, 1),
    "Ge": (4,),
    "As": (5, 3, -3),
    "Se": (-2, 4, 6),
    "Br": (-1,),
    "Nb": (5, 4),
    "Mo": (6, 4),
    "Ru": (4, 5),
    "Sn": (4, 2),
    "Sb": (5, 3, -3),
    "Te": (-2, 4, 6),
    "I": (-1,),
    "Ce": (4, 3),
    "W": (6, 4),
    "Bi": (3, 5),
}


@dataclass(frozen=True)
class Oxidation:
    """Charges in e that balance a composition."""

    states: Mapping[str, float]
    """The common oxidation state of each element."""
    shift: float = 0.0
    """What each of `shifted` lacks or has too much, so that the whole is neutral."""
    shifted: tuple[str, ...] = ()

    @property
    def charges(self) -> dict[str, float]:
        """Of each element, together neutral."""
        return {
            each: state + self.shift if each in self.shifted else state
            for each, state in self.states.items()
        }

    @property
    def sentence(self) -> str:
        """The charges in words."""
        shown = ", ".join(f"{each} {state:+g}" for each, state in self.states.items())
        if not self.shifted:
            return f"Ranked by electrostatics with the charges {shown}."
        names = ", ".join(sorted(self.shifted))
        return (
            f"Ranked by electrostatics with the charges {shown}; "
            f"charges of {names} shifted by {self.shift:+.2g} for neutrality."
        )


def oxidation_states(amounts: Mapping[str, float]) -> Oxidation | None:
    """Common states, together neutral; None where no common states come near.

    What one state for each element cannot balance is spread evenly over the transition metals and
    other metals of variable valence (LiMn2O4 gets Mn 3.5), or else over all cations above +1.
    """
    elements = sorted(amounts, key=lambda each: -amounts[each])
    options = [common_states(symbol) for symbol in elements]
    if len(elements) == 1 or not all(options):
        return None
    total = sum(amounts.values())
    best: tuple[float, Oxidation] | None = None
    for chosen in islice(product(*options), _MOST_COMBINATIONS):
        states = dict(zip(elements, map(float, chosen), strict=True))
        balanced = _balanced(states, amounts)
        if balanced is None:
            continue
        rarity = sum(
            (_AS_COMMON if each in _OF_TWO_MINDS else _COMMON_FIRST) * option.index(state)
            for each, option, state in zip(elements, options, chosen, strict=True)
        )
        moved = abs(balanced.shift) * sum(amounts[each] for each in balanced.shifted)
        cost = moved / total + rarity
        if best is None or cost < best[0] - _FEWEST:
            best = cost, balanced
    return best[1] if best else None


@cache
def common_states(symbol: str) -> tuple[int, ...]:
    """Oxidation states of an element in common solids, the most common first."""
    from pymatgen.core import Element

    return _IN_SOLIDS.get(symbol) or tuple(Element(symbol).common_oxidation_states)


def _balanced(states: dict[str, float], amounts: Mapping[str, float]) -> Oxidation | None:
    """The states with the remaining charge spread over cations, or None."""
    if min(states.values()) > 0 or max(states.values()) < 0:
        return None
    excess = sum(states[each] * amounts[each] for each in states)
    if abs(excess) < _FEWEST:
        return Oxidation(states)
    cations = [each for each in states if states[each] > 0]
    shifted = [each for each in cations if is_of_variable_valence(each)]
    shifted = shifted or [each for each in cations if states[each] > 1]
    atoms = sum(amounts[each] for each in shifted)
    if abs(excess) > _MIXED_VALENCE_E * atoms:
        return None
    return Oxidation(states, -excess / atoms, tuple(shifted))


@cache
def is_of_variable_valence(symbol: str) -> bool:
    """Whether an element may have several charges side by side, as Mn in LiMn2O4."""
    from pymatgen.core import Element

    element = Element(symbol)
    of_two = element.is_metal and sum(state > 0 for state in common_states(symbol)) > 1
    return element.is_transition_metal or of_two
