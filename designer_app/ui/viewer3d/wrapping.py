"""Which periodic image of an atom is drawn: atoms inside the cell, molecules in one piece.

An image is an integer shift: drawn = position + shift @ cell.
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ON_FACE = 0.12
"""A; an atom this near to a face of the cell is drawn on the opposite face too."""
DRIFT = 0.6
"""A; how far an atom may leave the cell before it is drawn on the other side, so that atoms that
vibrate about a face do not jump."""
VACUUM = 6.0
"""A; an empty slab this thick is not a face that two neighbouring cells share."""


def molecules(n_atoms: int, pairs: Ints, shifts: Ints) -> tuple[Ints, Ints]:
    """(n_atoms,) molecule of each atom, and (n_atoms, 3) its image that completes the molecule.

    Bonded networks that run through the whole crystal are no molecules: each of their atoms is
    counted on its own, with image 0.
    """
    group, image = _groups_along_bonds(n_atoms, pairs, shifts)
    closes = (image[pairs[:, 0]] + shifts == image[pairs[:, 1]]).all(axis=1)
    endless = np.zeros(n_atoms, dtype=bool)
    endless[group[pairs[~closes, 0]]] = True
    in_network = endless[group]
    image[in_network] = 0
    group[in_network] = np.flatnonzero(in_network)
    return np.unique(group, return_inverse=True)[1], image


def _groups_along_bonds(n_atoms: int, pairs: Ints, shifts: Ints) -> tuple[Ints, Ints]:
    """(n_atoms,) first atom of each bonded group, and (n_atoms, 3) images seen from there.

    Groups that touch are joined until none do; each atom knows its root and its image in the frame
    of that root (Shiloach & Vishkin 1982, doi:10.1016/0196-6774(82)90008-6).
    """
    root = np.arange(n_atoms)
    image = np.zeros((n_atoms, 3), dtype=np.int64)
    while True:
        first, second = root[pairs[:, 0]], root[pairs[:, 1]]
        (apart,) = np.nonzero(first != second)
        if len(apart) == 0:
            return root, image
        # Where the second atom's root lies in the frame of the first's.
        step = (image[pairs[:, 0]] + shifts - image[pairs[:, 1]])[apart]
        low, high = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
        step[first[apart] > second[apart]] *= -1
        joined, chosen = np.unique(high, return_index=True)
        root[joined], image[joined] = low[chosen], step[chosen]
        while (root[root] != root).any():
            image += image[root]
            root = root[root]


def heights(cell: Floats) -> Floats:
    """(3,) distances between opposite faces in A."""
    return 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)


def home_images(
    fractional: Floats,
    molecule: Ints,
    image: Ints,
    periodic: NDArray[np.bool_],
    start: Ints | None,
    cell: Floats,
) -> Ints:
    """(n_atoms, 3) images that bring each molecule's centre into the cell.

    With `start`, the images of the frame before, only molecules that left the cell by more than
    `DRIFT` are moved.
    """
    n_molecules = int(molecule.max()) + 1
    size = np.bincount(molecule, minlength=n_molecules)
    complete = fractional + image
    center = np.stack(
        [np.bincount(molecule, complete[:, k], minlength=n_molecules) / size for k in range(3)],
        axis=1,
    )
    edge = ON_FACE / heights(cell)
    home = -np.floor(center + edge)
    home[:, ~periodic] = 0
    if start is not None:
        before = np.zeros((n_molecules, 3))
        before[molecule] = start - image
        inside = center + before
        drift = DRIFT / heights(cell)
        stays = (inside > -drift) & (inside < 1.0 + drift)
        home = np.where(stays, before, home)
    return home.astype(np.int64)[molecule] + image


def face_images(wrapped: Floats, cell: Floats, periodic: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Copies of atoms on faces, edges and corners of the cell: (m,) atom and (m, 3) image.

    `wrapped` are fractional coordinates of the drawn atoms.
    """
    edge = ON_FACE / heights(cell)
    step = np.where(wrapped < edge, 1, np.where(wrapped > 1.0 - edge, -1, 0))
    step *= _shared_faces(wrapped, cell, periodic)
    atoms, images = [], []
    for corner in np.ndindex(2, 2, 2):
        chosen = np.array(corner)
        if not chosen.any():
            continue
        (on_face,) = np.nonzero(((step != 0) | (chosen == 0)).all(axis=1))
        atoms.append(on_face)
        images.append(step[on_face] * chosen)
    return np.concatenate(atoms), np.concatenate(images).astype(np.int64)


def is_inside(wrapped: Floats, cell: Floats, periodic: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(n_atoms,) whether an atom lies on no face of the cell."""
    edge = ON_FACE / heights(cell)
    on_face = ((wrapped < edge) | (wrapped > 1.0 - edge)) & periodic
    return np.logical_not(on_face.any(axis=1))


def _shared_faces(wrapped: Floats, cell: Floats, periodic: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(3,) whether matter touches across the faces of each axis, or a vacuum parts it."""
    return periodic & (_widest_gap(wrapped) * heights(cell) < VACUUM)


def _widest_gap(fractional: Floats) -> Floats:
    """(3,) largest empty fraction of the cell along each axis."""
    along = np.sort(fractional % 1.0, axis=0)
    return np.diff(along, axis=0, append=along[:1] + 1.0).max(axis=0)
