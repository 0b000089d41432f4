"""Limits against a prototype library: which prototypes, and which elements in which slot.

An element may stand in a slot where the other slots can be filled so that the charges sum to zero
and the working ion is there. Reachable sums of charges are bits of whole numbers, so all
prototypes together take some tenths of a second; prototypes with equal counts are asked once.
Electronegativities are not looked at here, `Limits.reason` judges whole compositions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import MAX_SLOTS, N_ELEMENTS
from designer_app.design.search.limits import Limits
from designer_app.design.vae.allowed import Allowed
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.properties.charges import common_states, is_of_variable_valence
from designer_app.specs.voltage import ION_CHARGES

_ZERO = 512
"""Place of the bit that stands for a sum of 0: above what 200 atoms can have."""


@dataclass(frozen=True, eq=False)
class Restricted:
    """Limits of a search, laid over a library."""

    limits: Limits
    allowed: Allowed
    lost: Mapping[str, int]
    """Prototypes that fell out, by reason."""

    @property
    def n_prototypes(self) -> int:
        """Prototypes that are left."""
        return int(self.allowed.prototypes.sum())


def restricted(limits: Limits, library: PrototypeLibrary) -> Restricted:
    """The masks of a decode that follow from limits."""
    numbers = [ATOMIC_NUMBERS[each] for each in sorted(limits.allowed)]
    numbers = [each for each in numbers if each < N_ELEMENTS]
    lost: dict[str, int] = {}
    left = np.ones(len(library), dtype=bool)

    def drop(kept: NDArray[np.bool_], why: str) -> None:
        gone = int((left & ~kept).sum())
        if gone:
            lost[why] = gone
        left[:] &= kept

    if limits.families:
        chosen = np.zeros(len(library), dtype=bool)
        chosen[[row for name in limits.families for row in library.family(name)]] = True
        drop(chosen, "of another family")
    drop(library.n_atoms <= limits.max_atoms, "too many atoms")
    n_slots = (library.slot_counts > 0).sum(axis=1)
    drop(n_slots <= len(numbers), "more elements than allowed")
    drop(n_slots >= max(len(limits.required), 1), "fewer elements than required")
    if limits.charge != "strict":
        flat = torch.zeros(N_ELEMENTS, dtype=torch.bool)
        flat[numbers] = True
        return Restricted(limits, Allowed(torch.as_tensor(left), flat), lost)
    elements = np.zeros((len(library), MAX_SLOTS, N_ELEMENTS), dtype=bool)
    made: dict[tuple[int, ...], NDArray[np.bool_]] = {}
    kinds = _kinds(numbers)
    for row in np.flatnonzero(left):
        counts = tuple(int(each) for each in library.slot_counts[row])
        if counts not in made:
            made[counts] = _possible(counts, kinds, limits.ion)
        elements[row] = made[counts]
    there = library.slot_counts > 0
    filled: NDArray[np.bool_] = np.asarray((elements.any(axis=2) | ~there).all(axis=1))
    drop(filled & there.any(axis=1), "charge cannot balance")
    return Restricted(limits, Allowed(torch.as_tensor(left), torch.as_tensor(elements)), lost)


@dataclass(frozen=True)
class _Kind:
    """Elements that can have the same charges."""

    numbers: tuple[int, ...]
    states: tuple[int, ...]
    is_mixed: bool
    """Whether atoms of one slot may differ, so that all sums between two states are reached."""

    def sums(self, count: int) -> list[int]:
        """Charges that a slot of so many atoms can have."""
        found = {state * count for state in self.states}
        positive = [state for state in self.states if state > 0]
        if self.is_mixed and positive:
            found |= set(range(min(positive) * count, max(positive) * count + 1))
        return sorted(found)


def _kinds(numbers: Sequence[int]) -> list[_Kind]:
    groups: dict[tuple[tuple[int, ...], bool], list[int]] = {}
    for number in numbers:
        symbol = SYMBOLS[number]
        key = tuple(sorted(common_states(symbol))), is_of_variable_valence(symbol)
        groups.setdefault(key, []).append(number)
    return [_Kind(tuple(found), *key) for key, found in sorted(groups.items())]


def _possible(counts: Sequence[int], kinds: Sequence[_Kind], ion: str) -> NDArray[np.bool_]:
    """(MAX_SLOTS, N_ELEMENTS) elements of each slot that some neutral filling has."""
    possible = np.zeros((MAX_SLOTS, N_ELEMENTS), dtype=bool)
    slots = [slot for slot, count in enumerate(counts) if count]
    sums = {slot: sorted({s for kind in kinds for s in kind.sums(counts[slot])}) for slot in slots}
    charge = ION_CHARGES[ion] if ion else 0
    for slot in slots:
        others = [each for each in slots if each != slot]
        rest = _reached(others, sums)
        if ion:  # in one of the other slots, unless this one holds it
            with_ion = 0
            for holder in others:
                at = charge * counts[holder]
                found = _reached([each for each in others if each != holder], sums)
                with_ion |= _shifted(found, at)
        else:
            with_ion = rest
        for kind in kinds:
            if any(_has(with_ion, -s) for s in kind.sums(counts[slot])):
                possible[slot, list(kind.numbers)] = True
        if ion:
            possible[slot, ATOMIC_NUMBERS[ion]] = _has(rest, -charge * counts[slot])
    return possible


def _reached(slots: Sequence[int], sums: Mapping[int, Sequence[int]]) -> int:
    """Bits of all sums of charges that slots can have together."""
    found = 1 << _ZERO
    for slot in slots:
        further = 0
        for each in sums[slot]:
            further |= _shifted(found, each)
        found = further
    return found


def _shifted(bits: int, by: int) -> int:
    return bits << by if by >= 0 else bits >> -by


def _has(bits: int, charge: int) -> bool:
    return bool(bits >> (_ZERO + charge) & 1)
