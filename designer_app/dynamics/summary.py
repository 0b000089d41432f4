"""What a run comes to: averages with errors, and whether it was long enough to have them."""

import math

from designer_app.dynamics.statistics import Record, mean_and_error, slope
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


def settled_doubt(spec: MDSpec, found: dict[str, float | None], freedoms: float) -> str:
    """A sentence where the mean temperature is not yet the bath's; "" where it is, or has none.

    An ensemble's temperature scatters by T sqrt(2 / f), which bounds the error of the mean where
    there are too few values to tell it.
    """
    mean = found["mean_temperature_K"]
    ramp = next(said for each, said, _ in spec_fields(spec) if each.name == "temperature_end")
    if mean is None or spec.temperature_end is not None or not is_shown(spec, ramp):
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
