"""The conductivity head: log10 of a lithium electrolyte's conductivity at room temperature."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import Amounts, ElementTable
from designer_app.properties.heads.ionic_features import (
    COLUMNS,
    Lattice,
    cell_volume,
    ionic_features,
)
from designer_app.properties.heads.learned import Learned, learned_from
from designer_app.specs.estimates import LearnedEstimate
from designer_app.training.splits import amounts_in
from designer_app.weights.cards import ModelCard, read_model

WITH_CELL, BY_FORMULA = "log10_sigma", "log10_sigma_by_formula"
FORMULA_COLUMNS = tuple(range(COLUMNS.index("lithium fraction"), len(COLUMNS)))
"""What is known without a crystal."""
NO_CELL = (10.0, 10.0, 10.0, 90.0, 90.0, 90.0)
VOLUME_PER_ANION = {
    "O": 18.5, "F": 17.0, "N": 20.0, "S": 40.0, "Se": 46.0, "Te": 55.0, "Cl": 37.0, "Br": 43.0,
    "I": 56.0, "H": 16.0,
}  # fmt: skip
"""A^3, typical for lithium electrolytes: only to find how many formula units a cell holds."""


@dataclass(frozen=True, eq=False)
class ConductivityHead:
    """Ensemble of trees learned from OBELiX."""

    card: ModelCard
    table: ElementTable
    with_cell: Learned
    by_formula: Learned

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The head in a folder. Raises `FileUnreadableError`."""
        card, arrays = read_model(folder)
        found = [learned_from(card, card.head(key), arrays) for key in (WITH_CELL, BY_FORMULA)]
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
        anions = [each for each in VOLUME_PER_ANION if amounts.get(each, 0.0) > 0]
        if not anions:
            raise InvalidSpecError("formula", formula, "it has no anion, so it is no electrolyte")
        if space_group is None or lattice is None:
            row = ionic_features(amounts, 1, NO_CELL, self.table)[list(FORMULA_COLUMNS)]
            return self.by_formula.estimate(row, amounts, key="conductivity")
        if len(lattice) != 6 or not all(each > 0 for each in lattice):
            raise InvalidSpecError("lattice", str(lattice), "give a, b, c, alpha, beta, gamma")
        row = ionic_features(in_cell(amounts, lattice), space_group, lattice, self.table)
        return self.with_cell.estimate(row, amounts, key="conductivity")


def in_cell(amounts: Amounts, lattice: Lattice) -> dict[str, float]:
    """Atoms of the cell, from those of a formula and the volume of the cell."""
    unit = sum(VOLUME_PER_ANION[each] * amounts.get(each, 0.0) for each in VOLUME_PER_ANION)
    times = max(round(cell_volume(lattice) / unit), 1)
    return {each: n * times for each, n in amounts.items()}
