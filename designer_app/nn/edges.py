"""The graph that every network on atoms reads: nodes, directed edges, vectors along them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.state import AtomicState


@dataclass(frozen=True, eq=False)
class EdgeGraph:
    """Atoms of a batch and every directed pair within a cutoff: (i, j, S) and (j, i, -S) both."""

    numbers: Int[Tensor, "n_atoms"]
    """Atomic numbers."""
    first: Int[Tensor, "n_edges"]
    """Atom that receives the message, ascending."""
    second: Int[Tensor, "n_edges"]
    """Atom that sends it."""
    vectors: Float[Tensor, "n_edges 3"]
    """From `first` to `second` in A; what energies are differentiated by."""
    system_idx: Int[Tensor, "n_atoms"]
    n_systems: int

    @property
    def n_atoms(self) -> int:
        """Nodes."""
        return self.numbers.shape[0]

    @property
    def n_edges(self) -> int:
        """Directed edges."""
        return self.first.shape[0]


def edge_graph(
    state: AtomicState, neighbors: NeighborList, cutoff: float, dtype: torch.dtype
) -> EdgeGraph:
    """The graph of a full list's pairs nearer than `cutoff` A; vectors carry no gradient yet."""
    assert not neighbors.half, "networks read each pair from both ends"
    with torch.no_grad():
        vectors = pair_vectors(state, neighbors)
        near = (vectors.square().sum(dim=1) < cutoff * cutoff).nonzero().squeeze(1)
    return EdgeGraph(
        numbers=state.numbers,
        first=neighbors.first[near],
        second=neighbors.second[near],
        vectors=vectors[near].to(dtype),
        system_idx=state.system_idx,
        n_systems=state.n_systems,
    )
