"""Warns that a candidate could be one ordering of a phase that is made disordered.

A calculation needs whole atoms on each site, so ions that share a site in reality are put in some
order, and that order is then taken for a new material: two thirds of the successes once claimed for
an autonomous laboratory were such orderings (Leeman et al. 2024,
doi:10.1103/PRXEnergy.3.011002). The test here has three steps, all of which must answer yes:

1. may they mix? Ions of one sign whose Shannon radii differ by at most 25 % and whose charges by at
   most 2; metals of an alloy whose radii differ by at most 15 % (Hume-Rothery). Of the pairs that
   share a site in measured structures of ion conductors two thirds pass (the tests count them).
2. taken as one species, do they come to lie on one orbit? Spglib's symmetry of the average decides.
3. has a known crystal the averaged structure? `StructureMatcher` on the reference table, whatever
   its elements; crystals that hold one of the ions alone, the end members, come first.

Vacancies that could be disordered are not looked for, and whether the order pays is left to
`orderings`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from designer_app.design.details.radii import ionic_radius, metallic_radius
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.io.space_groups import symmetry_dataset
from designer_app.properties.charges import oxidation_states
from designer_app.screening.duplicates import pymatgen_of
from designer_app.screening.reference.classes import slot_counts
from designer_app.screening.reference.symmetry import described, expanded
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from pymatgen.analysis.structure_matcher import StructureMatcher

IONS_ALIKE, METALS_ALIKE = 0.25, 0.15
"""Largest difference of radii, of the larger one."""
CHARGES_APART = 2.0
"""e; orders of ions further apart in charge are held by electrostatics, as in Ba2MgWO6."""
_HELD = 1.5
"""e; from here on the sentence says that the charges speak for order."""
_TOLERANCES = (0.1, 0.25)
"""A: ions of unlike size push their neighbours aside, which the average does not have."""
_ANGLE = 8.0
"""Degrees: order strains a cell, as that of CuAu, by more than the matcher's usual 5."""
_MOST_TRIED = 8
"""Known crystals of the averaged symmetry that are compared."""
_SAID = "It may be one ordering of a disordered phase (Leeman et al. 2024)."


@dataclass(frozen=True)
class Disorder:
    """Ions that may share sites, and known crystals with the sites that they would share."""

    mixing: tuple[str, ...]
    """Symbols."""
    ordered: str
    averaged: str
    """Space groups before and after."""
    known: tuple[tuple[str, str], ...]
    """(formula, id) of crystals with the averaged structure."""
    end_members: frozenset[str]
    """Those of the mixing ions that occupy the shared sites alone in one of them."""
    charges_apart: float
    """e, the largest difference of two of the mixing ions."""

    @property
    def sentence(self) -> str:
        """The warning."""
        names = _listed(self.mixing)
        crystals = _listed([f"{name} ({source})" for name, source in self.known])
        end = "of its end members " if len(self.end_members) == len(self.mixing) else "of "
        apart = f" Their charges differ by {self.charges_apart:.2g}, which speaks for order."
        raised = f"raise the symmetry from {self.ordered} to {self.averaged}"
        if self.ordered == self.averaged:
            raised = f"make the cell of {self.averaged} smaller"
        return (
            f"{names} may share sites: taken as one, they {raised}, the structure {end}{crystals}. "
            f"{_SAID}"
        ) + (apart if self.charges_apart >= _HELD else "")


def disorder_of(structure: Structure, table: ReferenceTable) -> Disorder | None:
    """The known disordered phase that a crystal could be an ordering of; None without one."""
    amounts = amounts_of(structure.numbers)
    states = oxidation_states(amounts)
    for group in _groups(mixing_pairs(amounts)):
        charges = [0.0] if states is None else [states.charges[each] for each in group]
        found = _averaged_as_known(structure, group, max(charges) - min(charges), table)
        if found is not None:
            return found
    return None


def mixing_pairs(amounts: Mapping[str, float]) -> list[tuple[str, str]]:
    """Ions, or metals of an alloy, that are alike enough to share sites."""
    states = oxidation_states(amounts)
    if states is None:
        return [pair for pair in combinations(sorted(amounts), 2) if _as_metals(*pair)]
    charges = states.charges
    return [pair for pair in combinations(sorted(amounts), 2) if _as_ions(*pair, charges)]


def _as_ions(one: str, other: str, charges: Mapping[str, float]) -> bool:
    first, second = charges[one], charges[other]
    if first * second <= 0 or abs(first - second) > CHARGES_APART + 1e-6:
        return False
    return _are_alike(ionic_radius(one, first), ionic_radius(other, second), IONS_ALIKE)


def _as_metals(one: str, other: str) -> bool:
    return _are_alike(metallic_radius(one), metallic_radius(other), METALS_ALIKE)


def _are_alike(one: float | None, other: float | None, most: float) -> bool:
    return one is not None and other is not None and abs(one - other) <= most * max(one, other)


def _groups(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Sets of which all pairs may mix, the largest first."""
    allowed = {frozenset(pair) for pair in pairs}
    members = sorted({each for pair in pairs for each in pair})
    return [
        group
        for size in range(len(members), 1, -1)
        for group in combinations(members, size)
        if all(frozenset(pair) in allowed for pair in combinations(group, 2))
    ]


def _averaged_as_known(
    structure: Structure, group: tuple[str, ...], charges_apart: float, table: ReferenceTable
) -> Disorder | None:
    fractions = structure.positions @ np.linalg.inv(structure.cell)
    own = {SYMBOLS[number] for number in structure.numbers}
    numbers = [ATOMIC_NUMBERS[each] for each in group]
    kinds = np.where(np.isin(structure.numbers, numbers), numbers[0], structure.numbers)
    ordered = symmetry_dataset(structure.cell, fractions, structure.numbers, _TOLERANCES[0])
    for tolerance in _TOLERANCES:
        found = symmetry_dataset(structure.cell, fractions, kinds, tolerance)
        if found is None or ordered is None:
            continue
        if not _shares_an_orbit(found.crystallographic_orbits, structure.numbers, numbers):
            continue
        average = Structure(kinds, structure.positions, structure.cell, (True, True, True))
        known = _end_members(average, group, table)
        known = known or _of_its_type(average, tolerance, own, table)
        if known:
            return Disorder(
                mixing=group,
                ordered=_written(ordered),
                averaged=_written(found),
                known=tuple((name, source) for name, source, _ in known),
                end_members=frozenset(alone for *_, alone in known if alone),
                charges_apart=charges_apart,
            )
    return None


def _shares_an_orbit(
    orbits: NDArray[np.int64], kinds: NDArray[np.int64], mixing: Sequence[int]
) -> bool:
    """Whether all ions of the group lie on one orbit of the average with another of them."""
    sharing: set[int] = set()
    for orbit in np.unique(orbits):
        held = set(kinds[orbits == orbit].tolist())
        sharing |= held if len(held) > 1 else set()
    return sharing.issuperset(mixing)


def _end_members(
    average: Structure, group: tuple[str, ...], table: ReferenceTable
) -> list[tuple[str, str, str]]:
    """(formula, id, ion) of known crystals in which one ion of the group alone holds the sites."""
    found = []
    shared = ATOMIC_NUMBERS[group[0]]
    for ion in group:
        kinds = np.where(average.numbers == shared, ATOMIC_NUMBERS[ion], average.numbers)
        alone = Structure(kinds, average.positions, average.cell, average.pbc)
        amounts, _ = reduced(amounts_of(kinds))
        for phase in table.known_in_system(amounts):
            if phase.formula == formula(amounts) and _matcher().fit(
                pymatgen_of(alone), pymatgen_of(phase.structure())
            ):
                found.append((phase.formula, phase.source, ion))
                break
    return found


def _of_its_type(
    average: Structure, tolerance: float, own: set[str], table: ReferenceTable
) -> list[tuple[str, str, str]]:
    """(formula, id, "") of a known crystal of that symmetry and structure, whatever it is made of;
    one with many of the candidate's own elements where there are several.
    """
    crystal = described(average, tolerance)
    if crystal is None:
        return []
    counts = tuple(sorted(slot_counts(crystal.kind)))
    places = _by_kind(table).get((crystal.kind.space_group, counts), ())
    nearest = sorted(places, key=lambda at: -len(own & table.phase(at).composition.keys()))
    mine = pymatgen_of(expanded(crystal))
    for place in nearest[:_MOST_TRIED]:
        if _matcher().fit_anonymous(mine, pymatgen_of(table.structure(place))):
            return [(table.phase(place).formula, table.phase(place).source, "")]
    return []


@cache
def _matcher() -> "StructureMatcher":
    from pymatgen.analysis.structure_matcher import StructureMatcher

    return StructureMatcher(angle_tol=_ANGLE)


@lru_cache(maxsize=2)
def _by_kind(table: ReferenceTable) -> Mapping[tuple[int, tuple[int, ...]], tuple[int, ...]]:
    """Crystals of a table by space group and numbers of atoms, whatever their elements."""
    found: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for place in range(len(table)):
        kind = table.crystal(place).kind
        key = kind.space_group, tuple(sorted(slot_counts(kind)))
        found.setdefault(key, []).append(place)
    return {key: tuple(places) for key, places in found.items()}


def _written(dataset: object) -> str:
    return str(dataset.international)  # type: ignore[attr-defined]


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
