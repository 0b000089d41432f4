"""Which periodic image of an atom is drawn: atoms inside the cell, molecules in one piece.

An image is an integer shift: drawn = position + shift @ cell.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

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
    alone = np.arange(n_atoms), np.zeros((n_atoms, 3), dtype=np.int64)
    if len(pairs) == 0:
        return alone
    ones = np.ones(len(pairs), dtype=np.int8)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n_atoms, n_atoms))
    n_groups, group = connected_components(graph, directed=False)
    if n_groups == n_atoms:
        return alone
    image = _images_along_bonds(n_atoms, pairs, shifts, group, n_groups)
    closes = (image[pairs[:, 0]] + shifts == image[pairs[:, 1]]).all(axis=1)
    endless = np.zeros(n_groups, dtype=bool)
    endless[group[pairs[~closes, 0]]] = True
    in_network = endless[group]
    image[in_network] = 0
    molecule = group.astype(np.int64)
    molecule[in_network] = n_groups + np.flatnonzero(in_network)
    return np.unique(molecule, return_inverse=True)[1], image


def _images_along_bonds(
    n_atoms: int, pairs: Ints, shifts: Ints, group: Ints, n_groups: int
) -> Ints:
    """(n_atoms, 3) images reached by walking from one atom of each group along bonds."""
    root = n_atoms
    starts = np.unique(group, return_index=True)[1]
    first = np.r_[pairs[:, 0], pairs[:, 1], np.full(n_groups, root)]
    second = np.r_[pairs[:, 1], pairs[:, 0], starts]
    # An entry of 0 would be no entry, and equal entries are summed: keep one bond per pair.
    key = first * (n_atoms + 1) + second
    key, keep = np.unique(key, return_index=True)
    step = np.concatenate([shifts, -shifts, np.zeros((n_groups, 3), dtype=np.int64)])[keep]
    graph = coo_array((np.ones(len(keep)), (first[keep], second[keep])), shape=(root + 1, root + 1))
    order, before = breadth_first_order(graph.tocsr(), root, directed=True)
    image = np.zeros((root + 1, 3), dtype=np.int64)
    depth = np.zeros(root + 1, dtype=np.int64)
    edge = np.zeros(root + 1, dtype=np.int64)
    edge[order[1:]] = np.searchsorted(key, before[order[1:]] * (n_atoms + 1) + order[1:])
    for node in order[1:]:
        depth[node] = depth[before[node]] + 1
    for level in range(1, int(depth.max()) + 1):
        (nodes,) = np.nonzero(depth == level)
        image[nodes] = image[before[nodes]] + step[edge[nodes]]
    return image[:n_atoms]


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
