"""Sums over pairs as machine code: what a CPU uses for pair potentials.

A half list becomes rows: the partners of atom i, each an atom or a ghost (an atom's image), stand
one after the other as 32-bit numbers. Per row, the partners inside the cutoff are counted out
without a branch, their energies and forces are computed side by side, and the forces are given to
both atoms of each pair. What ghosts receive is returned to their atoms at the end.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from designer_app.compiled import compiled
from designer_app.neighbors.pairs import NeighborList
from designer_app.state import AtomicState

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
ShortArray = NDArray[np.int32]

REORDER = {"contract", "reassoc", "nsz", "arcp"}
"""Liberties with rounding that allow vector instructions; NaN and infinity stay what they are."""


@dataclass(frozen=True, eq=False)
class Rows:
    """A half list as the kernels read it, with images shifted between home positions."""

    starts: IntArray
    """(n_atoms + 1,) where each atom's partners begin."""
    partner: ShortArray
    """Below n_atoms an atom, from there on a ghost."""
    owner: ShortArray
    """(n_ghosts,) atom of which each ghost is an image."""
    shift: ShortArray
    """(n_ghosts, 3) its cell."""
    images: IntArray
    """(n_atoms, 3) cell of each atom when the list was built."""
    system_idx: IntArray


def rows_of(neighbors: NeighborList, state: AtomicState) -> Rows:
    """The rows of a half list on a CPU."""
    n = state.n_atoms
    images = np.zeros((n, 3), np.int64) if neighbors.images is None else neighbors.images.numpy()
    first = neighbors.first.numpy()
    starts = np.searchsorted(first, np.arange(n + 1))
    partner, owner, shift = _with_ghosts(
        first, neighbors.second.numpy(), neighbors.shifts.numpy(), images
    )
    return Rows(starts, partner, owner, shift, images, state.system_idx.numpy())


def points_of(rows: Rows, positions: Tensor, cell: Tensor) -> FloatArray:
    """(n_atoms + n_ghosts, 3) home positions of the atoms, then the ghosts', in A."""
    return _points(
        positions.detach().numpy(),
        cell.detach().numpy(),
        rows.images,
        rows.system_idx,
        rows.owner,
        rows.shift,
    )


@compiled
def _with_ghosts(
    first: IntArray, second: IntArray, shifts: IntArray, images: IntArray
) -> tuple[ShortArray, ShortArray, ShortArray]:
    """Partner of each pair; atom and cell of each ghost."""
    n = len(images)
    most = len(first)  # memory that is not touched costs nothing
    partner = np.empty(most, np.int32)
    owner, earlier = np.empty(most, np.int32), np.empty(most, np.int32)
    shift = np.empty((most, 3), np.int32)
    latest = np.empty(n, np.int32)  # ghosts of an atom are a chain, a few links long
    for i in range(n):
        latest[i] = -1
    n_ghosts = 0
    for p in range(len(first)):
        i, j = first[p], second[p]
        a = shifts[p, 0] - images[i, 0] + images[j, 0]
        b = shifts[p, 1] - images[i, 1] + images[j, 1]
        c = shifts[p, 2] - images[i, 2] + images[j, 2]
        if a == 0 and b == 0 and c == 0:
            partner[p] = j
            continue
        g = latest[j]
        while g >= 0 and not (shift[g, 0] == a and shift[g, 1] == b and shift[g, 2] == c):
            g = earlier[g]
        if g < 0:
            g = n_ghosts
            n_ghosts += 1
            owner[g] = j
            shift[g, 0], shift[g, 1], shift[g, 2] = a, b, c
            earlier[g] = latest[j]
            latest[j] = g
        partner[p] = n + g
    return partner, owner[:n_ghosts].copy(), shift[:n_ghosts].copy()


@compiled
def _points(
    positions: FloatArray,
    cell: FloatArray,
    images: IntArray,
    system_idx: IntArray,
    owner: ShortArray,
    shift: ShortArray,
) -> FloatArray:
    n = len(positions)
    points = np.empty((n + len(owner), 3))
    for i in range(n):
        a, b, c = images[i, 0], images[i, 1], images[i, 2]
        rows = cell[system_idx[i]]
        for k in range(3):
            points[i, k] = positions[i, k] - (a * rows[0, k] + (b * rows[1, k] + c * rows[2, k]))
    for g in range(len(owner)):
        a, b, c = shift[g, 0], shift[g, 1], shift[g, 2]
        rows = cell[system_idx[owner[g]]]
        for k in range(3):
            moved = a * rows[0, k] + (b * rows[1, k] + c * rows[2, k])
            points[n + g, k] = points[owner[g], k] + moved
    return points


@compiled(fastmath=REORDER)
def near_partners(
    i: int,
    points: FloatArray,
    starts: IntArray,
    partner: ShortArray,
    farthest2: float,
    near: ShortArray,
    distance2: FloatArray,
) -> int:
    """Number of partners of atom i within the cutoff; they and their squared distances."""
    x, y, z = points[i, 0], points[i, 1], points[i, 2]
    found = 0
    for p in range(starts[i], starts[i + 1]):
        j = partner[p]
        dx, dy, dz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
        r2 = dx * dx + dy * dy + dz * dz
        near[found] = j
        distance2[found] = r2
        found += r2 < farthest2
    return found


@compiled(fastmath=REORDER)
def push_apart(
    i: int,
    n_near: int,
    near: ShortArray,
    push: FloatArray,
    points: FloatArray,
    forces: FloatArray,
    virial: FloatArray,
) -> None:
    """Adds `push` times the vector to each partner's force, the opposite to atom i's.

    `virial`, where it has rows, gets the sum of -vector x force (xx, yy, zz, yz, xz, xy) of row i.
    """
    x, y, z = points[i, 0], points[i, 1], points[i, 2]
    fx = fy = fz = 0.0
    for p in range(n_near):
        j = near[p]
        gx, gy, gz = (
            push[p] * (points[j, 0] - x),
            push[p] * (points[j, 1] - y),
            push[p] * (points[j, 2] - z),
        )
        fx, fy, fz = fx - gx, fy - gy, fz - gz
        forces[j, 0] += gx
        forces[j, 1] += gy
        forces[j, 2] += gz
    forces[i, 0] += fx
    forces[i, 1] += fy
    forces[i, 2] += fz
    if len(virial) > 0:
        for p in range(n_near):
            j = near[p]
            dx, dy, dz = points[j, 0] - x, points[j, 1] - y, points[j, 2] - z
            virial[i, 0] -= push[p] * dx * dx
            virial[i, 1] -= push[p] * dy * dy
            virial[i, 2] -= push[p] * dz * dz
            virial[i, 3] -= push[p] * dy * dz
            virial[i, 4] -= push[p] * dx * dz
            virial[i, 5] -= push[p] * dx * dy


@compiled
def share_energies(
    i: int, n_near: int, near: ShortArray, energy: FloatArray, shares: FloatArray
) -> None:
    """Gives half of each pair's energy to each of its atoms, where shares are kept."""
    if len(shares) > 0:
        for p in range(n_near):
            shares[i] += 0.5 * energy[p]
            shares[near[p]] += 0.5 * energy[p]


@compiled
def return_to_owners(owner: ShortArray, forces: FloatArray, shares: FloatArray) -> None:
    """Adds what ghosts received to the atoms of which they are images."""
    n = len(forces) - len(owner)
    for g in range(len(owner)):
        for k in range(3):
            forces[owner[g], k] += forces[n + g, k]
    if len(shares) > 0:
        for g in range(len(owner)):
            shares[owner[g]] += shares[n + g]


@compiled
def longest_row(starts: IntArray) -> int:
    """The largest number of partners."""
    longest = 0
    for i in range(len(starts) - 1):
        longest = max(longest, starts[i + 1] - starts[i])
    return longest


@compiled(fastmath=REORDER)
def switched(
    r2: float, energy: float, slope: float, begin2: float, end2: float
) -> tuple[float, float]:
    """Energy in eV and -2 dE/d(r^2) in eV/A^2 of a pair, switched off towards the cutoff.

    `slope` is dE/d(r^2) before. The factor S = (c - s)^2 (c + 2 s - 3 b) / (c - b)^3 of s = r^2
    falls from 1 at b = begin^2 to 0 at c = end^2, with no slope at either.
    """
    s = min(max(r2, begin2), end2)
    left, width = end2 - s, end2 - begin2
    factor = left * left * (end2 + 2.0 * s - 3.0 * begin2) / (width * width * width)
    fall = 6.0 * left * (begin2 - s) / (width * width * width)
    return energy * factor, -2.0 * (slope * factor + energy * fall)
