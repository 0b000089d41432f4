"""Averages over a run, with honest errors: values close in time are not independent."""

import math

import numpy as np
from numpy.typing import NDArray

_MOST_POINTS = 2**18
_FEWEST_BLOCKS = 32
_STILL_GROWS = 1.2
"""Times the error at half the block length. White noise stays below (1 +- 0.1 for 32 blocks); where
blocks are shorter than about 2.5 correlation times it is more, up to the root of 2."""


def mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """The mean of a time series and its standard error by blocking; NaN where there are too few.

    Flyvbjerg and Petersen 1989, doi:10.1063/1.457480: neighbours are averaged pairwise until the
    error no longer grows; the largest error over block lengths that leave 32 blocks is taken.
    """
    if len(values) == 0:
        return math.nan, math.nan
    return float(values.mean()), max(_errors(values), default=math.nan)


def has_settled(values: NDArray[np.float64]) -> bool:
    """Whether a series is long enough for its standard error by blocking: it no longer grows."""
    errors = _errors(values)
    return len(errors) > 1 and errors[-1] <= _STILL_GROWS * errors[-2]


def _errors(values: NDArray[np.float64]) -> list[float]:
    """Standard errors of the mean from blocks of 1, 2, 4, ... values, while 32 blocks are left."""
    found: list[float] = []
    while len(values) >= _FEWEST_BLOCKS:
        found.append(float(values.std(ddof=1)) / math.sqrt(len(values)))
        values = _paired(values)
    return found


def slope(times: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Slope of the straight line through values by least squares; NaN for fewer than two."""
    if len(times) < 2:
        return math.nan
    centred = times - times.mean()
    spread = float(centred @ centred)
    return float(centred @ (values - values.mean())) / spread if spread > 0 else math.nan


class Record:
    """Columns of equal spacing, thinned by averaging neighbours once they grow long.

    Means and slopes stay what they are; memory does not grow with the run.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._stride = 1
        self._rows: list[tuple[float, ...]] = []
        self._waiting: list[tuple[float, ...]] = []

    def append(self, row: tuple[float, ...]) -> None:
        """Add a value for each column."""
        self._waiting.append(row)
        if len(self._waiting) < self._stride:
            return
        if self._stride > 1:
            row = tuple(np.mean(self._waiting, axis=0).tolist())
        self._rows.append(row)
        self._waiting = []
        if len(self._rows) >= _MOST_POINTS:
            self._rows = [tuple(pair) for pair in _paired(np.array(self._rows)).tolist()]
            self._stride *= 2

    def column(self, name: str) -> NDArray[np.float64]:
        """The values of a column."""
        place = self.names.index(name)
        return np.array([row[place] for row in self._rows], dtype=np.float64)


def _paired(values: NDArray[np.float64]) -> NDArray[np.float64]:
    even = len(values) // 2 * 2
    return 0.5 * (values[0:even:2] + values[1:even:2])
