"""Adsorption energies with their intervals, as normal distributions that reactions are fed with."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.scaling import OOH_OVER_OH, OOH_OVER_OH_ERROR
from designer_app.specs.estimates import Estimate

Values = NDArray[np.float64]
Energies = Mapping[str, Estimate]
"""Adsorption energies by adsorbate."""

LEVEL_SIGMA = 1.645
"""Standard deviations to each side of a 90 % interval."""
SCALED_OOH = "OOH by scaling"
"""The key under which a reaction finds G_OOH - G_OH."""
_SAMPLES = 4000


def is_known(energies: Energies, adsorbate: str) -> bool:
    """Whether there is a number for an adsorbate."""
    return adsorbate in energies and math.isfinite(energies[adsorbate].value)


def has_interval(estimate: Estimate) -> bool:
    """Whether it says how far it may be off."""
    return estimate.low is not None and estimate.high is not None


def sigma_of(estimate: Estimate) -> float:
    """EV, half the interval as a standard deviation; 0 where there is none."""
    if estimate.low is None or estimate.high is None:
        return 0.0
    return 0.5 * (estimate.high - estimate.low) / LEVEL_SIGMA


def chance_negative(estimate: Estimate) -> float:
    """The chance that a value is below 0; NaN where it has no interval."""
    sigma = sigma_of(estimate)
    if sigma == 0.0:
        return math.nan
    return 0.5 * math.erfc(estimate.value / (sigma * math.sqrt(2.0)))


def centres(energies: Energies, used: Sequence[str]) -> dict[str, Values]:
    """The values themselves, eV."""
    found = {each: np.array(energies[each].value) for each in used}
    found[SCALED_OOH] = np.array(OOH_OVER_OH)
    return found


def samples(energies: Energies, used: Sequence[str]) -> dict[str, Values]:
    """(n_samples,) eV of each, all errors independent and normal."""
    rng = np.random.default_rng(0)  # the same samples always: an interval is no experiment
    found = {
        each: energies[each].value + sigma_of(energies[each]) * rng.standard_normal(_SAMPLES)
        for each in used
    }
    found[SCALED_OOH] = OOH_OVER_OH + OOH_OVER_OH_ERROR * rng.standard_normal(_SAMPLES)
    return found


def interval(values: Values) -> tuple[float, float]:
    """5th and 95th percentile."""
    low, high = np.percentile(values, [5.0, 95.0])
    return float(low), float(high)
