"""How a property is spread over known materials: what a target is measured against."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAMILIES = ("any", "electrode", "electrolyte", "catalyst")
"""Kinds of known materials that are told apart."""
FAMILY_OF = {"cathode": "electrode", "anode": "electrode"}
"""Purposes that share a family; every other purpose is its own."""
N_BINS = 40
_TAIL = 0.005
"""Share at either end that the histogram leaves out."""


@dataclass(frozen=True, eq=False)
class Distribution:
    """One property over the known materials of a family, by its quantiles."""

    key: str
    family: str
    ion: str
    """Working ion, "" where none matters."""
    unit: str
    origin: str
    """Whose numbers these are: computed, predicted or tabulated, and by what."""
    n: int
    """Known materials."""
    quantiles: Floats
    """Values at even probabilities from 0 to 1, ascending."""

    @property
    def bins(self) -> Floats:
        """(N_BINS + 1,) edges over all but the outermost half percents, or all where those
        are one value.
        """
        low, high = np.interp((_TAIL, 1.0 - _TAIL), self._places, self.quantiles)
        if not high > low:
            low, high = self.quantiles[0], self.quantiles[-1]
        if not high > low:
            low, high = low - 0.5, high + 0.5
        return np.linspace(low, high, N_BINS + 1)

    @property
    def counts(self) -> Floats:
        """(N_BINS,) expected materials in each bin."""
        return np.diff(self.shares_below(self.bins)) * self.n

    def share_below(self, value: float) -> float:
        """Share of the known materials with a smaller value; never surer than 1 / (n + 1)."""
        return float(self.shares_below(np.array([value]))[0])

    def shares_below(self, values: Floats) -> Floats:
        """The same of each value."""
        below = np.searchsorted(self.quantiles, values, side="left")
        upto = np.searchsorted(self.quantiles, values, side="right")
        last = len(self.quantiles) - 1
        # Many materials may share one value, as metals their gap of 0: the lowest place counts.
        shares = np.where(
            upto > below,
            self._places[np.minimum(below, last)],
            np.interp(values, self.quantiles, self._places),
        )
        least = 1.0 / (self.n + 1)
        return np.clip(shares, least, 1.0 - least)

    def share_within(self, low: float, high: float) -> float:
        """Share of the known materials between two values; an open end is an infinity."""
        below = 0.0 if low == -np.inf else self.share_below(low)
        above = 0.0 if high == np.inf else 1.0 - self.share_below(high)
        return max(1.0 - below - above, 1.0 / (self.n + 1))

    def value_at(self, share: float) -> float:
        """The value below which a share of the known materials lies."""
        return float(np.interp(share, self._places, self.quantiles))

    @property
    def _places(self) -> Floats:
        return np.linspace(0.0, 1.0, len(self.quantiles))
