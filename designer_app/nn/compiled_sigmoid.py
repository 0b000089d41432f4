"""sigmoid(x) that compilers turn into vector instructions: they cannot with the C library's exp.

Relative error below 2e-7 in single and 2e-15 in double precision.
"""

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload


@intrinsic
def _from_bits(_context: Any, bits: Any) -> Any:
    """The float that these bits of an integer of the same size mean."""
    target = types.float32 if bits == types.int32 else types.float64

    def code(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        from llvmlite import ir

        kind = ir.FloatType() if target == types.float32 else ir.DoubleType()
        return builder.bitcast(arguments[0], kind)

    return target(bits), code


_float: Any = _from_bits  # compilers see one argument, readers two


def sigmoid(x: Any) -> Any:
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
    return _ONE / (_ONE + series * _float(np.int32(exponent << _SHIFT32)))


def _sigmoid_double(x: Any) -> Any:
    t = min(max(-x, -708.0), 708.0)
    exponent = np.int64(t * 1.4426950408889634 + 1023.5)
    r = t - (np.float64(exponent) - 1023.0) * 0.6931471805599453
    tail = _D9 + r * (_D10 + r * (_D11 + r * (_D12 + r * _D13)))
    series = _D3 + r * (_D4 + r * (_D5 + r * (_D6 + r * (_D7 + r * (_D8 + r * tail)))))
    series = 1.0 + r * (1.0 + r * (0.5 + r * series))
    return 1.0 / (1.0 + series * _float(exponent << _SHIFT64))


# Not reassociated: (e - 127) ln 2 would become e ln 2 - 127 ln 2 and lose five digits.
@overload(sigmoid, jit_options={"fastmath": {"contract", "nsz"}})
def _sigmoid_by_type(x: Any) -> Any:
    return _sigmoid_single if x == types.float32 else _sigmoid_double
