"""What became of an adsorbate while it relaxed: whether it is still there, and still itself."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import COVALENT_RADII
from designer_app.properties.adsorbates import Adsorbate
from designer_app.specs.estimates import Estimate
from designer_app.specs.structure import Structure

BOND = 1.6
"""Sums of covalent radii: nothing nearer to the surface than that, and the adsorbate has left."""
BROKEN = 1.4
"""Likewise: a bond of the adsorbate longer than that is broken."""
RECONSTRUCTED = 1.0
"""A that an atom of the slab moved because of the adsorbate."""
INTACT = ("stays", "moved")
"""Outcomes whose energy is an adsorption energy."""


def outcome_of(adsorbate: Adsorbate, clean: Structure, end: Structure) -> str:
    """Whether an adsorbate, whose atoms come last, is still itself and still on its surface."""
    n_slab = len(clean)
    radii = COVALENT_RADII[end.numbers]
    limits = radii[n_slab:, None] + radii[None, :n_slab]
    distances = distances_to_slab(end, n_slab)
    offsets = np.array([place for _, place in adsorbate.atoms])
    for i, j in zip(*np.triu_indices(len(offsets), 1), strict=True):
        first, second = n_slab + int(i), n_slab + int(j)
        reach = radii[first] + radii[second]
        was_bonded = np.linalg.norm(offsets[i] - offsets[j]) < 1.3 * reach
        apart = float(np.linalg.norm(end.positions[first] - end.positions[second]))
        if was_bonded and apart > BROKEN * reach:
            return "dissociated"
    if (distances > BOND * limits).all():
        return "desorbed"
    moved = np.linalg.norm(end.positions[:n_slab] - clean.positions, axis=1)
    return "reconstructed" if moved.max() > RECONSTRUCTED else "stays"


def distances_to_slab(end: Structure, n_slab: int) -> NDArray[np.float64]:
    """(adsorbate atoms, slab atoms) A, nearest images in the plane."""
    plane = end.cell[:2, :2]
    offsets = end.positions[n_slab:, None, :] - end.positions[None, :n_slab, :]
    fractions = offsets[..., :2] @ np.linalg.inv(plane)
    offsets[..., :2] = (fractions - np.round(fractions)) @ plane
    return np.asarray(np.linalg.norm(offsets, axis=2))


def doubted(estimate: Estimate, outcome: str) -> Estimate:
    """The energy of an outcome that is no adsorption energy, marked so."""
    reasons = {
        "desorbed": "the adsorbate left the surface",
        "dissociated": "the adsorbate broke into pieces on the surface",
        "reconstructed": "the surface itself changed its shape under the adsorbate",
        "not relaxed": "the relaxation used up its steps",
    }
    return replace(estimate, light="red", reason=reasons[outcome])
