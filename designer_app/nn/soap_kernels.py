"""SOAP of atoms, its way back and its whole derivative, as compiled loops.

Symbols: c[lm, a] expansion of the density with a = (element, n); p[l, a <= b] power spectrum;
`vectors` from an atom to its neighbours in A, those of atom i from starts[i] to starts[i + 1];
`kinds` number the elements.
"""

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled
from designer_app.nn.solid_harmonics import fill_harmonics

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

REORDER = {"contract", "reassoc", "nsz", "arcp"}
"""Liberties with rounding that allow vector instructions; NaN and infinity stay what they are."""


@compiled(fastmath=REORDER)
def _radial(
    r: float, knot: float, table: FloatArray, values: FloatArray, slopes: FloatArray
) -> None:
    """f_nl(r) and df_nl/dr from the spline."""
    k = min(int(r / knot), len(table) - 1)
    t = r - k * knot
    for d in range(table.shape[2]):
        for n in range(table.shape[3]):
            c1, c2, c3 = table[k, 1, d, n], table[k, 2, d, n], table[k, 3, d, n]
            values[d, n] = table[k, 0, d, n] + t * (c1 + t * (c2 + t * c3))
            slopes[d, n] = c1 + t * (2.0 * c2 + 3.0 * t * c3)


@compiled(fastmath=REORDER)
def densities(
    vectors: FloatArray,
    starts: IntArray,
    kinds_near: IntArray,
    kinds: IntArray,
    knot: float,
    cutoff: float,
    table: FloatArray,
    at_center: FloatArray,
    norms: FloatArray,
    found: FloatArray,
) -> None:
    """Adds c_nlm = sum_j f_nl(r_ij) Y_lm(r_ij / |r_ij|), and the atom itself, to `found`."""
    l_max, n_max = table.shape[2] - 1, table.shape[3]
    values, slopes = np.empty((l_max + 1, n_max)), np.empty((l_max + 1, n_max))
    room, y = np.zeros((l_max + 2) ** 2), np.empty(len(norms))
    dy = np.empty((3, len(norms)))
    for i in range(len(starts) - 1):
        own = kinds[i] * n_max
        for n in range(n_max):
            found[i, 0, own + n] += at_center[n]
        for p in range(starts[i], starts[i + 1]):
            x0, x1, x2 = vectors[p]
            r = np.sqrt(x0 * x0 + x1 * x1 + x2 * x2)
            if r >= cutoff:
                continue
            _radial(r, knot, table, values, slopes)
            fill_harmonics(x0 / r, x1 / r, x2 / r, l_max, norms, room, y, dy)
            first = kinds_near[p] * n_max
            for d in range(l_max + 1):
                for lm in range(d * d, (d + 1) * (d + 1)):
                    factor = y[lm]
                    for n in range(n_max):
                        found[i, lm, first + n] += factor * values[d, n]


@compiled(fastmath=REORDER)
def power_spectra(c: FloatArray, l_max: int, found: FloatArray, lengths: FloatArray) -> None:
    """Unit vectors p_l,ab = sum_m c_lma c_lmb / sqrt(2 l + 1), and their lengths before.

    Pairs a < b stand once, times sqrt(2): scalar products are those of the whole matrix.
    """
    n_channels = c.shape[2]
    for i in range(len(c)):
        f = 0
        total = 0.0
        for d in range(l_max + 1):
            scale = 1.0 / np.sqrt(2.0 * d + 1.0)
            for a in range(n_channels):
                for b in range(a, n_channels):
                    value = 0.0
                    for lm in range(d * d, (d + 1) * (d + 1)):
                        value += c[i, lm, a] * c[i, lm, b]
                    value *= scale if a == b else scale * np.sqrt(2.0)
                    found[i, f] = value
                    total += value * value
                    f += 1
        lengths[i] = np.sqrt(total)
        for k in range(f):
            found[i, k] /= lengths[i]


@compiled(fastmath=REORDER)
def carry_back(
    vectors: FloatArray,
    starts: IntArray,
    kinds_near: IntArray,
    knot: float,
    cutoff: float,
    table: FloatArray,
    norms: FloatArray,
    c: FloatArray,
    spectra: FloatArray,
    lengths: FloatArray,
    slopes: FloatArray,
    found: FloatArray,
) -> None:
    """dE/d(vector) of each pair from dE_i/dp of the unit vectors p (`slopes`)."""
    l_max, n_max = table.shape[2] - 1, table.shape[3]
    values, radial = np.empty((l_max + 1, n_max)), np.empty((l_max + 1, n_max))
    room, y = np.zeros((l_max + 2) ** 2), np.empty(len(norms))
    dy = np.empty((3, len(norms)))
    dc = np.empty(c.shape[1:])
    for i in range(len(starts) - 1):
        _slopes_of_density(c[i], spectra[i], lengths[i], slopes[i], l_max, dc)
        for p in range(starts[i], starts[i + 1]):
            x0, x1, x2 = vectors[p]
            r = np.sqrt(x0 * x0 + x1 * x1 + x2 * x2)
            if r >= cutoff:
                found[p, 0], found[p, 1], found[p, 2] = 0.0, 0.0, 0.0
                continue
            x0, x1, x2 = x0 / r, x1 / r, x2 / r
            _radial(r, knot, table, values, radial)
            fill_harmonics(x0, x1, x2, l_max, norms, room, y, dy)
            first = kinds_near[p] * n_max
            along, g0, g1, g2 = 0.0, 0.0, 0.0, 0.0
            for d in range(l_max + 1):
                for lm in range(d * d, (d + 1) * (d + 1)):
                    by_slope, by_value = 0.0, 0.0
                    for n in range(n_max):
                        by_slope += dc[lm, first + n] * radial[d, n]
                        by_value += dc[lm, first + n] * values[d, n]
                    # r^l Y has slope l Y along the vector; the sphere has none
                    along += y[lm] * (by_slope - d * by_value / r)
                    g0 += by_value * dy[0, lm]
                    g1 += by_value * dy[1, lm]
                    g2 += by_value * dy[2, lm]
            found[p, 0] = along * x0 + g0 / r
            found[p, 1] = along * x1 + g1 / r
            found[p, 2] = along * x2 + g2 / r


@compiled(fastmath=REORDER)
def _slopes_of_density(
    c: FloatArray,
    spectrum: FloatArray,
    length: float,
    slopes: FloatArray,
    l_max: int,
    found: FloatArray,
) -> None:
    """dE/dc of one atom from dE/dp of its unit vector p."""
    n_channels = c.shape[1]
    along = 0.0
    for f in range(len(spectrum)):
        along += spectrum[f] * slopes[f]
    found[:] = 0.0
    f = 0
    for d in range(l_max + 1):
        scale = 1.0 / (np.sqrt(2.0 * d + 1.0) * length)
        for a in range(n_channels):
            for b in range(a, n_channels):
                slope = scale * (slopes[f] - along * spectrum[f])
                slope *= 2.0 if a == b else np.sqrt(2.0)
                f += 1
                for lm in range(d * d, (d + 1) * (d + 1)):
                    found[lm, a] += slope * c[lm, b]
                    if a != b:
                        found[lm, b] += slope * c[lm, a]


@compiled(fastmath=REORDER)
def _along(
    dc: FloatArray,
    first: int,
    c: FloatArray,
    spectrum: FloatArray,
    length: float,
    outer: FloatArray,
    found: FloatArray,
) -> None:
    """How the unit vector p of one atom changes with channels from `first` on; `outer` is room."""
    n_max, n_channels = outer.shape
    f, d = 0, 0
    total = 0.0
    while d * d < len(dc):
        outer[:] = 0.0
        for lm in range(d * d, (d + 1) * (d + 1)):
            for n in range(n_max):
                for b in range(n_channels):
                    outer[n, b] += dc[lm, n] * c[lm, b]
        scale = 1.0 / (np.sqrt(2.0 * d + 1.0) * length)
        for a in range(n_channels):
            for b in range(a, n_channels):
                value = 0.0
                if first <= a < first + n_max:
                    value += outer[a - first, b]
                if first <= b < first + n_max:
                    value += outer[b - first, a]
                value *= scale if a == b else scale * np.sqrt(2.0)
                found[f] = value
                total += value * spectrum[f]
                f += 1
        d += 1
    for f in range(len(spectrum)):
        found[f] -= total * spectrum[f]


@compiled(fastmath=REORDER)
def derivatives(
    vectors: FloatArray,
    kinds_near: IntArray,
    rows_near: IntArray,
    knot: float,
    cutoff: float,
    table: FloatArray,
    norms: FloatArray,
    c: FloatArray,
    spectrum: FloatArray,
    length: float,
    found: FloatArray,
) -> None:
    """Adds the derivative of one atom's unit vector p by positions and by strain to `found`.

    Rows 3 k, 3 k + 1, 3 k + 2 belong to the atom that `rows_near` calls k, with 0 the atom
    itself; the last six are xx, yy, zz, yz, xz, xy of sum_j x_ij (x) dp/dx_ij.
    """
    l_max, n_max = table.shape[2] - 1, table.shape[3]
    n_channels, n_features = c.shape[1], len(spectrum)
    values, radial = np.empty((l_max + 1, n_max)), np.empty((l_max + 1, n_max))
    room, y = np.zeros((l_max + 2) ** 2), np.empty(len(norms))
    dy = np.empty((3, len(norms)))
    dp = np.empty((3, n_features))
    dc = np.empty((len(norms), n_max))
    outer = np.empty((n_max, n_channels))
    last = len(found) - 6
    for p in range(len(vectors)):
        x = vectors[p]
        r = np.sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2])
        if r >= cutoff:
            continue
        _radial(r, knot, table, values, radial)
        fill_harmonics(x[0] / r, x[1] / r, x[2] / r, l_max, norms, room, y, dy)
        first = kinds_near[p] * n_max
        for k in range(3):
            for d in range(l_max + 1):
                for lm in range(d * d, (d + 1) * (d + 1)):
                    side = (dy[k, lm] - d * y[lm] * x[k] / r) / r
                    along = y[lm] * x[k] / r
                    for n in range(n_max):
                        dc[lm, n] = radial[d, n] * along + values[d, n] * side
            _along(dc, first, c, spectrum, length, outer, dp[k])
        row = 3 * rows_near[p]
        for k in range(3):
            for f in range(n_features):
                found[row + k, f] += dp[k, f]
                found[k, f] -= dp[k, f]
        for f in range(n_features):
            found[last, f] += x[0] * dp[0, f]
            found[last + 1, f] += x[1] * dp[1, f]
            found[last + 2, f] += x[2] * dp[2, f]
            found[last + 3, f] += 0.5 * (x[1] * dp[2, f] + x[2] * dp[1, f])
            found[last + 4, f] += 0.5 * (x[0] * dp[2, f] + x[2] * dp[0, f])
            found[last + 5, f] += 0.5 * (x[0] * dp[1, f] + x[1] * dp[0, f])
