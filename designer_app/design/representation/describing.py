"""Crystals as members of a class: which tolerance, which hand, and which known geometry is near."""

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.alignment import Aligned, aligned
from designer_app.design.representation.matching import Target
from designer_app.design.representation.tokens import MAX_ORBITS, MAX_SLOTS, N_ELEMENTS
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    SymmetricCrystal,
    described,
    expanded,
    free_shape,
)
from designer_app.specs.structure import Structure

TOLERANCES = (0.1, 0.2, 0.3, 0.5, 0.01)
"""A: within which symmetry is looked for, one after the other until a prototype fits. The first
is what databases of relaxed crystals use; wider ones mend what relaxation left unfinished, the
tightest is for crystals whose distortion is smaller than the first."""
_LEFT_HANDED = frozenset((78, 95, 96, 145, 153, 154, 170, 172, 179, 181, 212))
"""Space groups whose mirror image has a lower number, e.g. P4_3 for P4_1."""
_ANYWHERE = (0.1234, 0.2741, 0.3927)
"""Free numbers on no special position."""
Coarse = tuple[object, ...]


Key = TypeVar("Key")


def describe(structure: Structure, symprec: float) -> SymmetricCrystal | None:
    """The crystal symmetrised within `symprec` (A), or its mirror image: of the 11 pairs of space
    groups that are mirror images, the lower number stands for both, since energies are the same.
    None where its symmetry is not clear.
    """
    found = described(structure, symprec)
    if found is not None and found.kind.space_group in _LEFT_HANDED:
        found = described(replace(structure, positions=-structure.positions), symprec)
    return found if found is not None and is_sound(found.kind) else None


def fits_tokens(crystal: SymmetricCrystal) -> bool:
    """Whether tokens can hold it."""
    kind = crystal.kind
    few = len(kind.orbits) <= MAX_ORBITS and kind.n_slots <= MAX_SLOTS
    return few and max(crystal.elements) < N_ELEMENTS


@lru_cache(maxsize=2**15)
def is_sound(kind: CrystalClass) -> bool:
    """Whether every template makes as many atoms as its orbit has wherever its free numbers lie.

    It does not where atoms stand just off a special position, within the tolerance.
    """
    free = tuple(_ANYWHERE[place % 3] for place in range(kind.n_free))
    shape = tuple(1.0 if place < 2 else 80.0 for place in free_shape(kind.space_group))
    anywhere = SymmetricCrystal(kind, tuple(range(1, kind.n_slots + 1)), 1.0, shape, free)
    return len(expanded(anywhere)) == kind.n_atoms


def coarse(kind: CrystalClass) -> Coarse:
    """What all descriptions of a class have in common: crystals that differ in it never align."""
    slots: list[list[tuple[int, int]]] = [[] for _ in range(kind.n_slots)]
    for orbit in kind.orbits:
        slots[orbit.slot].append((orbit.count, len(orbit.template.directions)))
    return kind.hall_number, tuple(sorted(tuple(sorted(each)) for each in slots))


def nearest(
    crystal: SymmetricCrystal, known: Iterable[tuple[Key, Target]], order: NDArray[np.float64]
) -> tuple[Key, Aligned] | None:
    """Which geometry is nearest, and the crystal laid over it; see `alignment.aligned`."""
    best: tuple[Key, Aligned] | None = None
    within = np.inf
    for key, target in known:
        found = aligned(crystal, target, order, within)
        if found is not None and found.distance < within:
            best, within = (key, found), found.distance
    return best
