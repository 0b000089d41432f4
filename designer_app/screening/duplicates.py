"""Whether two crystals are one: the same after choosing other cells, origins and a common volume.

Only crystals of one reduced formula are compared, first by distances that no choice of a cell
changes, then by pymatgen's `StructureMatcher` with its usual tolerances.
"""

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from pymatgen.analysis.structure_matcher import StructureMatcher
    from pymatgen.core import Structure as PymatgenStructure

N_SHELL = 8
"""Neighbours of each atom that are compared."""
_ALIKE = 0.15
"""Largest difference of a mean distance, in units of the cube root of the volume per atom: looser
than the matcher, which accepts displacements of 0.3."""
_TOLERANCE_A = 0.25
"""Of pymatgen's search for a primitive cell, along each lattice vector."""
_REACH = 2.2
"""In the same unit; dense packings hold 12 neighbours within 1.2."""


class KnownCrystals:
    """Crystals by formula, each with an id; answers whether another one is among them."""

    def __init__(self) -> None:
        self._by_formula: dict[str, list[_Crystal]] = defaultdict(list)

    def add(self, key: str, structure: Structure) -> None:
        """Remember a crystal."""
        self._by_formula[reduced_formula(structure)].append(_Crystal(key, structure))

    def same_as(self, structure: Structure) -> str | None:
        """The id of the first crystal that is the same; None where there is none."""
        others = self._by_formula.get(reduced_formula(structure))
        if not others:
            return None
        crystal = _Crystal("", structure)
        return next((each.key for each in others if crystal.is_same_as(each)), None)


def same_crystal(first: Structure, second: Structure) -> bool:
    """Whether two structures are one crystal."""
    known = KnownCrystals()
    known.add("", first)
    return known.same_as(second) is not None


class _Crystal:
    """A crystal with what is compared, found when it is needed."""

    def __init__(self, key: str, structure: Structure) -> None:
        self.key = key
        self._structure = structure
        self._print: NDArray[np.float64] | None = None
        self._pymatgen: PymatgenStructure | None = None

    def is_same_as(self, other: "_Crystal") -> bool:
        first, second = self.fingerprint, other.fingerprint
        if np.nanmax(np.abs(first - second), initial=0.0) > _ALIKE:
            return False
        return bool(_matcher().fit(self.pymatgen, other.pymatgen, skip_structure_reduction=True))

    @property
    def fingerprint(self) -> NDArray[np.float64]:
        if self._print is None:
            self._print = fingerprint(self._structure)
        return self._print

    @property
    def pymatgen(self) -> "PymatgenStructure":
        """Primitive and reduced by Niggli's rules, once for all comparisons."""
        if self._pymatgen is None:
            found = pymatgen_of(self._structure)
            if not is_primitive(self._structure):
                found = found.get_primitive_structure(_TOLERANCE_A)
            self._pymatgen = found.get_reduced_structure(reduction_algo="niggli")
        return self._pymatgen


def fingerprint(structure: Structure) -> NDArray[np.float64]:
    """(n_elements, 8) mean distances to the nearest neighbours, in (volume per atom)^(1/3).

    The same for every cell and origin of a crystal; NaN where there are fewer neighbours.
    """
    unit = (structure.volume / len(structure)) ** (1.0 / 3.0)
    try:
        first, second, _, distances = contacts(
            structure.positions, structure.cell, structure.pbc, _REACH * unit
        )
    except TooManyContactsError:
        first = second = np.empty(0, dtype=np.int64)
        distances = np.empty(0)
    shells = np.full((len(structure), N_SHELL), np.nan)
    owners = np.concatenate([first, second])
    lengths = np.concatenate([distances, distances])
    order = np.lexsort((lengths, owners))
    owners, lengths = owners[order], lengths[order]
    rank = np.arange(len(owners)) - np.searchsorted(owners, owners)
    near = rank < N_SHELL
    shells[owners[near], rank[near]] = lengths[near] / unit
    return np.array(
        [
            shells[structure.numbers == number].mean(axis=0)
            for number in np.unique(structure.numbers)
        ]
    )


def is_primitive(structure: Structure) -> bool:
    """Whether no shorter translation maps every atom near one of its element, which is what
    pymatgen's search begins with: for most crystals it need not be asked.

    A translation joins atoms of the rarest element; twice the tolerance is what pymatgen allows.
    """
    near = 2.0 * _TOLERANCE_A / np.linalg.norm(structure.cell, axis=1) * (1.0 + 1e-9)
    fractions = structure.positions @ np.linalg.inv(structure.cell)
    groups = [fractions[structure.numbers == number] for number in np.unique(structure.numbers)]
    groups.sort(key=len)
    shifts = groups[0] - groups[0][0]
    for group in groups:
        apart = group[:, None] - group[None, :]
        kept = np.array([_maps(apart, shift, near) for shift in shifts], dtype=bool)
        shifts = shifts[kept]
        if len(shifts) == 1:
            return True
    return False


def _maps(
    apart: NDArray[np.float64], shift: NDArray[np.float64], near: NDArray[np.float64]
) -> bool:
    """Whether a translation maps all atoms of an element near others of it."""
    missed = apart - shift
    missed -= np.rint(missed)
    return bool((np.abs(missed) <= near).all(axis=2).any(axis=0).all())


def reduced_formula(structure: Structure) -> str:
    """E.g. LiFePO4."""
    return formula(reduced(amounts_of(structure.numbers))[0])


def pymatgen_of(structure: Structure) -> "PymatgenStructure":
    """The same crystal as pymatgen knows it."""
    from pymatgen.core import Lattice
    from pymatgen.core import Structure as PymatgenStructure

    symbols = [SYMBOLS[number] for number in structure.numbers]
    return PymatgenStructure(
        Lattice(structure.cell), symbols, structure.positions, coords_are_cartesian=True
    )


@cache
def _matcher() -> "StructureMatcher":
    from pymatgen.analysis.structure_matcher import StructureMatcher

    return StructureMatcher(primitive_cell=False)  # they are primitive already
