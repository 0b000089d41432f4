"""silu(LN(core)) sigmoid(LN(gate)) with two derivatives in one pass each, for learning.

Composed of torch's operations, its derivatives pass some forty times over arrays with a row for
each bond and each angle, which is most of the time of a training step.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import silu

from designer_app.compiled import HAS_COMPILER
from designer_app.potentials.chgnet.kernels import NORM_EPSILON
from designer_app.potentials.chgnet.network import Gate
from designer_app.potentials.chgnet.weights import WIDTH


def gated(core_and_gate: Tensor, gate: Gate) -> Tensor:
    """(..., 64) of (2, ..., 64), whose rows have mean 0 by the folding of the weights."""
    if HAS_COMPILER and core_and_gate.device.type == "cpu":
        rows = core_and_gate.reshape(2, -1, WIDTH)
        said: Any = _Gated.apply(rows, gate.bias, gate.gamma, gate.beta)
        return said.view(core_and_gate.shape[1:])
    wide = (2, *[1] * (core_and_gate.dim() - 2), WIDTH)
    y = core_and_gate + gate.bias.view(wide)
    y = y * (y.square().mean(dim=-1, keepdim=True) + NORM_EPSILON).rsqrt()
    y = torch.addcmul(gate.beta.view(wide), y, gate.gamma.view(wide))
    return silu(y[0]) * y[1].sigmoid()


class _Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor, bias: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        ctx.save_for_backward(y, bias, gamma, beta)
        said = y.new_empty(y.shape[1:])
        _loops().gated(*_arrays(y, bias, gamma, beta), said.numpy())
        return said

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        slopes: Any = _GatedSlope.apply(*ctx.saved_tensors, g)
        by_y, by_gate = slopes
        return by_y, *by_gate.unbind()


class _GatedSlope(torch.autograd.Function):
    """dE/dy, and the sums over rows that are dE/d(bias, gamma, beta), for g = dE/d(gated)."""

    @staticmethod
    def forward(
        ctx: Any, y: Tensor, bias: Tensor, gamma: Tensor, beta: Tensor, g: Tensor
    ) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(y, bias, gamma, beta, g)
        by_y, by_gate = y.new_empty(y.shape), y.new_zeros(3, 2, WIDTH)
        _loops().gated_slope(*_arrays(y, bias, gamma, beta, g, by_y, by_gate))
        ctx.mark_non_differentiable(by_gate)
        return by_y, by_gate

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, v: Tensor, _: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        y, bias, gamma, beta, g = ctx.saved_tensors
        by_y, by_g = y.new_empty(y.shape), g.new_empty(g.shape)
        by_gate = y.new_zeros(3, 2, WIDTH)
        _loops().gated_curvature(*_arrays(y, bias, gamma, beta, g, v, by_y, by_g, by_gate))
        return by_y, *by_gate.unbind(), by_g


def _loops() -> Any:
    from designer_app.potentials.chgnet import learning_loops

    return learning_loops


def _arrays(*tensors: Tensor) -> tuple[Any, ...]:
    return tuple(each.detach().contiguous().numpy() for each in tensors)
