"""Which atom is under the pointer: rays against spheres."""

import numpy as np
from numpy.typing import NDArray


def first_hit(
    origin: NDArray[np.float64],
    direction: NDArray[np.float64],
    centers: NDArray[np.float32],
    radii: NDArray[np.float32],
) -> int:
    """Index of the sphere that the ray meets first, -1 where it meets none.

    A sphere is met where |(c - o) - t d|^2 <= r^2 at t = d.(c - o), |d| = 1; it is entered at
    t - sqrt(r^2 - miss^2). A sphere whose far side is behind the origin is not seen.
    """
    if len(centers) == 0:
        return -1
    to_center = centers - origin.astype(np.float32)
    along = to_center @ direction.astype(np.float32)
    # The product above selects in float32, with a margin; the few that remain decide in float64.
    squared = np.einsum("ij,ij->i", to_center, to_center) - along * along
    slack = 1e-4 * (along * along + 1.0)
    (near,) = np.nonzero(squared <= radii * radii + slack)
    exact = centers[near].astype(np.float64) - origin
    along = exact @ direction
    missed = exact - along[:, None] * direction
    remaining = radii[near].astype(np.float64) ** 2 - np.einsum("ij,ij->i", missed, missed)
    entered = along - np.sqrt(np.maximum(remaining, 0.0))
    seen = (remaining >= 0.0) & (entered > 0.0)
    if not seen.any():
        return -1
    return int(near[seen][np.argmin(entered[seen])])
