"""Catalysts: adsorption energies, what they say of activity and selectivity, and a ranked table.

    designer = CatalystDesigner(load_potential("chgnet"))
    rows = designer.screen_materials(crystals, reaction="her")

Energies come from learned heads, which need a formula alone, or from slabs relaxed with the loaded
potential, which need the crystal; both are kept side by side, and the volcano uses the heads where
they know the adsorbate, unless slabs were asked for.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from designer_app.errors import DesignerAppError, InvalidSpecError, MissingCellError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.potentials import Potential
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.scaling import (
    activation_energy,
    boltzmann_ratio,
    dissociation_energy,
)
from designer_app.properties.surface_barriers import SurfaceBarrier, surface_barrier
from designer_app.properties.volcano import (
    activity,
    reaction_of,
    volcano_point,
)
from designer_app.running.control import RunControl
from designer_app.screening.catalyst_selectivity import (
    by_adsorbate,
    co2_product,
    competition,
    family,
    head_start,
)
from designer_app.screening.catalyst_tuning import Correction, corrections, read_own
from designer_app.screening.speed_up import SpeedUp, speed_up
from designer_app.specs.adsorption import AdsorptionSpec, CatalystRow
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure

Candidate = Structure | str
"""A crystal, or a formula alone."""
Head = Callable[[str, str], Estimate | None]
"""Adsorption energy from (adsorbate, formula of the surface); None where it knows nothing."""
SOURCES = ("heads", "slabs", "both")


class CatalystDesigner:
    """Ranks materials as catalysts, and says how sure each number is."""

    def __init__(
        self,
        potential: Potential | None = None,
        *,
        head: Head | None = None,
        settings: AdsorptionSpec | None = None,
        source: str = "both",
        control: RunControl | None = None,
    ) -> None:
        if source not in SOURCES:
            raise InvalidSpecError("source", source, f"choose one of {', '.join(SOURCES)}")
        self.potential = potential
        self.head: Head = head or _shipped_head
        self.settings = settings or AdsorptionSpec()
        self.source = source
        self.control = control or RunControl()
        self.corrections: dict[tuple[str, str], Correction] = {}
        """By (method, adsorbate)."""

    # --- energies ---

    def adsorption(
        self, candidate: Candidate, needs: Sequence[str], helps: Sequence[str] = ()
    ) -> tuple[Estimate, ...]:
        """Every energy that is known of the adsorbates that are needed or would help.

        Heads answer first. Where they do not know all that is needed, slabs are relaxed for all of
        it: energies of different methods are never mixed in one reaction.
        """
        learned: list[Estimate] = []
        asked = (*needs, *helps)
        if self.source != "slabs":
            named = formula_of(candidate)
            for key in asked:
                found = self.head(key, named)
                if found is not None and math.isfinite(found.value):
                    learned.append(self._corrected(replace(found, key=f"adsorption {key}"), key))
        if self.source == "heads" or by_adsorbate(learned).keys() >= {*needs}:
            return tuple(learned)
        return (*learned, *self._slabs(candidate, asked).values())

    def _slabs(self, candidate: Candidate, adsorbates: Sequence[str]) -> dict[str, Estimate]:
        if self.potential is None or isinstance(candidate, str):
            if self.source == "both":
                return {}
            if isinstance(candidate, str):
                raise MissingCellError("relaxing slabs")
            raise InvalidSpecError("potential", "", "relaxing slabs needs one", "Potential")
        asked = replace(self.settings, adsorbate=",".join(adsorbates))
        result = adsorption_energies(candidate, asked, self.potential, self.control)
        return {
            key: self._corrected(each, key)
            for (key, _), each in zip(result.references, result.best, strict=True)
        }

    def _corrected(self, estimate: Estimate, adsorbate: str) -> Estimate:
        found = self.corrections.get((family(estimate), adsorbate))
        return estimate if found is None else found.applied(estimate)

    # --- what they say ---

    def activity(self, candidate: Candidate, reaction: str) -> Estimate:
        """Minus the overpotential in V, or the reaction's own measure; higher is better."""
        return activity(self._name(candidate), reaction, self._energies(candidate, reaction))

    def activation_energy(self, candidate: Candidate, relation: str = "flat") -> Estimate:
        """EV of N2 breaking up, by the BEP line of close-packed faces ("flat") or of steps."""
        found = by_adsorbate(self.adsorption(candidate, ("N",)))
        if "N" not in found:
            reason = "the barrier of N2 follows from that of N"
            raise InvalidSpecError("adsorbate", None, reason, "Adsorption energy")
        return activation_energy(dissociation_energy(found["N"]), relation)

    def selectivity(self, candidate: Candidate, reaction: str, over: str = "her") -> Estimate:
        """V by which a reduction sets in before a competitor: difference of their limiting
        potentials against the same electrode. Of CO2 the product's name and chance.
        """
        reaction, over = reaction_of(reaction).key, reaction_of(over).key
        if reaction == "co2rr":
            both = ("H", "CO")
            return co2_product(by_adsorbate(self.adsorption(candidate, both), both))
        needed = tuple(dict.fromkeys((*reaction_of(reaction).needs, *reaction_of(over).needs)))
        found = by_adsorbate(self.adsorption(candidate, needed), needed)
        return head_start(reaction, over, found)

    def ratio(self, candidate: Candidate, reaction: str, over: str = "her") -> Estimate:
        """Log10 of how much faster a reaction is than a competitor at 298 K, by Boltzmann."""
        return boltzmann_ratio(self.selectivity(candidate, reaction, over))

    def barrier(self, start: Structure, end: Structure) -> SurfaceBarrier:
        """The pass between two slabs by the nudged elastic band with the loaded potential."""
        return surface_barrier(start, end, self._loaded(), control=self.control)

    def speed_up(self, slab: Structure, engine: str = "gpaw") -> SpeedUp:
        """Measured against a DFT code; raises `MissingPackageError` where none is installed."""
        return speed_up(slab, self._loaded(), engine)

    def _loaded(self) -> Potential:
        if self.potential is None:
            raise InvalidSpecError("potential", "", "this needs a loaded one", "Potential")
        return self.potential

    # --- the table ---

    def screen_materials(
        self,
        candidates: Sequence[Candidate],
        reaction: str = "her",
        on_row: Callable[[CatalystRow], None] | None = None,
    ) -> list[CatalystRow]:
        """A row for each candidate, the most active first; those without a number last."""
        reaction = reaction_of(reaction).key
        rows = []
        for index, candidate in enumerate(candidates):
            self.control.checkpoint()
            self.control.progress(index, len(candidates), f"{index} of {len(candidates)} materials")
            row = self._row(candidate, reaction)
            rows.append(row)
            if on_row is not None:
                on_row(row)
        self.control.progress(len(candidates), len(candidates), "done")
        return sorted(rows, key=lambda row: (math.isnan(row.score), -row.score))

    def _row(self, candidate: Candidate, reaction: str) -> CatalystRow:
        name = self._name(candidate)
        surface = self.settings.surface
        row = CatalystRow(name=name, formula="", reaction=reaction, surface=surface)
        try:
            row = replace(row, formula=formula_of(candidate))
            competitor = () if reaction == "her" else ("H",)
            needs, helps = reaction_of(reaction).needs, reaction_of(reaction).helps
            energies = self.adsorption(candidate, needs, (*helps, *competitor))
            row = replace(row, descriptors=energies)
            found = by_adsorbate(energies, needs)
            measured = activity(name, reaction, found)
            return replace(
                row,
                activity=measured,
                activation=self._activation(reaction, found),
                selectivity=competition(reaction, found),
                volcano=volcano_point(name, reaction, found),
                score=measured.value,
            )
        except DesignerAppError as error:
            return replace(row, error=explain_exception(error).sentence)

    @staticmethod
    def _activation(reaction: str, energies: dict[str, Estimate]) -> Estimate | None:
        if reaction != "nrr" or "N" not in energies:
            return None
        return activation_energy(dissociation_energy(energies["N"]))

    # --- own data ---

    def fine_tune(self, path: Path) -> dict[str, Correction]:
        """Corrections of the heads from the user's own DFT energies (CSV or ASE database), each
        with its error on rows left out; used from now on where that error is the smaller one.
        """

        def predicted(adsorbate: str, surface: str) -> float:
            said = self.head(adsorbate, surface)
            if said is None:
                return math.nan
            methods.setdefault(adsorbate, family(said))
            return said.value

        methods: dict[str, str] = {}
        found = corrections(read_own(path), predicted)
        if not found:
            reason = "no adsorbate has three rows or more that the heads know"
            raise InvalidSpecError("data", path, reason, "Own energies")
        for adsorbate, each in found.items():
            self.corrections[methods[adsorbate], adsorbate] = each
        return found

    # --- parts ---

    def _energies(self, candidate: Candidate, reaction: str) -> dict[str, Estimate]:
        row = reaction_of(reaction)
        return by_adsorbate(self.adsorption(candidate, row.needs, row.helps), row.needs)

    @staticmethod
    def _name(candidate: Candidate) -> str:
        return candidate if isinstance(candidate, str) else candidate.name or formula_of(candidate)


def formula_of(candidate: Candidate) -> str:
    """The reduced formula of a crystal; of a formula, itself."""
    if isinstance(candidate, str):
        return candidate
    return formula(reduced(amounts_of(candidate.numbers))[0])


def _shipped_head(adsorbate: str, surface: str) -> Estimate | None:
    """The heads that the program ships; None for what they were not trained on."""
    from designer_app.errors import InputError
    from designer_app.properties.heads import adsorption_head

    try:
        return adsorption_head().predict(adsorbate, surface)
    except InputError:
        return None
