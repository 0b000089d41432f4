"""The atoms of a whole cell from its inequivalent sites; species on one place become one site."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import STANDARD_MASSES
from designer_app.errors import InvalidPositionsError
from designer_app.io.cif_block import Site
from designer_app.io.contacts import MOST_CONTACTS_PER_ATOM
from designer_app.io.disorder import Occupancy, main_species
from designer_app.io.space_groups import Operations

SAME_SITE_A = 0.03
"""A. Images of a special position, and species that share a site, are nearer than this: the
rounding of 1/3 to 0.333 in a 20 A cell. Split positions are refined down to about 0.08 A."""
OVERFULL = 0.01
"""A site may hold this much more than 1 by rounding."""


@dataclass(frozen=True)
class Crystal:
    """The atoms of a whole cell."""

    fractional: NDArray[np.float64]
    shares: tuple[Occupancy, ...]
    labels: tuple[str, ...]
    masses: NDArray[np.float64] | None
    warnings: tuple[str, ...]

    def amounts(self) -> dict[str, float]:
        """Atoms of each element in the cell."""
        found: dict[str, float] = {}
        for shares in self.shares:
            for species, share in shares.items():
                found[species] = found.get(species, 0.0) + share
        return found


def whole_cell(
    sites: tuple[Site, ...], operations: Operations, cell: NDArray[np.float64]
) -> Crystal:
    """All atoms of the cell; species on one place are joined."""
    places, owners = [], []
    for owner, site in enumerate(sites):
        orbit = _orbit(site.fractional, operations, cell)
        places.append(orbit)
        owners.extend([owner] * len(orbit))
    fractional = np.concatenate(places)
    return _joined(fractional, owners, sites, cell)


def _orbit(
    place: NDArray[np.float64], operations: Operations, cell: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The distinct images of a place, each moved onto its special position by averaging."""
    if len(operations.rotations) == 1:
        return place[None] % 1.0
    images = operations.rotations @ place + operations.translations
    left = np.ones(len(images), dtype=bool)
    distinct = []
    while left.any():
        first = images[np.argmax(left)]
        apart = images - first
        apart -= np.rint(apart)
        same = left & (np.linalg.norm(apart @ cell, axis=1) < SAME_SITE_A)
        distinct.append((first + apart[same].mean(axis=0)) % 1.0)
        left &= ~same
    found = np.array(distinct)
    found[np.abs(found - 1.0) < 1e-9] = 0.0
    return found


def _joined(
    fractional: NDArray[np.float64],
    owners: list[int],
    sites: tuple[Site, ...],
    cell: NDArray[np.float64],
) -> Crystal:
    groups = list(_groups(fractional, cell))
    shares, labels, masses, warnings = [], [], [], []
    twice: set[str] = set()
    overfull: dict[str, float] = {}
    for group in groups:
        joined: Occupancy = {}
        members = [sites[owners[atom]] for atom in group]
        for site in members:
            if joined.get(site.species, 0.0) + site.share > 1 + OVERFULL and site.species in joined:
                twice.add(site.label)
                continue
            joined[site.species] = joined.get(site.species, 0.0) + site.share
        joined = dict(sorted(joined.items(), key=lambda each: -each[1]))
        if sum(joined.values()) > 1 + OVERFULL:
            overfull["/".join(sorted(site.label for site in members))] = sum(joined.values())
        shares.append(joined)
        labels.append(members[0].label)
        number = main_species(joined)
        heavy = members[0].mass if len(members) == 1 else None
        masses.append(heavy or STANDARD_MASSES[number])
    if twice:
        warnings.append(f"Listed twice on one place, counted once: {', '.join(sorted(twice)[:5])}.")
    for name, total in list(overfull.items())[:3]:
        warnings.append(
            f"The occupancies of {name} add up to {total:.2f}, which is impossible: "
            "correct the file; formula and density are wrong as they are."
        )
    return Crystal(
        fractional[[group[0] for group in groups]],
        tuple(shares),
        tuple(labels),
        np.array(masses) if any(site.mass for site in sites) else None,
        tuple(warnings),
    )


def _groups(fractional: NDArray[np.float64], cell: NDArray[np.float64]) -> Iterator[list[int]]:
    """Atoms that lie on one place, in the order of their first member."""
    from scipy.spatial import KDTree

    # |column k of the inverse cell| turns a distance into the largest change of fraction k.
    reach = SAME_SITE_A * float(np.linalg.norm(np.linalg.inv(cell), axis=0).max())
    tree = KDTree(fractional % 1.0 % 1.0, boxsize=1.0)
    radius = reach * np.sqrt(3.0)
    if tree.count_neighbors(tree, radius) > MOST_CONTACTS_PER_ATOM * len(fractional):
        raise InvalidPositionsError("most atoms lie on top of each other")
    pairs = tree.query_pairs(radius, output_type="ndarray")
    near: dict[int, list[int]] = {}
    for first, second in pairs:
        apart = fractional[second] - fractional[first]
        apart -= np.rint(apart)
        if np.linalg.norm(apart @ cell) < SAME_SITE_A:
            near.setdefault(int(first), []).append(int(second))
    taken: set[int] = set()
    for atom in range(len(fractional)):
        if atom in taken:
            continue
        group = [atom, *(each for each in near.get(atom, ()) if each not in taken)]
        taken.update(group)
        yield group
