"""Crystals as frames into which other elements are put: contacts between elements, and scaling.

What depends on the frame is found once, so that thousands of candidates cost little: the shortest
distance between each two elements, and which contacts hold the frame together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII, SYMBOLS
from designer_app.io.contacts import contacts
from designer_app.screening.substitution import Ion
from designer_app.specs.structure import Structure

Floats = NDArray[np.float64]

TOO_CLOSE = 0.55
"""Pairs nearer than this times the sum of their covalent radii make no crystal."""
_REACH = 1.25
"""Contacts up to this times an atom's nearest one hold the frame."""
_SEARCH = (3.2, 6.0)
"""A. How far neighbours are looked for: first near, then far."""


@dataclass(frozen=True, eq=False)
class Frame:
    """A crystal with what is needed to put other elements in."""

    structure: Structure
    source: str
    """What sentences call it."""
    elements: tuple[str, ...]
    amounts: tuple[float, ...]
    """Atoms of each element in the cell."""
    charges: Mapping[str, float]
    """Mean charge of each element; empty for an alloy."""
    slots: NDArray[np.int64]
    """(n_atoms,) place of each atom's element in `elements`."""
    shortest: Floats
    """(n_elements, n_elements) A, infinity where no such pair is near."""
    holding: Floats
    """(n_elements, n_elements) share of the contacts that hold the frame."""

    def ordered(self, elements: Sequence[str]) -> "Frame":
        """The same with its elements in another order."""
        order = np.array([self.elements.index(each) for each in elements])
        return replace(
            self,
            elements=tuple(elements),
            amounts=tuple(self.amounts[k] for k in order),
            slots=np.argsort(order)[self.slots],
            shortest=self.shortest[np.ix_(order, order)],
            holding=self.holding[np.ix_(order, order)],
        )


def frame_of(structure: Structure, charges: Mapping[str, float], source: str) -> Frame:
    """The frame of a crystal."""
    numbers = np.unique(structure.numbers)
    slots = np.searchsorted(numbers, structure.numbers)
    size = len(numbers)
    shortest = np.full((size, size), np.inf)
    holding = np.zeros((size, size))
    first, second, distances = _neighbours(structure)
    if len(distances):
        pairs = slots[first], slots[second]
        np.minimum.at(shortest, pairs, distances)
        nearest = np.full(len(structure), np.inf)
        np.minimum.at(nearest, first, distances)
        holds = distances <= _REACH * np.maximum(nearest[first], nearest[second])
        signs = np.sign([charges.get(SYMBOLS[number], 0.0) for number in numbers])[slots]
        holds &= (signs[first] * signs[second] < 0) | (not charges)
        np.add.at(holding, (pairs[0][holds], pairs[1][holds]), 1.0)
        holding /= max(holding.sum(), 1.0)
    return Frame(
        structure=structure,
        source=source,
        elements=tuple(SYMBOLS[number] for number in numbers),
        amounts=tuple(float(count) for count in np.bincount(slots, minlength=size)),
        charges=charges,
        slots=slots,
        shortest=np.minimum(shortest, shortest.T),
        holding=holding,
    )


def _neighbours(structure: Structure) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs in both directions, up to where every atom has one."""
    near, far = _SEARCH
    found = _pairs_within(structure, near)
    return found if len(np.unique(found[0])) == len(structure) else _pairs_within(structure, far)


def _pairs_within(
    structure: Structure, reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    i, j, _, distances = contacts(structure.positions, structure.cell, structure.pbc, reach)
    twice = np.concatenate([distances, distances])
    return np.concatenate([i, j]), np.concatenate([j, i]), twice


def filled(frame: Frame, ions: Sequence[Ion], name: str) -> Structure | None:
    """The frame with other elements, scaled by the radii in contact; None where atoms come close.

    Lengths grow by the mean of (r_i' + r_j') / (r_i + r_j) over the contacts that hold the frame,
    with Shannon's ionic radii (doi:10.1107/S0567739476001551), covalent ones in alloys.
    """
    old = np.array([_radius(s, frame.charges.get(s, 0.0)) for s in frame.elements])
    new = np.array([_radius(symbol, charge) for symbol, charge in ions])
    ratios = (new[:, None] + new[None, :]) / (old[:, None] + old[None, :])
    stretch = float((ratios * frame.holding).sum()) or 1.0
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol, _ in ions], dtype=np.int64)
    covalent = COVALENT_RADII[numbers]
    if (frame.shortest * stretch < TOO_CLOSE * (covalent[:, None] + covalent[None, :])).any():
        return None
    return Structure(
        numbers=numbers[frame.slots],
        positions=frame.structure.positions * stretch,
        cell=frame.structure.cell * stretch,
        pbc=(True, True, True),
        name=name,
    )


@cache
def _radius(symbol: str, charge: float) -> float:
    """Radius in A: Shannon's of the nearest charge that he tells, else the covalent one."""
    from pymatgen.core import Element

    told = {int(state): float(r) for state, r in Element(symbol).ionic_radii.items()}
    alike = [state for state in told if state * charge > 0]
    if not alike:
        return float(COVALENT_RADII[ATOMIC_NUMBERS[symbol]])
    return told[min(alike, key=lambda state: (abs(state - charge), state))]
