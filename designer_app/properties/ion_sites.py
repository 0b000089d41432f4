"""Where working ions may sit in a host: the sites they have, and the voids between its atoms.

Voids are the corners of the Voronoi cells of the host: the places farther from atoms than any
place around them. A void counts where the ion has room between the anions and stays clear of the
host's cations, which it would share a face with.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.space_groups import symmetry_dataset
from designer_app.properties.working_ions import is_ion
from designer_app.specs.structure import Structure

ROOM: Mapping[str, tuple[float, float]] = {
    "Li": (1.70, 2.3),
    "Na": (2.05, 2.7),
    "K": (2.45, 3.1),
    "Mg": (1.80, 2.4),
    "Ca": (2.05, 2.8),
    "Zn": (1.75, 2.4),
}
"""A: (shortest distance to an anion before relaxation, shortest to a cation or another ion). Some
0.2 A less than the sums of ionic radii (Shannon 1976, doi:10.1107/S0567739476001551)."""
ANIONS = tuple(ATOMIC_NUMBERS[each] for each in ("N", "O", "F", "S", "Cl", "Se", "Br", "Te", "I"))
_MERGED_A = 0.9
"""Corners nearer to each other are one void."""
_SYMPREC = 0.05
_MOST_SHELLS = 3


def ion_sites(structure: Structure, ion: str, *, with_voids: bool) -> NDArray[np.float64]:
    """(n, 3) A: the places of the ions, and then the voids where wanted, the widest first."""
    present = is_ion(structure, ion)
    sites = structure.positions[present]
    if not with_voids:
        return sites
    found = [*sites]
    for place in _voids(structure, ion):
        if not found or _distances(place, np.array(found), structure.cell).min() > _MERGED_A:
            found.append(place)
    return np.array(found).reshape(-1, 3)


def _voids(structure: Structure, ion: str) -> NDArray[np.float64]:
    """Roomy corners of the host's Voronoi cells in the home cell, the widest first."""
    from scipy.spatial import KDTree, Voronoi

    host = ~is_ion(structure, ion)
    numbers, positions = structure.numbers[host], structure.positions[host]
    images, kinds = _with_images(positions, numbers, structure.cell)
    corners = Voronoi(images).vertices
    fractions = corners @ np.linalg.inv(structure.cell)
    home = (fractions > -1e-6).all(axis=1) & (fractions < 1 - 1e-6).all(axis=1)
    corners = corners[home]
    to_anion, to_cation = ROOM[ion]
    is_anion = np.isin(kinds, ANIONS)
    if not is_anion.any():
        is_anion = np.ones_like(is_anion)
    room, _ = KDTree(images[is_anion]).query(corners)
    clear = np.full(len(corners), np.inf)
    if not is_anion.all():
        clear, _ = KDTree(images[~is_anion]).query(corners)
    fits = (room >= to_anion) & (clear >= to_cation)
    return corners[fits][np.argsort(-room[fits], kind="stable")]


def _with_images(
    positions: NDArray[np.float64], numbers: NDArray[np.int64], cell: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Atoms of the cell and of enough cells around it that no void of the home cell is cut."""
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    shells = np.minimum(np.ceil(8.0 / heights).astype(int), _MOST_SHELLS)
    grid = np.stack(
        np.meshgrid(*(np.arange(-n, n + 1) for n in shells), indexing="ij"), axis=-1
    ).reshape(-1, 3)
    wrapped = (positions @ np.linalg.inv(cell) % 1.0) @ cell
    images = (grid @ cell)[:, None, :] + wrapped[None]
    return images.reshape(-1, 3), np.tile(numbers, len(grid))


def pair_distances(places: NDArray[np.float64], cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n) A, nearest images; of a place with itself its nearest lattice image."""
    grid = np.stack(np.meshgrid(*[np.arange(-1, 2)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    fractions = places @ np.linalg.inv(cell)
    apart = fractions[:, None] - fractions[None]
    apart -= np.rint(apart)
    lengths = np.linalg.norm((apart[:, :, None] + grid) @ cell, axis=-1)
    lengths[lengths < 1e-8] = np.inf
    return lengths.min(axis=-1)


def _distances(
    place: NDArray[np.float64], others: NDArray[np.float64], cell: NDArray[np.float64]
) -> NDArray[np.float64]:
    apart = (others - place) @ np.linalg.inv(cell)
    apart -= np.rint(apart)
    return np.linalg.norm(apart @ cell, axis=1)


def site_permutations(
    structure: Structure, ion: str, sites: NDArray[np.float64]
) -> NDArray[np.int64]:
    """(n_operations, n_sites): which site each symmetry operation of the host takes to each site.

    The operations are those of the host with every site filled.
    """
    host = ~is_ion(structure, ion)
    inverse = np.linalg.inv(structure.cell)
    fractions = np.concatenate([structure.positions[host], sites]) @ inverse
    kinds = np.concatenate([structure.numbers[host], np.full(len(sites), 200)])
    found = symmetry_dataset(structure.cell, fractions, kinds, _SYMPREC)
    identity = np.arange(len(sites))[None]
    if found is None:
        return identity
    own = sites @ inverse
    rows = []
    for rotation, shift in zip(found.rotations, found.translations, strict=True):
        apart = own[:, None] - (own @ rotation.T + shift)[None]
        apart -= np.rint(apart)
        nearest = np.linalg.norm(apart @ structure.cell, axis=-1)
        row = nearest.argmin(axis=1)
        if nearest.min(axis=1).max() < 4 * _SYMPREC and len(set(row.tolist())) == len(sites):
            rows.append(row)
    return np.unique(np.array(rows), axis=0) if rows else identity
