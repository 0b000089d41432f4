"""silu(x) = x sigmoid(x) with two quick derivatives.

Forces are derivatives, so learning from them takes second ones. torch composes that of silu of a
dozen passes over the array; written out it takes half as many, and compiled, one.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from designer_app.compiled import HAS_COMPILER

_slope = torch.ops.aten.silu_backward.default


def silu(x: Tensor, gain: float = 1.0) -> Tensor:
    """Gain * x sigmoid(x)."""
    return _Silu.apply(x, gain)  # pyright: ignore[reportReturnType]


class _Silu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.gain = gain
        return _times(torch.nn.functional.silu(x), gain)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _SiluSlope.apply(*ctx.saved_tensors, gradients[0], ctx.gain), None


class _SiluSlope(torch.autograd.Function):
    """Gradient times slope."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, g: Tensor, gain: float) -> Tensor:
        ctx.save_for_backward(x, g)
        ctx.gain = gain
        return _times(_slope(g, x), gain)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        compiled = HAS_COMPILER and gradients[0].device.type == "cpu"
        curvature = _compiled_curvature if compiled else _curvature
        x, g = ctx.saved_tensors
        by_x, by_g = curvature(x, g, gradients[0])
        return _times(by_x, ctx.gain), _times(by_g, ctx.gain), None


def _curvature(x: Tensor, g: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """V g silu''(x) and v silu'(x); silu'' = s (1 - s) (2 + x (1 - 2 s)), s = sigmoid(x)."""
    s = torch.sigmoid(x)
    curvature = torch.addcmul(x, x, s, value=-2.0).add_(2.0)
    curvature.mul_(torch.addcmul(s, s, s, value=-1.0))
    return curvature.mul_(g).mul_(v), _slope(v, x)


def _compiled_curvature(x: Tensor, g: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    from designer_app.nn.silu_loops import silu_curvature

    x, g, v = (each.detach().contiguous() for each in (x, g, v))
    by_x, by_g = torch.empty_like(x), torch.empty_like(x)
    silu_curvature(*(each.view(-1).numpy() for each in (x, g, v, by_x, by_g)))
    return by_x, by_g


def _times(fresh: Tensor, gain: float) -> Tensor:
    """In place."""
    return fresh if gain == 1.0 else fresh.mul_(gain)
