"""The graph that every network on atoms reads: nodes, directed edges, vectors along them."""

from dataclasses import dataclass, replace

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
    reverse: Int[Tensor, "n_edges"]
    """Place of the same pair seen from its other end: (j, i, -S) of (i, j, S)."""
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
    first, second = neighbors.first[near], neighbors.second[near]
    return EdgeGraph(
        numbers=state.numbers,
        first=first,
        second=second,
        reverse=reverse_edges(first, second, neighbors.shifts[near], state.n_atoms),
        vectors=vectors[near].to(dtype),
        system_idx=state.system_idx,
        n_systems=state.n_systems,
    )


def nearer(graph: EdgeGraph, cutoff: float) -> tuple[EdgeGraph, Int[Tensor, "n_near"]]:
    """(the graph of the edges shorter than `cutoff` A alone, where they were)."""
    near = graph.vectors.detach().square().sum(dim=1) < cutoff * cutoff
    ids = near.nonzero().squeeze(1)
    places = torch.cumsum(near, 0) - 1
    fewer = replace(
        graph,
        first=graph.first[ids],
        second=graph.second[ids],
        reverse=places[graph.reverse[ids]],
        vectors=graph.vectors[ids],
    )
    return fewer, ids


def reverse_edges(
    first: Int[Tensor, "n_edges"],
    second: Int[Tensor, "n_edges"],
    shifts: Int[Tensor, "n_edges 3"],
    n_atoms: int,
) -> Int[Tensor, "n_edges"]:
    """Place of (j, i, -S) for each (i, j, S); edges are in the order of neighbor lists.

    Edges sorted by (first, second, shift) and edges sorted by (second, first, -shift) run through
    the same triples: the second order is the answer.
    """
    if not len(first):
        return first.clone()
    far = int(shifts.abs().max())
    key = second.long() * n_atoms + first
    if far:
        back = far - shifts.long()
        for axis in range(3):
            key = key * (2 * far + 1) + back[:, axis]
    return torch.argsort(key)
