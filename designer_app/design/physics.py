"""What a purpose asks of a relaxed crystal, by relaxations and other physics.

Electrodes: voltage of the pair with and without its ions. Electrolytes: barrier by bond valence,
and by bands of relaxed images where the cell is small. Catalysts: slabs with the leading
intermediate of the reaction.
"""

import math
from dataclasses import replace

from designer_app.design.heads.ensemble import LEADING
from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.potentials.base import Potential
from designer_app.properties.adsorption import adsorption_energies
from designer_app.properties.adsorption_errors import slab_error
from designer_app.properties.bond_valence import barriers, site_energies
from designer_app.properties.conductivity import band_reason, bond_valence_reason, estimates_of
from designer_app.properties.electrode_checks import LARGEST_SHIFT_A, host_shift
from designer_app.properties.migration import migration
from designer_app.properties.softbv import NAME as SOFTBV
from designer_app.properties.volcano import free_energy_estimate
from designer_app.running.control import RunControl
from designer_app.screening.battery_estimates import VOLUME, relaxed_estimates
from designer_app.screening.usable_electrode import on_hull, usable_electrode
from designer_app.specs.adsorption import AdsorptionSpec
from designer_app.specs.conductivity import BOND_VALENCE, CONDUCTIVITY, NEB
from designer_app.specs.design_rows import Check
from designer_app.specs.design_tasks import DesignAnswer
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure
from designer_app.specs.suitability import kind_of_matter
from designer_app.specs.voltage import VoltageResult, VoltageSpec

_ROOM_TEMPERATURE = 298.15
SLAB, FRAMEWORK = "relaxed slab", "framework"
_FAR_APART = 0.5
"""eV, where slabs of a potential were not compared with tables."""
_SMALL = 30
"""Atoms of a cell whose hops are computed by bands: larger ones take many minutes."""


def electrode_physics(
    structure: Structure, ion: str, potential: Potential, control: RunControl
) -> DesignAnswer:
    """Voltage, capacity, energy density, change of volume (%) and of the framework when the ions
    leave that can.
    """
    spec = VoltageSpec(structure=structure, ion=ion)
    found = on_hull(usable_electrode(spec, potential, control), potential)
    return DesignAnswer(
        estimates=tuple(_in_percent(each) for each in relaxed_estimates(found)),
        checks=(framework_check(found),),
    )


def framework_check(found: VoltageResult) -> Check:
    """Whether the host stays the same framework; known electrodes move by up to 0.4 A."""
    assert found.charged_structure is not None
    assert found.discharged_structure is not None
    shift = host_shift(found.charged_structure, found.discharged_structure, found.ion)
    holds = shift <= LARGEST_SHIFT_A
    told = f"When {found.ion} leaves, atoms of the framework move by up to {shift:.1f} A"
    return Check(
        name=FRAMEWORK,
        value=shift,
        unit="A",
        holds=holds,
        sentence=f"{told}." if holds else f"{told}: it does not stay the same.",
    )


def electrolyte_physics(
    structure: Structure, ion: str, potential: Potential, control: RunControl
) -> DesignAnswer:
    """Barriers of the ion and the conductivity that they allow; what fails says so."""
    estimates: list[Estimate] = []
    told: list[str] = []
    try:
        estimates += _by_bond_valence(structure, ion, control)
    except DesignerAppError as error:
        told.append(f"No barrier by bond valence: {explain_exception(error).what}")
    if len(structure) <= _SMALL:
        try:
            estimates += _by_bands(structure, ion, potential, control)
        except DesignerAppError as error:
            told.append(f"No barrier by relaxed images: {explain_exception(error).what}")
    kept = tuple(_as_asked(each) for each in estimates if math.isfinite(each.value))
    return DesignAnswer(estimates=kept, warnings=tuple(told))


def catalyst_physics(
    structure: Structure,
    reaction: str,
    expected: float,
    potential: Potential,
    control: RunControl,
) -> DesignAnswer:
    """Adsorption free energy of the leading intermediate on relaxed slabs, eV.

    A check of what was learned from tables: where the two lie farther apart than slabs are from
    tables on average, neither can be relied on. Slabs are counted as the potential lies off on
    metals (`adsorption_errors.py`), where that is known to help.
    """
    adsorbate = LEADING[reaction]
    known = slab_error(potential, adsorbate) if kind_of_matter(structure) == "metal" else None
    helps = known is not None and known.shifted_error < known.error
    asked = AdsorptionSpec(adsorbate=adsorbate, reference="calibrated" if helps else "molecules")
    found = adsorption_energies(structure, asked, potential, control)
    (best,) = found.best
    energy = free_energy_estimate(adsorbate, best)
    finite = (energy,) if math.isfinite(energy.value) else ()
    return DesignAnswer(estimates=finite, checks=(slab_check(energy, expected, adsorbate),))


def slab_check(energy: Estimate, expected: float, adsorbate: str) -> Check:
    """Whether a slab agrees with a learned free energy, both in eV, within its stated error."""
    if not math.isfinite(energy.value):
        told = f"On no site that was tried does {adsorbate} stay on a relaxed slab as it is."
        return Check(name=SLAB, value=math.nan, unit="eV", holds=False, sentence=told)
    apart = abs(energy.value - expected)
    most = _FAR_APART if energy.error is None else energy.error
    return Check(
        name=SLAB,
        value=energy.value,
        unit="eV",
        holds=apart <= most,
        sentence=f"A relaxed slab binds {adsorbate} with {energy.value:+.2f} eV, {apart:.2f} eV "
        f"from what was learned from tables; slabs are off by {most:.2f} eV on average.",
    )


def _in_percent(estimate: Estimate) -> Estimate:
    """The change of volume as designs tell it: its size, in percent."""
    if estimate.key != VOLUME:
        return estimate
    return replace(estimate, value=100.0 * abs(estimate.value), unit="%", low=None, high=None)


def _as_asked(estimate: Estimate) -> Estimate:
    """A conductivity by relaxed images in S/cm; by bond valence it is too vague to decide."""
    if (estimate.key, estimate.method) != (CONDUCTIVITY, NEB):
        return estimate
    ends = {
        name: None if getattr(estimate, name) is None else 10.0 ** getattr(estimate, name)
        for name in ("low", "high")
    }
    return replace(
        estimate, key="ionic_conductivity", value=10.0**estimate.value, unit="S/cm", **ends
    )


def _by_bond_valence(
    structure: Structure, ion: str, control: RunControl
) -> tuple[Estimate, Estimate]:
    found = barriers(site_energies(structure, ion, control=control))
    return estimates_of(
        BOND_VALENCE,
        found.barriers,
        structure,
        ion,
        _ROOM_TEMPERATURE,
        dimensions=0 if found.path is None else found.path.dimensions,
        origin=f"{SOFTBV} parameters (doi:10.1107/S2052520618015718), rigid framework",
        reason=bond_valence_reason(found),
    )


def _by_bands(
    structure: Structure, ion: str, potential: Potential, control: RunControl
) -> tuple[Estimate, Estimate]:
    found = migration(structure, ion, potential, control=control)
    return estimates_of(
        NEB,
        found.barriers,
        structure,
        ion,
        _ROOM_TEMPERATURE,
        dimensions=found.paths[0].dimensions,
        origin=f"{potential.key} {potential.model} ({potential.model_sha256[:12]})",
        reason=band_reason(found, potential),
    )
