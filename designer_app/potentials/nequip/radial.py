"""Weights of a neighbour's message from its distance alone, with their slopes.

Forces need the slope of each weight, dw/dr. It is carried forward through the network beside the
weight itself, so that a training differentiates once by the parameters instead of twice.
"""

from collections.abc import Sequence
from math import pi, sqrt
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from designer_app.potentials.nequip.gate import SILU_GAIN

POWER = 6
"""p of the polynomial cutoff."""


class RadialNetworks(nn.Module):
    """One network per layer: Bessel functions -> n_hidden -> n_hidden -> weights, without bias.

    b_n(r) = 2/c sin(f_n x) / r [1 - (p+1)(p+2)/2 x^p + p(p+2) x^(p+1) - p(p+1)/2 x^(p+2)] with
    cutoff c, x = r / c; f_n = n pi at first, then learned (Gasteiger 2020, arXiv:2003.03123).
    """

    def __init__(
        self, cutoff: float, n_bessel: int, n_hidden: int, n_outputs: Sequence[int]
    ) -> None:
        super().__init__()
        n_layers = len(n_outputs)
        self.cutoff = cutoff
        self.frequencies = nn.Parameter(pi * torch.arange(1.0, n_bessel + 1))
        self.first = nn.Parameter(torch.randn(n_layers, n_bessel, n_hidden))
        self.second = nn.Parameter(torch.randn(n_layers, n_hidden, n_hidden))
        self.last = nn.ParameterList(torch.randn(n_hidden, each) for each in n_outputs)

    def forward(
        self, lengths: Float[Tensor, "n"], *, slopes: bool
    ) -> list[Float[Tensor, "n_or_2n n_outputs"]]:
        """Weights of every layer; with `slopes`, these follow, and lengths are fixed numbers."""
        values, steeps = self._basis(lengths)
        h = torch.cat((values, steeps)) if slopes else values
        h = torch.matmul(h, self.first * (1 / sqrt(self.first.shape[1])))
        h = _activated(h, slopes=slopes)
        h = _activated(torch.bmm(h, self.second * _after_silu(self.second)), slopes=slopes)
        return [
            each @ (last * _after_silu(last))
            for each, last in zip(h.unbind(), self.last, strict=True)
        ]

    def _basis(self, lengths: Tensor) -> tuple[Tensor, Tensor]:
        x = (lengths / self.cutoff)[:, None]
        p = POWER
        a, b, c = (p + 1) * (p + 2) / 2, p * (p + 2), p * (p + 1) / 2
        cut = 1 - x**p * (a - b * x + c * x**2)
        drop = -a * p * x ** (p - 1) * (1 - x) ** 2
        share = cut / x * (2 / self.cutoff**2)
        fall = (drop * (2 / self.cutoff**2) - share) / x
        wave, turn = torch.sin(self.frequencies * x), torch.cos(self.frequencies * x)
        values, steeps = wave * share, self.frequencies * turn * share + wave * fall
        return values, steeps / self.cutoff


def _after_silu(weights: Tensor) -> float:
    return SILU_GAIN / sqrt(weights.shape[-2])


def _activated(z: Tensor, *, slopes: bool) -> Tensor:
    if not slopes:
        return torch.nn.functional.silu(z)
    found: Tensor = _SiluWithSlope.apply(z)
    return found


class _SiluWithSlope(torch.autograd.Function):
    """(z, dz) -> (silu(z), silu'(z) dz), stacked along the last dimension but one."""

    @staticmethod
    def forward(ctx: Any, stacked: Tensor) -> Tensor:  # type: ignore[override]
        z, dz = stacked.chunk(2, dim=-2)
        gate = torch.sigmoid(z)
        slope = gate * (1 + z * (1 - gate))
        ctx.save_for_backward(z, dz, gate, slope)
        return torch.cat((z * gate, slope * dz), dim=-2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, pull: Tensor) -> Tensor:  # type: ignore[override]
        z, dz, gate, slope = ctx.saved_tensors
        by_value, by_slope = pull.chunk(2, dim=-2)
        bend = gate * (1 - gate) * (2 + z * (1 - 2 * gate))
        return torch.cat((by_value * slope + by_slope * bend * dz, by_slope * slope), dim=-2)
