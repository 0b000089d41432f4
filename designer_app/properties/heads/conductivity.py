"""The conductivity head: log10 of a lithium electrolyte's conductivity at room temperature."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.properties.averaged_symmetry import as_it_stands, averaged
from designer_app.properties.features import Amounts, ElementTable
from designer_app.properties.heads.ionic_features import (
    COLUMNS,
    Lattice,
    anions_of,
    cell_volume,
    ionic_features,
)
from designer_app.properties.heads.known_families import KnownOrNew
from designer_app.properties.heads.learned import learned_from
from designer_app.specs.estimates import LearnedEstimate
from designer_app.specs.structure import Structure
from designer_app.training.splits import amounts_in
from designer_app.weights.cards import ModelCard, read_model

WITH_CELL, BY_FORMULA = "log10_sigma", "log10_sigma_by_formula"
NEW = "_new_family"
"""Behind a key: the model for structure families that were not learned from."""
FORMULA_COLUMNS = tuple(range(COLUMNS.index("lithium fraction"), len(COLUMNS)))
"""What is known without a crystal."""
NO_CELL = (10.0, 10.0, 10.0, 90.0, 90.0, 90.0)
VOLUME_PER_ANION = {
    "O": 18.5, "F": 17.0, "N": 20.0, "S": 40.0, "Se": 46.0, "Te": 55.0, "Cl": 37.0, "Br": 43.0,
    "I": 56.0, "H": 16.0, "P": 55.0,
}  # fmt: skip
"""A^3, typical for lithium electrolytes: only to find how many formula units a cell holds."""


AVERAGED = (
    "Asked of the framework with its lithium spread over the sites (space group {}), as in "
    "measured crystals; in this file the lithium is in order (space group {})."
)


@dataclass(frozen=True, eq=False)
class ConductivityHead:
    """Trees among known structure families, a ridge beyond them, learned from OBELiX."""

    card: ModelCard
    table: ElementTable
    with_cell: KnownOrNew
    by_formula: KnownOrNew

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The head in a folder. Raises `FileUnreadableError`."""
        card, arrays = read_model(folder)
        found = [
            KnownOrNew(*(learned_from(card, card.head(each), arrays) for each in (key, key + NEW)))
            for key in (WITH_CELL, BY_FORMULA)
        ]
        return cls(card, ElementTable(arrays["elements"].astype(np.float64)), *found)

    def predict(
        self, formula: str, space_group: int | None = None, lattice: Lattice | None = None
    ) -> LearnedEstimate:
        """log10 of the conductivity in S/cm at room temperature.

        `lattice` is a, b, c in A and the angles in degrees; without it, or without the number of
        the space group, the composition alone decides and the interval is wider.
        Raises `InvalidSpecError` for what is no formula, or has no lithium.
        """
        amounts = amounts_in(formula)
        if not amounts.get("Li"):
            raise InvalidSpecError("formula", formula, "this head knows lithium conductors alone")
        if not anions_of(amounts):
            raise InvalidSpecError("formula", formula, "it has no anion, so it is no electrolyte")
        if space_group is None or lattice is None:
            row = ionic_features(amounts, 1, NO_CELL, self.table)[list(FORMULA_COLUMNS)]
            return self.by_formula.estimate(row, amounts, key="conductivity")
        if len(lattice) != 6 or not all(each > 0 for each in lattice):
            raise InvalidSpecError("lattice", str(lattice), "give a, b, c, alpha, beta, gamma")
        row = self._row(amounts, space_group, lattice)
        return self.with_cell.estimate(row, amounts, key="conductivity")

    def predict_crystal(self, formula: str, structure: Structure) -> LearnedEstimate:
        """As `predict`, for a crystal with whole atoms, of which it finds the symmetry.

        It was taught with measured crystals, whose lithium is mostly spread over its sites. So
        it is asked of the crystal as it stands and of its framework with the lithium averaged,
        and answers for the one that is nearer to what it learned from.
        """
        amounts = amounts_in(formula)
        plain, average = as_it_stands(structure), averaged(structure, "Li")
        if plain is None or average is None or not anions_of(amounts):
            return self.predict(formula)
        if plain.space_group == average.space_group:
            return self.predict(formula, plain.space_group, plain.lattice)
        far, farther = (
            self.with_cell.known.domain.distance(self._row(amounts, each.space_group, each.lattice))
            for each in (plain, average)
        )
        if far <= farther:
            return self.predict(formula, plain.space_group, plain.lattice)
        found = self.predict(formula, average.space_group, average.lattice)
        said = AVERAGED.format(average.space_group, plain.space_group)
        light = "amber" if found.light == "green" else found.light
        return replace(found, light=light, reason=f"{said} {found.reason}".strip())

    def _row(self, amounts: Amounts, space_group: int, lattice: Lattice) -> NDArray[np.float64]:
        return ionic_features(in_cell(amounts, lattice), space_group, lattice, self.table)


def in_cell(amounts: Amounts, lattice: Lattice) -> dict[str, float]:
    """Atoms of the cell, from those of a formula and the volume of the cell."""
    unit = sum(VOLUME_PER_ANION[each] * n for each, n in anions_of(amounts).items())
    times = max(round(cell_volume(lattice) / unit), 1)
    return {each: n * times for each, n in amounts.items()}
