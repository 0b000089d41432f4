"""Which elements take each other's places in crystals, most probable first.

The probability that ion b stands where known crystals hold ion a is p(b|a) = exp(lambda_ab) /
sum over c of exp(lambda_ac), with the weights lambda mined from the ICSD (Hautier et al. 2011,
doi:10.1021/ic102031h; pymatgen's table, which SMACT ships too); a crystal's is the product over
its elements. Alloys have no ions: there likeness in radius and electronegativity ranks, and no
probability is given.
"""

import heapq
import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII
from designer_app.io.formulas import rank_of_electronegativity
from designer_app.properties.charges import common_states

Ion = tuple[str, int]
"""(symbol, charge); the charge is 0 in an alloy."""

_FEWEST = 1e-4
"""Probability of one ion for another below which the table holds no such crystals."""
_NEVER_SEEN = -5.0
"""Weight of a pair that the table does not hold, as pymatgen takes it."""
_RANK_SCALE, _RADIUS_SCALE = 8.0, 0.15
"""Places on the scale of electronegativity, and A of radius, over which resemblance fades."""
_MOST_POPS = 400_000
"""Proposals of one base that are looked at: the improbable tail is endless."""


@dataclass(frozen=True)
class Proposal:
    """New ions for the elements of a crystal, in its order of elements."""

    ions: tuple[Ion, ...]
    log_probability: float

    @property
    def probability(self) -> float:
        """Product over the elements."""
        return math.exp(self.log_probability)


def proposals(
    ions: Sequence[Ion],
    amounts: Sequence[float],
    allowed: Collection[str],
    *,
    required: str = "",
    rule: str = "strict",
    least: float = 0.0,
) -> Iterator[Proposal]:
    """Substitutions of ions that keep the total charge, most probable first.

    `amounts` counts the atoms of each ion; `required` must be among the new elements. Nothing is
    given twice, two places never get one element, the identity is left out, and so is what is less
    probable than `least`.
    """
    most = -math.log(least) if least else math.inf
    options = [_options(ion, frozenset(allowed), rule) for ion in ions]
    if not all(options):
        return
    if not required:
        yield from _neutral(ions, amounts, options, most)
        return
    searches = []
    for place, each in enumerate(options):
        there = [option for option in each if option[0][0] == required]
        if there:
            searches.append(
                _neutral(ions, amounts, [*options[:place], there, *options[place + 1 :]], most)
            )
    yield from heapq.merge(*searches, key=lambda each: -each.log_probability)


def _neutral(
    ions: Sequence[Ion],
    amounts: Sequence[float],
    options: Sequence[Sequence[tuple[Ion, float]]],
    most: float,
) -> Iterator[Proposal]:
    total = sum(charge * amount for (_, charge), amount in zip(ions, amounts, strict=True))
    for places, cost in _best_first(options):
        if cost > most:
            return
        chosen = tuple(options[k][place][0] for k, place in enumerate(places))
        symbols = [symbol for symbol, _ in chosen]
        if len(set(symbols)) < len(symbols) or symbols == [symbol for symbol, _ in ions]:
            continue
        charge = sum(ion[1] * amount for ion, amount in zip(chosen, amounts, strict=True))
        if abs(charge - total) < 1e-6:
            yield Proposal(chosen, -cost)


def _best_first(
    options: Sequence[Sequence[tuple[Ion, float]]],
) -> Iterator[tuple[tuple[int, ...], float]]:
    """Places in the lists, by the sum of their costs; lists are sorted by cost."""
    start: tuple[int, ...] = (0,) * len(options)
    queue: list[tuple[float, tuple[int, ...]]] = [(sum(each[0][1] for each in options), start)]
    seen: set[tuple[int, ...]] = {start}
    for _ in range(_MOST_POPS):
        if not queue:
            return
        cost, places = heapq.heappop(queue)
        yield places, cost
        for k, place in enumerate(places):
            if place + 1 == len(options[k]):
                continue
            step = options[k][place + 1][1] - options[k][place][1]
            further = (*places[:k], place + 1, *places[k + 1 :])
            if further not in seen:
                seen.add(further)
                heapq.heappush(queue, (cost + step, further))


@cache
def _options(ion: Ion, allowed: frozenset[str], rule: str) -> list[tuple[Ion, float]]:
    """Ions for the place of one, with minus the logarithm of their probability, best first."""
    symbol, charge = ion
    found = alike(symbol) if charge == 0 else replacements(ion)
    return sorted(
        (
            ((other, state), -math.log(probability))
            for (other, state), probability in found.items()
            if other in allowed
            and (rule != "strict" or state == 0 or state in common_states(other))
        ),
        key=lambda each: (each[1], each[0]),
    )


@cache
def replacements(ion: Ion) -> Mapping[Ion, float]:
    """Probability of each ion in the place of one; only itself where the table does not know it."""
    names, table = _probabilities()
    if ion not in names:
        return {ion: 1.0}
    column = table[:, names[ion]]
    # A negative ion in the place of a positive one, or the reverse, is an artefact of the table:
    # it counts pairs of compounds, not of sites.
    return {
        other: float(column[row])
        for other, row in names.items()
        if column[row] > _FEWEST and (other[1] > 0) == (ion[1] > 0)
    }


@cache
def _probabilities() -> tuple[dict[Ion, int], NDArray[np.float64]]:
    """(row of each ion, p(row | column))."""
    import smact

    table = Path(smact.__file__).parent / "data" / "lambda.json"
    mined = [row for row in json.loads(table.read_text()) if "D1+" not in row]
    species = sorted({name for row in mined for name in row[:2]})
    place = {name: row for row, name in enumerate(species)}
    weights = np.full((len(species), len(species)), _NEVER_SEEN)
    for one, other, weight in mined:
        weights[place[one], place[other]] = weights[place[other], place[one]] = float(weight)
    chances = np.exp(weights)
    return {_ion(name): row for name, row in place.items()}, chances / chances.sum(axis=0)


def _ion(name: str) -> Ion:
    """E.g. ("Fe", 2) of "Fe2+"."""
    symbol = name.rstrip("+-0123456789")
    size = name[len(symbol) : -1]
    return symbol, int(f"{name[-1]}{size or 1}")


@cache
def alike(symbol: str) -> Mapping[Ion, float]:
    """Resemblance of metals to one, 1 for itself: exp(-|rank| / 8 - |radius| / 0.15 A)."""
    from pymatgen.core import Element

    numbers = np.arange(1, 95)
    ranks = rank_of_electronegativity(numbers).astype(np.float64)
    own = ATOMIC_NUMBERS[symbol] - 1
    apart = np.abs(ranks - ranks[own]) / _RANK_SCALE
    apart += np.abs(COVALENT_RADII[numbers] - COVALENT_RADII[numbers[own]]) / _RADIUS_SCALE
    found = {}
    for number, distance in zip(numbers.tolist(), apart.tolist(), strict=True):
        element = Element.from_Z(number)
        if element.is_metal and ranks[number - 1] >= 0 and math.exp(-distance) > _FEWEST:
            found[str(element.symbol), 0] = math.exp(-distance)
    return found or {(symbol, 0): 1.0}


def ions_of(charges: Mapping[str, float], elements: Sequence[str]) -> tuple[Ion, ...]:
    """The ion of each element; mean charges of mixed valence are rounded to the table's nearest."""
    names, _ = _probabilities()

    def nearest(symbol: str) -> Ion:
        mean = charges.get(symbol, 0.0)
        known = [state for other, state in names if other == symbol and state * mean > 0]
        return symbol, min(known or [round(mean)], key=lambda state: (abs(state - mean), -state))

    return tuple(nearest(symbol) if charges else (symbol, 0) for symbol in elements)
