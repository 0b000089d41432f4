"""The kernels' loops as machine code for CPUs; rows are as `kernels` says.

Inner loops run over a constant 64 or 128 columns without branches, which compilers turn into
vector instructions.
"""

from typing import Any

import numpy as np

from designer_app.compiled import IN_LANES, compiled, inlined
from designer_app.nn.compiled_sigmoid import sigmoid
from designer_app.potentials.chgnet.kernels import LOWEST, NORM_EPSILON
from designer_app.potentials.chgnet.weights import WIDTH

Array = np.ndarray[Any, Any]

_BOTH = 2 * WIDTH


@inlined
def _pass_on(
    g_h: Array,
    i: int,
    j: int,
    p: int,
    step: int,
    tables_too: bool,
    g_tables: Array,
    g_x: Array,
) -> None:
    """Hand dE/dh of both messages to the terms that h is the sum of."""
    if step == 1:
        for k in range(_BOTH):
            g_x[p, k] = g_h[0, k] + g_h[1, k]
    else:
        for k in range(_BOTH):
            g_x[2 * p, k] = g_h[0, k]
        for k in range(_BOTH):
            g_x[2 * p + 1, k] = g_h[1, k]
    if tables_too:
        for k in range(_BOTH):
            g_tables[0, i, k] += g_h[0, k]
        for k in range(_BOTH):
            g_tables[0, j, k] += g_h[1, k]
        for k in range(_BOTH):
            g_tables[1, j, k] += g_h[0, k]
        for k in range(_BOTH):
            g_tables[1, i, k] += g_h[1, k]


@inlined
def _hidden(tables: Array, x: Array, i: int, j: int, row: int, h: Array) -> None:
    """First-layer values of one message."""
    for k in range(WIDTH):
        h[0, k] = tables[0, i, k] + tables[1, j, k] + x[row, k]
        h[1, k] = tables[0, i, WIDTH + k] + tables[1, j, WIDTH + k] + x[row, WIDTH + k]


@inlined
def _inverse_deviation(y: Array, row: int, bias: Array, half: int) -> Any:
    """1/sqrt(<(y + bias)^2> + eps): the mean is 0 by the folding of the weights."""
    squares = y.dtype.type(0)
    for k in range(WIDTH):
        value = y[row, k] + bias[half, k]
        squares += value * value
    return y.dtype.type(1 / np.sqrt(squares / WIDTH + NORM_EPSILON))


@inlined
def _gated_slopes(z: Any, z_gate: Any) -> Any:
    """silu(z) sigmoid(z_gate), and its two derivatives."""
    opening, opening_gate = sigmoid(z), sigmoid(z_gate)
    value = z * opening * opening_gate
    slope = opening * opening_gate + value - value * opening
    return value, slope, value - value * opening_gate


@inlined
def _normalised_backward(
    y: Array, row: int, bias: Array, half: int, scale: Any, along: Any, t: Array
) -> None:
    """Row of y becomes (t - y^ <t y^>)/sigma, y^ = (y + bias)/sigma, `along` the sum of t y^.

    The mean of t, which belongs here too, goes away in the folded weights.
    """
    mean = y.dtype.type(along / WIDTH * scale)
    for k in range(WIDTH):
        y[row, k] = (t[k] - (y[row, k] + bias[half, k]) * mean) * scale


@compiled(fastmath=IN_LANES)
def activate(tables: Array, x: Array, a: Array, b: Array, low: int, high: int, s: Array) -> None:
    """See `Kernels.activate`."""
    n = high - low
    step = x.shape[0] // n
    lowest = x.dtype.type(LOWEST)
    for p in range(n):
        i, j = a[low + p], b[low + p]
        row = step * p
        for k in range(_BOTH):
            h = max(tables[0, i, k] + tables[1, j, k] + x[row, k], lowest)
            s[2 * p, k] = h * sigmoid(h)
        row += step - 1
        for k in range(_BOTH):
            h = max(tables[0, j, k] + tables[1, i, k] + x[row, k], lowest)
            s[2 * p + 1, k] = h * sigmoid(h)


@compiled(fastmath=IN_LANES)
def activate_backward(
    tables: Array,
    x: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    g_s: Array,
    tables_too: bool,
    g_tables: Array,
    g_x: Array,
) -> None:
    """See `Kernels.activate_backward`."""
    n = high - low
    step = x.shape[0] // n
    one, lowest = x.dtype.type(1), x.dtype.type(LOWEST)
    g_h = np.empty((2, _BOTH), x.dtype)
    for p in range(n):
        i, j = a[low + p], b[low + p]
        row = step * p
        for k in range(_BOTH):
            h = max(tables[0, i, k] + tables[1, j, k] + x[row, k], lowest)
            opening = sigmoid(h)
            g_h[0, k] = g_s[2 * p, k] * opening * (one + h * (one - opening))
        row += step - 1
        for k in range(_BOTH):
            h = max(tables[0, j, k] + tables[1, i, k] + x[row, k], lowest)
            opening = sigmoid(h)
            g_h[1, k] = g_s[2 * p + 1, k] * opening * (one + h * (one - opening))
        _pass_on(g_h, i, j, p, step, tables_too, g_tables, g_x)


@compiled(fastmath=IN_LANES)
def gate(
    core: Array,
    gated: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    weight: Array,
    by_pair: bool,
    a: Array,
    b: Array,
    low: int,
    high: int,
    summed: Array,
) -> None:
    """See `Kernels.gate`."""
    for row in range(2 * (high - low)):
        p = low + row // 2
        i, j = (a[p], b[p]) if row % 2 == 0 else (b[p], a[p])
        w = p if by_pair else j
        scale = _inverse_deviation(core, row, bias, 0)
        scale_gate = _inverse_deviation(gated, row, bias, 1)
        for k in range(WIDTH):
            z = (core[row, k] + bias[0, k]) * scale * gamma[0, k] + beta[0, k]
            z_gate = (gated[row, k] + bias[1, k]) * scale_gate * gamma[1, k] + beta[1, k]
            summed[i, k] += z * sigmoid(z) * sigmoid(z_gate) * weight[w, k]


@compiled(fastmath=IN_LANES)
def gate_backward(
    core: Array,
    gated: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    weight: Array,
    by_pair: bool,
    a: Array,
    b: Array,
    low: int,
    high: int,
    g_summed: Array,
    g_weight: Array,
) -> None:
    """See `Kernels.gate_backward`."""
    t, t_gate = np.empty(WIDTH, core.dtype), np.empty(WIDTH, core.dtype)
    for row in range(2 * (high - low)):
        p = low + row // 2
        i, j = (a[p], b[p]) if row % 2 == 0 else (b[p], a[p])
        w = p if by_pair else j
        scale = _inverse_deviation(core, row, bias, 0)
        scale_gate = _inverse_deviation(gated, row, bias, 1)
        along = along_gate = core.dtype.type(0)
        for k in range(WIDTH):
            y = (core[row, k] + bias[0, k]) * scale
            y_gate = (gated[row, k] + bias[1, k]) * scale_gate
            value, slope, slope_gate = _gated_slopes(
                y * gamma[0, k] + beta[0, k], y_gate * gamma[1, k] + beta[1, k]
            )
            g = g_summed[i, k] * weight[w, k]
            g_weight[w, k] += g_summed[i, k] * value
            t[k] = g * slope * gamma[0, k]
            t_gate[k] = g * slope_gate * gamma[1, k]
            along += t[k] * y
            along_gate += t_gate[k] * y_gate
        _normalised_backward(core, row, bias, 0, scale, along, t)
        _normalised_backward(gated, row, bias, 1, scale_gate, along_gate, t_gate)


@compiled(fastmath=IN_LANES)
def update(
    tables: Array,
    x: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    rows: Array,
) -> None:
    """See `Kernels.update`."""
    step = x.shape[0] // (high - low)
    h = np.empty((2, WIDTH), x.dtype)
    for row in range(2 * (high - low)):
        p = low + row // 2
        i, j = (a[p], b[p]) if row % 2 == 0 else (b[p], a[p])
        _hidden(tables, x, i, j, row // 2 if step == 1 else row, h)
        scale = _inverse_deviation(h, 0, bias, 0)
        scale_gate = _inverse_deviation(h, 1, bias, 1)
        for k in range(WIDTH):
            z = (h[0, k] + bias[0, k]) * scale * gamma[0, k] + beta[0, k]
            z_gate = (h[1, k] + bias[1, k]) * scale_gate * gamma[1, k] + beta[1, k]
            rows[row, k] += z * sigmoid(z) * sigmoid(z_gate)


@compiled(fastmath=IN_LANES)
def update_backward(
    tables: Array,
    x: Array,
    bias: Array,
    gamma: Array,
    beta: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    g_rows: Array,
    g_tables: Array,
    g_x: Array,
) -> None:
    """See `Kernels.update_backward`."""
    step = x.shape[0] // (high - low)
    h = np.empty((2, WIDTH), x.dtype)
    t, t_gate = np.empty(WIDTH, x.dtype), np.empty(WIDTH, x.dtype)
    g_h = np.empty((2, _BOTH), x.dtype)
    for p in range(high - low):
        for side in range(2):
            i, j = (a[low + p], b[low + p]) if side == 0 else (b[low + p], a[low + p])
            _hidden(tables, x, i, j, p if step == 1 else 2 * p + side, h)
            scale = _inverse_deviation(h, 0, bias, 0)
            scale_gate = _inverse_deviation(h, 1, bias, 1)
            along = along_gate = x.dtype.type(0)
            for k in range(WIDTH):
                y = (h[0, k] + bias[0, k]) * scale
                y_gate = (h[1, k] + bias[1, k]) * scale_gate
                _, slope, slope_gate = _gated_slopes(
                    y * gamma[0, k] + beta[0, k], y_gate * gamma[1, k] + beta[1, k]
                )
                t[k] = g_rows[2 * p + side, k] * slope * gamma[0, k]
                t_gate[k] = g_rows[2 * p + side, k] * slope_gate * gamma[1, k]
                along += t[k] * y
                along_gate += t_gate[k] * y_gate
            _normalised_backward(h, 0, bias, 0, scale, along, t)
            _normalised_backward(h, 1, bias, 1, scale_gate, along_gate, t_gate)
            for k in range(WIDTH):
                g_h[side, k] = h[0, k]
                g_h[side, WIDTH + k] = h[1, k]
        _pass_on(g_h, a[low + p], b[low + p], p, step, True, g_tables, g_x)
