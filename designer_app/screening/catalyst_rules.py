"""What a screen of catalysts asks: activity on the volcano of a reaction, and stability."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from designer_app.potentials import Potential
from designer_app.running.control import RunControl
from designer_app.screening.catalyst import CatalystDesigner
from designer_app.screening.rules import Criterion, stability_criteria, value_of
from designer_app.specs.adsorption import CatalystRow
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

_WORST = -5.0
"""V: stands for an unknown activity in the score."""
_UNKNOWN_STABILITY = 0.5


class CatalystRules:
    """The `Rules` of a funnel for one reaction."""

    def __init__(self, spec: ScreenSpec, potential: Callable[[], Potential] | None = None) -> None:
        self.reaction = spec.reaction.lower()
        self.potential = potential
        """Loads what slabs are relaxed with; without it there are only learned numbers."""
        self.criteria = (Criterion(key="activity", low=spec.activity), *stability_criteria(spec))

    def refusal(self, structure: Structure) -> str:
        """Nothing is refused."""
        del structure
        return ""

    def quick(
        self, structures: Sequence[Structure], rows: Sequence[ScreenRow], control: RunControl
    ) -> list[tuple[Estimate, ...]]:
        """Adsorption energies by learned heads, and what follows from them."""
        del rows
        designer = CatalystDesigner(source="heads")
        found = []
        for structure in structures:
            control.checkpoint()
            (row,) = designer.screen_materials([structure], self.reaction)
            found.append(estimates_of(row))
        return found

    def physics(
        self, structure: Structure, row: ScreenRow, control: RunControl
    ) -> tuple[Estimate, ...]:
        """The same from slabs relaxed with the potential."""
        del row
        if self.potential is None:
            return ()
        designer = CatalystDesigner(self.potential(), source="slabs", control=control)
        (found,) = designer.screen_materials([structure], self.reaction)
        return estimates_of(found)

    def score(self, row: ScreenRow) -> float:
        """Activity in V (0 at the top of the volcano) and the chance of being stable, summed."""
        activity = value_of(row, "activity", _WORST)
        return activity + value_of(row, "stability", _UNKNOWN_STABILITY)


def estimates_of(row: CatalystRow) -> tuple[Estimate, ...]:
    """The numbers of a catalyst's row under the names that a screen asks for."""
    found = list(row.descriptors)
    if row.activation is not None:
        found.append(replace(row.activation, key="activation energy"))
    found += [replace(each, key=f"selectivity {each.key}") for each in row.selectivity]
    if row.activity is not None:
        found.append(replace(row.activity, key="activity"))
    elif row.error:
        found.append(
            Estimate(key="activity", value=math.nan, unit="V", light="red", reason=row.error)
        )
    return tuple(found)
