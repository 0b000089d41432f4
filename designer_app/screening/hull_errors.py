"""How far distances to the hull lie from tabulated ones: intervals, and the chance to be stable.

The errors are those of known crystals whose formula was left out of the set on both sides, as a
candidate's is: quantiles of (tabulated - computed) by the computed distance, measured by
`packaging/tools/build_hull_errors.py`. CHGNet has seen these crystals, so errors on new ones are
larger.
"""

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from designer_app.resources import resource

FILE = "data/hull-errors.json"
STABLE = 0.050
"""eV/atom above the hull: what may be made."""
EDGES = (-0.05, -0.02, 0.0, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25)
"""eV/atom between bins of the computed distance."""
LEVELS = tuple(float(each) for each in np.linspace(0.0, 1.0, 41).round(3))
"""Of the quantiles that are kept."""


@dataclass(frozen=True, eq=False)
class HullErrors:
    """Measured errors of one potential with one reference set."""

    model_sha256: str
    n_crystals: int
    centers: NDArray[np.float64]
    """(n_bins,) eV/atom, mean computed distance of each bin."""
    quantiles: NDArray[np.float64]
    """(n_bins, n_levels) eV/atom to be added to the computed distance."""
    mean_absolute: NDArray[np.float64]
    """(n_bins,) eV/atom."""

    def interval(self, distance: float, level: float = 0.9) -> tuple[float, float]:
        """Bounds of the distance, eV/atom."""
        found = self._quantiles(distance)
        low, high = np.interp([0.5 - 0.5 * level, 0.5 + 0.5 * level], LEVELS, found)
        return distance + float(low), distance + float(high)

    def error(self, distance: float) -> float:
        """Mean absolute error at a computed distance, eV/atom."""
        return float(np.interp(distance, self.centers, self.mean_absolute))

    def chance_within(self, distance: float, limit: float = STABLE) -> float:
        """Chance that what was computed at `distance` lies at most `limit` above the hull."""
        return float(np.interp(limit - distance, self._quantiles(distance), LEVELS))

    def _quantiles(self, distance: float) -> NDArray[np.float64]:
        columns = [np.interp(distance, self.centers, each) for each in self.quantiles.T]
        return np.maximum.accumulate(np.array(columns))


def measured(
    computed: NDArray[np.float64], tabulated: NDArray[np.float64], model_sha256: str
) -> HullErrors:
    """The errors of distances in eV/atom, bin by bin; bins of few crystals are left out."""
    bins = np.digitize(computed, EDGES)
    groups = [np.flatnonzero(bins == each) for each in range(len(EDGES) + 1)]
    groups = [group for group in groups if len(group) >= len(LEVELS)]
    errors = tabulated - computed
    return HullErrors(
        model_sha256=model_sha256,
        n_crystals=len(computed),
        centers=np.array([computed[group].mean() for group in groups]),
        quantiles=np.array([np.quantile(errors[group], LEVELS) for group in groups]),
        mean_absolute=np.array([np.abs(errors[group]).mean() for group in groups]),
    )


def as_text(errors: HullErrors) -> str:
    """The errors as JSON."""
    return (
        json.dumps(
            {
                "model_sha256": errors.model_sha256,
                "n_crystals": errors.n_crystals,
                "centers": errors.centers.round(5).tolist(),
                "quantiles": errors.quantiles.round(5).tolist(),
                "mean_absolute": errors.mean_absolute.round(5).tolist(),
            },
            indent=1,
        )
        + "\n"
    )


@cache
def shipped_errors() -> HullErrors:
    """Those of the shipped reference set."""
    said = json.loads(resource(FILE).read_text(encoding="utf-8"))
    return HullErrors(
        model_sha256=said["model_sha256"],
        n_crystals=said["n_crystals"],
        centers=np.array(said["centers"]),
        quantiles=np.array(said["quantiles"]),
        mean_absolute=np.array(said["mean_absolute"]),
    )


def errors_of(model_sha256: str) -> HullErrors | None:
    """The measured errors of a potential; None where they were never measured."""
    found = shipped_errors()
    return found if found.model_sha256 == model_sha256 else None
