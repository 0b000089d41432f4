"""Folded graphs as tensors: what the network takes in one call."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.elements import COVALENT_RADII
from designer_app.nn.segments import Segments
from designer_app.screening.crystal_gnn.graphs import CrystalGraphs


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """Graphs side by side; nodes and edges are counted through the batch."""

    numbers: Int[Tensor, "n_nodes"]
    shares: Float[Tensor, "n_nodes"]
    reach: Float[Tensor, "n_nodes"]
    """A."""
    graph_of_node: Segments
    owners: Segments
    others: Segments
    distances: Float[Tensor, "n_edges"]
    """A."""
    reduced: Float[Tensor, "n_edges"]
    """Distance over the sum of the two covalent radii."""
    weights: Float[Tensor, "n_edges"]
    moments: Float[Tensor, "n_edges 4"]
    volumes: Float[Tensor, "n_graphs"]
    """A^3 an atom."""

    @property
    def n_graphs(self) -> int:
        """Graphs in the batch."""
        return len(self.volumes)


def batch_of(graphs: CrystalGraphs, stretch: np.ndarray | None = None) -> GraphBatch:
    """All of the graphs as one batch, each stretched in all directions by a factor where given."""
    n_graphs, n_nodes = len(graphs), len(graphs.numbers)
    graph_of_node = np.repeat(np.arange(n_graphs), graphs.n_nodes)
    first_node = np.cumsum(graphs.n_nodes, dtype=np.int64) - graphs.n_nodes
    base = np.repeat(first_node, graphs.n_edges)
    owners, others = graphs.owners + base, graphs.others + base
    distances, reach, volumes = graphs.distances, graphs.reach, graphs.volumes
    if stretch is not None:
        factor = stretch.astype(np.float32)
        distances = distances * np.repeat(factor, graphs.n_edges)
        reach = reach * factor[graph_of_node]
        volumes = volumes * factor**3
    radii = COVALENT_RADII.astype(np.float32)[graphs.numbers]
    return GraphBatch(
        numbers=_tensor(graphs.numbers, torch.int64),
        shares=_tensor(graphs.shares),
        reach=_tensor(reach),
        graph_of_node=_segments(graph_of_node, n_graphs),
        owners=_segments(owners, n_nodes),
        others=_segments(others, n_nodes),
        distances=_tensor(distances),
        reduced=_tensor(distances / (radii[owners] + radii[others])),
        weights=_tensor(graphs.weights),
        moments=_tensor(graphs.moments),
        volumes=_tensor(volumes),
    )


def _tensor(values: np.ndarray, kind: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(values, dtype=kind)


def _segments(index: np.ndarray, n_segments: int) -> Segments:
    return Segments.of(torch.from_numpy(index.astype(np.int64)), n_segments)
