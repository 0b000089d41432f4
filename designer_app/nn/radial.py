"""Distances as smooth features."""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class GaussianBasis(nn.Module):
    """exp(-((x - x_k) / width)^2 / 2) on even centres; the width is the distance of two centres."""

    centers: Tensor

    def __init__(self, low: float, high: float, n: int) -> None:
        super().__init__()
        self.register_buffer("centers", torch.linspace(low, high, n), persistent=False)
        self._inverse_width = (n - 1) / (high - low)

    def forward(self, x: Float[Tensor, "n_edges"]) -> Float[Tensor, "n_edges n"]:
        """The features of each distance."""
        away = (x[:, None] - self.centers).mul_(self._inverse_width)
        return away.mul_(away).mul_(-0.5).exp_()
