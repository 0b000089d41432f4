"""The volume a composition is expected to take: a sum of atomic volumes, fitted to crystals.

Beside it, whether angles belong to a cell that has a volume at all.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_START_A3 = 15.0
_ROUNDS = 40
_DAMPING = 1e-2
_LONGEST_STEP = 0.5
"""Of ln v in a round."""
_FLAT = 0.05
"""Volume of a cell of unit vectors below which it is no crystal's; right angles make it 1, those of
the primitive cell of cubic close packing 0.71."""


def fitted_atomic_volumes(amounts: Floats, volumes: Floats) -> Floats:
    """(n_elements,) atomic volumes v (A^3) that minimise the squares of ln(V / sum x v).

    `amounts` are (n, n_elements) atomic fractions x, `volumes` (n,) A^3 per atom. Gauss-Newton in
    ln v, damped. Elements that no crystal holds get the geometric mean of the others.
    """
    held = amounts.sum(axis=0) > 0
    fractions, goal = amounts[:, held], np.log(volumes)
    found = np.full(fractions.shape[1], _START_A3)
    for _ in range(_ROUNDS):
        expected = fractions @ found
        slopes = fractions * found / expected[:, None]
        left = goal - np.log(expected)
        normal = slopes.T @ slopes + _DAMPING * np.eye(len(found))
        step = np.linalg.solve(normal, slopes.T @ left)
        found = found * np.exp(np.clip(step, -_LONGEST_STEP, _LONGEST_STEP))
    every = np.full(len(held), float(np.exp(np.log(found).mean())))
    every[held] = found
    return every


def spans_a_cell(angles: NDArray[np.float64]) -> bool:
    """Whether three angles (degrees) are those of a cell that is not nearly flat.

    The volume of a cell of unit vectors, squared, is
    1 + 2 cos a cos b cos c - cos^2 a - cos^2 b - cos^2 c.
    """
    cosines = np.cos(np.radians(angles))
    square = 1.0 + 2.0 * cosines.prod() - (cosines**2).sum()
    return bool(square > _FLAT**2 and (angles > 0.0).all() and (angles < 180.0).all())
