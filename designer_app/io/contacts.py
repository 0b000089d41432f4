"""Pairs of atoms nearer than a radius, over periodic images: for drawing and checking on the CPU.

The neighbour lists of the potentials live in `neighbors` and need torch; the base does not.
"""

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_CONTACTS_PER_ATOM = 200
"""Above this the atoms lie on top of each other, and listing all pairs would fill the memory."""

MOST_IMAGES = 200_000
"""Images of the cell within the radius; only a cell of no thickness has more."""

_IMAGES_AT_ONCE = 300_000
"""Images of atoms that are looked at together: some 30 MB."""

Contacts = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class TooManyContactsError(Exception):
    """More pairs than any real structure has."""


def contacts(
    positions: NDArray[np.float64], cell: NDArray[np.float64], pbc: ArrayLike, radius: float
) -> Contacts:
    """(first, second, shift, distance in A) of pairs nearer than `radius`, each pair once.

    The second atom is seen at `positions[second] + shift @ cell`. An atom's own images count.
    Raises `TooManyContactsError`.
    """
    from scipy.spatial import KDTree

    n_atoms = len(positions)
    if n_atoms == 0:
        return _as_contacts(np.empty((0, 2), int), np.empty((0, 3), int), np.empty(0))
    wrapped, wraps = _wrapped(positions, cell, pbc)
    image_positions, image_of, image_shift = _with_images(wrapped, cell, pbc, radius)
    home = KDTree(wrapped)
    everywhere = KDTree(image_positions)
    if home.count_neighbors(everywhere, radius) > n_atoms * MOST_CONTACTS_PER_ATOM:
        raise TooManyContactsError
    found = home.sparse_distance_matrix(everywhere, radius, output_type="ndarray")
    first, image = found["i"].astype(np.int64), found["j"].astype(np.int64)
    second = image_of[image]
    shift = image_shift[image]
    once = (first < second) | ((first == second) & _is_positive(shift))
    first, second, shift = first[once], second[once], shift[once]
    # Seen from the unwrapped positions, each atom carries the lattice vectors it was wrapped by.
    shift = shift + wraps[second] - wraps[first]
    order = np.lexsort((second, first))
    return first[order], second[order], shift[order], found["v"][once][order]


def _as_contacts(
    pairs: NDArray[np.int64], shift: NDArray[np.int64], distance: NDArray[np.float64]
) -> Contacts:
    return pairs[:, 0], pairs[:, 1], shift, distance


def _wrapped(
    positions: NDArray[np.float64], cell: NDArray[np.float64], pbc: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Positions inside the cell along periodic directions, and the lattice vectors added."""
    periodic = np.asarray(pbc, dtype=bool)
    wraps = np.zeros((len(positions), 3), dtype=np.int64)
    if periodic.any():
        fractional = positions @ np.linalg.pinv(full_cell(cell, pbc))
        wraps[:, periodic] = -np.floor(fractional[:, periodic]).astype(np.int64)
    return positions + wraps @ cell, wraps


def full_cell(cell: NDArray[np.float64], pbc: ArrayLike) -> NDArray[np.float64]:
    """The cell with directions that are not periodic replaced by unit vectors across the others."""
    periodic = np.asarray(pbc, dtype=bool)
    whole = np.where(periodic[:, None], cell, 0.0)
    for axis in np.flatnonzero(~periodic):
        _, _, across = np.linalg.svd(whole[np.abs(whole).sum(axis=1) > 0].reshape(-1, 3))
        whole[axis] = across[-1]
    return whole


def _with_images(
    wrapped: NDArray[np.float64], cell: NDArray[np.float64], pbc: ArrayLike, radius: float
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """Atoms and their images within `radius` of the cell, whose they are, and their shift."""
    periodic = np.asarray(pbc, dtype=bool)
    whole = full_cell(cell, pbc)
    inverse = np.linalg.pinv(whole)
    # |column k of the inverse| is one over the distance between planes of constant fraction k
    margin = np.where(periodic, radius * np.linalg.norm(inverse, axis=0), 0.0)
    reach = np.ceil(margin).astype(int)
    fractional = wrapped @ inverse
    if np.prod(2.0 * reach + 1) > MOST_IMAGES:
        raise TooManyContactsError
    shifts = np.array(list(product(*(range(-n, n + 1) for n in reach))), dtype=np.int64)
    at_once = max(1, _IMAGES_AT_ONCE // max(len(wrapped), 1))
    found = [
        _near_cell(fractional, shifts[start : start + at_once], margin, periodic)
        + np.array([[start], [0]])
        for start in range(0, len(shifts), at_once)
    ]
    place, owner = np.concatenate(found, axis=1)
    return wrapped[owner] + (shifts @ cell)[place], owner, shifts[place]


def _near_cell(
    fractional: NDArray[np.float64],
    shifts: NDArray[np.int64],
    margin: NDArray[np.float64],
    periodic: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """(2, n) shifts and atoms, by their places, whose images lie within the margin of the cell."""
    moved = fractional + shifts[:, None, :]
    near = ((moved > -margin - 1e-9) & (moved < 1 + margin + 1e-9) | ~periodic).all(axis=2)
    return np.array(np.nonzero(near), dtype=np.int64)


def _is_positive(shift: NDArray[np.int64]) -> NDArray[np.bool_]:
    """One of each pair of opposite shifts; False for no shift."""
    a, b, c = shift.T
    return (a > 0) | ((a == 0) & ((b > 0) | ((b == 0) & (c > 0))))
