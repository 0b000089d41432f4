"""The pair list of a batch of structures, whatever their cells and sizes."""

import numpy as np
import torch
from torch import Tensor

from designer_app.compiled import HAS_COMPILER
from designer_app.errors import OutOfMemoryError
from designer_app.neighbors.cell_list import pairs_by_boxes, sorted_order
from designer_app.neighbors.cell_list_compiled import sorted_pairs
from designer_app.neighbors.home_cell import HomeCells, bring_home
from designer_app.neighbors.pairs import NeighborList
from designer_app.state import AtomicState

_MOST_PAIRS = 2**28
"""About 11 GB. Atoms that collapsed onto each other would ask for more than any machine has."""


def build_neighbors(state: AtomicState, cutoff: float, half: bool) -> NeighborList:
    """All pairs nearer than `cutoff` A, sorted; no gradient flows through the search.

    Any cell shape, cells thinner than the cutoff, 0 to 3 periodic directions, atoms anywhere.
    Raises `InvalidPositionsError` for positions or cells that mean nothing, `OutOfMemoryError`
    where atoms or lattice planes are packed beyond sense.
    """
    home = bring_home(state)
    if cutoff <= 0:
        none = torch.zeros(0, dtype=torch.int64, device=state.device)
        return NeighborList(none, none, none.reshape(0, 3), cutoff, half, home.images)
    copies = np.prod(1.0 + 2.0 * home.pbc * cutoff / home.heights, axis=1)
    if (state.atoms_per_system.cpu().numpy() * copies).sum() > _MOST_PAIRS:
        raise OutOfMemoryError(state.device.type, state.n_atoms)
    if state.device.type == "cpu" and HAS_COMPILER:
        first, second, shifts = _compiled_search(home, state, cutoff, half)
    else:
        first, second, shifts = _torch_search(home, state, cutoff, half)
    return NeighborList(first, second, shifts, cutoff, half, home.images)


def _compiled_search(
    home: HomeCells, state: AtomicState, cutoff: float, half: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """One structure after the other by machine code."""
    positions = home.positions.to(torch.float64).numpy()
    fractions = home.fractions.to(torch.float64).numpy()
    images = home.images.numpy()
    ends = np.cumsum(state.atoms_per_system.numpy())
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    start = 0
    for system, end in enumerate(ends):
        mine = slice(start, end)
        first, second, shifts = sorted_pairs(
            positions[mine],
            fractions[mine],
            images[mine],
            home.cell[system],
            home.heights[system],
            home.pbc[system],
            float(cutoff),
            half,
            _MOST_PAIRS,
        )
        if len(first) > len(second):
            raise OutOfMemoryError("cpu", state.n_atoms)
        found.append((first + start, second + start, shifts) if start else (first, second, shifts))
        start = end
    if len(found) == 1:
        first, second, shifts = found[0]
    else:
        first, second, shifts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return torch.from_numpy(first), torch.from_numpy(second), torch.from_numpy(shifts)


@torch.no_grad()
def _torch_search(
    home: HomeCells, state: AtomicState, cutoff: float, half: bool
) -> tuple[Tensor, Tensor, Tensor]:
    """The whole batch on its device."""
    first, second, shifts = pairs_by_boxes(home, state.system_idx, cutoff, _MOST_PAIRS)
    if not half:
        first, second = torch.cat([first, second]), torch.cat([second, first])
        shifts = torch.cat([shifts, -shifts])
    order = sorted_order(first, second, shifts, state.n_atoms)
    first, second = first[order], second[order]
    return first, second, shifts[order] + home.images[first] - home.images[second]
