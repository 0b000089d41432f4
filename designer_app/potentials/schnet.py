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

from math import log

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from designer_app.nn.cutoff import cosine_cutoff, cosine_cutoff_slope
from designer_app.nn.edges import EdgeGraph
from designer_app.nn.pair_sums import Pairs, pair_convolution, row_products
from designer_app.nn.radial import GaussianBasis
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.specs.networks import SchNetSettings

LN2 = log(2.0)


class SchNet(EnergyNetwork):
    """Energy of each atom from the distances of its surroundings."""

    def __init__(self, settings: SchNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.cutoff = settings.cutoff
        n, n_filters = settings.n_features, settings.n_filters
        self.embedding = nn.Embedding(N_NUMBERS, n)
        self.filters = Filters(settings)
        self.interactions = nn.ModuleList(
            Interaction(n, n_filters) for _ in range(settings.n_interactions)
        )
        bend = {"ssp": ShiftedSoftplus, "silu": nn.SiLU}[settings.readout]
        self.readout = nn.Sequential(nn.Linear(n, n // 2), bend(), nn.Linear(n // 2, 1))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_features"]:
        """x_i after the last interaction."""
        pairs = Pairs.of(graph)
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

    def forward(self, x: Tensor, filters: Tensor, pairs: Pairs) -> Tensor:
        """Q2 ssp(Q1 v + c1) + c2."""
        found: Tensor = self.outward(pair_convolution(self.inward(x), filters, pairs))
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
        self.bias_1 = nn.Parameter(torch.zeros(k, n))
        self.weight_2 = nn.Parameter(torch.empty(k, n, n))
        self.bias_2 = nn.Parameter(torch.zeros(k, n))
        for each in (*self.weight_1, *self.weight_2):
            nn.init.xavier_uniform_(each)

    def forward(self, distances: Float[Tensor, "n_pairs"]) -> tuple[Tensor, ...]:
        """W(r) of each interaction, (n_pairs, n_filters); differentiable twice.

        The second derivative is for weights; by the distance it is not there.
        """
        if not (len(distances) and torch.is_grad_enabled() and distances.requires_grad):
            return self._values(distances).unbind(0)
        r = distances.detach()
        values, slopes = _FilterBank.apply(
            torch.cat(self.basis.with_slope(r)),
            cosine_cutoff(r, self.cutoff)[:, None],
            cosine_cutoff_slope(r, self.cutoff)[:, None],
            *(self.weight_1, self.bias_1, self.weight_2, self.bias_2),
        )
        return _Along.apply(distances, slopes, *values.unbind(0))  # type: ignore[return-value]

    def _values(self, distances: Tensor) -> Float[Tensor, "k n_pairs n_filters"]:
        entering = self.basis(distances) @ self.weight_1 + self.bias_1[:, None]
        leaving = (softplus(entering) - LN2) @ self.weight_2 + self.bias_2[:, None]
        return leaving * cosine_cutoff(distances, self.cutoff)[:, None]


class _FilterBank(torch.autograd.Function):
    """(W, dW/dr), each (k, n_pairs, n_filters), as functions of the weights.

    `stacked` holds e(r), and below it de/dr: the chain rule runs beside every layer. One
    interaction after the other: its arrays then stay in the fast memory.
    """

    @staticmethod
    def forward(ctx, stacked, smooth, smooth_slope, w1, b1, w2, b2):  # type: ignore[override] # noqa: ANN001, ANN205
        n, (k, _, n_filters) = len(smooth), w2.shape
        values = stacked.new_empty(k, n, n_filters)
        slopes = torch.empty_like(values)
        kept = []
        for each in range(k):
            entering = stacked @ w1[each]
            x = entering[:n].add_(b1[each])
            hidden, rate = torch.empty_like(entering), torch.sigmoid(x)
            torch.sub(softplus(x), LN2, out=hidden[:n])
            torch.mul(rate, entering[n:], out=hidden[n:])
            leaving = hidden @ w2[each]
            value = leaving[:n].add_(b2[each])
            torch.mul(value, smooth, out=values[each])
            torch.mul(leaving[n:], smooth, out=slopes[each])
            slopes[each].addcmul_(value, smooth_slope)
            kept += [rate, entering, hidden]
        ctx.save_for_backward(stacked, smooth, smooth_slope, w1, w2, *kept)
        return values, slopes

    @staticmethod
    @once_differentiable
    def backward(ctx, by_values, by_slopes):  # type: ignore[override] # noqa: ANN001, ANN205
        stacked, smooth, smooth_slope, w1, w2, *kept = ctx.saved_tensors
        n = len(smooth)
        by_w1, by_w2 = torch.empty_like(w1), torch.empty_like(w2)
        by_b1, by_b2 = w1.new_empty(w1.shape[0], w1.shape[2]), w2.new_empty(w2.shape[:2])
        for each in range(len(w1)):
            rate, entering, hidden = kept[3 * each : 3 * each + 3]
            back = torch.empty_like(hidden)
            torch.mul(by_values[each], smooth, out=back[:n])
            back[:n].addcmul_(by_slopes[each], smooth_slope)
            torch.mul(by_slopes[each], smooth, out=back[n:])
            torch.mm(hidden.T, back, out=by_w2[each])
            torch.sum(back[:n], 0, out=by_b2[each])
            back = back @ w2[each].T
            back.view(2, n, -1).mul_(rate)
            back[:n].addcmul_((1.0 - rate).mul_(entering[n:]), back[n:])
            torch.mm(stacked.T, back, out=by_w1[each])
            torch.sum(back[:n], 0, out=by_b1[each])
        return None, None, None, by_w1, by_b1, by_w2, by_b2


class _Along(torch.autograd.Function):
    """Filters as functions of the distance, of which value and slope are known."""

    @staticmethod
    def forward(ctx, distances, slopes, *values):  # type: ignore[override] # noqa: ANN001, ANN002, ANN205, ARG004
        ctx.save_for_backward(slopes)
        return tuple(each.view_as(each) for each in values)

    @staticmethod
    def backward(ctx, *gradients):  # type: ignore[override] # noqa: ANN001, ANN002, ANN205
        (slopes,) = ctx.saved_tensors
        return _ByDistance.apply(slopes, *gradients), None, *gradients


class _ByDistance(torch.autograd.Function):
    """dE/dr of each pair: the sum over interactions and filters of dE/dW dW/dr."""

    @staticmethod
    def forward(ctx, slopes, *gradients):  # type: ignore[override] # noqa: ANN001, ANN002, ANN205
        ctx.save_for_backward(slopes, *gradients)
        found = row_products(gradients[0], slopes[0])
        for gradient, slope in zip(gradients[1:], slopes[1:], strict=True):
            found += row_products(gradient, slope)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx, by_distance):  # type: ignore[override] # noqa: ANN001, ANN205
        slopes, *gradients = ctx.saved_tensors
        each_row = by_distance[:, None]
        by_slopes = torch.empty_like(slopes)
        for gradient, found in zip(gradients, by_slopes, strict=True):
            torch.mul(gradient, each_row, out=found)
        return by_slopes, *(slope * each_row for slope in slopes)
