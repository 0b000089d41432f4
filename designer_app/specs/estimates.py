"""A number with what makes it believable: unit, error, method and origin."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Self

LIGHTS = ("green", "amber", "red")
"""How far a number can be believed; always shown with a sign and the sentence beside it."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """One number for one property of one material by one method. Different methods stand side by
    side; they are never averaged.
    """

    key: str
    """Key of the property, e.g. "voltage"."""
    value: float
    """In `unit`; NaN where the method gave none, and `reason` says why."""
    unit: str
    """Lab unit: V, mAh/g, Wh/kg, eV/atom, S/cm, ..."""
    low: float | None = None
    high: float | None = None
    """Bounds of the interval at `level`."""
    level: float = 0.9
    error: float | None = None
    """Mean absolute error on data kept back, in `unit`, where it was measured."""
    method: str = ""
    """How it was got: "relaxation", "crystal network", "learned head", "bond valence", "NEB",
    "molecular dynamics", "scaling relation", "tabulated"."""
    origin: str = ""
    """Potential or head with version and hash, reference set, correction, source with DOI."""
    light: str = "green"
    reason: str = ""
    """Why the light is not green, or why there is no value; one sentence."""
    probability: float | None = None
    """Chance that the value passes the threshold it was asked against."""


@dataclass(frozen=True, kw_only=True)
class LearnedEstimate(Estimate):
    """An estimate with the distribution that residuals of kept-back rows give it."""

    distribution: tuple[float, ...] = ()
    """Values at even probabilities (k + 1/2)/n, ascending, in `unit`."""

    def probability_above(self, threshold: float) -> float:
        """Chance that the true value passes a threshold; NaN where there is no value.

        Between the values the chance is linear; past the ends it is 0 or 1 no more surely than
        the kept-back rows can tell: 1/(2 n).
        """
        values = self.distribution
        if not values:
            return float("nan")
        n = len(values)
        at = bisect_left(values, threshold)
        if at == 0:
            return 1.0 - 0.5 / n
        if at == n:
            return 0.5 / n
        low, high = values[at - 1], values[at]
        between = (threshold - low) / (high - low) if high > low else 1.0
        return 1.0 - (at - 0.5 + between) / n

    def against(self, threshold: float) -> Self:
        """The same estimate with the chance that it passes a threshold."""
        return replace(self, probability=self.probability_above(threshold))
