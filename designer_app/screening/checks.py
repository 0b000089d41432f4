"""The cheap stages of the funnel: valid, unique, new, charge balanced."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from designer_app.elements import COVALENT_RADII, SYMBOLS
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.formulas import amounts_of, reduced
from designer_app.screening.charge_balance import balanced
from designer_app.screening.duplicates import KnownCrystals
from designer_app.screening.frames import TOO_CLOSE
from designer_app.screening.masks import Masks
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.design import DesignSpec
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST, ScreenRow
from designer_app.specs.structure import Structure

_LARGEST_VOLUME, _SMALLEST_VOLUME = 150.0, 2.0
"""A^3 an atom: caesium metal has 118, diamond 5.7."""
_ROUND = 200
"""Known crystals between two looks at whether the run is to stop."""
_MOST_COMPARED = 8
"""Known crystals of one formula that a candidate is compared with."""


_Composition = tuple[tuple[str, float], ...]


class Refusing(Protocol):
    """What the cheap stages ask of rules."""

    def refusal(self, structure: Structure) -> str:
        """Why a material cannot be judged, such as no working ion; "" if it can."""
        ...


class Checks:
    """Sends one row after the other through the cheap stages, and remembers which it has seen."""

    def __init__(
        self,
        spec: ScreenSpec | DesignSpec,
        masks: Masks,
        table: ReferenceTable | None,
        rules: Refusing,
        checkpoint: Callable[[], None] = lambda: None,
        *,
        passed: str = "network",
    ) -> None:
        """`passed` is the stage of rows that pass all."""
        self._spec, self._masks, self._rules, self._passed = spec, masks, rules, passed
        self._seen = KnownCrystals()
        self._library = None if table is None else ReferenceCrystals(table, checkpoint)

    def checked(self, row: ScreenRow, structure: Structure) -> ScreenRow:
        """The row in the stage after the cheap ones, or lost in the stage that it did not pass."""
        invalid = self._invalid(structure)
        if invalid:
            return replace(row, stage="valid", verdict=LOST, reason=invalid)
        twin = self._duplicate(row, structure)
        if twin:
            return replace(row, stage="unique", verdict=LOST, reason=twin)
        known = self._library.same_as(structure) if self._library is not None else None
        if known:
            row = replace(row, known=known)
            if self._spec.only_new:
                why = f"known already: the same crystal as {known}"
                return replace(row, stage="new", verdict=LOST, reason=why)
        if balanced(reduced(amounts_of(structure.numbers))[0], self._spec.charge) is None:
            why = f"charge cannot balance: no {self._spec.charge} oxidation states are neutral"
            return replace(row, stage="balanced", verdict=LOST, reason=why)
        return replace(row, stage=self._passed)

    def remember(self, row: ScreenRow, structure: Structure) -> None:
        """A row of an earlier session: later ones are compared with it."""
        if row.stage not in ("made", "valid", "unique"):
            self._seen.add(row.id, structure)

    def _invalid(self, structure: Structure) -> str:
        if not all(structure.pbc) or structure.volume == 0:
            return "no crystal: it has no cell periodic in three directions"
        if len(structure) > self._spec.max_atoms:
            return f"too large: {len(structure)} atoms, where {self._spec.max_atoms} are allowed"
        per_atom = structure.volume / len(structure)
        if not _SMALLEST_VOLUME <= per_atom <= _LARGEST_VOLUME:
            return f"impossible volume: {per_atom:.1f} A^3 for an atom"
        symbols = {SYMBOLS[number] for number in structure.numbers}
        return self._masks.reason(symbols) or self._rules.refusal(structure) or touching(structure)

    def _duplicate(self, row: ScreenRow, structure: Structure) -> str:
        twin = self._seen.same_as(structure)
        if twin is None:
            self._seen.add(row.id, structure)
            return ""
        return f"duplicate: the same crystal as row {twin}"


class ReferenceCrystals:
    """The reference crystals by formula; geometries are unpacked when they are compared."""

    def __init__(
        self, table: ReferenceTable, checkpoint: Callable[[], None], most: int = _MOST_COMPARED
    ) -> None:
        """`most` crystals of one formula are compared."""
        self._table, self._most = table, most
        self._by_formula: dict[_Composition, list[int]] = {}
        self._unpacked: dict[_Composition, KnownCrystals] = {}
        for index in range(len(table)):
            if index % _ROUND == 0:
                checkpoint()
            key = _composition_key(table.phase(index).composition)
            self._by_formula.setdefault(key, []).append(index)

    def same_as(self, structure: Structure) -> str | None:
        """The id of the reference crystal that is the same; None where there is none."""
        key = _composition_key(amounts_of(structure.numbers))
        if key not in self._by_formula:
            return None
        if key not in self._unpacked:
            known = self._unpacked[key] = KnownCrystals()
            for index in self._by_formula[key][: self._most]:
                known.add(self._table.sources[index], self._table.structure(index))
        return self._unpacked[key].same_as(structure)


def _composition_key(amounts: Mapping[str, float]) -> _Composition:
    return tuple(sorted(reduced(amounts)[0].items()))


def touching(structure: Structure) -> str:
    """The closest pair that is nearer than any bond, in words; "" where there is none."""
    radii = COVALENT_RADII[structure.numbers]
    try:
        first, second, _, distances = contacts(
            structure.positions, structure.cell, structure.pbc, 2 * TOO_CLOSE * float(radii.max())
        )
    except TooManyContactsError:
        return "atoms too close: most lie on top of each other"
    ratios = distances / (radii[first] + radii[second])
    if not len(ratios) or ratios.min() >= TOO_CLOSE:
        return ""
    worst = int(ratios.argmin())
    a, b = (SYMBOLS[structure.numbers[each[worst]]] for each in (first, second))
    return f"atoms too close: {a} and {b} are {distances[worst]:.2f} A apart"
