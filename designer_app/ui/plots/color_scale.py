"""Numbers as colours: viridis for light grounds and dark ones, as bytes for pictures."""

from functools import cache
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray

_STEPS = 256
_LOW_SHARE, _HIGH_SHARE = 2.0, 98.0
"""Percentiles at the ends of the scale: a few odd values leave the others their colours."""


@cache
def viridis() -> NDArray[np.uint8]:
    """(256, 3) red, green, blue."""
    found: Any = pg.colormap.get("viridis")
    return np.asarray(found.getLookupTable(0.0, 1.0, _STEPS), dtype=np.uint8)[:, :3]


def scale_on(*, is_dark: bool) -> NDArray[np.uint8]:
    """(256, 3) the part of the scale that is not lost on a dark or a light ground."""
    low, high = (0.3, 1.0) if is_dark else (0.0, 0.9)
    places = np.round(np.linspace(low, high, _STEPS) * (_STEPS - 1)).astype(np.int64)
    return viridis()[places]


def span_of(values: NDArray[np.float64]) -> tuple[float, float]:
    """The ends of the scale for these values; (0, 1) without any."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return 0.0, 1.0
    low, high = np.percentile(finite, (_LOW_SHARE, _HIGH_SHARE))
    return float(low), float(high) if high > low else float(low) + 1.0


def colors_of(
    values: NDArray[np.float64], span: tuple[float, float], *, is_dark: bool = False
) -> NDArray[np.uint8]:
    """(n, 3) colours that stand out on the ground; values that are not finite are grey."""
    low, high = span
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    known = np.isfinite(share)
    found = np.full((len(values), 3), 128, dtype=np.uint8)
    found[known] = scale_on(is_dark=is_dark)[np.round(share[known] * (_STEPS - 1)).astype(np.int64)]
    return found
