"""Which atoms are drawn as bonded: near enough by covalent radii, and plausible as a bond.

Radii alone would draw Li-Fe and Mn-Mn sticks through an oxide. A pair with a metal is left out
where both atoms hold on to a neighbour more electronegative than either: they are two cations.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.formulas import rank_of_electronegativity
from designer_app.running.control import RunControl
from designer_app.specs.documents import BondsSpec

_NON_METALS = "H He B C N O F Ne Si P S Cl Ar Ge As Se Br Kr Te I Xe At Rn"
_IS_METAL = np.ones(len(COVALENT_RADII), dtype=bool)
_IS_METAL[[0, *(ATOMIC_NUMBERS[each] for each in _NON_METALS.split())]] = False
_ANIONS = "N O F S Cl Se Br Te I"
_IS_ANION = np.zeros(len(COVALENT_RADII), dtype=bool)
_IS_ANION[[ATOMIC_NUMBERS[each] for each in _ANIONS.split()]] = True

_TOO_NEAR = 0.6
"""Times the sum of radii: below this two positions are a split site, not a bond."""
_HYDROGEN_MOLECULE_A = 0.85
"""A. H2 has 0.74 A, longer than twice hydrogen's covalent radius allows."""


def run(spec: BondsSpec, control: RunControl) -> dict[str, Any]:
    """`pairs` (n, 2) of atoms and `shifts` (n, 3): the second atom is drawn that many cells on."""
    control.checkpoint()
    structure = spec.structure
    numbers = structure.numbers
    none = {"pairs": np.empty((0, 2), np.int64), "shifts": np.empty((0, 3), np.int64)}
    if len(structure) == 0:
        return none
    present = np.unique(numbers)
    reach = max(2 * spec.tolerance * COVALENT_RADII[present].max(), _HYDROGEN_MOLECULE_A)
    try:
        first, second, shift, distance = contacts(
            structure.positions, structure.cell, structure.pbc, float(reach)
        )
    except TooManyContactsError:
        return none
    radii = COVALENT_RADII[numbers[first]] + COVALENT_RADII[numbers[second]]
    longest = spec.tolerance * radii
    longest[(numbers[first] == 1) & (numbers[second] == 1)] = _HYDROGEN_MOLECULE_A
    near = (distance < longest) & (distance > _TOO_NEAR * radii)
    first, second, shift = first[near], second[near], shift[near]
    drawn = ~_is_cation_contact(numbers, first, second)
    return {
        "pairs": np.stack([first[drawn], second[drawn]], axis=1),
        "shifts": shift[drawn],
    }


def _is_cation_contact(
    numbers: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Pairs with a metal whose two atoms each have an anion more electronegative than both."""
    rank = rank_of_electronegativity(numbers)
    pull = np.full(len(numbers), -1, dtype=np.int64)
    for here, there in ((first, second), (second, first)):
        anions = _IS_ANION[numbers[there]]
        np.maximum.at(pull, here[anions], rank[there[anions]])
    has_metal = _IS_METAL[numbers[first]] | _IS_METAL[numbers[second]]
    stronger = np.maximum(rank[first], rank[second])
    return has_metal & (pull[first] > stronger) & (pull[second] > stronger)
