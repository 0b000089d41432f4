"""Adsorption energies by relaxing slabs: E(slab + adsorbate) - E(slab) - E(free adsorbate).

The bulk is relaxed first, so that the slab is under no strain of the potential's own; the slab and
the gas molecules then, and last all adsorbates on all kinds of sites, as one batch. Energies are
electronic, without zero-point energy: `volcano` adds what makes free energies of them.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.errors import DisorderedStructureError, InvalidSpecError, UnsupportedElementError
from designer_app.explanations import explain_exception
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.potentials import Potential
from designer_app.properties.adsorbate_fate import (
    INTACT,
    distances_to_slab,
    doubted,
    outcome_of,
)
from designer_app.properties.adsorbates import (
    Adsorbate,
    adsorbates_from_text,
    molecule,
    placed,
)
from designer_app.properties.adsorption_errors import SlabError, slab_error
from designer_app.properties.adsorption_notes import (
    WORTH_TELLING,
    expected_seconds,
    expected_time,
    warnings_of,
)
from designer_app.properties.plane_lattices import shortest_vector
from designer_app.properties.single_points import energies_of
from designer_app.properties.slab_cells import Slab
from designer_app.properties.slabs import (
    check_bulk,
    cut_slabs,
    miller_from_text,
)
from designer_app.properties.surface_sites import (
    SurfaceSite,
    distinct_sites,
    nearest_site,
    surface_sites,
)
from designer_app.relaxation import Goal, Relaxed, relax
from designer_app.running.control import RunControl
from designer_app.specs.adsorption import (
    AdsorptionResult,
    AdsorptionSite,
    AdsorptionSpec,
    SlabFacts,
)
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import kind_of_matter
from designer_app.units import GPA

J_PER_M2 = 16.021766
"""J/m^2 in an eV/A^2."""
_BULK_STRESS = 0.1 * GPA

OnSite = Callable[[AdsorptionSite], None]


def adsorption_energies(
    bulk: Structure,
    spec: AdsorptionSpec,
    potential: Potential,
    control: RunControl | None = None,
    on_site: OnSite | None = None,
) -> AdsorptionResult:
    """Every adsorbate of a spec at every kind of site of one surface of a crystal.

    `on_site` is called as soon as a site is done.
    """
    began = time.perf_counter()
    control = control or RunControl()
    asked = adsorbates_from_text(spec.adsorbate)
    miller = miller_from_text(spec.surface)
    _check(bulk, asked, potential)
    goal = Goal(fmax=spec.fmax, fix_cell=True, steps=spec.steps)
    crystal, energy = _relaxed_bulk(bulk, spec, potential, control)
    slabs = cut_slabs(
        crystal, miller, n_layers=spec.layers, vacuum=spec.vacuum, spacing=spec.spacing
    )
    energies = energies_of([each.structure for each in slabs], potential, control)
    excess = [
        (found - slab.n_bulk_cells * energy) / (2.0 * slab.area)
        for slab, found in zip(slabs, energies, strict=True)
    ]
    chosen = _chosen(slabs, excess, spec)
    cut = slabs[chosen]
    gases = sorted({name for each in asked for name, _ in each.gases})
    starts = [cut.structure, *(molecule(name) for name in gases)]
    control.progress(0, 1, "Relaxing the clean surface")
    relaxing = time.perf_counter()
    first = [_sound(each) for each in relax(starts, potential, goal, control=control)]
    relaxing = time.perf_counter() - relaxing
    clean = replace(cut, structure=first[0].structure)
    free = dict(zip(gases, (each.energy for each in first[1:]), strict=True))
    facts = SlabFacts(
        formula=formula(reduced(amounts_of(bulk.numbers))[0]),
        miller=miller,
        n_layers=cut.n_layers,
        n_atoms=len(cut.structure),
        area=cut.area,
        termination=cut.termination,
        n_terminations=len(slabs),
        surface_energy=J_PER_M2
        * (excess[chosen] + (first[0].energy - energies[chosen]) / cut.area),
        image_distance=shortest_vector(*cut.structure.cell[:2]),
        structure=clean.structure,
    )
    run = _Sites(spec, potential, clean, first[0].energy, free, surface_sites(cut), facts)
    n_sites, n_atoms = len(asked) * len(run.sites), len(cut.structure)
    seconds = expected_seconds(first, relaxing, n_sites, n_atoms)
    told = expected_time(n_sites, n_atoms, seconds)
    control.progress(0, n_sites, told)
    if seconds > WORTH_TELLING:
        control.log.warning("%s", told)
    sites = run.relaxed(asked, goal, control, on_site or (lambda _site: None))
    return AdsorptionResult(
        slab=facts,
        sites=tuple(sites),
        best=tuple(_best(each, sites) for each in asked),
        references=tuple((each.key, run.reference(each)) for each in asked),
        potential=potential.key,
        model=potential.model,
        model_sha256=potential.model_sha256,
        warnings=tuple(warnings_of(spec, bulk, cut, first[0], facts, run.all_sites)),
        seconds=time.perf_counter() - began,
    )


# --- the clean surface --------------------------------------------------------------------------


def _check(bulk: Structure, asked: Sequence[Adsorbate], potential: Potential) -> None:
    if bulk.disordered_sites:
        raise DisorderedStructureError(bulk.disordered_sites, bulk.disorder_example)
    check_bulk(bulk)
    if potential.elements is None:
        return
    gases = [molecule(name).numbers for each in asked for name, _ in each.gases]
    for number in np.unique(np.concatenate([bulk.numbers, *gases])):
        if int(number) not in potential.elements:
            named = f"{potential.key} {potential.model}".strip()
            raise UnsupportedElementError(SYMBOLS[int(number)], named)


def _chosen(slabs: Sequence[Slab], excess: Sequence[float], spec: AdsorptionSpec) -> int:
    """The termination asked for, or the cheapest to cleave."""
    tops = [each.termination for each in slabs]
    if spec.termination and spec.termination not in tops:
        reason = f"this plane ends in {' or '.join(dict.fromkeys(tops))}"
        raise InvalidSpecError("termination", spec.termination, reason, "Termination")
    open_to = [k for k, top in enumerate(tops) if spec.termination in ("", top)]
    return min(open_to, key=lambda k: excess[k])


def _relaxed_bulk(
    bulk: Structure, spec: AdsorptionSpec, potential: Potential, control: RunControl
) -> tuple[Structure, float]:
    """The crystal at the potential's own lattice, and its energy in eV."""
    loose = replace(bulk, fixed=None)
    if spec.keep_lattice:
        return loose, energies_of([loose], potential)[0]
    control.progress(0, 1, "Relaxing the bulk crystal")
    goal = Goal(fmax=min(spec.fmax, 0.02), smax=_BULK_STRESS, steps=spec.steps)
    (found,) = relax([loose], potential, goal, control=control)
    found = _sound(found)
    return found.structure, found.energy


def _sound(found: Relaxed) -> Relaxed:
    if found.error is not None:
        raise found.error
    return found


# --- adsorbates ---------------------------------------------------------------------------------


class _Sites:
    """The sites of one clean surface, and what their energies are counted from."""

    def __init__(
        self,
        spec: AdsorptionSpec,
        potential: Potential,
        clean: Slab,
        clean_energy: float,
        gases: dict[str, float],
        sites: list[SurfaceSite],
        facts: SlabFacts,
    ) -> None:
        self.spec, self.potential, self.clean, self.facts = spec, potential, clean, facts
        self.clean_energy, self.gases, self.all_sites = clean_energy, gases, sites
        self.sites = distinct_sites(sites)[: spec.sites]
        self.is_metal = kind_of_matter(clean.structure) == "metal"
        if spec.reference == "calibrated":
            self._refuse_uncalibrated()

    def relaxed(
        self, asked: Sequence[Adsorbate], goal: Goal, control: RunControl, on_site: OnSite
    ) -> list[AdsorptionSite]:
        """All adsorbates on all sites, in this order."""
        pairs = [(each, site) for each in asked for site in self.sites]
        starts = [placed(each, self.clean, site.place) for each, site in pairs]
        found: dict[int, AdsorptionSite] = {}

        def finished(index: int, result: Relaxed) -> None:
            adsorbate, site = pairs[index]
            found[index] = self._judged(adsorbate, site, result)
            on_site(found[index])

        relax(starts, self.potential, goal, control=control, on_finished=finished)
        return [found[index] for index in range(len(pairs))]

    def reference(self, adsorbate: Adsorbate) -> str:
        """What the free adsorbate is, in words."""
        words = f"{adsorbate.reference}, gases by the same potential"
        known = self._error(adsorbate)
        if self.spec.reference == "calibrated" and known is not None:
            words += f", shifted by {known.shift:+.2f} eV ({known.source})"
        return words

    def _error(self, adsorbate: Adsorbate) -> SlabError | None:
        return slab_error(self.potential, adsorbate.key) if self.is_metal else None

    def _refuse_uncalibrated(self) -> None:
        for adsorbate in adsorbates_from_text(self.spec.adsorbate):
            known = self._error(adsorbate)
            if known is None:
                reason = f"{adsorbate.key} was not compared with a table for this potential"
            elif known.shifted_error >= known.error:
                reason = (
                    f"for {adsorbate.key} the shift does not help on metals it was not fitted to "
                    f"({known.error:.2f} eV without, {known.shifted_error:.2f} eV with it)"
                )
            else:
                continue
            raise InvalidSpecError("reference", self.spec.reference, reason, "Reference")

    def _judged(self, adsorbate: Adsorbate, site: SurfaceSite, result: Relaxed) -> AdsorptionSite:
        free = sum(amount * self.gases[name] for name, amount in adsorbate.gases)
        known = self._error(adsorbate)
        value = result.energy - self.clean_energy - free
        if self.spec.reference == "calibrated" and known is not None:
            value += known.shift
        said = AdsorptionSite(
            adsorbate=adsorbate.key,
            site=site.name,
            energy=self._estimate(adsorbate, value, known),
            outcome="failed",
            n_steps=result.n_steps,
        )
        if result.error is not None:
            sentence = explain_exception(result.error).sentence
            energy = replace(said.energy, value=math.nan, low=None, high=None, light="red")
            return replace(said, error=sentence, energy=replace(energy, reason=sentence))
        end = result.structure
        n_slab = len(self.clean.structure)
        outcome = outcome_of(adsorbate, self.clean.structure, end)
        ends_at = nearest_site(self.all_sites, end.positions[n_slab], end.cell)
        if outcome == "stays" and ends_at.kind != site.kind:
            outcome = "moved"
        outcome = outcome if result.converged else "not relaxed"
        top = self.clean.structure.positions[self.clean.layers == 0, 2].mean()
        return replace(
            said,
            outcome=outcome,
            ends_at="" if outcome == "desorbed" else ends_at.name,
            height=float(end.positions[n_slab:, 2].min() - top),
            bond=float(distances_to_slab(end, n_slab).min()),
            structure=end,
            energy=said.energy if outcome in INTACT else doubted(said.energy, outcome),
        )

    def _estimate(self, adsorbate: Adsorbate, value: float, known: SlabError | None) -> Estimate:
        potential = self.potential
        named = f"{potential.key} {potential.model} ({potential.model_sha256[:12]})"
        surface = f"{self.facts.formula}({''.join(str(each) for each in self.facts.miller)})"
        origin = f"{named}; {surface}, {self.facts.n_layers} layers; {self.reference(adsorbate)}"
        is_shifted = self.spec.reference == "calibrated"
        error = half = None
        if known is not None:
            error = known.shifted_error if is_shifted else known.error
            half = known.shifted_half_width if is_shifted else known.half_width
        return Estimate(
            key=f"adsorption {adsorbate.key}",
            value=value,
            unit="eV",
            low=None if half is None else value - half,
            high=None if half is None else value + half,
            error=error,
            method="relaxation",
            origin=origin,
            light="amber",
            reason="this potential was not compared with tabulated adsorption energies here"
            if known is None
            else f"differs by {error:.2f} eV on average from {known.source}",
        )


def _best(adsorbate: Adsorbate, sites: Sequence[AdsorptionSite]) -> Estimate:
    """The lowest energy among the sites where the adsorbate stayed whole and on the surface."""
    own = [each for each in sites if each.adsorbate == adsorbate.key]
    intact = [each for each in own if each.outcome in INTACT]
    if intact:
        return min(intact, key=lambda each: each.energy.value).energy
    ends = ", ".join(f"{each.site}: {each.outcome}" for each in own)
    reason = f"{adsorbate.key} stayed whole on no site ({ends})"
    return replace(own[0].energy, value=math.nan, low=None, high=None, light="red", reason=reason)


def energies_by_adsorbate(result: AdsorptionResult) -> dict[str, float]:
    """EV of the most stable site of each adsorbate that has one."""
    named = zip(result.references, result.best, strict=True)
    return {key: each.value for (key, _), each in named if math.isfinite(each.value)}
