"""One structure's graph with equal atoms and equal edges folded together, as machine code.

A message-passing network of invariants cannot tell two atoms apart whose neighbourhoods are the
same to any depth. Such atoms form a class (the coarsest equitable partition, found by colour
refinement: Weisfeiler and Leman 1968), and a network on the classes, with each edge weighted by
how often it occurs, gives exactly what it gives on all atoms. A typical crystal of 13 atoms has 4
classes, a supercell has the classes of its cell.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

WEIGHT = 1
"""Column of an edge's weight; distance stands before it, moments after."""
N_ANGULAR = 4
"""Legendre moments of the angles at an edge, of orders 1 to 4."""
SAME_DISTANCE, SAME_MOMENT = 2e-3, 4e-3
"""A, and its like for moments: values whose sorted neighbours are nearer than this are one."""


@compiled
def reaches(
    rows: IntArray, distances: FloatArray, k: int, stretch: float, most: float
) -> FloatArray:
    """How far each atom's edges go, in A: `stretch` times the distance of its k-th neighbour.

    Continuous in the geometry and blind to the order of atoms: a count of nearest neighbours
    alone would cut shells of equal distance apart at random.
    """
    n = len(rows) - 1
    found = np.empty(n)
    for i in range(n):
        mine = np.sort(distances[rows[i] : rows[i + 1]])
        found[i] = min(most, stretch * mine[k - 1]) if len(mine) >= k else most
    return found


@compiled
def legendre(order: int, x: float) -> float:
    """Legendre polynomials of orders 1 to 4."""
    if order == 1:
        return x
    if order == 2:
        return 1.5 * x * x - 0.5
    if order == 3:
        return 2.5 * x**3 - 1.5 * x
    return (35.0 * x**4 - 30.0 * x * x + 3.0) / 8.0


@compiled
def moments(rows: IntArray, vectors: FloatArray, weights: FloatArray) -> FloatArray:
    """(n_edges, 4): weighted mean over the first atom's edges of P_l(cos of their angle)."""
    found = np.zeros((len(weights), N_ANGULAR))
    for i in range(len(rows) - 1):
        total = weights[rows[i] : rows[i + 1]].sum()
        for a in range(rows[i], rows[i + 1]):
            for b in range(rows[i], rows[i + 1]):
                cosine = 0.0
                for axis in range(3):
                    cosine += vectors[a, axis] * vectors[b, axis]
                for order in range(N_ANGULAR):
                    found[a, order] += weights[b] * legendre(order + 1, cosine) / total
    return found


@compiled
def bins(values: FloatArray, same: float) -> IntArray:
    """A number for each value; neighbours in sorted order nearer than `same` share it."""
    order = np.argsort(values)
    found = np.zeros(len(values), np.int64)
    number = 0
    for place in range(1, len(values)):
        if values[order[place]] - values[order[place - 1]] > same:
            number += 1
        found[order[place]] = number
    return found


@compiled
def mixed(a: Any, b: Any) -> Any:
    """Two 64-bit numbers stirred into one (splitmix64's finaliser)."""
    x = a * np.uint64(0x9E3779B97F4A7C15) + b + np.uint64(0x632BE59BD9B4E019)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@compiled
def classes(
    numbers: IntArray, rows: IntArray, second: IntArray, kinds: NDArray[np.uint64]
) -> IntArray:
    """Class of each atom: equal elements with equal edges to equal classes, to any depth."""
    n = len(numbers)
    colors = np.empty(n, np.uint64)
    for i in range(n):
        colors[i] = mixed(np.uint64(numbers[i]), np.uint64(0))
    n_classes = len(np.unique(colors))
    while True:
        fresh = np.empty(n, np.uint64)
        for i in range(n):
            total = np.uint64(0)
            for edge in range(rows[i], rows[i + 1]):
                total += mixed(kinds[edge], colors[second[edge]])
            fresh[i] = mixed(colors[i], total)
        found = len(np.unique(fresh))
        colors = fresh
        if found == n_classes:
            break
        n_classes = found
    names = np.unique(colors)
    first = np.full(len(names), n, np.int64)
    index = np.searchsorted(names, colors)
    for i in range(n):
        first[index[i]] = min(first[index[i]], i)
    place = np.argsort(np.argsort(first))
    return place[index]


@compiled
def kinds_of(table: FloatArray) -> NDArray[np.uint64]:
    """A name for each edge: equal where distance and moments are."""
    kinds = np.zeros(len(table), np.uint64)
    for column in range(table.shape[1]):
        if column != WEIGHT:
            same = SAME_DISTANCE if column == 0 else SAME_MOMENT
            found = bins(table[:, column].copy(), same)
            for edge in range(len(table)):
                kinds[edge] = mixed(kinds[edge], np.uint64(found[edge]))
    return kinds


@compiled
def folded_edges(
    table: FloatArray, kinds: NDArray[np.uint64], others: IntArray
) -> tuple[IntArray, FloatArray]:
    """The edges of one atom, equal ones to one class folded, nearest first: (classes, rows).

    Weights are summed and divided by the atom's sum; distances and moments are averaged.
    """
    keys = np.empty(len(table), np.uint64)
    for edge in range(len(table)):
        keys[edge] = mixed(kinds[edge], np.uint64(others[edge]))
    order = np.argsort(keys)
    total = table[:, WEIGHT].sum()
    ends = np.empty(len(table), np.int64)
    out = np.zeros_like(table)
    n_out, count = 0, 0
    for place in range(len(order)):
        edge = order[place]
        if place == 0 or keys[edge] != keys[order[place - 1]]:
            ends[n_out] = others[edge]
            n_out += 1
            count = 0
        count += 1
        last = n_out - 1
        for column in range(table.shape[1]):
            if column == WEIGHT:
                out[last, column] += table[edge, column] / total
            else:
                out[last, column] += (table[edge, column] - out[last, column]) / count
    near = np.argsort(out[:n_out, 0])
    return ends[:n_out][near], out[:n_out][near]


@compiled
def folded(
    numbers: IntArray, rows: IntArray, second: IntArray, table: FloatArray
) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
    """Classes and their edges: (class of each atom, owner, other, n_edges x (d, w, moments)).

    `table` holds distance, weight and moments of each edge of every atom.
    """
    kinds = kinds_of(table)
    of_atom = classes(numbers, rows, second, kinds)
    owners = np.empty(len(table), np.int64)
    others = np.empty(len(table), np.int64)
    out = np.zeros_like(table)
    n_out, n_done = 0, 0
    for i in range(len(numbers)):
        if of_atom[i] < n_done:  # classes are numbered as they first appear
            continue
        n_done += 1
        mine = slice(rows[i], rows[i + 1])
        ends, edges = folded_edges(table[mine], kinds[mine], of_atom[second[mine]])
        owners[n_out : n_out + len(ends)] = of_atom[i]
        others[n_out : n_out + len(ends)] = ends
        out[n_out : n_out + len(ends)] = edges
        n_out += len(ends)
    return of_atom, owners[:n_out].copy(), others[:n_out].copy(), out[:n_out].copy()
