"""The kernels' loops as machine code for CPUs; numbers of rows as in `kernels`.

Inner loops run over a constant 64 or 128 columns without branches, so that the compiler turns
them into vector instructions. It cannot do that with a call to the C library's exp, hence the
polynomial: relative error below 2e-7 in single and 1e-15 in double precision.
"""

from functools import partial
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload

from designer_app.compiled import compiled
from designer_app.potentials.chgnet.kernels import LOWEST, NORM_EPSILON
from designer_app.potentials.chgnet.weights import WIDTH

Array = np.ndarray[Any, Any]

_FAST = {"reassoc", "contract", "arcp", "nsz"}
"""Sums may be split over vector lanes. NaN and infinity keep their meaning."""
_loop = partial(compiled, fastmath=_FAST)
_BOTH = 2 * WIDTH


@intrinsic
def _from_bits(_context: Any, bits: Any) -> Any:
    """The float that these bits of an integer of the same size mean."""
    target = types.float32 if bits == types.int32 else types.float64

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        from llvmlite import ir

        kind = ir.FloatType() if target == types.float32 else ir.DoubleType()
        return builder.bitcast(arguments[0], kind)

    return target(bits), code


def _sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x)); exp(t) = 2^n exp(t - n ln 2), the rest by its Taylor series."""
    return 1 / (1 + np.exp(-x))


_ONE, _HALF = np.float32(1), np.float32(0.5)
_LOG2E, _LN2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
_LOW, _HIGH, _BIAS = np.float32(-87), np.float32(88), np.float32(127)
_F3, _F4, _F5, _F6, _F7 = (np.float32(1 / f) for f in (6, 24, 120, 720, 5040))
_D = tuple(1.0 / f for f in (6, 24, 120, 720, 5040, 40320, 362880, 3628800, 39916800, 479001600))
_D3, _D4, _D5, _D6, _D7, _D8, _D9, _D10, _D11, _D12 = _D
_D13 = 1.0 / 6227020800.0
_SHIFT32, _SHIFT64 = np.int32(23), np.int64(52)


def _sigmoid_single(x: Any) -> Any:
    t = min(max(-x, _LOW), _HIGH)
    exponent = np.int32(t * _LOG2E + _BIAS + _HALF)
    r = t - (np.float32(exponent) - _BIAS) * _LN2
    series = _F3 + r * (_F4 + r * (_F5 + r * (_F6 + r * _F7)))
    series = _ONE + r * (_ONE + r * (_HALF + r * series))
    return _ONE / (_ONE + series * _from_bits(np.int32(exponent << _SHIFT32)))


def _sigmoid_double(x: Any) -> Any:
    t = min(max(-x, -708.0), 708.0)
    exponent = np.int64(t * 1.4426950408889634 + 1023.5)
    r = t - (np.float64(exponent) - 1023.0) * 0.6931471805599453
    tail = _D9 + r * (_D10 + r * (_D11 + r * (_D12 + r * _D13)))
    series = _D3 + r * (_D4 + r * (_D5 + r * (_D6 + r * (_D7 + r * (_D8 + r * tail)))))
    series = 1.0 + r * (1.0 + r * (0.5 + r * series))
    return 1.0 / (1.0 + series * _from_bits(exponent << _SHIFT64))


# Not reassociated: (e - 127) ln 2 would become e ln 2 - 127 ln 2 and lose five digits.
@overload(_sigmoid, jit_options={"fastmath": {"contract", "nsz"}})
def _sigmoid_by_type(x: Any) -> Any:
    return _sigmoid_single if x == types.float32 else _sigmoid_double


@_loop
def activate(
    first: Array, second: Array, x: Array, a: Array, b: Array, low: int, high: int, s: Array
) -> None:
    """See `Kernels.activate`."""
    n = high - low
    step = x.shape[0] // n
    lowest = x.dtype.type(LOWEST)
    for p in range(n):
        i, j = a[low + p], b[low + p]
        row = step * p
        for k in range(_BOTH):
            h = max(first[i, k] + second[j, k] + x[row, k], lowest)
            s[2 * p, k] = h * _sigmoid(h)
        row += step - 1
        for k in range(_BOTH):
            h = max(first[j, k] + second[i, k] + x[row, k], lowest)
            s[2 * p + 1, k] = h * _sigmoid(h)


@_loop
def activate_backward(
    first: Array,
    second: Array,
    x: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    g_s: Array,
    tables_too: bool,
    g_first: Array,
    g_second: Array,
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
            h = max(first[i, k] + second[j, k] + x[row, k], lowest)
            open_ = _sigmoid(h)
            g_h[0, k] = g_s[2 * p, k] * open_ * (one + h * (one - open_))
        row += step - 1
        for k in range(_BOTH):
            h = max(first[j, k] + second[i, k] + x[row, k], lowest)
            open_ = _sigmoid(h)
            g_h[1, k] = g_s[2 * p + 1, k] * open_ * (one + h * (one - open_))
        _pass_on(g_h, i, j, p, step, tables_too, g_first, g_second, g_x)


@_loop
def _pass_on(
    g_h: Array,
    i: int,
    j: int,
    p: int,
    step: int,
    tables_too: bool,
    g_first: Array,
    g_second: Array,
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
            g_first[i, k] += g_h[0, k]
        for k in range(_BOTH):
            g_first[j, k] += g_h[1, k]
        for k in range(_BOTH):
            g_second[j, k] += g_h[0, k]
        for k in range(_BOTH):
            g_second[i, k] += g_h[1, k]


@_loop
def _inverse_deviation(y: Array, row: int, bias: Array, half: int) -> Any:
    """1/sqrt(<y^2> + eps) of a row whose mean is 0."""
    squares = y.dtype.type(0)
    for k in range(WIDTH):
        value = y[row, k] + bias[half, k]
        squares += value * value
    return y.dtype.type(1 / np.sqrt(squares / WIDTH + NORM_EPSILON))


@_loop
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
        gated_scale = _inverse_deviation(gated, row, bias, 1)
        for k in range(WIDTH):
            z = (core[row, k] + bias[0, k]) * scale * gamma[0, k] + beta[0, k]
            z_gated = (gated[row, k] + bias[1, k]) * gated_scale * gamma[1, k] + beta[1, k]
            summed[i, k] += z * _sigmoid(z) * _sigmoid(z_gated) * weight[w, k]


@_loop
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
    one = core.dtype.type(1)
    g_y = np.empty((2, WIDTH), core.dtype)
    for row in range(2 * (high - low)):
        p = low + row // 2
        i, j = (a[p], b[p]) if row % 2 == 0 else (b[p], a[p])
        w = p if by_pair else j
        scale = _inverse_deviation(core, row, bias, 0)
        gated_scale = _inverse_deviation(gated, row, bias, 1)
        along, along_gated = core.dtype.type(0), core.dtype.type(0)
        for k in range(WIDTH):
            y = (core[row, k] + bias[0, k]) * scale
            y_gated = (gated[row, k] + bias[1, k]) * gated_scale
            z = y * gamma[0, k] + beta[0, k]
            z_gated = y_gated * gamma[1, k] + beta[1, k]
            open_, gate_ = _sigmoid(z), _sigmoid(z_gated)
            g = g_summed[i, k]
            g_weight[w, k] += g * z * open_ * gate_
            g = g * weight[w, k] * gate_
            slope = g * open_ * (one + z * (one - open_)) * gamma[0, k]
            slope_gated = g * z * open_ * (one - gate_) * gamma[1, k]
            g_y[0, k], g_y[1, k] = slope, slope_gated
            along += slope * y
            along_gated += slope_gated * y_gated
        _normalised_backward(core, row, bias, 0, scale, along, g_y)
        _normalised_backward(gated, row, bias, 1, gated_scale, along_gated, g_y)


@_loop
def _normalised_backward(
    y: Array, row: int, bias: Array, half: int, scale: Any, along: Any, g: Array
) -> None:
    """Row of y becomes (g - y^ <g y^>)/sigma, y^ = y/sigma, `along` the sum of g y^."""
    mean = y.dtype.type(along / WIDTH)
    for k in range(WIDTH):
        y[row, k] = (g[half, k] - (y[row, k] + bias[half, k]) * scale * mean) * scale


@_loop
def update(
    first: Array,
    second: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    rows: Array,
) -> None:
    """See `Kernels.update`."""
    n = high - low
    step = x.shape[0] // n
    none = np.zeros((2, WIDTH), x.dtype)
    h = np.empty((2, WIDTH), x.dtype)
    for row in range(2 * n):
        p = low + row // 2
        i, j = (a[p], b[p]) if row % 2 == 0 else (b[p], a[p])
        r = row // 2 if step == 1 else row
        _hidden(first, second, x, i, j, r, h)
        scale = _inverse_deviation(h, 0, none, 0)
        gated_scale = _inverse_deviation(h, 1, none, 1)
        for k in range(WIDTH):
            z = h[0, k] * scale * gamma[0, k] + beta[0, k]
            z_gated = h[1, k] * gated_scale * gamma[1, k] + beta[1, k]
            rows[row, k] += z * _sigmoid(z) * _sigmoid(z_gated)


@_loop
def _hidden(first: Array, second: Array, x: Array, i: int, j: int, row: int, h: Array) -> None:
    """Core and gate of one message's hidden row."""
    for half in range(2):
        for k in range(WIDTH):
            column = half * WIDTH + k
            h[half, k] = first[i, column] + second[j, column] + x[row, column]


@_loop
def update_backward(
    first: Array,
    second: Array,
    x: Array,
    gamma: Array,
    beta: Array,
    a: Array,
    b: Array,
    low: int,
    high: int,
    g_rows: Array,
    g_first: Array,
    g_second: Array,
    g_x: Array,
) -> None:
    """See `Kernels.update_backward`."""
    n = high - low
    step = x.shape[0] // n
    one = x.dtype.type(1)
    none = np.zeros((2, WIDTH), x.dtype)
    h = np.empty((2, WIDTH), x.dtype)
    g_y = np.empty((2, WIDTH), x.dtype)
    g_h = np.empty((2, _BOTH), x.dtype)
    for p in range(n):
        for side in range(2):
            i, j = (a[low + p], b[low + p]) if side == 0 else (b[low + p], a[low + p])
            _hidden(first, second, x, i, j, p if step == 1 else 2 * p + side, h)
            scale = _inverse_deviation(h, 0, none, 0)
            gated_scale = _inverse_deviation(h, 1, none, 1)
            along, along_gated = x.dtype.type(0), x.dtype.type(0)
            for k in range(WIDTH):
                y, y_gated = h[0, k] * scale, h[1, k] * gated_scale
                z = y * gamma[0, k] + beta[0, k]
                z_gated = y_gated * gamma[1, k] + beta[1, k]
                open_, gate_ = _sigmoid(z), _sigmoid(z_gated)
                g = g_rows[2 * p + side, k] * gate_
                slope = g * open_ * (one + z * (one - open_)) * gamma[0, k]
                slope_gated = g * z * open_ * (one - gate_) * gamma[1, k]
                g_y[0, k], g_y[1, k] = slope, slope_gated
                along += slope * y
                along_gated += slope_gated * y_gated
            _normalised_backward(h, 0, none, 0, scale, along, g_y)
            _normalised_backward(h, 1, none, 1, gated_scale, along_gated, g_y)
            for half in range(2):
                for k in range(WIDTH):
                    g_h[side, half * WIDTH + k] = h[half, k]
        _pass_on(g_h, a[low + p], b[low + p], p, step, True, g_first, g_second, g_x)
