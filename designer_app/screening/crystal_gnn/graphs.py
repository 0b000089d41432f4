"""Crystals as folded graphs, and many of them as one set of flat arrays."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.errors import DesignerAppError, MissingCellError
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.screening.crystal_gnn.quotient import (
    N_ANGULAR,
    folded,
    moments,
    reaches,
)
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

NEIGHBORS, STRETCH = 12, 1.3
"""Edges go to 1.3 times the distance of the 12th neighbour and fade out there."""
SEARCHES = (5.0, 8.0, 12.0)
"""A: neighbours are looked for up to here; farther only where an atom has too few."""
CPU = torch.device("cpu")


@dataclass(frozen=True, eq=False)
class CrystalGraphs:
    """Any number of graphs, flat: nodes and edges one after the other."""

    n_nodes: NDArray[np.int32]
    """(n_graphs,)"""
    n_edges: NDArray[np.int32]
    """(n_graphs,)"""
    numbers: NDArray[np.int16]
    """(nodes,) atomic numbers."""
    shares: NDArray[np.float32]
    """(nodes,) share of the crystal's atoms that the node stands for."""
    reach: NDArray[np.float32]
    """(nodes,) A: where its edges end."""
    owners: NDArray[np.int32]
    """(edges,) node that receives, counted within its graph, ascending."""
    others: NDArray[np.int32]
    """(edges,) node that sends."""
    distances: NDArray[np.float32]
    """(edges,) A."""
    weights: NDArray[np.float32]
    """(edges,) share in the sum over the edges of its owner."""
    moments: NDArray[np.float16]
    """(edges, 4) angles: see `quotient.moments`."""
    volumes: NDArray[np.float32]
    """(n_graphs,) A^3 an atom."""

    def __len__(self) -> int:
        return len(self.n_nodes)

    def chosen(self, rows: NDArray[np.int64]) -> "CrystalGraphs":
        """Some of the graphs, in the order given."""
        nodes = _spread(self.n_nodes, rows)
        edges = _spread(self.n_edges, rows)
        kept = {"numbers": nodes, "shares": nodes, "reach": nodes}
        return CrystalGraphs(
            **{
                each.name: getattr(self, each.name)[
                    rows
                    if each.name in ("n_nodes", "n_edges", "volumes")
                    else kept.get(each.name, edges)
                ]
                for each in fields(self)
            }
        )


def joined(parts: Sequence[CrystalGraphs]) -> CrystalGraphs:
    """Several sets as one."""
    return CrystalGraphs(
        **{
            each.name: np.concatenate([getattr(part, each.name) for part in parts])
            for each in fields(CrystalGraphs)
        }
    )


def crystal_graphs(structures: Sequence[Structure], chunk_atoms: int = 512) -> CrystalGraphs:
    """The graphs of crystals.

    Raises what `check_computable` raises, and `MissingCellError` where there is no 3-periodic cell.
    """
    found: list[CrystalGraphs] = []
    chunk: list[Structure] = []
    n_atoms = 0
    for structure in structures:
        chunk.append(structure)
        n_atoms += len(structure)
        if n_atoms >= chunk_atoms:
            found.extend(_built(chunk, 0))
            chunk, n_atoms = [], 0
    if chunk:
        found.extend(_built(chunk, 0))
    return joined(found)


def refusal_of(structure: Structure) -> DesignerAppError | None:
    """Why a structure has no graph, or None."""
    try:
        check_crystal(structure)
    except DesignerAppError as error:
        return error
    return None


def check_crystal(structure: Structure) -> None:
    """Raise where a structure is not a complete crystal."""
    state_from_structures([structure], CPU)
    if not all(structure.pbc) or structure.volume == 0.0:
        raise MissingCellError("the crystal network")


def _built(structures: Sequence[Structure], search: int) -> list[CrystalGraphs]:
    """One set a structure; those whose atoms reach farther than the search are searched again."""
    for structure in structures:
        if not all(structure.pbc) or structure.volume == 0.0:
            raise MissingCellError("the crystal network")
    state = state_from_structures(structures, CPU)
    pairs = build_neighbors(state, SEARCHES[search], half=False)
    vectors = pair_vectors(state, pairs).numpy()
    distances = np.sqrt((vectors * vectors).sum(axis=1))
    first, second = pairs.first.numpy(), pairs.second.numpy()
    rows = np.searchsorted(first, np.arange(state.n_atoms + 1))
    reach = reaches(rows, distances, NEIGHBORS, STRETCH, SEARCHES[-1])
    found: list[CrystalGraphs | None] = []
    again: list[int] = []
    start = 0
    for index, structure in enumerate(structures):
        end = start + len(structure)
        if reach[start:end].max() > SEARCHES[search] and search + 1 < len(SEARCHES):
            again.append(index)
            found.append(None)
        else:
            mine = slice(rows[start], rows[end])
            found.append(
                _graph(
                    structure,
                    reach[start:end],
                    first[mine] - start,
                    second[mine] - start,
                    vectors[mine],
                    distances[mine],
                )
            )
        start = end
    if again:
        redone = _built([structures[index] for index in again], search + 1)
        for index, graph in zip(again, redone, strict=True):
            found[index] = graph
    return [graph for graph in found if graph is not None]


def _graph(
    structure: Structure,
    reach: NDArray[np.float64],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    vectors: NDArray[np.float64],
    distances: NDArray[np.float64],
) -> CrystalGraphs:
    near = distances < reach[first]
    first, second, distances = first[near], second[near], distances[near]
    rows = np.searchsorted(first, np.arange(len(structure) + 1))
    table = np.empty((len(first), 2 + N_ANGULAR))
    table[:, 0] = distances
    table[:, 1] = envelope(distances / reach[first])
    table[:, 2:] = moments(rows, vectors[near] / distances[:, None], table[:, 1])
    with np.errstate(over="ignore"):  # hashes wrap around; without the compiler numpy tells of it
        of_atom, owners, others, edges = folded(structure.numbers, rows, second, table)
    leaders = np.unique(of_atom, return_index=True)[1]
    return CrystalGraphs(
        n_nodes=np.array([len(leaders)], dtype=np.int32),
        n_edges=np.array([len(owners)], dtype=np.int32),
        numbers=structure.numbers[leaders].astype(np.int16),
        shares=(np.bincount(of_atom) / len(structure)).astype(np.float32),
        reach=reach[leaders].astype(np.float32),
        owners=owners.astype(np.int32),
        others=others.astype(np.int32),
        distances=edges[:, 0].astype(np.float32),
        weights=edges[:, 1].astype(np.float32),
        moments=edges[:, 2:].astype(np.float16),
        volumes=np.array([structure.volume / len(structure)], dtype=np.float32),
    )


def envelope(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 at 0, and 0 at 1 with two vanishing derivatives (Gasteiger 2020, arXiv:2003.03123, p=6)."""
    x6 = x**6
    return 1.0 - 28.0 * x6 + 48.0 * x6 * x - 21.0 * x6 * x * x


def _spread(counts: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places of the members of some groups, where `counts` says how many each group has."""
    ends = np.cumsum(counts, dtype=np.int64)
    sizes = counts[rows].astype(np.int64)
    starts = (ends - counts)[rows]
    offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.repeat(starts, sizes) + offsets
