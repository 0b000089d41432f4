"""Sites that are shared by species, partly occupied, or split into close positions.

Labs' CIFs are full of them. They are drawn as they are, and energies are refused until an ordered
cell was made.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.specs.structure import Structure

Occupancy = dict[str, float]
"""Share of each species on a site; what is missing to 1 is empty."""

WHOLE = 1e-3
"""A share this close to 1 is a full site: the rounding of refinement programs."""
SPLIT_A = 0.6
"""A. Two partly occupied sites nearer than this are positions of one atom: no two atoms fit."""


def is_whole(shares: Occupancy) -> bool:
    """Whether a site is full of one species."""
    return len(shares) == 1 and abs(next(iter(shares.values())) - 1.0) <= WHOLE


def disordered_sites(occupancies: Sequence[Occupancy]) -> list[int]:
    """Indices of the sites that are shared or partly occupied."""
    return [site for site, shares in enumerate(occupancies) if not is_whole(shares)]


def main_species(shares: Occupancy) -> int:
    """Atomic number of the most abundant species of a site."""
    return ATOMIC_NUMBERS.get(max(shares, key=lambda species: shares[species]), 0)


def shares_in_words(shares: Occupancy) -> str:
    """E.g. "Ni 0.40 Mn 0.35 Co 0.25"."""
    return " ".join(f"{species} {share:.2f}" for species, share in shares.items())


def marked(structure: Structure, occupancies: Sequence[Occupancy]) -> Structure:
    """The structure with its disordered sites counted and the first one told in words."""
    sites = disordered_sites(occupancies)
    if not sites:
        return replace(structure, disordered_sites=0, disorder_example="")
    first = sites[0]
    place = ", ".join(f"{value:.3g}" for value in _coordinates(structure, first))
    return replace(
        structure,
        disordered_sites=len(sites),
        disorder_example=f"{shares_in_words(occupancies[first])} at ({place})",
    )


def _coordinates(structure: Structure, site: int) -> NDArray[np.float64]:
    """Fractional coordinates in a crystal, otherwise Cartesian ones in A."""
    if structure.volume > 0:
        fractional = np.linalg.solve(structure.cell.T, structure.positions[site])
        return np.round(fractional, 6) + 0.0
    return np.round(structure.positions[site], 6)


def split_positions(
    structure: Structure, occupancies: Sequence[Occupancy]
) -> list[tuple[int, int, float]]:
    """(site, site, distance in A) of partly occupied sites nearer than `SPLIT_A`."""
    partial = np.zeros(len(structure), dtype=bool)
    partial[disordered_sites(occupancies)] = True
    if not partial.any():
        return []
    try:
        first, second, _, distances = contacts(
            structure.positions, structure.cell, structure.pbc, SPLIT_A
        )
    except TooManyContactsError:
        return []
    return [
        (int(i), int(j), float(distance))
        for i, j, distance in zip(first, second, distances, strict=True)
        if i != j and partial[i] and partial[j]
    ]
