"""Intervals that hold what they promise: split-conformal, from residuals of kept-back rows.

A residual is divided by the scale of its row, so that rows on which the members of an ensemble
disagree get wider intervals; the quantile of the divided residuals makes the interval wide enough
for the share of rows it promises, whatever the model (Vovk et al. 2005,
doi:10.1007/b106715; Lei et al. 2018, doi:10.1080/01621459.2017.1307116).
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError

LEVEL = 0.9
N_QUANTILES = 41
"""Of the predictive distribution that is kept; enough for probabilities to about 0.01."""

_ROUNDING = 1e-9
"""Of sums of weights."""

Floats = NDArray[np.float64]


def conformal_quantile(scores: Floats, level: float = LEVEL) -> float:
    """The ceil((n + 1) level)-th smallest score, the largest where there are too few."""
    if not len(scores):
        raise InvalidSpecError("scores", 0, "no row was kept back to set intervals by")
    rank = min(math.ceil((len(scores) + 1) * level), len(scores))
    return float(np.sort(scores)[rank - 1])


def conformal_quantile_of_frames(
    scores: Floats, frame: NDArray[np.int64], level: float = LEVEL
) -> float:
    """Score that a row of a new frame stays below with a chance of at least `level`.

    Rows of one frame are alike, frames are exchangeable: each of K frames weighs 1/(K + 1),
    whatever its number of rows, and the new one the rest (Lee, Barber and Willett 2023,
    doi:10.48550/arXiv.2306.06342). Infinite where there are too few frames: of 0.9, below nine.
    `frame` (n_rows,) numbers the frame of each row.
    """
    if not len(scores):
        raise InvalidSpecError("scores", 0, "no row was kept back to set intervals by")
    _, place, n_rows = np.unique(frame, return_inverse=True, return_counts=True)
    order = np.argsort(scores, kind="stable")
    below = np.cumsum(1.0 / n_rows[place[order]]) / (len(n_rows) + 1)
    rank = int(np.searchsorted(below, level - _ROUNDING))
    return float(scores[order[rank]]) if rank < len(order) else math.inf


def coverage(truth: Floats, low: Floats, high: Floats) -> float:
    """Share of rows whose true value lies inside its interval."""
    return float(np.mean((truth >= low) & (truth <= high)))


@dataclass(frozen=True, eq=False)
class Calibration:
    """How far and to which side kept-back rows lay from their prediction."""

    half_width: float
    """Of the 90 % interval, in scales."""
    quantiles: Floats
    """(n,) of the signed residuals divided by their scales, at even probabilities, ascending."""
    floor: float
    """Scale of a row on which all members agree, in the unit of the target."""

    def scale(self, spread: Floats) -> Floats:
        """Floor + spread: how uncertain each row is, before calibration."""
        return self.floor + np.asarray(spread, dtype=np.float64)

    def interval(self, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """(low, high) at 90 %."""
        half = self.half_width * self.scale(spread)
        return mean - half, mean + half

    def distribution(self, mean: float, spread: float) -> tuple[float, ...]:
        """Values at even probabilities, ascending."""
        scale = float(self.scale(np.array([spread]))[0])
        return tuple(float(each) for each in mean + scale * self.quantiles)

    def is_below(self, truth: Floats, mean: Floats, spread: Floats) -> NDArray[np.bool_]:
        """(n_rows, n_quantiles): whether each row lies below each of its quantiles."""
        values = mean[:, None] + self.scale(spread)[:, None] * self.quantiles
        return truth[:, None] <= values


def calibrate(truth: Floats, mean: Floats, spread: Floats) -> Calibration:
    """The calibration that residuals of kept-back rows ask for."""
    floor = max(float(np.median(spread)), 1e-6)
    scaled = (truth - mean) / (floor + spread)
    levels = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    return Calibration(
        half_width=conformal_quantile(np.abs(scaled)),
        quantiles=np.quantile(scaled, levels),
        floor=floor,
    )


def cross_coverage(truth: Floats, mean: Floats, spread: Floats, folds: Sequence[Hashable]) -> float:
    """Coverage of 90 % intervals where each fold's are set by the residuals of the others."""
    marks = np.array([hash(each) for each in folds])
    inside = np.zeros(len(truth), dtype=bool)
    for mark in np.unique(marks):
        held = marks == mark
        known = calibrate(truth[~held], mean[~held], spread[~held])
        low, high = known.interval(mean[held], spread[held])
        inside[held] = (truth[held] >= low) & (truth[held] <= high)
    return float(inside.mean())
