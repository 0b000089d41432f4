"""Axes of curves over epochs: logarithms with plain numbers as ticks, and whole numbers."""

import math

import pyqtgraph as pg

_STEPS = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0))
"""Mantissas, from few to many."""
_FEWEST, _PIXELS_A_TICK = 3, 28.0


class LogAxis(pg.AxisItem):
    """Values are decadic logarithms; a linear axis where it is told to be one."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._is_log = True

    def set_log(self, *, is_log: bool) -> None:
        """Whether the values that are drawn are logarithms."""
        self._is_log = is_log
        self.picture = None
        self.update()

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list:  # noqa: N802
        """Ticks at round numbers, as many as there is room for."""
        if not self._is_log:
            found: list = super().tickValues(minVal, maxVal, size)
            return found
        return [(1.0, ticks_between(minVal, maxVal, max(_FEWEST, int(size / _PIXELS_A_TICK))))]

    def tickStrings(self, values: list, scale: float, spacing: float) -> list[str]:  # noqa: N802
        """The numbers behind the logarithms."""
        if not self._is_log:
            told: list[str] = super().tickStrings(values, scale, spacing)
            return told
        return [f"{10.0**value:.4g}" for value in values]


class WholeAxis(pg.AxisItem):
    """Ticks at whole numbers only."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list:  # noqa: N802
        """Those of a linear axis, without the finest ones between two whole numbers."""
        levels = super().tickValues(minVal, maxVal, size)
        whole = [(spacing, ticks) for spacing, ticks in levels if spacing >= 1.0]
        return whole or [(1.0, list(range(math.ceil(minVal), math.floor(maxVal) + 1)))]


def ticks_between(low: float, high: float, most: int) -> list[float]:
    """Logarithms of round numbers between two logarithms: at least three, at most so many."""
    found: list[float] = []
    for mantissas in _STEPS:
        ticks = [
            decade + math.log10(mantissa)
            for decade in range(math.floor(low), math.ceil(high) + 1)
            for mantissa in mantissas
        ]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(found) >= _FEWEST and len(ticks) > most:
            break
        found = ticks
    return found if len(found) >= _FEWEST else _even_ticks(10.0**low, 10.0**high)


def _even_ticks(low: float, high: float) -> list[float]:
    """Within less than a decade: evenly spaced numbers."""
    if high <= low:
        return []
    tenth = 10.0 ** math.floor(math.log10(high - low))
    for step in (5.0 * tenth, 2.0 * tenth, tenth, 0.5 * tenth, 0.2 * tenth):
        places = range(math.ceil(low / step), math.floor(high / step) + 1)
        if len(places) >= _FEWEST:
            return [math.log10(step * place) for place in places if place > 0]
    return []
