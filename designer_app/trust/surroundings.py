"""How far an atom's surroundings lie from all that a potential learned from.

The potential's own features of the training atoms, apart for each element, centred and turned to
their principal axes, each divided by the root mean square over all axes, and the length of what
the axes leave out: surroundings unlike all others differ along directions that these never took. Of
these points some are kept, the farthest from each other first (farthest-point sampling). They are
chosen among a part of the training frames; atoms of the others that lie outside are added, so that
rare surroundings are known too. The distance of an atom is that to the nearest kept one, in units
of what one in a hundred atoms of the frames kept back exceeds. Janet et al. 2019
(doi:10.1039/C9SC02298H) show that such distances in a model's latent space tell its errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS

Floats = NDArray[np.float64]

N_AXES = 24
"""Principal axes kept: beyond them features of neighbouring atoms differ by noise."""
N_KEPT = 2000
"""Surroundings kept of each element: with few, common ones seem as far away as rare ones."""
FEWEST = 10
"""Training atoms of an element that tell how its surroundings differ; fewer are measured by those
of all elements, and none of them sets a unit for others."""
_NARROWEST = 0.1
"""Width of an element's surroundings at least, by that of all elements."""
MOST_ASKED = 6000
"""Training atoms of one element among which they are chosen."""
EXCEEDED_BY = 0.01
"""Share of held-out atoms that lie farther than the unit of distance."""


@dataclass(frozen=True, eq=False)
class _Element:
    """Kept surroundings of one element."""

    center: Floats
    axes: Floats
    """(n_features, n_axes), scaled."""
    kept: Floats
    """(n_kept, n_axes + 1)."""
    unit: float

    def points(self, features: Floats) -> Floats:
        """(n, n_axes + 1): along the axes, and the length of the rest."""
        away = features - self.center
        along = away @ self.axes
        scaled = (away**2).sum(axis=1) * (self.axes[:, 0] ** 2).sum()  # all axes are as long
        rest = np.sqrt(np.maximum(scaled - (along**2).sum(axis=1), 0.0))
        return np.column_stack([along, rest])

    @cached_property
    def _tree(self) -> KDTree:
        return KDTree(self.kept)

    def distances(self, features: Floats) -> Floats:
        """Infinite where features are no numbers."""
        found, sure = np.full(len(features), np.inf), np.isfinite(features).all(axis=1)
        if sure.any():
            found[sure] = self._tree.query(self.points(features[sure]))[0]
        return found / self.unit


class KnownSurroundings:
    """What a potential has seen, by element."""

    def __init__(self, elements: Mapping[int, _Element]) -> None:
        self._elements = dict(elements)

    @classmethod
    def of(cls, features: Floats, numbers: NDArray[np.int64], seed: int = 0) -> "KnownSurroundings":
        """Of training atoms: (n, n_features) and (n,); distances have no unit yet."""
        rng = np.random.default_rng(seed)
        found = {}
        usual = _width(features, numbers)
        for number in np.unique(numbers).tolist():
            mine = features[numbers == number]
            least = max(usual * (_NARROWEST if len(mine) >= FEWEST else 1.0), 1e-12)
            if len(mine) > MOST_ASKED:
                mine = mine[rng.choice(len(mine), MOST_ASKED, replace=False)]
            center = mine.mean(axis=0)
            _, widths, turned = np.linalg.svd(mine - center, full_matrices=False)
            scale = max(float(np.sqrt((widths**2).sum() / len(mine))), least)
            all_of_them = _Element(center, turned[:N_AXES].T / scale, mine[:0], 1.0)
            points = all_of_them.points(mine)
            found[number] = replace(all_of_them, kept=points[farthest_points(points, N_KEPT)])
        return cls(found)

    def calibrated(self, features: Floats, numbers: NDArray[np.int64]) -> "KnownSurroundings":
        """In units of what one in a hundred of these atoms, kept back, exceeds.

        Atoms whose features are no numbers tell nothing of it.
        """
        raw = self.distances(features, numbers)
        finite = np.isfinite(raw)
        common = [number for number, each in self._elements.items() if len(each.kept) >= FEWEST]
        sure = finite & np.isin(numbers, common)
        usual = raw[sure if sure.any() else finite]
        everywhere = float(np.quantile(usual, 1.0 - EXCEEDED_BY)) if len(usual) else 0.0
        found = {}
        for number, each in self._elements.items():
            mine = raw[finite & (numbers == number)]
            enough = len(mine) * EXCEEDED_BY >= 1.0
            unit = float(np.quantile(mine, 1.0 - EXCEEDED_BY)) if enough else everywhere
            found[number] = replace(each, unit=max(unit * each.unit, 1e-9))
        return KnownSurroundings(found)

    def joined(self, features: Floats, numbers: NDArray[np.int64]) -> "KnownSurroundings":
        """Knowing these atoms too; of more than can be kept, the farthest from each other."""
        found = {}
        for number, each in self._elements.items():
            points = np.vstack([each.kept, each.points(features[numbers == number])])
            found[number] = replace(each, kept=points[farthest_points(points, N_KEPT)])
        return KnownSurroundings(found)

    def distances(self, features: Floats, numbers: NDArray[np.int64]) -> Floats:
        """(n,) of each atom; infinite for elements that were not learned."""
        found = np.full(len(numbers), np.inf)
        for number, each in self._elements.items():
            mine = numbers == number
            if mine.any():
                found[mine] = each.distances(features[mine])
        return found

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name, for a safetensors file."""
        found: dict[str, NDArray[Any]] = {}
        for number, each in self._elements.items():
            symbol = SYMBOLS[number]
            found[f"{symbol}.center"] = each.center
            found[f"{symbol}.axes"] = each.axes.astype(np.float32)
            found[f"{symbol}.kept"] = each.kept.astype(np.float32)
            found[f"{symbol}.unit"] = np.array([each.unit])
        return found

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> "KnownSurroundings":
        """What `arrays` gave. Raises `KeyError` or `ValueError` where it is something else."""
        symbols = {name.split(".")[0] for name in arrays if name.endswith(".kept")}
        found = {}
        for symbol in symbols:
            center, axes, kept = (
                np.asarray(arrays[f"{symbol}.{name}"], np.float64)
                for name in ("center", "axes", "kept")
            )
            if axes.shape[0] != len(center) or kept.shape[1] != axes.shape[1] + 1:
                raise ValueError(f"the surroundings of {symbol} do not fit their axes")
            found[ATOMIC_NUMBERS[symbol]] = _Element(
                center, axes, kept, float(arrays[f"{symbol}.unit"][0])
            )
        return cls(found)


def _width(features: Floats, numbers: NDArray[np.int64]) -> float:
    """Root mean square distance of atoms from the mean of their element."""
    squares = 0.0
    for number in np.unique(numbers).tolist():
        mine = features[numbers == number]
        squares += float(((mine - mine.mean(axis=0)) ** 2).sum())
    return float(np.sqrt(squares / max(len(numbers), 1)))


def farthest_points(points: Floats, n: int) -> NDArray[np.int64]:
    """Rows of at most n points, each the farthest from all before it, the outermost first."""
    if len(points) <= n:
        return np.arange(len(points))
    chosen = [int(np.argmax((points**2).sum(axis=1)))]
    nearest = ((points - points[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < n:
        chosen.append(int(np.argmax(nearest)))
        np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(axis=1), out=nearest)
    return np.array(chosen)
