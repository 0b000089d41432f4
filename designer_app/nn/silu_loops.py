"""Compiled loop of the second derivative of silu."""

from typing import Any

import numpy as np

from designer_app.compiled import IN_LANES, compiled
from designer_app.nn.compiled_sigmoid import sigmoid

Array = np.ndarray[Any, Any]


@compiled(fastmath=IN_LANES)
def silu_curvature(x: Array, g: Array, v: Array, by_x: Array, by_g: Array) -> None:
    """Derivatives of v . (g silu'(x)) by x and by g, with s = sigmoid(x).

    silu' = s (1 + x (1 - s)), silu'' = s (1 - s) (2 + x (1 - 2 s)).
    """
    one = x.dtype.type(1)
    two = one + one
    for k in range(len(x)):
        s = sigmoid(x[k])
        by_x[k] = v[k] * g[k] * s * (one - s) * (two + x[k] * (one - two * s))
        by_g[k] = v[k] * s * (one + x[k] * (one - s))
