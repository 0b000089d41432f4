"""Families of orthogonal polynomials as features, differentiable as often as wanted.

The derivative of each member is a sum of members of lower degree, so the slope of a feature costs
one small product with what is there already, and so does the slope of the slope.
"""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor


def legendre(x: Float[Tensor, "*rows k"], n: int) -> Float[Tensor, "*rows n k"]:
    """P_0(x) ... P_{n-1}(x) along the last axis but one."""
    return _Legendre.apply(x, n)  # type: ignore[no-any-return]


def chebyshev(x: Float[Tensor, "*rows k"], n: int) -> Float[Tensor, "*rows n k"]:
    """T_0(x) ... T_{n-1}(x) along the last axis but one; stable for -1 <= x <= 1."""
    return _Chebyshev.apply(x, n)  # type: ignore[no-any-return]


@cache
def _legendre_slopes(n: int) -> NDArray[np.float64]:
    """[m, k] of P_m' = sum over k of [m, k] P_k: 2k + 1 for k = m - 1, m - 3 ..."""
    m, k = np.indices((n, n))
    return np.where((k < m) & ((m - k) % 2 == 1), 2.0 * k + 1.0, 0.0)


def legendre_derivatives(wanted: Sequence[tuple[int, int]], n: int) -> NDArray[np.float64]:
    """[i, k] of d^m P_l / dx^m = sum over k < n of [i, k] P_k, for each wanted (l, m)."""
    slopes = _legendre_slopes(n)
    return np.stack([np.linalg.matrix_power(slopes, m)[degree] for degree, m in wanted])


@cache
def _chebyshev_slopes(n: int) -> NDArray[np.float64]:
    """[m, k] of T_m' = sum over k of [m, k] T_k: 2m for k = m - 1, m - 3 ..., half at k = 0."""
    m, k = np.indices((n, n))
    return np.where((k < m) & ((m - k) % 2 == 1), np.where(k == 0, 1.0, 2.0) * m, 0.0)


def _slope(out: Tensor, gradient: Tensor, slopes: NDArray[np.float64]) -> Tensor:
    """Sum over m of gradient_m f_m'(x), from the members f_m themselves."""
    down = torch.from_numpy(slopes.T.copy()).to(dtype=out.dtype, device=out.device)
    return (torch.matmul(down, gradient) * out).sum(dim=-2)


class _Legendre(torch.autograd.Function):
    """(m + 1) P_{m+1} = (2m + 1) x P_m - m P_{m-1}."""

    @staticmethod
    def forward(ctx, x, n):  # type: ignore[override] # noqa: ANN001, ANN205
        out = x.new_empty(*x.shape[:-1], n, x.shape[-1])
        out[..., 0, :] = 1.0
        if n > 1:
            out[..., 1, :] = x
        for m in range(1, n - 1):
            below, here = out[..., m - 1, :], out[..., m, :]
            out[..., m + 1, :] = ((2 * m + 1) * x * here - m * below) / (m + 1)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        (out,) = ctx.saved_tensors
        return _slope(out, gradient, _legendre_slopes(out.shape[-2])), None


class _Chebyshev(torch.autograd.Function):
    """T_{m+k} = 2 T_m T_k - T_{m-k}: each round doubles how many are there."""

    @staticmethod
    def forward(ctx, x, n):  # type: ignore[override] # noqa: ANN001, ANN205
        out = x.new_empty(*x.shape[:-1], n, x.shape[-1])
        out[..., 0, :] = 1.0
        if n > 1:
            out[..., 1, :] = x
        m = 1
        while m < n - 1:
            k = min(m, n - 1 - m)
            last = out[..., m : m + 1, :]
            out[..., m + 1 : m + k + 1, :] = 2.0 * last * out[..., 1 : k + 1, :] - out[
                ..., m - k : m, :
            ].flip(-2)
            m += k
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        (out,) = ctx.saved_tensors
        return _slope(out, gradient, _chebyshev_slopes(out.shape[-2])), None
