"""Folded graphs as tensors: what the network takes in one call."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.elements import COVALENT_RADII
from designer_app.nn.scatter import Segments
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


PADDING = {"graphs": 64, "nodes": 256, "edges": 1024}
"""Sizes of padded batches are multiples of these: products in half precision are compiled for each
size, which takes longer than the products."""


def batch_of(
    graphs: CrystalGraphs, stretch: np.ndarray | None = None, *, padded: bool = False
) -> GraphBatch:
    """All of the graphs as one batch, each stretched in all directions by a factor where given.

    A padded batch ends with graphs that mean nothing.
    """
    n_graphs, n_nodes, n_edges = len(graphs), len(graphs.numbers), len(graphs.owners)
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
    reduced = distances / (radii[owners] + radii[others])
    sizes = {"graphs": n_graphs, "nodes": n_nodes, "edges": n_edges}
    if padded:
        sizes = {name: _raised(size + 1, PADDING[name]) for name, size in sizes.items()}

    def of_nodes(values: np.ndarray, filler: float) -> np.ndarray:
        return _filled(values, sizes["nodes"], filler)

    def of_edges(values: np.ndarray, filler: float) -> np.ndarray:
        return _filled(values, sizes["edges"], filler)

    return GraphBatch(
        numbers=_tensor(of_nodes(graphs.numbers, 1), torch.int64),
        shares=_tensor(of_nodes(graphs.shares, 0.0)),
        reach=_tensor(of_nodes(reach, 4.0)),
        graph_of_node=_segments(of_nodes(graph_of_node, n_graphs), sizes["graphs"]),
        owners=_segments(of_edges(owners, n_nodes), sizes["nodes"]),
        others=_segments(of_edges(others, n_nodes), sizes["nodes"]),
        distances=_tensor(of_edges(distances, 3.0)),
        reduced=_tensor(of_edges(reduced, 1.0)),
        weights=_tensor(of_edges(graphs.weights, 0.0)),
        moments=_tensor(of_edges(graphs.moments, 0.0)),
        volumes=_tensor(_filled(volumes, sizes["graphs"], 20.0)),
    )


def _raised(size: int, step: int) -> int:
    return -(-size // step) * step


def _filled(values: np.ndarray, size: int, filler: float) -> np.ndarray:
    if len(values) == size:
        return values
    found = np.full((size, *values.shape[1:]), filler, dtype=values.dtype)
    found[: len(values)] = values
    return found


def _tensor(values: np.ndarray, kind: torch.dtype = torch.float32) -> Tensor:
    return torch.tensor(values, dtype=kind)


def _segments(index: np.ndarray, n_segments: int) -> Segments:
    return Segments.of(torch.from_numpy(index.astype(np.int64)), n_segments)
