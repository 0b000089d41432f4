"""The convolution along edges and its derivatives as compiled loops.

For an edge e from atom j to atom i and a path p, with M = coupling matrix of the edge's direction
and w = radial weights of its distance,

    A[i, p, o, c] += w[p, c] sum_m M[p, o, m] x[j, m, c]        for each channel c.

A row of `paths` is a path: first row of its source in x, components in, components out, where its
matrix starts in M, and where its result stands in A: rows per atom before it, stride, offset.
Arrays are flat and indices unsigned: signed ones are checked for negative values in every step of
the innermost loop, which then is no longer one of vectors.
"""

# numba compiles what it reads; annotations would only repeat the docstring.
# ruff: noqa: ANN001, ANN201, ANN202
# mypy: disable-error-code="no-untyped-def"

import numpy as np

from designer_app.compiled import HAS_COMPILER, compiled

U = np.uint64
ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN = U(1), U(2), U(3), U(4), U(5), U(6), U(7)
COMPILED = HAS_COMPILER
SUMS_MAY_REORDER = {"contract", "reassoc", "nsz"}


@compiled(fastmath=SUMS_MAY_REORDER)
def _combine(n_rows, n, C, M, k, row_step, step, x, at, x_step, t):
    """t[row, c] = sum over n of M[row, m] x[m, c]; n = 1, 3, 5, 7 spelled out for speed."""
    for row in range(n_rows):
        to, k0 = row * C, k + row * row_step
        m0 = M[k0]
        if n == ONE:
            for c in range(C):
                t[to + c] = m0 * x[at + c]
            continue
        k1, k2 = k0 + step, k0 + TWO * step
        x1, x2 = at + x_step, at + TWO * x_step
        m1, m2 = M[k1], M[k2]
        for c in range(C):
            t[to + c] = m0 * x[at + c] + m1 * x[x1 + c] + m2 * x[x2 + c]
        if n > THREE:
            k3, k4 = k0 + THREE * step, k0 + FOUR * step
            x3, x4 = at + THREE * x_step, at + FOUR * x_step
            m3, m4 = M[k3], M[k4]
            for c in range(C):
                t[to + c] += m3 * x[x3 + c] + m4 * x[x4 + c]
        if n > FIVE:
            k5, k6 = k0 + FIVE * step, k0 + SIX * step
            x5, x6 = at + FIVE * x_step, at + SIX * x_step
            m5, m6 = M[k5], M[k6]
            for c in range(C):
                t[to + c] += m5 * x[x5 + c] + m6 * x[x6 + c]


@compiled(fastmath=SUMS_MAY_REORDER)
def convolve(paths, first, second, pair, n_atoms, n_channels, n_couplings, M, w, x, A):
    """Add A of all edges."""
    n, C, P, K = U(n_atoms), U(n_channels), U(paths.shape[0]), U(n_couplings)
    t = np.empty(SEVEN * C, x.dtype)
    for e in range(first.shape[0]):
        i, j, u = U(first[e]), U(second[e]), U(pair[e])
        for p in range(P):
            row, n_in, n_out, start, before, stride, offset = paths[p]
            k, at_x, at_w = U(e) * K + start, (row * n + j) * C, (u * P + p) * C
            _combine(n_out, n_in, C, M, k, n_in, ONE, x, at_x, n * C, t)
            for o in range(n_out):
                at, to = (before + o * stride) * n + i * stride + offset, o * C
                for c in range(C):
                    A[at + c] += w[at_w + c] * t[to + c]


@compiled(fastmath=SUMS_MAY_REORDER)
def slopes(
    paths, first, second, pair, n_atoms, n_channels, n_couplings, M, w, dw, x, G, gx, gM, gr
):
    """Add the derivatives of S = sum(G A) by x, M and the distance r; dw = dw/dr."""
    n, C, P, K = U(n_atoms), U(n_channels), U(paths.shape[0]), U(n_couplings)
    t, zero = np.empty(SEVEN * C, x.dtype), x.dtype.type(0)
    for e in range(first.shape[0]):
        i, j, u = U(first[e]), U(second[e]), U(pair[e])
        for p in range(P):
            row, n_in, n_out, start, before, stride, offset = paths[p]
            k, at_w = U(e) * K + start, (u * P + p) * C
            from_, step = before * n + i * stride + offset, n * stride
            _combine(n_in, n_out, C, M, k, ONE, n_in, G, from_, step, t)
            for m in range(n_in):
                at, to = ((row + m) * n + j) * C, m * C
                along = zero
                for c in range(C):
                    gx[at + c] += w[at_w + c] * t[to + c]
                    along += dw[at_w + c] * x[at + c] * t[to + c]
                gr[e] += along
                for c in range(C):
                    t[to + c] = w[at_w + c] * x[at + c]
            for o in range(n_out):
                at = from_ + o * step
                for m in range(n_in):
                    to = m * C
                    turn = zero
                    for c in range(C):
                        turn += t[to + c] * G[at + c]
                    gM[k + o * n_in + m] += turn


@compiled(fastmath=SUMS_MAY_REORDER)
def weight_slopes(paths, first, second, pair, n_atoms, n_channels, n_couplings, M, w, x, G, gx, gw):
    """Add the derivatives of S = sum(G A) by x and w."""
    n, C, P, K = U(n_atoms), U(n_channels), U(paths.shape[0]), U(n_couplings)
    t = np.empty(SEVEN * C, x.dtype)
    for e in range(first.shape[0]):
        i, j, u = U(first[e]), U(second[e]), U(pair[e])
        for p in range(P):
            row, n_in, n_out, start, before, stride, offset = paths[p]
            k, at_w = U(e) * K + start, (u * P + p) * C
            from_, step = before * n + i * stride + offset, n * stride
            _combine(n_in, n_out, C, M, k, ONE, n_in, G, from_, step, t)
            for m in range(n_in):
                at, to = ((row + m) * n + j) * C, m * C
                for c in range(C):
                    gx[at + c] += w[at_w + c] * t[to + c]
                    gw[at_w + c] += x[at + c] * t[to + c]


@compiled(fastmath=SUMS_MAY_REORDER)
def curvatures(
    paths, first, second, pair, n_atoms, n_channels, n_couplings, M, w, dw, x, G, hx, hM, hr,
    sG, sx, sw, sdw,
):  # fmt: skip
    """Add the derivatives of hx . dS/dx + hM . dS/dM + hr . dS/dr by G, x, w and dw."""
    n, C, P, K = U(n_atoms), U(n_channels), U(paths.shape[0]), U(n_couplings)
    t, s = np.empty(SEVEN * C, x.dtype), np.empty(SEVEN * C, x.dtype)
    v = np.empty(SEVEN * C, x.dtype)
    for e in range(first.shape[0]):
        i, j, u = U(first[e]), U(second[e]), U(pair[e])
        h = hr[e]
        for p in range(P):
            row, n_in, n_out, start, before, stride, offset = paths[p]
            k, at_w, at_x = U(e) * K + start, (u * P + p) * C, (row * n + j) * C
            from_, step = before * n + i * stride + offset, n * stride
            _combine(n_out, n_in, C, M, k, n_in, ONE, x, at_x, n * C, t)
            _combine(n_out, n_in, C, M, k, n_in, ONE, hx, at_x, n * C, s)
            _combine(n_out, n_in, C, hM, k, n_in, ONE, x, at_x, n * C, v)
            for o in range(n_out):
                at, to = from_ + o * step, o * C
                for c in range(C):
                    still, moved = h * t[to + c], s[to + c] + v[to + c]
                    sG[at + c] += w[at_w + c] * moved + dw[at_w + c] * still
                    sw[at_w + c] += G[at + c] * moved
                    sdw[at_w + c] += G[at + c] * still
            _combine(n_in, n_out, C, M, k, ONE, n_in, G, from_, step, t)
            _combine(n_in, n_out, C, hM, k, ONE, n_in, G, from_, step, s)
            for m in range(n_in):
                at, to = at_x + m * n * C, m * C
                for c in range(C):
                    sx[at + c] += w[at_w + c] * s[to + c] + dw[at_w + c] * (h * t[to + c])
