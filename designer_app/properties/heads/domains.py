"""Where a head has learned, told by means of neighbouring rows: no row itself is kept."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEWEST_ROWS, SHARE = 2, 1 / 200
"""Each mean stands for at least so many rows, and at least this share of all."""
_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Places:
    """Means of neighbouring rows, and distances to them in standard deviations.

    d = (mean over the columns of sqrt |x - mean|)^2: many columns that are a little off, as in
    another structure family, count for more than one that is far off, as of a dopant.
    """

    centre: Floats
    scale: Floats
    means: Floats
    """(n, n_columns), scaled."""

    def distances(self, rows: Floats) -> Floats:
        """(n_rows,) distance of each row to the nearest mean."""
        scaled = _scaled(rows, self.centre, self.scale)
        found = np.empty(len(rows))
        for first in range(0, len(rows), _AT_ONCE):
            apart = np.abs(scaled[first : first + _AT_ONCE, None] - self.means)
            found[first : first + _AT_ONCE] = np.sqrt(apart).mean(axis=2).min(axis=1)
        return found**2


@dataclass(frozen=True, eq=False)
class Domain:
    """Where a head has learned, and how far from there it was judged."""

    places: Places
    near: float
    far: float
    """Distances: beyond `near` the light is amber, beyond `far` red."""
    spread: float
    """Spread below which nine of ten kept-back rows lie, in the unit of the target."""

    def distance(self, row: Floats) -> float:
        """Distance of a row to the nearest mean of those learned from."""
        return float(self.places.distances(row[None])[0])


def places_of(rows: Floats) -> Places:
    """Means of rows that lie together."""
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    fewest = max(FEWEST_ROWS, round(SHARE * len(rows)))
    return Places(centre, scale, grouped_means(_scaled(rows, centre, scale), fewest))


def grouped_means(scaled: Floats, fewest: int) -> Floats:
    """Means of groups of at least `fewest` rows.

    A group is cut at the widest gap of its most scattered column while both halves are large
    enough.
    """
    waiting, found = [np.arange(len(scaled))], list[Floats]()
    while waiting:
        group = waiting.pop()
        if len(group) < 2 * fewest:
            found.append(scaled[group].mean(axis=0))
            continue
        column = scaled[group].std(axis=0).argmax()
        ordered = group[np.argsort(scaled[group, column], kind="stable")]
        gaps = np.diff(scaled[ordered, column])[fewest - 1 : len(group) - fewest]
        cut = fewest + int(gaps.argmax())
        waiting += [ordered[:cut], ordered[cut:]]
    return np.array(found)


def _scaled(rows: Floats, centre: Floats, scale: Floats) -> Floats:
    return np.clip((rows - centre) / scale, -8.0, 8.0)
