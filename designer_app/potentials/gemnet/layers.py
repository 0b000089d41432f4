"""Dense layers, residual layers and scaling factors that keep variance from layer to layer."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.nn.silu import silu

INV_SQRT_2 = 1.0 / math.sqrt(2.0)
_SILU_GAIN = 1.0 / 0.6
"""Keeps the variance of normally distributed numbers through silu (Gasteiger et al. 2021)."""


def activated(x: Tensor) -> Tensor:
    """silu(x) / 0.6."""
    return silu(x, _SILU_GAIN)


@torch.no_grad()
def he_orthogonal_(weight: Tensor) -> Tensor:
    """Orthogonal, then standardised to mean 0 and variance 1 / fan-in, in place.

    Inputs are the last axis of a matrix, and all axes but the last of a bilinear tensor.
    """
    nn.init.orthogonal_(weight)
    dims = (0, 1) if weight.dim() == 3 else (1,)
    fan_in = math.prod(weight.shape[dim] for dim in dims)
    if fan_in > 1:
        variance, mean = torch.var_mean(weight, dim=dims, keepdim=True)
        weight.sub_(mean).div_(torch.sqrt(variance + 1e-6))
    return weight.mul_(fan_in**-0.5)


class Dense(nn.Linear):
    """W x without bias, activated or not."""

    def __init__(self, n_in: int, n_out: int, *, active: bool = True) -> None:
        super().__init__(n_in, n_out, bias=False)
        self.active = active

    def reset_parameters(self) -> None:
        """Orthogonal after He."""
        he_orthogonal_(self.weight)

    def forward(self, input: Float[Tensor, "*n n_in"]) -> Float[Tensor, "*n n_out"]:  # noqa: A002
        """The layer."""
        found = super().forward(input)
        return activated(found) if self.active else found


class Residual(nn.Module):
    """(x + dense(dense(x))) / sqrt 2."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.dense = nn.Sequential(Dense(n, n), Dense(n, n))

    def forward(self, x: Float[Tensor, "*n n"]) -> Float[Tensor, "*n n"]:
        """The layer."""
        return (x + self.dense(x)) * INV_SQRT_2


def residuals(n_layers: int, n: int) -> nn.Sequential:
    """Several residual layers."""
    return nn.Sequential(*(Residual(n) for _ in range(n_layers)))


class Bilinear(nn.Module):
    """sum over i, e of W[e, i, o] x[i, e]: every product of a basis function with a feature."""

    def __init__(self, n_features: int, n_basis: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(he_orthogonal_(torch.empty(n_features, n_basis, n_out)))

    def forward(
        self, x: Float[Tensor, "n_edges n_basis n_features"]
    ) -> Float[Tensor, "n_edges n_out"]:
        """The layer."""
        weight = self.weight.transpose(0, 1).reshape(-1, self.weight.shape[2])
        return x.flatten(1) @ weight


class ScalingFactor(nn.Module):
    """x times a constant that was fitted once, so that x has the variance of what it came from."""

    value: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("value", torch.ones(()))
        self.fitting = False

    def forward(self, x: Float[Tensor, "*n k"], reference: Float[Tensor, "*n k"]) -> Tensor:
        """The scaled x; while fitting, the factor is set first."""
        if self.fitting:
            with torch.no_grad():
                before, after = (_variance(each) for each in (reference, x))
                found = torch.sqrt(before / after)
                if torch.isfinite(found) and found > 0:
                    self.value.copy_(found)
        return x * self.value


def _variance(x: Float[Tensor, "*n k"]) -> Tensor:
    return x.flatten(0, -2).var(dim=0).mean()
