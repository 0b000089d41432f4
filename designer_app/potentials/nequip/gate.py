"""The nonlinearity of equivariant features, with both derivatives written out.

A training differentiates forces again. Written out, that is a dozen products of arrays instead of
the hundred that autograd records for it.
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

SILU_GAIN = 1.676532470331092
"""1 / sqrt(mean of silu(z)^2 over normal z): keeps the second moment at one, as e3nn does."""

Activated = tuple[Tensor, Tensor, Tensor]
"""f, f' and f'' of f(z) = gain silu(z)."""


def gated(
    scalars: Float[Tensor, "1 n_atoms n_scalars"], *others: Float[Tensor, "m n_atoms n_channels"]
) -> Float[Tensor, "n_out n_atoms n_channels"]:
    """f(scalars), and each other kind times f of further scalars; f(z) = gain silu(z).

    `scalars` holds n_channels that become features, then n_channels for each of `others`.
    """
    found: Tensor = _Gate.apply(scalars, *others)
    return found


def _activated(z: Tensor) -> Activated:
    s = torch.sigmoid(z)
    rest = 1 - s
    slope = (z * rest).add_(1).mul_(s).mul_(SILU_GAIN)
    bend = (s * -2).add_(1).mul_(z).add_(2).mul_(s).mul_(rest).mul_(SILU_GAIN)
    return s.mul_(z).mul_(SILU_GAIN), slope, bend


class _Gate(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, scalars: Tensor, *others: Tensor) -> Tensor:  # type: ignore[override]
        ctx.save_for_backward(scalars, *others)
        ctx.activated = _activated(scalars)
        first, *gates = ctx.activated[0].chunk(1 + len(others), dim=2)
        return torch.cat([first, *(g * v for g, v in zip(gates, others, strict=True))])

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> Any:  # type: ignore[override]
        scalars, *others = ctx.saved_tensors
        return _GateSlopes.apply(pull, scalars, ctx.activated, *others)


class _GateSlopes(torch.autograd.Function):
    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any, pull: Tensor, scalars: Tensor, activated: Activated, *others: Tensor
    ) -> tuple[Tensor, ...]:
        del scalars  # what is needed of them is in `activated`
        values, slopes, bends = activated
        first, *pulls = pull.split([1, *(len(each) for each in others)])
        work = [(p * v).sum(0, keepdim=True) for p, v in zip(pulls, others, strict=True)]
        along = torch.cat([first, *work], dim=2)
        ctx.save_for_backward(slopes, bends, along, *pulls, *others, values)
        _, *gates = values.chunk(1 + len(others), dim=2)
        return along * slopes, *(g * p for g, p in zip(gates, pulls, strict=True))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_scalars: Tensor, *by_others: Tensor) -> Any:  # type: ignore[override]
        n = len(by_others)
        slopes, bends, along, *rest, values = ctx.saved_tensors
        pulls, others = rest[:n], rest[n:]
        moved = by_scalars * slopes
        first, *steeps = moved.chunk(1 + n, dim=2)
        _, *gates = values.chunk(1 + n, dim=2)
        to_pulls = [
            (s * v).addcmul_(h, g)
            for s, v, h, g in zip(steeps, others, by_others, gates, strict=True)
        ]
        to_scalars = by_scalars.mul(bends).mul_(along)
        if n:
            work = [(h * p).sum(0, keepdim=True) for h, p in zip(by_others, pulls, strict=True)]
            C = first.shape[2]
            to_scalars[:, :, C:].addcmul_(torch.cat(work, dim=2), slopes[:, :, C:])
        to_others = [s * p for s, p in zip(steeps, pulls, strict=True)]
        return torch.cat([first, *to_pulls]), to_scalars, None, *to_others
