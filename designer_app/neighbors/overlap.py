"""Whether atoms lie on top of each other, checked once before anything is computed."""

import torch

from designer_app.elements import COVALENT_RADII, SYMBOLS
from designer_app.errors import OverlappingAtomsError
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.state import AtomicState

CLOSEST = 0.5
"""A. No bond is shorter (H-H: 0.74), so anything nearer is a mistake in the input."""
SHARE = 0.3
"""Of the sum of two covalent radii: nearer than that is the middle of no bond either."""


def check_overlaps(state: AtomicState) -> None:
    """Raise `OverlappingAtomsError` for the pair that is deepest inside its closest distance.

    That is 0.5 A or 0.3 times the sum of the covalent radii, whichever is longer. Atoms are counted
    from 0 in their own structure.
    """
    radii = torch.as_tensor(COVALENT_RADII, dtype=state.dtype, device=state.device)[state.numbers]
    reach = max(CLOSEST, 2.0 * SHARE * float(radii.max()))
    neighbors = build_neighbors(state, reach, half=True)
    if neighbors.n_pairs == 0:
        return
    first, second = neighbors.first, neighbors.second
    distances = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
    margins = distances - (SHARE * (radii[first] + radii[second])).clamp(min=CLOSEST)
    worst = int(torch.argmin(margins))
    if float(margins[worst]) >= 0.0:
        return
    pair = torch.stack([first[worst], second[worst]])
    start = torch.searchsorted(state.system_idx, state.system_idx[pair[:1]])
    one, other = (pair - start).tolist()
    names = [SYMBOLS[number] for number in state.numbers[pair].tolist()]
    distance = round(float(distances[worst]), 4)
    raise OverlappingAtomsError(one, other, distance, f"({names[0]} and {names[1]})")
