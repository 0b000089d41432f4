"""Where atoms are in their own periodic cell: what every pair search starts from."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from designer_app.errors import InvalidPositionsError
from designer_app.state import AtomicState

_THINNEST = 0.02
"""A. A periodic cell thinner than this holds no crystal, only endless images."""
_FARTHEST = 1e15
"""A. From here on double precision cannot tell one atom's place from its neighbour's."""


@dataclass(frozen=True, eq=False)
class HomeCells:
    """A batch of structures with each atom brought home along the periodic directions."""

    cell: NDArray[np.float64]
    """(n_systems, 3, 3) A; rows of directions that do not repeat are unit normals of the rest."""
    heights: NDArray[np.float64]
    """(n_systems, 3) A between opposite faces."""
    pbc: NDArray[np.bool_]
    """(n_systems, 3)."""
    images: Int[Tensor, "n_atoms 3"]
    """Cell in which each atom is; 0 along directions that do not repeat."""
    fractions: Float[Tensor, "n_atoms 3"]
    """Coordinates along the rows of `cell`; within 0..1 where they repeat."""
    positions: Float[Tensor, "n_atoms 3"]
    """`x - images @ cell` in A."""


def bring_home(state: AtomicState) -> HomeCells:
    """The atoms in their home cells; raises `InvalidPositionsError` where that has no meaning."""
    positions = state.positions.detach()
    meaningful = positions.abs() < _FARTHEST  # also False where not a number
    if not bool(meaningful.all()):
        bad = torch.nonzero(~meaningful.all(dim=1))
        raise InvalidPositionsError("a position is not a finite number", int(bad[0]))
    pbc = state.pbc.cpu().numpy()
    cell = spanning_cell(state.cell.detach().cpu().numpy().astype(np.float64), pbc)
    with np.errstate(all="ignore"):
        heights = np.abs(np.linalg.det(cell))[:, None] / np.linalg.norm(
            np.cross(cell[:, [1, 2, 0]], cell[:, [2, 0, 1]]), axis=2
        )
    if not (heights > _THINNEST).all():  # also where a height is not a number
        raise InvalidPositionsError("the periodic cell is flat or has a vector of no length")

    def on_device(array: NDArray[np.generic], dtype: torch.dtype) -> Tensor:
        return torch.from_numpy(array).to(device=positions.device, dtype=dtype)

    rows = on_device(cell, positions.dtype)
    inverse = on_device(np.linalg.inv(cell), positions.dtype)
    repeats = on_device(pbc, torch.bool)
    fractions = _row_products(positions, inverse, state)
    whole = torch.floor(fractions) * repeats[state.system_idx]
    return HomeCells(
        cell=cell,
        heights=heights,
        pbc=pbc,
        images=whole.to(torch.int64),
        fractions=fractions - whole,
        positions=positions - _row_products(whole, rows, state),
    )


def spanning_cell(cell: NDArray[np.float64], pbc: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Cells whose rows span space: each row that does not repeat becomes a unit normal in A."""
    spanning = cell.copy()
    for system in np.flatnonzero(~pbc.all(axis=1)):
        repeats = pbc[system]
        if not repeats.any():
            spanning[system] = np.eye(3)
            continue
        _, _, axes = np.linalg.svd(cell[system][repeats], full_matrices=True)
        spanning[system, ~repeats] = axes[repeats.sum() :]
    return spanning


def _row_products(vectors: Tensor, matrices: Tensor, state: AtomicState) -> Tensor:
    """`vectors[i] @ matrices[system of i]`."""
    if state.n_systems == 1:
        return vectors @ matrices[0]
    return torch.einsum("ia,iab->ib", vectors, matrices[state.system_idx])
