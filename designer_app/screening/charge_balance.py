"""Whether common oxidation states make a composition neutral, with electronegative anions.

Strict: one common state for each element, or two neighbouring ones of one metal of variable valence
(Mn3+ and Mn4+ in LiMn2O4). Loose: any state found three times in the ICSD, as SMACT tells it
(Davies et al. 2016, doi:10.1016/j.chempr.2016.09.010). Elements and alloys have no
charges to balance. Peroxides and polysulfides pass only the loose rule.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from designer_app.io.formulas import formula
from designer_app.properties.charges import common_states, is_of_variable_valence

_NEUTRAL = 1e-6
_MOST_ELEMENTS = 8
"""A composition of more is refused: no known crystal that is ordered holds so many."""


@dataclass(frozen=True)
class Balance:
    """A way to make a composition neutral."""

    states: Mapping[str, float]
    """Mean charge of each element, e; empty for elements and alloys."""
    mixed: str = ""
    """The element of two valences, where there is one."""

    @property
    def sentence(self) -> str:
        """The charges in words."""
        if not self.states:
            return "element or alloy, without charges"
        shown = ", ".join(f"{each} {state:+.3g}" for each, state in self.states.items())
        return f"{shown} ({self.mixed} of two valences)" if self.mixed else shown


def balanced(amounts: Mapping[str, float], rule: str) -> Balance | None:
    """How a composition is neutral by a rule (strict, loose or off); None where it is not."""
    elements = tuple(sorted(amounts))
    if len(elements) > _MOST_ELEMENTS:
        return None
    if rule == "off" or len(elements) == 1 or all(_is_metal(each) for each in elements):
        return Balance({})
    found = _strict(elements, tuple(float(amounts[each]) for each in elements))
    if found is None and rule == "loose":
        return Balance({}) if smact_valid(amounts) else None
    return found


@cache
def _strict(elements: tuple[str, ...], amounts: tuple[float, ...]) -> Balance | None:
    """The first balance by common states, those of one valence each before mixed ones."""
    if len(elements) < 2:
        return None
    mixed: Balance | None = None
    for states in product(*(common_states(each) for each in elements)):
        excess = sum(state * amount for state, amount in zip(states, amounts, strict=True))
        if abs(excess) < _NEUTRAL:
            if _is_ordered(elements, states):
                return Balance(dict(zip(elements, map(float, states), strict=True)))
        elif mixed is None:
            mixed = next(_with_two_valences(elements, amounts, states, excess), None)
    return mixed


def _with_two_valences(
    elements: tuple[str, ...], amounts: tuple[float, ...], states: tuple[int, ...], excess: float
) -> Iterator[Balance]:
    """Balances in which part of one element has its next lower common state instead."""
    if excess < 0:
        return  # the same balance is found from the higher state
    for place, (symbol, state) in enumerate(zip(elements, states, strict=True)):
        lower = max((each for each in common_states(symbol) if 0 < each < state), default=None)
        if lower is None or not is_of_variable_valence(symbol):
            continue
        mean = state - excess / amounts[place]
        if mean > lower and _is_ordered(elements, states):
            charges = dict(zip(elements, map(float, states), strict=True))
            yield Balance({**charges, symbol: mean}, mixed=symbol)


def _is_ordered(elements: tuple[str, ...], states: tuple[int, ...]) -> bool:
    """Whether every anion is more electronegative than every cation (Pauling's scale)."""
    cations = [_pull(each) for each, state in zip(elements, states, strict=True) if state > 0]
    anions = [_pull(each) for each, state in zip(elements, states, strict=True) if state < 0]
    return bool(cations) and bool(anions) and max(cations) < min(anions)


def smact_valid(amounts: Mapping[str, float]) -> bool:
    """Whether SMACT's own rule passes a composition of whole atoms; alloys pass."""
    from smact.screening import smact_validity

    if any(abs(amount - round(amount)) > 1e-3 for amount in amounts.values()):
        return False
    text = formula({each: float(round(amount)) for each, amount in amounts.items()})
    return bool(smact_validity(text))


@cache
def highest_state(symbol: str) -> int:
    """The highest oxidation state that crystals of the ICSD show, as tabulated in pymatgen."""
    from pymatgen.core import Element

    element = Element(symbol)
    return max((*element.icsd_oxidation_states, *common_states(symbol)), default=0)


@cache
def _pull(symbol: str) -> float:
    from pymatgen.core import Element

    return float(Element(symbol).X)


@cache
def _is_metal(symbol: str) -> bool:
    from pymatgen.core import Element

    return bool(Element(symbol).is_metal)
