"""Distances as smooth features."""

import math

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
        away = (x[:, None] - self.centers) * self._inverse_width
        return torch.exp(-0.5 * away.square())

    def with_slope(
        self, x: Float[Tensor, "n_edges"]
    ) -> tuple[Float[Tensor, "n_edges n"], Float[Tensor, "n_edges n"]]:
        """The features of each distance, and their derivatives by it."""
        away = (x[:, None] - self.centers) * self._inverse_width
        values = torch.exp(-0.5 * away.square())
        return values, -self._inverse_width * away * values


class BesselBasis(nn.Module):
    """sqrt(2 / r_c) sin(w_n r / r_c) / r, w_n = n pi at the start and trained where asked.

    Gasteiger et al. 2020, arXiv:2003.03123, eq. 7; it needs an envelope to end smoothly.
    """

    frequencies: Tensor

    def __init__(self, n: int, cutoff: float, *, trained: bool = True) -> None:
        super().__init__()
        self.cutoff = cutoff
        frequencies = math.pi * torch.arange(1, n + 1, dtype=torch.get_default_dtype())
        if trained:
            self.frequencies = nn.Parameter(frequencies)
        else:
            self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, distance: Float[Tensor, "n_edges"]) -> Float[Tensor, "n_edges n"]:
        """The features of each distance in A."""
        x = distance[:, None]
        return math.sqrt(2.0 / self.cutoff) * torch.sin(self.frequencies * (x / self.cutoff)) / x
