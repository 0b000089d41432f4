"""Who is next to whom in a prototype, whatever its elements are: the graph that heads pass messages
over.

In the prototype's typical geometry, scaled to one volume a^3 for each atom, an atom of slot s
sees of slot t

    c(s, t, b) = < sum_j exp(-(d_ij / a - r_b)^2 / 2 w^2) >, over i in s, j in t

for radii r_b from bonds to second neighbours. A library that grows needs no new training: heads
know prototypes by these numbers alone.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import MAX_SLOTS, CrystalTokens
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.state import state_from_structures

RADII = (0.70, 0.85, 1.00, 1.15, 1.35, 1.60)
"""r_b in units of the edge a of the volume of one atom; close packing has its neighbours at 1.12,
oxides their bonds at 0.8 to 0.9."""
WIDTHS = (0.08, 0.08, 0.08, 0.10, 0.12, 0.14)
_REACH = 2.0
_CHUNK = 200
_PLACEHOLDER = 6
"""Atomic number that stands in every slot; contacts do not depend on it."""
N_RADII = len(RADII)


def contacts_of(library: PrototypeLibrary) -> NDArray[np.float32]:
    """(C, MAX_SLOTS, MAX_SLOTS, N_RADII) contacts of every prototype; some seconds for all."""
    found = np.zeros((len(library), MAX_SLOTS, MAX_SLOTS, N_RADII), dtype=np.float32)
    for start in range(0, len(library), _CHUNK):
        rows = range(start, min(start + _CHUNK, len(library)))
        found[start : rows.stop] = _contacts(library, rows)
    return found


def descriptors_of(library: PrototypeLibrary) -> NDArray[np.float32]:
    """(C, n) of every prototype: crystal system, ln of atoms in the cell and of operations a
    site, free numbers, slots.
    """
    systems = np.searchsorted((3, 16, 75, 143, 168, 195), library.space_groups, side="right")
    n_slots = (library.slot_counts > 0).sum(axis=1)
    free = library.n_geometry.sum(axis=1)
    rest = np.stack([np.log(library.n_atoms), n_slots, np.log1p(free)], axis=1)
    return np.concatenate([np.eye(7)[systems], rest], axis=1).astype(np.float32)


def _contacts(library: PrototypeLibrary, rows: Sequence[int]) -> Float[np.ndarray, "n s s b"]:
    tokens = [_typical(library, row) for row in rows]
    structures = [library.structure_of(each) for each in tokens]
    slots = np.concatenate([_slots(library, row) for row in rows])
    state = state_from_structures(structures, torch.device("cpu"))
    neighbors = build_neighbors(state, _REACH, half=False)
    with torch.no_grad():
        lengths = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
    radii, widths = torch.tensor(RADII), torch.tensor(WIDTHS)
    seen = torch.exp(-(((lengths[:, None] - radii) / widths) ** 2) / 2).to(torch.float32)
    slot = torch.as_tensor(slots)
    place = (state.system_idx[neighbors.first] * MAX_SLOTS + slot[neighbors.first]) * MAX_SLOTS
    total: Tensor = torch.zeros(len(rows) * MAX_SLOTS**2, N_RADII)
    total.index_add_(0, place + slot[neighbors.second], seen)
    counts = np.maximum(library.slot_counts[list(rows)], 1.0)
    summed = total.numpy().reshape(len(rows), MAX_SLOTS, MAX_SLOTS, N_RADII)
    return summed / counts[:, :, None, None]


def _typical(library: PrototypeLibrary, row: int) -> CrystalTokens:
    """The prototype in the medians of its members, one A^3 an atom."""
    prototype = library.prototypes[row]
    elements = tuple(_PLACEHOLDER + slot for slot in range(prototype.kind.n_slots))
    return CrystalTokens(row, elements, 1.0, prototype.shape, prototype.free)


def _slots(library: PrototypeLibrary, row: int) -> NDArray[np.int64]:
    """Slot of each atom, in the order of `structure_of`."""
    orbits = library.prototypes[row].kind.orbits
    return np.repeat([orbit.slot for orbit in orbits], [orbit.count for orbit in orbits])
