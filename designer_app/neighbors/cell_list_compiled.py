"""Pairs of one structure by cell list as machine code: what a CPU uses.

Periodic images within reach become ghost atoms, so that the search itself knows no periodicity
and the shape of the cell does not matter: atoms and ghosts are counted into cubes of half a
cutoff, and each atom meets the atoms of the cubes around its own. Pairs are found with ascending
second atom and handed to the row of their first, which leaves each row sorted.
"""

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_ROUNDING = 1.0 + 1e-9
"""Widens reaches so that rounding never hides a pair at the cutoff."""


@compiled
def sorted_pairs(
    positions: FloatArray,
    fractions: FloatArray,
    images: IntArray,
    cell: FloatArray,
    heights: FloatArray,
    pbc: NDArray[np.bool_],
    cutoff: float,
    half: bool,
    most: int,
) -> tuple[IntArray, IntArray, IntArray]:
    """First atom, second atom and shift (n_pairs, 3) of all pairs, sorted.

    Without pairs where there would be more than `most`, the first array holds only a -1.
    """
    points, owner, shift = _with_ghosts(positions, fractions, cell, heights, pbc, cutoff)
    second, ghost, counts = _half_pairs(points, owner, shift, positions, cutoff, most)
    n_pairs = len(ghost)
    if len(second) == 0 and n_pairs == 1:
        return np.full(1, -1), np.zeros(0, np.int64), np.zeros((0, 3), np.int64)
    starts, partner, image = _rows(second, ghost, owner, counts, len(positions), half)
    return _listed(starts, partner, image, shift, images)


@compiled
def _reached_cells(
    fractions: FloatArray, heights: FloatArray, pbc: NDArray[np.bool_], cutoff: float
) -> tuple[IntArray, IntArray, int]:
    """Lowest and highest cell in which an image of each atom matters; images in all."""
    n = len(fractions)
    low = np.zeros((n, 3), np.int64)
    high = np.zeros((n, 3), np.int64)
    total = 0
    for i in range(n):
        copies = 1
        for k in range(3):
            if pbc[k]:
                margin = cutoff * _ROUNDING / heights[k]
                low[i, k] = np.ceil(-margin - fractions[i, k])
                high[i, k] = np.floor(1.0 + margin - fractions[i, k])
            copies *= high[i, k] - low[i, k] + 1
        total += copies
    return low, high, total


@compiled
def _with_ghosts(
    positions: FloatArray,
    fractions: FloatArray,
    cell: FloatArray,
    heights: FloatArray,
    pbc: NDArray[np.bool_],
    cutoff: float,
) -> tuple[FloatArray, NDArray[np.int32], NDArray[np.int32]]:
    """Points, the atom each belongs to, its cell: the atoms, then all images within reach."""
    n = len(positions)
    low, high, total = _reached_cells(fractions, heights, pbc, cutoff)
    points = np.empty((3, total))
    owner = np.empty(total, np.int32)
    shift = np.zeros((total, 3), np.int32)
    for i in range(n):
        owner[i] = i
        for b in range(3):
            points[b, i] = positions[i, b]
    g = n
    for i in range(n):
        # One loop over the block of cells around; the home cell is there already.
        rows, columns = high[i, 1] - low[i, 1] + 1, high[i, 2] - low[i, 2] + 1
        for block in range((high[i, 0] - low[i, 0] + 1) * rows * columns):
            s0 = low[i, 0] + block // (rows * columns)
            s1 = low[i, 1] + block // columns % rows
            s2 = low[i, 2] + block % columns
            if s0 == 0 and s1 == 0 and s2 == 0:
                continue
            owner[g] = i
            shift[g, 0], shift[g, 1], shift[g, 2] = s0, s1, s2
            for b in range(3):
                moved = s0 * cell[0, b] + s1 * cell[1, b] + s2 * cell[2, b]
                points[b, g] = positions[i, b] + moved
            g += 1
    return points, owner, shift


@compiled
def _bounds(points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Lowest corner of all points, and how far they reach from it along each axis."""
    corner, extent = np.empty(3), np.empty(3)
    for b in range(3):
        low = high = points[b, 0]
        for p in range(points.shape[1]):
            low, high = min(low, points[b, p]), max(high, points[b, p])
        corner[b], extent[b] = low, high - low
    return corner, extent


@compiled
def _cubes(
    points: FloatArray, cutoff: float
) -> tuple[FloatArray, IntArray, float, IntArray, NDArray[np.int32]]:
    """Lowest corner, cubes along each axis, width; start of each cube's points; points by cube."""
    total = points.shape[1]
    corner, extent = _bounds(points)
    # Cubes of half a cutoff miss less around the sphere; a few atoms are not worth the loops.
    width = cutoff * _ROUNDING * (0.5 if total > 1500 else 1.0)
    n_cubes = np.empty(3, np.int64)
    while True:
        wanted = 1.0
        for b in range(3):
            wanted *= np.floor(extent[b] / width) + 1.0
        if wanted <= 4.0 * total + 64.0:
            break
        width *= 1.2
    for b in range(3):
        n_cubes[b] = np.int64(extent[b] / width) + 1
    start = np.zeros(n_cubes[0] * n_cubes[1] * n_cubes[2] + 1, np.int64)
    cube = np.empty(total, np.int64)
    for p in range(total):
        c = 0
        for b in range(3):
            c = c * n_cubes[b] + min(np.int64((points[b, p] - corner[b]) / width), n_cubes[b] - 1)
        cube[p] = c
        start[c + 1] += 1
    for c in range(len(start) - 1):
        start[c + 1] += start[c]
    place = start.copy()
    order = np.empty(total, np.int32)
    for p in range(total):
        order[place[cube[p]]] = p
        place[cube[p]] += 1
    return corner, n_cubes, width, start, order


@compiled
def _in_order(
    points: FloatArray,
    owner: NDArray[np.int32],
    shift: NDArray[np.int32],
    order: NDArray[np.int32],
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """Coordinates of the points cube by cube, and of each a rank: at most 2 j where j is second.

    An atom is second to points of atoms below it, and to those of its own images from which its
    shift is positive.
    """
    total = len(order)
    x, y, z = np.empty(total), np.empty(total), np.empty(total)
    rank = np.empty(total, np.int64)
    for p in range(total):
        q = order[p]
        x[p], y[p], z[p] = points[0, q], points[1, q], points[2, q]
        a, b, c = shift[q, 0], shift[q, 1], shift[q, 2]
        positive = a < 0 or (a == 0 and (b < 0 or (b == 0 and c < 0)))
        rank[p] = 2 * owner[q] + (0 if positive else 1)
    return x, y, z, rank


@compiled
def _half_pairs(
    points: FloatArray,
    owner: NDArray[np.int32],
    shift: NDArray[np.int32],
    positions: FloatArray,
    cutoff: float,
    most: int,
) -> tuple[NDArray[np.int32], NDArray[np.int32], IntArray]:
    """Second atom (ascending) and point of the first one of each pair, once; pairs per first atom.

    The first atom has the lower index; of an atom and its own image, the positive shift is kept.
    """
    n = len(positions)
    corner, n_cubes, width, start, order = _cubes(points, cutoff)
    reach = 1 if width >= cutoff else 2
    x, y, z, rank = _in_order(points, owner, shift, order)
    limit = cutoff * cutoff
    counts = np.zeros(n, np.int64)
    second = np.empty(16 * n + 1024, np.int32)
    ghost = np.empty(16 * n + 1024, np.int32)
    found = 0
    at = np.empty(3, np.int64)
    for j in range(n):
        xj, yj, zj = positions[j, 0], positions[j, 1], positions[j, 2]
        for b in range(3):
            at[b] = min(np.int64((positions[j, b] - corner[b]) / width), n_cubes[b] - 1)
        z_low, z_high = max(at[2] - reach, 0), min(at[2] + reach, n_cubes[2] - 1)
        for c0 in range(max(at[0] - reach, 0), min(at[0] + reach, n_cubes[0] - 1) + 1):
            for c1 in range(max(at[1] - reach, 0), min(at[1] + reach, n_cubes[1] - 1) + 1):
                line = (c0 * n_cubes[1] + c1) * n_cubes[2]
                begin, end = start[line + z_low], start[line + z_high + 1]
                if found + end - begin > len(second):
                    second = _longer(second, np.int64(found + end - begin))
                    ghost = _longer(ghost, np.int64(found + end - begin))
                for p in range(begin, end):
                    dx, dy, dz = x[p] - xj, y[p] - yj, z[p] - zj
                    second[found] = j
                    ghost[found] = p
                    # Counting instead of branching: the outcome cannot be predicted.
                    near = (dx * dx + dy * dy + dz * dz < limit) & (rank[p] <= 2 * j)
                    found += near
        if found > most:
            return np.zeros(0, np.int32), np.zeros(1, np.int32), counts
    second, ghost = second[:found], ghost[:found]
    for k in range(found):
        ghost[k] = order[ghost[k]]
        counts[owner[ghost[k]]] += 1
    return second, ghost, counts


@compiled
def _longer(array: NDArray[np.int32], needed: np.int64) -> NDArray[np.int32]:
    grown = np.empty(2 * needed, np.int32)
    for k in range(len(array)):
        grown[k] = array[k]
    return grown


@compiled
def _rows(
    second: NDArray[np.int32],
    ghost: NDArray[np.int32],
    owner: NDArray[np.int32],
    counts: IntArray,
    n: int,
    half: bool,
) -> tuple[IntArray, NDArray[np.int32], NDArray[np.int32]]:
    """Start of each atom's row; partner and image in each place (~image: seen from the other)."""
    starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        starts[i + 1] = starts[i] + counts[i]
    place = starts.copy()
    partner = np.empty(len(second), np.int32)
    image = np.empty(len(second), np.int32)
    for k in range(len(second)):
        i = owner[ghost[k]]
        partner[place[i]] = second[k]
        image[place[i]] = ghost[k]
        place[i] += 1
    if half:
        return starts, partner, image
    both = counts.copy()
    for j in second:
        both[j] += 1
    full_starts = np.zeros(n + 1, np.int64)
    for i in range(n):
        full_starts[i + 1] = full_starts[i] + both[i]
    place = full_starts.copy()
    full_partner = np.empty(2 * len(second), np.int32)
    full_image = np.empty(2 * len(second), np.int32)
    for i in range(n):
        for k in range(starts[i], starts[i + 1]):
            j = partner[k]
            full_partner[place[i]], full_image[place[i]] = j, image[k]
            place[i] += 1
            full_partner[place[j]], full_image[place[j]] = i, ~image[k]
            place[j] += 1
    return full_starts, full_partner, full_image


@compiled
def _is_after(
    partner_a: int, image_a: int, partner_b: int, image_b: int, shift: NDArray[np.int32]
) -> bool:
    """Whether pair a of a row belongs behind pair b."""
    if partner_a != partner_b:
        return partner_a > partner_b
    for k in range(3):
        a = shift[~image_a, k] if image_a < 0 else -shift[image_a, k]
        b = shift[~image_b, k] if image_b < 0 else -shift[image_b, k]
        if a != b:
            return a > b
    return False


@compiled
def _listed(
    starts: IntArray,
    partner: NDArray[np.int32],
    image: NDArray[np.int32],
    shift: NDArray[np.int32],
    images: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """First, second and shift between unwrapped positions; rows are sorted on the way."""
    n_pairs = len(partner)
    first = np.empty(n_pairs, np.int64)
    second = np.empty(n_pairs, np.int64)
    shifts = np.empty((n_pairs, 3), np.int64)
    for i in range(len(starts) - 1):
        begin, end = starts[i], starts[i + 1]
        for k in range(begin + 1, end):  # nearly sorted, so each pair moves a place or two
            held_partner, held_image = partner[k], image[k]
            p = k - 1
            while p >= begin and _is_after(partner[p], image[p], held_partner, held_image, shift):
                partner[p + 1], image[p + 1] = partner[p], image[p]
                p -= 1
            partner[p + 1], image[p + 1] = held_partner, held_image
        for k in range(begin, end):
            j = partner[k]
            first[k] = i
            second[k] = j
            for b in range(3):
                home = shift[~image[k], b] if image[k] < 0 else -shift[image[k], b]
                shifts[k, b] = home + images[i, b] - images[j, b]
    return first, second, shifts
