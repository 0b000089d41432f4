"""Battery electrodes: energy density, ionic conductivity and stability of many candidates.

    from designer_app.screening.battery import BatteryElectrodeDesigner

    found = BatteryElectrodeDesigner(ion="Li").screen_materials(structures)
    for row in found.rows:
        print(row.formula, row.score, row.failing)

Learned heads and the crystal network judge every candidate in milliseconds; on request the best are
computed by relaxation with a potential. A conductivity is asked as the chance that it passes the
threshold, and stays amber: the head learned from electrolytes, and hardly any electrode reaches
1e-3 S/cm. Capacity and energy density count the ions that the other elements can make up for;
where there is nothing to oxidise, that is 0 and the criterion "ion_release" is missed. None as the
threshold of the energy density asks for electrolytes. Where no candidate meets all criteria, the
best are there all the same, each with the criteria that it misses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from designer_app.errors import DesignerAppError, InvalidSpecError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.potentials import Potential
from designer_app.running.control import RunControl
from designer_app.screening import ion_release
from designer_app.screening.battery_rules import THRESHOLDS, BatteryRules
from designer_app.screening.given_crystals import as_structure
from designer_app.screening.network import Network
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.screening.rules import (
    Criterion,
    judged,
    worst_light,
)
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import HIGHEST_VOLTAGE, ScreenSpec
from designer_app.specs.screen_rows import LOST, PASSES, WAITS, ScreenRow, failing_counts, ranked
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES

__all__ = ["THRESHOLDS", "BatteryElectrodeDesigner", "BatteryRules", "BatteryScreen"]

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure as PymatgenStructure


@dataclass(frozen=True, kw_only=True)
class BatteryScreen:
    """Candidates after a screen."""

    rows: tuple[ScreenRow, ...]
    """Those that pass; where none does, all that were judged, marked with what they miss. Best
    first; `id` is the place among the candidates given."""
    judged: tuple[ScreenRow, ...]
    """Every candidate, best first, those that could not be judged at the end with the reason."""
    n_passing: int
    failing_counts: tuple[tuple[str, int], ...]
    """(criterion, judged candidates that miss it)."""
    warnings: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What came out, in words."""
        n = sum(row.verdict != LOST for row in self.judged)
        if self.n_passing:
            return f"{self.n_passing} of {n} candidates meet all criteria."
        counts = ", ".join(f"{key.replace('_', ' ')} {n}" for key, n in self.failing_counts)
        return f"None of {n} candidates meets all criteria; missed: {counts}."


class BatteryElectrodeDesigner:
    """Screens candidates for a battery electrode; works in a notebook, without a window."""

    def __init__(
        self,
        potential: Potential | None = None,
        *,
        ion: str = "Li",
        network: Network | None = None,
    ) -> None:
        self.potential = potential
        """For numbers by relaxation; loaded when they are first asked for where none is given."""
        self.ion = ion
        self.network = network
        """Judges stability; the shipped crystal network where none is given."""

    def screen_materials(
        self,
        candidates: "Sequence[Structure | Atoms | PymatgenStructure]",
        thresholds: Mapping[str, float | None] | None = None,
        *,
        physics: int = 0,
        control: RunControl | None = None,
    ) -> BatteryScreen:
        """Candidates over the thresholds, scored and sorted.

        `thresholds` replaces some of `THRESHOLDS`; None leaves a criterion out. `physics` of the
        best get voltage, energy density and distance from the hull by relaxation. Raises
        `InvalidSpecError` for a threshold or a working ion that does not exist.
        """
        if physics < 0:
            raise InvalidSpecError("physics", physics, "give the number of candidates, or 0")
        control = control or RunControl()
        asked = {**THRESHOLDS, **(thresholds or {})}
        rules = self._rules(asked)
        counts = {key for key, value in asked.items() if value is not None} | {ion_release.KEY}
        criteria = tuple(each for each in rules.criteria if each.key in counts)
        structures = [as_structure(each) for each in candidates]
        rows = [_row(index, each) for index, each in enumerate(structures)]
        warnings: list[str] = []
        rows = self._estimated(rows, structures, rules, warnings, control)
        rows = self._computed(rows, structures, rules, physics, control)
        rows = [_judged(row, criteria) for row in rows]
        best_first = tuple(ranked(rows))
        alive = tuple(row for row in best_first if row.verdict != LOST)
        passing = tuple(row for row in alive if row.verdict == PASSES)
        return BatteryScreen(
            rows=passing or alive,
            judged=best_first,
            n_passing=len(passing),
            failing_counts=failing_counts(alive),
            warnings=tuple(warnings),
        )

    def _rules(self, asked: Mapping[str, float | None]) -> BatteryRules:
        for key in asked:
            if key not in THRESHOLDS:
                raise InvalidSpecError("thresholds", key, f"choose from {', '.join(THRESHOLDS)}")
        if self.ion not in ION_CHARGES:
            raise InvalidSpecError("ion", self.ion, f"choose from {', '.join(ION_CHARGES)}")
        conductivity = asked["ionic_conductivity"]
        spec = ScreenSpec(
            ion=self.ion,
            energy_density=asked["energy_density"] or 0.0,
            voltage_low=0.0,
            voltage_high=HIGHEST_VOLTAGE,
            test_conductivity=conductivity is not None,
            ionic_conductivity=conductivity or THRESHOLDS["ionic_conductivity"],
            stability=asked["stability"] or 0.0,
        )
        return BatteryRules(spec, self._loaded)

    def _loaded(self) -> Potential:
        from designer_app.potentials import load_potential

        if self.potential is None:
            self.potential = load_potential("chgnet")
        return self.potential

    def _estimated(
        self,
        rows: list[ScreenRow],
        structures: Sequence[Structure],
        rules: BatteryRules,
        warnings: list[str],
        control: RunControl,
    ) -> list[ScreenRow]:
        """Rows with the numbers of the crystal network and of the heads, scored."""
        refusals = [rules.refusal(each) for each in structures]
        kept = [index for index, why in enumerate(refusals) if not why]
        chosen, crystals = [rows[index] for index in kept], [structures[index] for index in kept]
        network = self.network or _shipped_network(warnings)
        if network is not None and chosen:
            chosen = network.estimated(chosen, crystals)
        found = rules.quick(crystals, chosen, control)
        done = dict(zip(kept, zip(chosen, found, strict=True), strict=True))
        judged_rows = []
        for index, row in enumerate(rows):
            if index not in done:
                judged_rows.append(replace(row, verdict=LOST, reason=refusals[index]))
                continue
            asked, estimates = done[index]
            judged_rows.append(_scored(_with(asked, estimates), rules))
        return judged_rows

    def _computed(
        self,
        rows: list[ScreenRow],
        structures: Sequence[Structure],
        rules: BatteryRules,
        physics: int,
        control: RunControl,
    ) -> list[ScreenRow]:
        """The same with the best computed by relaxation; what fails is told in its row."""
        alive = [row for row in rows if row.verdict != LOST]
        best = sorted(alive, key=lambda row: (-row.score, row.id))[:physics]
        placing = Placing(self._loaded(), self._reference(), may_relax=True) if best else None
        replaced: dict[str, ScreenRow] = {}
        for done, row in enumerate(best):
            assert placing is not None
            control.checkpoint()
            control.progress(done, len(best), f"Relaxing {row.formula}")
            structure = structures[int(row.id)]
            try:
                found = _with(row, rules.physics(structure, row, control))
                replaced[row.id] = _scored(_on_hull(found, structure, placing, control), rules)
            except DesignerAppError as error:
                told = f"Not computed by relaxation: {explain_exception(error).sentence}"
                replaced[row.id] = replace(row, warnings=(*row.warnings, told))
        return [replaced.get(row.id, row) for row in rows]

    def _reference(self) -> ReferenceTable | None:
        potential = self._loaded()
        return load_reference(potential.key, potential.model)


def _on_hull(
    row: ScreenRow, structure: Structure, placing: Placing, control: RunControl
) -> ScreenRow:
    """The row with its distance from the hull, which then decides on its stability."""
    ((placed, _),) = placing.placed([row], [structure], control)
    if placed.verdict == LOST or placed.estimates[-1].key != "stability":
        why = (placed.reason,) if placed.verdict == LOST else ()
        return replace(row, warnings=(*row.warnings, *placing.warnings, *why))
    return replace(placed, verdict=WAITS)


def _with(row: ScreenRow, estimates: Sequence[Estimate]) -> ScreenRow:
    return replace(row, estimates=(*row.estimates, *estimates))


def _row(index: int, structure: Structure) -> ScreenRow:
    unit, _ = reduced(amounts_of(structure.numbers))
    name = structure.name or formula(unit)
    return ScreenRow(
        id=str(index), formula=formula(unit), n_atoms=len(structure), made_from=f"{name} as given"
    )


def _scored(row: ScreenRow, rules: BatteryRules) -> ScreenRow:
    return replace(row, score=rules.score(row))


def _judged(row: ScreenRow, criteria: Sequence[Criterion]) -> ScreenRow:
    if row.verdict == LOST:
        return row
    verdict, failing, told = judged(row, criteria)
    light = worst_light(row, criteria)
    return replace(row, stage="rules", verdict=verdict, failing=failing, reason=told, light=light)


def _shipped_network(warnings: list[str]) -> Network | None:
    """The crystal network that is shipped; None, and a warning, where none is."""
    from designer_app.screening.crystal_gnn.ensemble import load_crystal_ensemble

    try:
        ensemble = load_crystal_ensemble()
    except DesignerAppError as error:
        warnings.append(explain_exception(error).sentence)
        return None
    return Network(ensemble, ensemble.origin)
