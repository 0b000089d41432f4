"""Real spherical harmonics and their slopes, for compiled loops."""

import numpy as np
from numpy.typing import NDArray

from designer_app.compiled import compiled

FloatArray = NDArray[np.float64]


def harmonic_norms(l_max: int) -> FloatArray:
    """((l_max + 1)^2,) factors that make the harmonics orthonormal on the sphere; l^2 + l + m."""
    norms = np.empty((l_max + 1) ** 2)
    for degree in range(l_max + 1):
        ratio = 1.0  # (l - m)! / (l + m)!
        for m in range(degree + 1):
            if m > 0:
                ratio /= (degree + m) * (degree - m + 1)
            norm = np.sqrt((2 * degree + 1) / (4.0 * np.pi) * ratio) * (np.sqrt(2.0) if m else 1.0)
            norms[degree * degree + degree + m] = norm
            norms[degree * degree + degree - m] = norm
    return norms


@compiled
def fill_harmonics(
    x: float,
    y: float,
    z: float,
    l_max: int,
    norms: FloatArray,
    q: FloatArray,
    found: FloatArray,
    slopes: FloatArray,
) -> None:
    """r^l Y_lm of a vector, and the slopes of these polynomials in x, y and z (each a row).

    Recursions of Bigi, Fraux, Browning and Ceriotti 2023 (doi:10.1063/5.0156307):
    r^l Y_lm = F_lm Q_lm(z, r) s_|m| or c_m, with c_m + i s_m = (x + i y)^m. `q` is room for
    ((l_max + 2)^2,) numbers.
    """
    r2 = x * x + y * y + z * z
    q[0] = 1.0
    for l in range(1, l_max + 1):  # noqa: E741 - degree and order, as on paper
        here, before = l * l + l, (l - 1) * (l - 1) + l - 1
        q[here + l] = -(2 * l - 1) * q[before + l - 1]
        q[here + l - 1] = -z * q[here + l]
        for m in range(l - 2, -1, -1):
            behind = (l - 2) * (l - 2) + l - 2
            q[here + m] = ((2 * l - 1) * z * q[before + m] - (l + m - 1) * r2 * q[behind + m]) / (
                l - m
            )
    c, s, c_less, s_less = 1.0, 0.0, 0.0, 0.0
    for m in range(l_max + 1):
        for l in range(m, l_max + 1):  # noqa: E741
            at = l * l + l
            norm = norms[at + m]
            value = norm * q[at + m]
            below = (l - 1) * (l - 1) + l - 1
            side = norm * q[below + m + 1] if l > m + 1 else 0.0
            up = norm * (l + m) * q[below + m] if l > m else 0.0
            found[at + m] = value * c
            slopes[0, at + m] = x * side * c + value * m * c_less
            slopes[1, at + m] = y * side * c - value * m * s_less
            slopes[2, at + m] = up * c
            if m > 0:
                found[at - m] = value * s
                slopes[0, at - m] = x * side * s + value * m * s_less
                slopes[1, at - m] = y * side * s + value * m * c_less
                slopes[2, at - m] = up * s
        c_less, s_less = c, s
        c, s = x * c - y * s, y * c + x * s
