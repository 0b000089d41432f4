"""The pair list that every potential receives."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.state import AtomicState


@dataclass(frozen=True, eq=False)
class NeighborList:
    """Pairs (first, second, shift) that were within `cutoff` when the list was built.

    The vector of a pair is `x[second] + shift @ cell - x[first]`. A list built with a skin holds
    pairs that are now farther apart than a potential's cutoff, so every potential filters.
    A half list holds each pair once; of (i, j, S) and (j, i, -S) either may be the one kept.
    A pair of an atom with its own image has first == second and a shift that is not zero.
    Pairs are sorted by `first`, then `second`, then shift: the order, and with it every rounding,
    depends on the positions at building time only.
    """

    first: Int[Tensor, "n_pairs"]
    second: Int[Tensor, "n_pairs"]
    shifts: Int[Tensor, "n_pairs 3"]
    """Whole cell vectors, int64."""
    cutoff: float
    """A, the skin included."""
    half: bool
    images: Int[Tensor, "n_atoms 3"] | None = None
    """Cell in which each atom was at building time: `x - images @ cell` lies in the home cell."""

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return self.first.shape[0]


def pair_vectors(state: AtomicState, neighbors: NeighborList) -> Float[Tensor, "n_pairs 3"]:
    """Vectors from `first` to `second` in A; differentiable in positions and cell."""
    between = state.positions[neighbors.second] - state.positions[neighbors.first]
    shifts = neighbors.shifts.to(between.dtype)
    if state.n_systems == 1:
        return between + shifts @ state.cell[0]
    cells = state.cell[state.system_idx[neighbors.first]]
    return between + torch.einsum("pa,pab->pb", shifts, cells)
