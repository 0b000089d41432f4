"""The likeliest elements of slots when no two slots may hold the same one."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


def distinct_elements(
    log_chances: NDArray[np.float32], is_slot: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """(n, slots) atomic numbers with the largest sum of ln p, all different; 0 without a slot.

    A prototype's slots are different elements by definition: with one element in two slots the
    crystal would belong to another prototype. Linear assignment is asked only where the best
    choices of two slots collide.
    """
    found = np.where(is_slot, log_chances.argmax(axis=2), 0)
    for row in np.flatnonzero(_collides(found)):
        slots = np.flatnonzero(is_slot[row])
        _, chosen = linear_sum_assignment(log_chances[row, slots].clip(-1e6), maximize=True)
        found[row, slots] = chosen
    return found.astype(np.int64)


def _collides(elements: NDArray[np.int64]) -> NDArray[np.bool_]:
    ordered = np.sort(elements, axis=1)
    return ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any(axis=1)
