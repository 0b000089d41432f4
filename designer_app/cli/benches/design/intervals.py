"""Shares and their ratios with 95 % intervals: seeds are drawn again, and candidates in each."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
_LEVEL = 0.95
Groups = Sequence[Sequence[bool]]
"""Outcomes of each seed."""


@dataclass(frozen=True)
class Interval:
    """A number with its bootstrap interval."""

    value: float
    low: float
    high: float


def rate(groups: Groups) -> Interval:
    """Share of successes."""
    return _interval(_share(groups), _drawn(groups, 0))


def ratio(groups: Groups, others: Groups) -> Interval:
    """Share of successes over that of others, which is infinite where they have none."""
    if not any(map(len, groups)) or not any(map(len, others)):
        return Interval(np.nan, np.nan, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.float64(_share(groups)) / np.float64(_share(others))
        drawn = _drawn(groups, 0) / _drawn(others, 1)
    return _interval(float(value), drawn[~np.isnan(drawn)])


def _share(groups: Groups) -> float:
    n = sum(map(len, groups))
    return sum(map(sum, groups)) / n if n else np.nan


def _drawn(groups: Groups, seed: int) -> NDArray[np.float64]:
    """(DRAWS,) shares."""
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(each, dtype=np.float64) for each in groups if len(each)]
    found = np.empty(DRAWS)
    for draw in range(DRAWS):
        chosen = [arrays[place] for place in rng.integers(len(arrays), size=len(arrays))]
        again = [rng.choice(each, len(each)) for each in chosen]
        found[draw] = np.concatenate(again).mean()
    return found


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    if not len(drawn):
        return Interval(value, np.nan, np.nan)
    # By order, not by interpolation: between infinities there is nothing to interpolate.
    low, high = np.quantile(drawn, [0.5 - 0.5 * _LEVEL, 0.5 + 0.5 * _LEVEL], method="inverted_cdf")
    return Interval(value, float(low), float(high))
