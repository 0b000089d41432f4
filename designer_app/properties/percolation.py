"""At which energy places in a crystal connect to ways without end, and in how many directions.

Places are nodes, and edges lead from a node to another one in the same cell or a cell away. Edges
are added in the order of their energy (Kruskal). A union-find structure that keeps the cell of
each node relative to its root sees a way that closes on itself a lattice vector away: such vectors
span the directions in which a component percolates. Being exact for the infinite crystal, this
needs no supercell, and its answer is the same in every cell of the crystal.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Places and what connects them."""

    n_nodes: int
    first: Indices
    """(n_edges,)."""
    second: Indices
    shifts: Indices
    """(n_edges, 3) cell of the second place, seen from the first."""
    energies: NDArray[np.float64]
    """(n_edges,) eV at the highest point between the two."""


@dataclass(frozen=True, eq=False)
class Percolation:
    """Where ways without end appear."""

    energies: tuple[float, float, float]
    """eV at which they appear in one, two and three directions; infinite where they do not."""
    direction: tuple[int, int, int]
    """Lattice vector of the first way; zeros where there is none."""
    node: int
    """A place on it; -1."""


def percolation(network: Network) -> Percolation:
    """The energies at which a component first spans 1, 2 and 3 directions."""
    order = np.argsort(network.energies, kind="stable")
    edges, direction = _spanning(
        network.n_nodes, network.first, network.second, network.shifts, order
    )
    found = [math.inf if edge < 0 else float(network.energies[edge]) for edge in edges]
    node = -1 if edges[0] < 0 else int(network.first[edges[0]])
    x, y, z = (int(value) for value in direction)
    return Percolation((found[0], found[1], found[2]), (x, y, z), node)


def connecting_energy(network: Network, start: int, end: int) -> float:
    """The energy in eV at which two places, in whatever cells, are first connected."""
    order = np.argsort(network.energies, kind="stable")
    edge = _connecting(
        network.n_nodes, network.first, network.second, network.shifts, order, start, end
    )
    return math.inf if edge < 0 else float(network.energies[edge])


def way(
    network: Network,
    lengths: NDArray[np.float64],
    node: int,
    direction: tuple[int, int, int],
    highest: float,
) -> tuple[Indices, Indices]:
    """Nodes and their cells along the way from a node to itself a lattice vector away.

    Of all ways below an energy the one with the smallest sum of `lengths` over its edges
    (Dijkstra). Both are empty where there is none.
    """
    beginnings, ends, shifts, costs = _directed(network, lengths, highest)
    place_of = np.searchsorted(beginnings, np.arange(network.n_nodes + 1))
    start, goal = (node, 0, 0, 0), (node, *direction)
    best: dict[tuple[int, ...], float] = {start: 0.0}
    came: dict[tuple[int, ...], tuple[int, ...]] = {}
    waiting: list[tuple[float, tuple[int, ...]]] = [(0.0, start)]
    reach = 1 + max(abs(value) for value in direction)
    while waiting:
        cost, here = heapq.heappop(waiting)
        if here == goal:
            return _traced(came, goal)
        if cost > best[here]:
            continue
        for edge in range(place_of[here[0]], place_of[here[0] + 1]):
            x, y, z = (here[1 + axis] + shifts[edge][axis] for axis in range(3))
            if max(abs(x), abs(y), abs(z)) > reach:
                continue
            there = (ends[edge], x, y, z)
            total = cost + costs[edge]
            if total < best.get(there, math.inf):
                best[there], came[there] = total, here
                heapq.heappush(waiting, (total, there))
    return np.empty(0, dtype=np.int64), np.empty((0, 3), dtype=np.int64)


def _directed(
    network: Network, lengths: NDArray[np.float64], highest: float
) -> tuple[Indices, list[int], list[list[int]], list[float]]:
    """Both directions of each edge below an energy, sorted by where they begin."""
    low = network.energies <= highest
    beginnings = np.concatenate([network.first[low], network.second[low]])
    ends = np.concatenate([network.second[low], network.first[low]])
    shifts = np.concatenate([network.shifts[low], -network.shifts[low]])
    costs = np.concatenate([lengths[low], lengths[low]])
    order = np.argsort(beginnings, kind="stable")
    return beginnings[order], ends[order].tolist(), shifts[order].tolist(), costs[order].tolist()


def _traced(
    came: dict[tuple[int, ...], tuple[int, ...]], goal: tuple[int, ...]
) -> tuple[Indices, Indices]:
    steps = [goal]
    while steps[-1] in came:
        steps.append(came[steps[-1]])
    table = np.array(steps[::-1], dtype=np.int64)
    return table[:, 0], table[:, 1:]


@compiled
def _root(parent, offset, node):  # noqa: ANN001, ANN202 - numba's types
    """The root of a node; afterwards the node hangs on it directly, its cell seen from there."""
    x, y, z = 0, 0, 0
    root = node
    while parent[root] != root:
        x += offset[root, 0]
        y += offset[root, 1]
        z += offset[root, 2]
        root = parent[root]
    while parent[node] != node:
        after = parent[node]
        dx, dy, dz = offset[node, 0], offset[node, 1], offset[node, 2]
        parent[node] = root
        offset[node, 0], offset[node, 1], offset[node, 2] = x, y, z
        x, y, z = x - dx, y - dy, z - dz
        node = after
    return root


@compiled
def _gained(basis, rank, vector):  # noqa: ANN001, ANN202
    """The rank of a component with one more closing vector, kept where it is a new direction."""
    x, y, z = vector[0], vector[1], vector[2]
    is_new = False
    if rank == 0:
        is_new = x != 0 or y != 0 or z != 0
    elif rank < 3:
        a, b, c = basis[0, 0], basis[0, 1], basis[0, 2]
        p, q, r = b * z - c * y, c * x - a * z, a * y - b * x
        if rank == 1:
            is_new = p != 0 or q != 0 or r != 0
        else:
            is_new = p * basis[1, 0] + q * basis[1, 1] + r * basis[1, 2] != 0
    if is_new:
        basis[rank, 0], basis[rank, 1], basis[rank, 2] = x, y, z
        return rank + 1
    return rank


@compiled
def _spanning(n_nodes, first, second, shifts, order):  # noqa: ANN001, ANN202
    """The edges at which a component first spans 1, 2, 3 directions; its first closing vector."""
    parent = np.arange(n_nodes)
    offset = np.zeros((n_nodes, 3), dtype=np.int64)
    basis = np.zeros((n_nodes, 3, 3), dtype=np.int64)
    rank = np.zeros(n_nodes, dtype=np.int64)
    edges = np.full(3, -1)
    direction = np.zeros(3, dtype=np.int64)
    reached = 0
    for edge in order:
        i, j = first[edge], second[edge]
        one, other = _root(parent, offset, i), _root(parent, offset, j)
        step = offset[i] + shifts[edge] - offset[j]
        if one == other:
            rank[one] = _gained(basis[one], rank[one], step)
        else:
            parent[other] = one
            offset[other] = step
            for k in range(rank[other]):
                rank[one] = _gained(basis[one], rank[one], basis[other, k])
        while reached < rank[one]:
            if reached == 0:
                direction[:] = basis[one, 0]
            edges[reached] = edge
            reached += 1
        if reached == 3:
            break
    return edges, direction


@compiled
def _connecting(n_nodes, first, second, shifts, order, start, end):  # noqa: ANN001, ANN202
    """The edge at which two nodes get the same root; -1 where they never do."""
    parent = np.arange(n_nodes)
    offset = np.zeros((n_nodes, 3), dtype=np.int64)
    for edge in order:
        i, j = first[edge], second[edge]
        one, other = _root(parent, offset, i), _root(parent, offset, j)
        if one == other:
            continue
        parent[other] = one
        offset[other] = offset[i] + shifts[edge] - offset[j]
        if _root(parent, offset, start) == _root(parent, offset, end):
            return edge
    return -1
