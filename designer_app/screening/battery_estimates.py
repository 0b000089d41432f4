"""Numbers of a battery electrode as estimates of a row: by learned heads, and by relaxation.

A head that this copy of the program does not have says nothing: what it would have told is unknown.
"""

import math
from dataclasses import replace

from designer_app.errors import DesignerAppError
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.potentials import Potential
from designer_app.properties import heads
from designer_app.properties.electrode_checks import oxidation_doubts, voltage_doubt
from designer_app.properties.working_ions import capacity, host_of
from designer_app.running.control import RunControl
from designer_app.screening.hull_errors import errors_of
from designer_app.screening.ion_release import ion_release
from designer_app.screening.placing import TOO_GOOD
from designer_app.specs.estimates import LIGHTS, Estimate, LearnedEstimate
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import VoltageResult, VoltageSpec

FOR_ELECTROLYTES = (
    "The head learned from electrolytes; electrodes hardly ever conduct ions as well as those."
)
PER_GRAM = "per gram of the discharged electrode"
VOLUME = "volume_change"
"""The head gives its size; a relaxation its sign too, positive where charging swells the host."""
_CHARGED_GAP = (
    "Charged, it lies far below the known hull: a compound is probably missing there, and that it "
    "lasts is not shown."
)
CHARGED = "charged_above_hull"
"""eV/atom from the charged electrode down to the hull: what it gains by falling apart."""
MOST_CHARGED = 0.1
"""eV/atom above the hull. Of the ten electrodes of `bench voltage` eight stay below 0.04 when they
are charged; NiPO4 (0.080), which hardly cycles, and NiO2 (0.138), which gives off oxygen when it is
warmed, lie higher."""


def learned_voltage(structure: Structure, ion: str) -> tuple[Estimate, ...]:
    """Which share of its ions a structure can give up, the capacity of that share, and voltage,
    energy density and volume change by learned heads.

    The heads speak of an electrode that gives up all its ions.
    """
    host = host_of(structure, ion)
    release = ion_release(reduced(amounts_of(structure.numbers))[0], ion)
    charge = usable_capacity(release, capacity(host.amounts, ion, 0.0, host.x))
    try:
        head = heads.voltage_head()
        host_formula = formula(host.amounts)
        found = head.predict(host_formula, ion, before=0.0, after=host.x)
        swelling = head.predict_volume_change(host_formula, ion, before=0.0, after=host.x)
    except (DesignerAppError, ImportError):
        return release, charge
    told = [release.reason, *oxidation_doubts(host.amounts, ion, 0.0, host.x)]
    told = [each for each in (*told, *voltage_doubt(found.value, ion)) if each]
    voltage = replace(found, key="voltage")
    if told and voltage.light == "green":
        voltage = replace(voltage, light="amber", reason=told[0])
    density = energy_density_from(voltage, charge)
    return release, charge, voltage, density, replace(swelling, key=VOLUME)


def usable_capacity(release: Estimate, all_removed: float) -> Estimate:
    """mAh/g of the ions that an electrode can give up, of the capacity where all are removed."""
    return Estimate(
        key="capacity",
        value=release.value * all_removed,
        unit="mAh/g",
        method="composition",
        origin=f"{_removed(release)}, {PER_GRAM}",
        light=release.light,
        reason=release.reason,
    )


def _removed(release: Estimate) -> str:
    if release.value >= 1.0:
        return "all ions removed"
    return f"{100 * release.value:.0f} % of the ions removed, by charge balance"


def energy_density_from(voltage: Estimate, charge: Estimate) -> Estimate:
    """Wh/kg of a voltage and a capacity; error and interval are those of the voltage."""
    mAh = charge.value
    scaled = {
        name: None if value is None else value * mAh
        for name, value in (
            ("low", voltage.low),
            ("high", voltage.high),
            ("error", voltage.error),
        )
    }
    if isinstance(voltage, LearnedEstimate):
        values = tuple(value * mAh for value in voltage.distribution)
        voltage = replace(voltage, distribution=values)
    return replace(
        voltage,
        key="energy_density",
        value=voltage.value * mAh,
        unit="Wh/kg",
        origin=f"{voltage.origin}; {charge.origin}",
        light=max(voltage.light, charge.light, key=LIGHTS.index),
        reason=charge.reason or voltage.reason,
        probability=None,
        **scaled,
    )


def learned_conductivity(structure: Structure, threshold: float) -> tuple[Estimate, ...]:
    """Conductivity at room temperature in S/cm with the chance that it passes the threshold."""
    try:
        head = heads.conductivity_head()
        unit = formula(reduced(amounts_of(structure.numbers))[0])
        found = head.predict_crystal(unit, structure)
    except (DesignerAppError, ImportError):
        return ()
    if not math.isfinite(found.value):
        return ()
    return (
        Estimate(
            key="ionic_conductivity",
            value=10.0**found.value,
            unit="S/cm",
            low=None if found.low is None else 10.0**found.low,
            high=None if found.high is None else 10.0**found.high,
            level=found.level,
            method=found.method,
            origin=_with_error(found),
            light="red" if found.light == "red" else "amber",
            reason=found.reason or FOR_ELECTROLYTES,
            probability=found.probability_above(math.log10(threshold)),
        ),
    )


def from_relaxation(
    structure: Structure, ion: str, potential: Potential, control: RunControl
) -> tuple[Estimate, ...]:
    """Voltage, capacity, energy density and volume change from relaxed structures, of the ions
    that can leave; how many these are, and how far above the hull they leave the rest.
    """
    from designer_app.screening.usable_electrode import on_hull, usable_electrode

    spec = VoltageSpec(structure=structure, ion=ion)
    return relaxed_estimates(on_hull(usable_electrode(spec, potential, control), potential))


def relaxed_estimates(found: VoltageResult) -> tuple[Estimate, ...]:
    """An electrode's numbers as estimates: those that the command `voltage` prints."""
    voltage = found.estimate
    is_whole = found.release is None or found.release.value >= 1.0
    charge = Estimate(
        key="capacity",
        value=found.capacity,
        unit="mAh/g",
        method="composition",
        origin=f"{found.discharged} to {found.charged}, {PER_GRAM}",
        light="green" if is_whole else voltage.light,
        reason="" if is_whole or found.release is None else found.release.reason,
    )
    swelling = replace(voltage, key=VOLUME, value=found.volume_change, unit="", error=None)
    release = () if found.release is None else (found.release,)
    density = energy_density_from(voltage, charge)
    return voltage, charge, density, swelling, *release, *_charged(found)


def _charged(found: VoltageResult) -> tuple[Estimate, ...]:
    """How far the charged end lies above the hull, negative below it; nothing where no reference
    set belongs to the potential.
    """
    placed = found.charged_hull
    if placed is None or not math.isfinite(placed.e_above_hull):
        return ()
    errors = errors_of(placed.model_sha256)
    distance = placed.e_above_hull - placed.below_hull
    told = _CHARGED_GAP if distance < -TOO_GOOD else ""
    if distance > MOST_CHARGED:
        told = f"Charged, it gains {1000 * distance:.0f} meV/atom by falling apart."
    rivals = " + ".join(name for name, _, _ in placed.decomposition)
    estimate = Estimate(
        key=CHARGED,
        value=distance,
        unit="eV/atom",
        error=None if errors is None else errors.error(distance),
        method="relaxation",
        origin=f"{found.charged} against {rivals}; {placed.potential} "
        f"({placed.model_sha256[:12]}), {placed.reference_set}",
        light="red" if distance > MOST_CHARGED else "amber" if told else "green",
        reason=told,
    )
    return (estimate,)


def _with_error(found: Estimate) -> str:
    error = "" if found.error is None else f"; mean error {found.error:.2f} decades"
    return f"{found.origin}{error}"
