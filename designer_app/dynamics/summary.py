"""What a run comes to: averages with errors, and whether it was long enough to have them."""

import math

import numpy as np

from designer_app.dynamics.statistics import Record, has_settled, mean_and_error, slope
from designer_app.specs.fields import is_shown, spec_fields
from designer_app.specs.md import MDSpec
from designer_app.state import MDState
from designer_app.units import AMU_PER_A3_IN_G_CM3

EQUILIBRATION = 0.2
"""First part of a run that its averages leave out."""
_FAR = 0.05
"""Part of the bath's temperature; a time step that is a little long shifts the mean by less."""
_SIGMAS = 3.0


def averages(record: Record, state: MDState) -> dict[str, float | None]:
    """Means with standard errors, and the drift of the conserved energy; None where unknown.

    The start is left out: while a crystal takes up heat, the energy error of the time step
    changes too, and is no drift.
    """
    times = record.column("time_fs")
    settled = slice(int(EQUILIBRATION * len(times)), None)
    found: dict[str, float] = {}
    for name in ("temperature_K", "pressure_GPa", "volume_A3"):
        if name in record.names:
            quantity, _, unit = name.rpartition("_")
            mean, error = mean_and_error(record.column(name)[settled])
            found |= {f"mean_{name}": mean, f"mean_{quantity}_error_{unit}": error}
    if "mean_volume_A3" in found:
        volume = found["mean_volume_A3"]
        density = float(state.masses.sum()) / volume * AMU_PER_A3_IN_G_CM3
        found["mean_density_g_cm3"] = density
        found["mean_density_error_g_cm3"] = density * found["mean_volume_error_A3"] / volume
    energies = record.column("conserved_eV")[settled]
    found["drift_eV_per_atom_ps"] = slope(1e-3 * times[settled], energies) / state.n_atoms
    return {name: None if math.isnan(value) else value for name, value in found.items()}


def averaged_over(record: Record) -> float:
    """Time of the run that its averages are over, fs."""
    times = record.column("time_fs")
    return float(np.ptp(times[int(EQUILIBRATION * len(times)) :])) if len(times) else 0.0


def unsettled(record: Record) -> tuple[str, ...]:
    """Quantities whose error is told, but still grows with the length of the blocks.

    In truth it is larger.
    """
    times = record.column("time_fs")
    settled = slice(int(EQUILIBRATION * len(times)), None)
    found: list[str] = []
    for name in ("temperature_K", "pressure_GPa", "volume_A3"):
        values = record.column(name)[settled] if name in record.names else times[:0]
        is_constant = not len(values) or np.ptp(values) == 0.0
        if not (is_constant or math.isnan(mean_and_error(values)[1]) or has_settled(values)):
            found.append(name.rpartition("_")[0])
    return tuple(found)


def bath_temperature(spec: MDSpec) -> float | None:
    """K that a run is to have on average; None without a thermostat, or where it changes."""
    ramp = next(said for each, said, _ in spec_fields(spec) if each.name == "temperature_end")
    is_constant = spec.temperature_end is None and is_shown(spec, ramp)
    return spec.temperature if is_constant else None


def too_short(names: tuple[str, ...]) -> str:
    """A sentence about averages that have not settled; "" where all have."""
    if not names:
        return ""
    told = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return (
        f"The run is too short for its averages to have settled: the error of {told} still grows "
        "with the length of its blocks, and is larger than ± says. Continue it with more steps."
    )


def settled_doubt(spec: MDSpec, found: dict[str, float | None], freedoms: float) -> str:
    """A sentence where the mean temperature is not yet the bath's; "" where it is, or has none.

    An ensemble's temperature scatters by T sqrt(2 / f), which bounds the error of the mean where
    there are too few values to tell it.
    """
    mean = found["mean_temperature_K"]
    if mean is None or bath_temperature(spec) is None:
        return ""
    error = found["mean_temperature_error_K"]
    if error is None:
        error = spec.temperature * math.sqrt(2.0 / max(freedoms, 1.0))
    off = abs(mean - spec.temperature)
    if off <= max(_SIGMAS * error, _FAR * spec.temperature):
        return ""
    return (
        f"The mean temperature, {mean:.0f} K, is still {off:.0f} K from the bath's: "
        "the run is too short to be in equilibrium. Continue it with more steps."
    )
