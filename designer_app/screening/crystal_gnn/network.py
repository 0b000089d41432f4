"""The crystal graph network: nodes, edges and a global state that update each other.

Graph networks after Battaglia et al. 2018 (arXiv:1806.01261), for crystals as in GNoME (Merchant
et al. 2023, doi:10.1038/s41586-023-06735-9): shallow networks with swish, messages normalised
before they are added up, an ensemble for the uncertainty. It differs in that
- it runs on folded graphs (`quotient.py`), which changes nothing but the time;
- messages are divided by the sum of their own weights, not by a mean count of neighbours, and the
  edges end smoothly at 1.3 times the distance of the 12th neighbour instead of at 4 A;
- edges carry the distance, also in units of the covalent radii, and four moments of the angles
  around their owner, which GNoME's do not;
- all updates are residual, and the readout gives many properties at once.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import silu

from designer_app.nn.radial import GaussianBasis
from designer_app.nn.scatter import gathered, segment_sum
from designer_app.screening.crystal_gnn.batches import GraphBatch, batch_of
from designer_app.screening.crystal_gnn.graphs import CrystalGraphs
from designer_app.screening.crystal_gnn.quotient import N_ANGULAR

N_ELEMENTS = 119


@dataclass(frozen=True, kw_only=True)
class NetworkSize:
    """Size of the network. GNoME's is 512 wide; the one shipped is for a desktop's processor."""

    hidden: int = 64
    n_layers: int = 3
    n_radial: int = 24
    n_reduced: int = 12
    readout: int = 128
    outputs: int = 1


class CrystalGraphNetwork(nn.Module):
    """Properties of crystals, standardised, one column each."""

    def __init__(self, size: NetworkSize) -> None:
        super().__init__()
        self.size = size
        n = size.hidden
        self.element = nn.Embedding(N_ELEMENTS, n)
        self.surrounding = nn.Linear(2, n)
        self.distance = GaussianBasis(0.8, 7.0, size.n_radial)
        self.contact = GaussianBasis(0.5, 2.6, size.n_reduced)
        self.edge = nn.Linear(size.n_radial + size.n_reduced + N_ANGULAR, n)
        self.world = nn.Linear(1, n)
        layers = [_Block(n, is_last=k + 1 == size.n_layers) for k in range(size.n_layers)]
        self.blocks = nn.ModuleList(layers)
        self.node_readout = nn.Linear(n, size.readout)
        self.world_readout = nn.Linear(n, size.readout)
        self.hidden_readout = nn.Linear(size.readout, size.readout)
        self.out = nn.Linear(size.readout, size.outputs)

    def forward(self, batch: GraphBatch) -> Float[Tensor, "n_graphs outputs"]:
        """The standardised properties of each graph; the same for a crystal and its supercells."""
        log_volume = (batch.volumes.log() - 2.9)[:, None]
        nodes = self.element(batch.numbers) + self.surrounding(
            torch.stack([batch.reach / 4.0 - 1.0, batch.shares], dim=1)
        )
        edges = silu(
            self.edge(
                torch.cat(
                    [self.distance(batch.distances), self.contact(batch.reduced), batch.moments],
                    dim=1,
                )
            )
        )
        world = self.world(log_volume)
        for block in self.blocks:
            nodes, edges, world = block(nodes, edges, world, batch)
        per_node = silu(
            self.node_readout(nodes) + gathered(self.world_readout(world), batch.graph_of_node)
        )
        pooled = segment_sum(per_node, batch.graph_of_node, batch.shares)
        return self.out(silu(self.hidden_readout(pooled))).float()


class _Block(nn.Module):
    """One round of updates: edges from their nodes, nodes from their edges, the world from all."""

    def __init__(self, n: int, *, is_last: bool) -> None:
        super().__init__()
        self.node_norm, self.world_norm = nn.LayerNorm(n), nn.LayerNorm(n)
        self.owner, self.other = nn.Linear(n, n, bias=False), nn.Linear(n, n, bias=False)
        self.along = nn.Linear(n, n)
        self.world_to_edge = nn.Linear(n, n, bias=False)
        self.message = nn.Linear(n, n)
        self.edge_out = None if is_last else nn.Linear(n, n)
        self.node_in, self.world_to_node = nn.Linear(n, n), nn.Linear(n, n, bias=False)
        self.node_out = nn.Linear(n, n)
        self.world_in, self.pool_to_world = nn.Linear(n, n), nn.Linear(n, n, bias=False)
        self.world_out = nn.Linear(n, n)

    def forward(
        self, nodes: Tensor, edges: Tensor, world: Tensor, batch: GraphBatch
    ) -> tuple[Tensor, Tensor, Tensor]:
        known, around = self.node_norm(nodes), self.world_norm(world)
        received = self.owner(known) + gathered(self.world_to_edge(around), batch.graph_of_node)
        # A linear layer on [owner, other, edge, world], taken apart: nodes are fewer than edges.
        seen = silu(
            self.along(edges)
            + gathered(received, batch.owners)
            + gathered(self.other(known), batch.others)
        )
        # The mean is linear, so the layer that makes messages is applied after it, once a node.
        message = self.message(segment_sum(seen, batch.owners, batch.weights))
        inner = self.node_in(known) + message
        inner = inner + gathered(self.world_to_node(around), batch.graph_of_node)
        nodes = nodes + self.node_out(silu(inner))
        if self.edge_out is not None:
            edges = edges + self.edge_out(seen)
        pooled = segment_sum(self.node_norm(nodes), batch.graph_of_node, batch.shares)
        world = world + self.world_out(silu(self.world_in(around) + self.pool_to_world(pooled)))
        return nodes, edges, world


def member_outputs(
    network: CrystalGraphNetwork,
    graphs: CrystalGraphs,
    stretch: NDArray[np.float64] | None = None,
    batch_edges: int = 50_000,
) -> NDArray[np.float64]:
    """Scaled outputs of one network for any number of graphs: (n_graphs, n_heads)."""
    network.eval()
    ends = np.cumsum(graphs.n_edges, dtype=np.int64)
    cuts = np.searchsorted(ends, np.arange(batch_edges, ends[-1], batch_edges))
    found = []
    with torch.no_grad():
        for part in np.split(np.arange(len(graphs)), cuts):
            if len(part):
                factor = None if stretch is None else stretch[part]
                found.append(network(batch_of(graphs.chosen(part), factor)).double().numpy())
    return np.concatenate(found)
