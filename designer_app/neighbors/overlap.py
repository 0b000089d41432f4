"""Whether atoms lie on top of each other, checked once before anything is computed."""

import torch

from designer_app.elements import SYMBOLS
from designer_app.errors import OverlappingAtomsError
from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.state import AtomicState

CLOSEST = 0.5
"""A. No bond is shorter (H-H: 0.74), so anything nearer is a mistake in the input."""


def check_distances(state: AtomicState, neighbors: NeighborList, closest: float = CLOSEST) -> None:
    """Raise `OverlappingAtomsError` for the nearest pair of the list if it is below `closest` A.

    The list must reach at least as far. Atoms are counted from 0 in their own structure.
    """
    if neighbors.n_pairs == 0:
        return
    distances = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
    nearest = int(torch.argmin(distances))
    distance = float(distances[nearest])
    if distance >= closest:
        return
    pair = torch.stack([neighbors.first[nearest], neighbors.second[nearest]])
    start = torch.searchsorted(state.system_idx, state.system_idx[pair[:1]])
    first, second = (pair - start).tolist()
    one, other = (SYMBOLS[number] for number in state.numbers[pair].tolist())
    raise OverlappingAtomsError(first, second, round(distance, 4), f"({one} and {other})")
