"""Limits against a prototype library: which prototypes, and which elements in which slot.

An element may stand in a slot where the other slots can be filled so that the charges sum to zero,
the working ion is there and, where it is to leave, a metal that is usual for that and something
below its highest charge, which is oxidised in exchange. Sums of charges are bits of whole numbers,
so all prototypes together take some tenths of a second; those with equal counts are asked once.
Electronegativities are not looked at here, `Limits.reason` judges whole compositions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import MAX_SLOTS, N_ELEMENTS
from designer_app.design.search.limits import Limits
from designer_app.design.vae.allowed import Allowed
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.properties.charges import common_states, is_of_variable_valence
from designer_app.screening.ion_release import highest_charge
from designer_app.specs.voltage import ION_CHARGES

NOT_OXIDISED = "nothing is oxidised when the ion leaves"
_ZERO = 1024
"""Place of the bit that stands for a sum of 0: above what 200 atoms can have."""
_ION, _ACTIVE, _OXIDISED = 1, 2, 4
"""What a filling fulfils: holds the ion, holds a metal that usually gives up electrons when ions
leave, and holds something below the highest charge it can have."""
_Charges = dict[int, int]
"""Charges as bits, by what is fulfilled with them."""
_Sites = Mapping[int, "_Site"]


@dataclass(frozen=True, eq=False)
class Restricted:
    """Limits of a search, laid over a library."""

    limits: Limits
    allowed: Allowed
    lost: Mapping[str, int]
    """Prototypes that fell out, by reason."""
    oxidised: tuple[int, ...] = ()
    """Elements of which every candidate holds one, so that ions can leave; none: not asked."""

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
    asked = _ION * bool(limits.ion) | _OXIDISED * limits.releases
    active = limits.usual.active if limits.usual is not None else frozenset[str]()
    asked |= _ACTIVE * bool(active)
    elements = np.zeros((len(library), MAX_SLOTS, N_ELEMENTS), dtype=bool)
    made: dict[tuple[int, ...], NDArray[np.bool_]] = {}
    kinds = _kinds(numbers, active)
    atoms = np.unique(library.slot_counts[left]).astype(np.int64)
    sites = _sites(atoms[atoms > 0], kinds, limits.ion, asked)
    for row in np.flatnonzero(left):
        counts = tuple(int(each) for each in library.slot_counts[row])
        if counts not in made:
            made[counts] = _possible(counts, sites, asked)
        elements[row] = made[counts]
    there = library.slot_counts > 0
    filled: NDArray[np.bool_] = np.asarray((elements.any(axis=2) | ~there).all(axis=1))
    why = NOT_OXIDISED if asked & _OXIDISED else "charge cannot balance"
    drop(filled & there.any(axis=1), why)
    oxidised = tuple(
        number
        for kind in kinds
        if (kind.is_active if asked & _ACTIVE else asked & _OXIDISED and kind.is_oxidised)
        for number in kind.numbers
    )
    allowed = Allowed(torch.as_tensor(left), torch.as_tensor(elements))
    return Restricted(limits, allowed, lost, tuple(sorted(oxidised)))


@dataclass(frozen=True)
class _Kind:
    """Elements that can have the same charges."""

    numbers: tuple[int, ...]
    states: tuple[int, ...]
    is_mixed: bool
    """Whether atoms of one slot may differ, so that all sums between two states are reached."""
    highest: tuple[float, float]
    """Charge that is reached once ions have left, from below zero and from above."""
    is_active: bool
    """Whether it is a metal that usually gives up electrons when ions leave."""

    @property
    def is_oxidised(self) -> bool:
        """Whether any of its states lies below the highest charge."""
        return any(marks & _OXIDISED for marks in self.charges(1))

    def charges(self, count: int) -> _Charges:
        """Charges that a slot of so many atoms can have, by what they fulfil."""
        found = {state * count for state in self.states}
        positive = [state for state in self.states if state > 0]
        if self.is_mixed and positive:
            found |= set(range(min(positive) * count, max(positive) * count + 1))
        sums: _Charges = {}
        for each in found:
            is_oxidised = each < self.highest[each > 0] * count
            marks = _ACTIVE * self.is_active | _OXIDISED * is_oxidised
            sums[marks] = sums.get(marks, 0) | 1 << _ZERO + each
        return sums


def _kinds(numbers: Sequence[int], active: Collection[str]) -> list[_Kind]:
    def kind(number: int) -> tuple[tuple[int, ...], bool, tuple[float, float], bool]:
        symbol = SYMBOLS[number]
        states = tuple(sorted(common_states(symbol)))
        highest = highest_charge(symbol, -1), highest_charge(symbol, 1)
        return states, is_of_variable_valence(symbol), highest, symbol in active

    alike = groupby(sorted(numbers, key=kind), key=kind)
    return [_Kind(tuple(found), *key) for key, found in alike]


@dataclass(frozen=True)
class _Site:
    """What may fill a slot of so many atoms."""

    charges: Sequence[tuple[tuple[int, ...], _Charges]]
    """Of elements, by their numbers."""
    options: Sequence[tuple[int, int]]
    """(what is fulfilled, charge) of all together, each charge with the most."""


def _sites(counts: NDArray[np.int64], kinds: Sequence[_Kind], ion: str, asked: int) -> _Sites:
    """By number of atoms."""
    found: dict[int, _Site] = {}
    for count in counts.tolist():
        charges = [(kind.numbers, kind.charges(count)) for kind in kinds]
        if ion:
            charges.append(((ATOMIC_NUMBERS[ion],), {_ION: 1 << _ZERO + ION_CHARGES[ion] * count}))
        found[count] = _Site(charges, _options([each for _, each in charges], asked))
    return found


def _possible(counts: Sequence[int], sites: _Sites, asked: int) -> NDArray[np.bool_]:
    """(MAX_SLOTS, N_ELEMENTS) elements of each slot that some neutral filling has which fulfils
    what is asked.
    """
    possible = np.zeros((MAX_SLOTS, N_ELEMENTS), dtype=bool)
    slots = [slot for slot, count in enumerate(counts) if count]
    for slot in slots:
        alike = counts.index(counts[slot])
        if alike < slot:
            possible[slot] = possible[alike]
            continue
        rest = _reached([sites[counts[each]].options for each in slots if each != slot])
        for numbers, charges in sites[counts[slot]].charges:
            possible[slot, list(numbers)] = _balances(charges, rest, asked)
    return possible


def _options(several: Sequence[_Charges], asked: int) -> list[tuple[int, int]]:
    """(what is fulfilled, charge) of all that may fill a slot, each charge with the most."""
    joined: _Charges = {}
    for charges in several:
        for marks, bits in charges.items():
            joined[marks & asked] = joined.get(marks & asked, 0) | bits
    found = []
    for marks, bits in joined.items():
        for more, others in joined.items():
            if more != marks and more & marks == marks:
                bits &= ~others  # noqa: PLW2901 - what is left of them
        found += [(marks, place - _ZERO) for place in _places(bits)]
    return found


def _places(bits: int) -> list[int]:
    """Of the bits that are set."""
    return [place for place, bit in enumerate(reversed(f"{bits:b}")) if bit == "1"]


def _reached(slots: Sequence[Sequence[tuple[int, int]]]) -> _Charges:
    """The charges that would balance slots, in all ways to fill them."""
    found = {0: 1 << _ZERO}
    for options in slots:
        further: _Charges = {}
        for before, bits in found.items():
            for marks, charge in options:
                both = before | marks
                shifted = bits >> charge if charge >= 0 else bits << -charge
                further[both] = further.get(both, 0) | shifted
        found = further
    return found


def _balances(charges: _Charges, rest: _Charges, asked: int) -> bool:
    """Whether a slot and the rest are neutral together and fulfil all that is asked."""
    return any(
        bits & others and (marks | more) & asked == asked
        for marks, bits in charges.items()
        for more, others in rest.items()
    )
