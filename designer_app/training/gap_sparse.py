"""Choosing sparse points: the environments by which a GAP spans all others."""

import numpy as np
from numpy.typing import NDArray

from designer_app.potentials.gap_basis import product

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

RELATIVE_RANK = 1e-6
"""Singular values below this share of the largest do not count."""
_ALIKE = 1e-10
"""1 - p . p' below which two environments are the same."""


def chosen(unit: FloatArray, n: int, how: str, rng: np.random.Generator) -> IntArray:
    """Indices of at most `n` of the unit vectors (n_atoms, n_features), no two of them alike."""
    return _by_leverage(unit, n, rng) if how == "cur" else _farthest(unit, n)


def _by_leverage(unit: FloatArray, n: int, rng: np.random.Generator) -> IntArray:
    """CUR: drawn by leverage, the weight of each row in the space of the singular vectors.

    Mahoney and Drineas 2009, doi:10.1073/pnas.0803205106.
    """
    values, vectors = np.linalg.eigh(product(np.ascontiguousarray(unit.T), unit))
    large = values > RELATIVE_RANK**2 * values[-1]
    along = product(unit, vectors[:, large] / np.sqrt(values[large]))
    leverage = np.square(along).sum(axis=1)
    # the n smallest of exponential variates at these rates: a draw without putting back
    order = np.argsort(rng.exponential(size=len(unit)) / leverage)
    return order[:n]


def _farthest(unit: FloatArray, n: int) -> IntArray:
    """Each next point is the one least like any before; the first is nearest to the mean."""
    mean = unit.mean(axis=0)
    found = [int(np.argmax(unit @ mean))]
    nearest = unit @ unit[found[0]]
    while len(found) < n:
        candidate = int(np.argmin(nearest))
        if nearest[candidate] > 1.0 - _ALIKE:
            break
        found.append(candidate)
        np.maximum(nearest, unit @ unit[candidate], out=nearest)
    return np.array(found)
