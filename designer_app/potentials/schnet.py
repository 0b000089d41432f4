"""SchNet: continuous-filter convolutions (Schuett et al. 2017, arXiv:1706.08566; 2018,
doi:10.1063/1.5019779).

    x_i^0     = embedding of the element of i
    v_i       = sum over all neighbours j of (U x_j) * W(r_ij)
    W(r)      = [V2 ssp(V1 e(r) + b1) + b2] f_c(r)
    x_i^(k+1) = x_i^k + Q2 ssp(Q1 v_i + c1) + c2
    E_i       = o2 ssp(o1 x_i^K + d1) + d2

with ssp(x) = ln(1 + e^x) - ln 2, f_c(r) = [1 + cos(pi r / r_c)] / 2 and e(r) Gaussians on even
centres from 0 to r_c, as wide as the centres are apart.

It differs from the 2017 paper in f_c, without which energies jump at the cutoff, and in the
Gaussians (there exp(-10 (r - r_k)^2) every 0.1 A up to 30 A). Both are as in the authors' own
SchNetPack (2019, doi:10.1021/acs.jctc.8b00908).

W depends on a distance alone. It is computed once for the two ends of a pair, for all interactions
at once, and together with its derivative dW/dr: forces then need no way back through the filters,
and their gradient by the weights goes through the filters once.
"""

from dataclasses import dataclass
from math import log

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import softplus

from designer_app.nn.cutoff import cosine_cutoff, cosine_cutoff_slope
from designer_app.nn.edges import EdgeGraph
from designer_app.nn.radial import GaussianBasis
from designer_app.nn.scatter import Segments, edges_of_atoms
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.specs.networks import SchNetSettings

LN2 = log(2.0)


class SchNet(EnergyNetwork):
    """Energy of each atom from the distances of its surroundings."""

    def __init__(self, settings: SchNetSettings) -> None:
        super().__init__()
        self.cutoff = settings.cutoff
        n, n_filters = settings.n_features, settings.n_filters
        self.embedding = nn.Embedding(N_NUMBERS, n)
        self.filters = Filters(settings)
        self.interactions = nn.ModuleList(
            Interaction(n, n_filters) for _ in range(settings.n_interactions)
        )
        self.readout = nn.Sequential(nn.Linear(n, n // 2), ShiftedSoftplus(), nn.Linear(n // 2, 1))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_features"]:
        """x_i after the last interaction."""
        pairs = pairs_of(graph)
        distances = torch.linalg.vector_norm(graph.vectors[pairs.edge], dim=1)
        x = self.embedding(graph.numbers)
        for interaction, filters in zip(self.interactions, self.filters(distances), strict=True):
            x = x + interaction(x, filters, pairs)
        return x

    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """E_i in units of `scale`."""
        found: Tensor = self.readout(self.features(graph))
        return found.squeeze(1)


class ShiftedSoftplus(nn.Module):
    """ln(1 + e^x) - ln 2: zero at zero, and smooth, as forces must be."""

    def forward(self, x: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Of each number."""
        return softplus(x) - LN2


class Interaction(nn.Module):
    """What an atom's features gain from its neighbours."""

    def __init__(self, n_features: int, n_filters: int) -> None:
        super().__init__()
        self.inward = nn.Linear(n_features, n_filters, bias=False)
        self.outward = nn.Sequential(
            nn.Linear(n_filters, n_features), ShiftedSoftplus(), nn.Linear(n_features, n_features)
        )

    def forward(self, x: Tensor, filters: Tensor, pairs: "Pairs") -> Tensor:
        """Q2 ssp(Q1 v + c1) + c2."""
        found: Tensor = self.outward(_Convolution.apply(self.inward(x), filters, pairs))
        return found


# ---------------------------------------------------------------- filters


class Filters(nn.Module):
    """The filter networks of all interactions."""

    def __init__(self, settings: SchNetSettings) -> None:
        super().__init__()
        self.cutoff = settings.cutoff
        n, k = settings.n_filters, settings.n_interactions
        self.basis = GaussianBasis(0.0, settings.cutoff, settings.n_gaussians)
        self.weight_1 = nn.Parameter(torch.empty(k, settings.n_gaussians, n))
        self.bias_1 = nn.Parameter(torch.zeros(k, 1, n))
        self.weight_2 = nn.Parameter(torch.empty(k, n, n))
        self.bias_2 = nn.Parameter(torch.zeros(k, 1, n))
        for each in (*self.weight_1, *self.weight_2):
            nn.init.xavier_uniform_(each)

    def forward(self, distances: Float[Tensor, "n_pairs"]) -> tuple[Tensor, ...]:
        """W(r) of each interaction, (n_pairs, n_filters); differentiable twice."""
        if not (len(distances) and torch.is_grad_enabled() and distances.requires_grad):
            return self._values(distances).unbind(0)
        return _Along.apply(distances, *self._with_slopes(distances.detach()))  # type: ignore[return-value]

    def _values(self, distances: Tensor) -> Float[Tensor, "k n_pairs n_filters"]:
        hidden = softplus(self.basis(distances) @ self.weight_1 + self.bias_1) - LN2
        smooth = cosine_cutoff(distances, self.cutoff)[:, None]
        return torch.baddbmm(self.bias_2, hidden, self.weight_2) * smooth

    def _with_slopes(self, distances: Tensor) -> tuple[Tensor, Tensor]:
        """(W, dW/dr), each (k, n_pairs, n_filters): the chain rule beside every layer."""
        n = len(distances)
        smooth = cosine_cutoff(distances, self.cutoff)[:, None]
        smooth_slope = cosine_cutoff_slope(distances, self.cutoff)[:, None]
        away = torch.cat(self.basis.with_slope(distances))
        hidden = _SoftplusWithSlope.apply(away @ self.weight_1, self.bias_1)
        values, slopes = (hidden @ self.weight_2).split(n, dim=1)
        values = values + self.bias_2
        return values * smooth, slopes * smooth + values * smooth_slope


class _SoftplusWithSlope(torch.autograd.Function):
    """Rows x, then rows dx/dr: ssp(x + b), then ssp'(x + b) dx/dr."""

    @staticmethod
    def forward(ctx, stacked, bias):  # type: ignore[override] # noqa: ANN001, ANN205
        n = stacked.shape[1] // 2
        x = stacked[:, :n] + bias
        rate = torch.sigmoid(x)
        found = torch.empty_like(stacked)
        torch.sub(softplus(x), LN2, out=found[:, :n])
        torch.mul(rate, stacked[:, n:], out=found[:, n:])
        ctx.save_for_backward(rate, stacked)
        return found

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        rate, stacked = ctx.saved_tensors
        n = rate.shape[1]
        found = torch.empty_like(gradient)
        slope_part = torch.mul(gradient[:, n:], rate, out=found[:, n:])
        bent = (1.0 - rate).mul_(stacked[:, n:]).mul_(slope_part)
        torch.addcmul(bent, gradient[:, :n], rate, out=found[:, :n])
        return found, found[:, :n].sum(dim=1, keepdim=True)


class _Along(torch.autograd.Function):
    """Filters as functions of the distance, of which value and slope are known."""

    @staticmethod
    def forward(ctx, distances, values, slopes):  # type: ignore[override] # noqa: ANN001, ANN205, ARG004
        ctx.save_for_backward(slopes)
        return tuple(values.unbind(0))

    @staticmethod
    def backward(ctx, *gradients):  # type: ignore[override] # noqa: ANN001, ANN002, ANN205
        (slopes,) = ctx.saved_tensors
        stacked = torch.stack(gradients)
        by_distance = (stacked * slopes).sum(dim=(0, 2)) if ctx.needs_input_grad[0] else None
        return by_distance, stacked if ctx.needs_input_grad[1] else None, None


# ---------------------------------------------------------------- sums over pairs


@dataclass(frozen=True, eq=False)
class Pairs:
    """Each pair of neighbours once, with what it gives to both its ends."""

    edge: Int[Tensor, "n_pairs"]
    """The one of its two edges that stands first."""
    first: Int[Tensor, "n_pairs"]
    second: Int[Tensor, "n_pairs"]
    ends: Segments
    """By atom: rows of its pairs as the first end, and n_pairs further as the second."""


def pairs_of(graph: EdgeGraph) -> Pairs:
    """The pairs of a graph's edges."""
    place = torch.arange(graph.n_edges, device=graph.first.device)
    is_first = place < graph.reverse
    edge = is_first.nonzero().squeeze(1)
    number = torch.cumsum(is_first, 0) - 1
    by_receiver, _ = edges_of_atoms(graph)
    order = torch.where(is_first, number, number[graph.reverse] + len(edge))
    first, second = graph.first[edge], graph.second[edge]
    return Pairs(
        edge, first, second, Segments(torch.cat([first, second]), order, by_receiver.starts)
    )


class _Convolution(torch.autograd.Function):
    """v_i = sum over pairs (i, j) of x_j * W_ij. It is its own transpose: W_ij = W_ji."""

    @staticmethod
    def forward(ctx, x, filters, pairs):  # type: ignore[override] # noqa: ANN001, ANN205
        ctx.save_for_backward(x, filters)
        ctx.pairs = pairs
        if not len(filters):
            return torch.zeros_like(x)
        rows = torch.cat([x[pairs.second] * filters, x[pairs.first] * filters])
        return torch.nn.functional.embedding_bag(
            pairs.ends.order, rows, pairs.ends.starts, mode="sum"
        )

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        x, filters = ctx.saved_tensors
        by_x = by_filters = None
        if ctx.needs_input_grad[0]:
            by_x = _Convolution.apply(gradient, filters, ctx.pairs)
        if ctx.needs_input_grad[1]:
            by_filters = _AcrossPairs.apply(gradient, x, ctx.pairs)
        return by_x, by_filters, None


class _AcrossPairs(torch.autograd.Function):
    """g_i * x_j + g_j * x_i of each pair."""

    @staticmethod
    def forward(ctx, g, x, pairs):  # type: ignore[override] # noqa: ANN001, ANN205
        ctx.save_for_backward(g, x)
        ctx.pairs = pairs
        i, j = pairs.first, pairs.second
        return torch.addcmul(g[i] * x[j], g[j], x[i])

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        g, x = ctx.saved_tensors
        by_g = by_x = None
        if ctx.needs_input_grad[0]:
            by_g = _Convolution.apply(x, gradient, ctx.pairs)
        if ctx.needs_input_grad[1]:
            by_x = _Convolution.apply(g, gradient, ctx.pairs)
        return by_g, by_x, None
