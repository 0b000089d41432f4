"""The axis of a target's slider: places between 0 and 1, and how known materials lie on it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.design_targets import OWN, DesignProperty, Target
from designer_app.specs.distributions import Distribution

_STEPS_A_DECADE = 20
_CUT = 2.0
"""Times the second highest bin: no bar is higher."""


@dataclass(frozen=True)
class Scale:
    """Values to places and back, evenly or by powers of ten."""

    low: float
    high: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies; 0 and 1 for what is beyond the ends."""
        if math.isinf(value):
            return 0.0 if value < 0 else 1.0
        if self.is_log:
            if value <= self.low:
                return 0.0
            found = math.log10(value / self.low) / math.log10(self.high / self.low)
        else:
            found = (value - self.low) / (self.high - self.low)
        return min(max(found, 0.0), 1.0)

    def value(self, place: float) -> float:
        """The value at a place, rounded to digits that can be read."""
        return self.rounded(self.exact(min(max(place, 0.0), 1.0)))

    def exact(self, place: float) -> float:
        """The value at a place, unrounded."""
        if self.is_log:
            return self.low * (self.high / self.low) ** place
        return self.low + place * (self.high - self.low)

    def rounded(self, value: float) -> float:
        """A value with as many digits as the slider can tell apart."""
        if self.is_log:
            return float(f"{value:.1e}")
        return round(round(value / self.step) * self.step, 6)

    @property
    def step(self) -> float:
        """What one press of an arrow key moves, in the unit of the property."""
        return _nice((self.high - self.low) / 150.0)

    @property
    def stride(self) -> float:
        """The same as a share of the axis."""
        if self.is_log:
            return 1.0 / (_STEPS_A_DECADE * math.log10(self.high / self.low))
        return self.step / (self.high - self.low)


def scale_of(about: DesignProperty, target: Target | None, known: Distribution | None) -> Scale:
    """The property's slider, longer where a target or the known materials reach beyond it."""
    low, high = about.low, about.high
    if target is not None:
        ends = [each for each in target.bounds(about.wide) if math.isfinite(each)]
        low, high = min(low, *ends), max(high, *ends)
    if known is not None and about.key.startswith(OWN):
        low, high = min(low, float(known.quantiles[0])), max(high, float(known.quantiles[-1]))
    if about.is_log:
        low = max(low, about.low)
    return Scale(low, high, about.is_log)


def heights(known: Distribution, scale: Scale, n: int) -> NDArray[np.float64]:
    """(n,) share of the known materials in even bins of the axis, as heights of 0 to 1.

    One bin far above all others, as that of metals without a gap, is cut off: the rest would not
    be seen beside it.
    """
    edges = np.array([scale.exact(place) for place in np.linspace(0.0, 1.0, n + 1)])
    found = np.diff(known.shares_below(edges))
    second, top = np.sort(found)[-2:]
    top = min(top, _CUT * second) if second > 0 else top
    return np.minimum(found / top, 1.0) if top > 0 else found


def _nice(width: float) -> float:
    """The next of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(each * power for each in (1.0, 2.0, 5.0, 10.0) if each * power >= width * 0.999)
