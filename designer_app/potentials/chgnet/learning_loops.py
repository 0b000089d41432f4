"""Compiled loops of `learning_gate`; of each row u = y + bias, n = u/sigma, z = gamma n + beta.

sigma^2 = <u^2> + eps, so that a slope t by n is one of (t - n <t n>)/sigma by u. The second
derivative is that of the change along v, where dn = (v - n <v n>)/sigma; sigma and n follow u.
"""

from typing import Any

import numpy as np

from designer_app.compiled import IN_LANES, compiled, inlined
from designer_app.nn.compiled_sigmoid import sigmoid
from designer_app.potentials.chgnet.kernels import NORM_EPSILON
from designer_app.potentials.chgnet.weights import WIDTH

Array = np.ndarray[Any, Any]


@inlined
def _normalise(y: Array, row: int, bias: Array, n: Array) -> Any:
    """Fill n with u/sigma; 1/sigma."""
    squares = y.dtype.type(0)
    for k in range(WIDTH):
        n[k] = y[row, k] + bias[k]
        squares += n[k] * n[k]
    scale = y.dtype.type(1 / np.sqrt(squares / WIDTH + NORM_EPSILON))
    for k in range(WIDTH):
        n[k] *= scale
    return scale


@inlined
def _mean_product(a: Array, b: Array) -> Any:
    total = a.dtype.type(0)
    for k in range(WIDTH):
        total += a[k] * b[k]
    return a.dtype.type(total / WIDTH)


@compiled(fastmath=IN_LANES)
def gated(y: Array, bias: Array, gamma: Array, beta: Array, said: Array) -> None:
    """silu(z_0) sigmoid(z_1) of each row."""
    n, n_gate = np.empty(WIDTH, y.dtype), np.empty(WIDTH, y.dtype)
    for row in range(len(said)):
        _normalise(y[0], row, bias[0], n)
        _normalise(y[1], row, bias[1], n_gate)
        for k in range(WIDTH):
            z = n[k] * gamma[0, k] + beta[0, k]
            said[row, k] = z * sigmoid(z) * sigmoid(n_gate[k] * gamma[1, k] + beta[1, k])


@compiled(fastmath=IN_LANES)
def gated_slope(
    y: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    g: Array,
    by_y: Array,
    by_gate: Array,
) -> None:
    """Derivatives of g . gated by y, and by bias, gamma and beta summed over the rows."""
    n, t = np.empty((2, WIDTH), y.dtype), np.empty((2, WIDTH), y.dtype)
    one = y.dtype.type(1)
    for row in range(len(g)):
        scale = _normalise(y[0], row, bias[0], n[0]), _normalise(y[1], row, bias[1], n[1])
        for k in range(WIDTH):
            z = n[0, k] * gamma[0, k] + beta[0, k]
            s, s_gate = sigmoid(z), sigmoid(n[1, k] * gamma[1, k] + beta[1, k])
            t[0, k] = g[row, k] * s * (one + z * (one - s)) * s_gate
            t[1, k] = g[row, k] * z * s * s_gate * (one - s_gate)
        for half in range(2):
            for k in range(WIDTH):
                by_gate[1, half, k] += t[half, k] * n[half, k]
                by_gate[2, half, k] += t[half, k]
                t[half, k] *= gamma[half, k]
            along = _mean_product(t[half], n[half])
            for k in range(WIDTH):
                by_y[half, row, k] = (t[half, k] - n[half, k] * along) * scale[half]
                by_gate[0, half, k] += by_y[half, row, k]


@compiled(fastmath=IN_LANES)
def gated_curvature(
    y: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    g: Array,
    v: Array,
    by_y: Array,
    by_g: Array,
    by_gate: Array,
) -> None:
    """Derivatives of v . (what `gated_slope` gives for y) by y, by g, and by the gate's own."""
    n, dn = np.empty((2, WIDTH), y.dtype), np.empty((2, WIDTH), y.dtype)
    p, q = np.empty((2, WIDTH), y.dtype), np.empty((2, WIDTH), y.dtype)
    one = y.dtype.type(1)
    two = one + one
    for row in range(len(g)):
        scale = _normalise(y[0], row, bias[0], n[0]), _normalise(y[1], row, bias[1], n[1])
        c = _mean_product(v[0, row], n[0]), _mean_product(v[1, row], n[1])
        for half in range(2):
            for k in range(WIDTH):
                dn[half, k] = (v[half, row, k] - n[half, k] * c[half]) * scale[half]
        for k in range(WIDTH):
            z = n[0, k] * gamma[0, k] + beta[0, k]
            s, b = sigmoid(z), sigmoid(n[1, k] * gamma[1, k] + beta[1, k])
            dz, dz_gate = gamma[0, k] * dn[0, k], gamma[1, k] * dn[1, k]
            value, slope = z * s, s * (one + z * (one - s))
            b_slope = b * (one - b)
            by_g[row, k] = slope * b * dz + value * b_slope * dz_gate
            bend = s * (one - s) * (two + z * (one - two * s))
            b_bend = b_slope * (one - two * b)
            p[0, k] = g[row, k] * (bend * b * dz + slope * b_slope * dz_gate)
            p[1, k] = g[row, k] * (slope * b_slope * dz + value * b_bend * dz_gate)
            q[0, k] = g[row, k] * slope * b
            q[1, k] = g[row, k] * value * b_slope
        for half in range(2):
            for k in range(WIDTH):
                by_gate[1, half, k] += p[half, k] * n[half, k] + q[half, k] * dn[half, k]
                by_gate[2, half, k] += p[half, k]
                p[half, k] *= gamma[half, k]
                q[half, k] *= gamma[half, k]
            along = _mean_product(q[half], n[half])
            # q . dn = (q . v - (q . n) <n v>)/sigma, by n and by 1/sigma
            left = _mean_product(q[half], v[half, row]) - along * c[half]
            for k in range(WIDTH):
                p[half, k] -= scale[half] * (c[half] * q[half, k] + along * v[half, row, k])
            mean = _mean_product(p[half], n[half]) + scale[half] * left
            for k in range(WIDTH):
                by_y[half, row, k] = (p[half, k] - n[half, k] * mean) * scale[half]
                by_gate[0, half, k] += by_y[half, row, k]
