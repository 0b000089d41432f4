"""The filters of SchNet: W(r) of every interaction, with dW/dr, as quick as they can be had.

W depends on a distance alone. It is computed once for the two ends of a pair and together with its
derivative, so that forces need no way back through the filters, and their gradient by the weights
goes through the filters once. When weights change no more it becomes a table: polynomials of degree
five on even intervals, a tenth of a Gaussian's width long, that have value and slope of W at both
ends and in the middle. They are off by less than single precision rounds.
"""

from math import log

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

from designer_app.compiled import HAS_COMPILER, compiled
from designer_app.nn.cutoff import cosine_cutoff, cosine_cutoff_slope
from designer_app.nn.pair_sums import row_products
from designer_app.nn.radial import GaussianBasis
from designer_app.specs.networks import SchNetSettings

LN2 = log(2.0)
INTERVALS = 10
"""Of the table, on the distance of two Gaussians."""
LARGEST_TABLE = 64 * 2**20
"""Bytes; above, filters are computed each time."""
_DEGREE = 5


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
        self.register_buffer("table", None, persistent=False)

    def settle(self) -> None:
        """Tabulate W for weights that change no more, where the processor reads a table."""
        n_intervals = INTERVALS * (self.basis.centers.shape[0] - 1)
        k, _, n_filters = self.weight_2.shape
        size = n_intervals * (_DEGREE + 1) * k * n_filters * self.weight_2.element_size()
        if HAS_COMPILER and self.weight_2.device.type == "cpu" and size <= LARGEST_TABLE:
            self.table = self._tabulated(n_intervals)

    def forward(self, distances: Float[Tensor, "n_pairs"]) -> tuple[Tensor, ...]:
        """W(r) of each interaction, (n_pairs, n_filters); differentiable twice.

        The second derivative is for weights; by the distance it is not there.
        """
        if torch.is_grad_enabled() and distances.requires_grad:
            values, slopes = self.values_and_slopes(distances.detach())
            return _Along.apply(distances, slopes, *values.unbind(0))  # type: ignore[return-value]
        if self.table is not None:
            return self._looked_up(distances)[0].unbind(0)
        return self._values(distances).unbind(0)

    def values_and_slopes(self, r: Float[Tensor, "n_pairs"]) -> tuple[Tensor, Tensor]:
        """(W, dW/dr), each (k, n_pairs, n_filters); differentiable by the weights alone."""
        if self.table is not None:
            return self._looked_up(r)
        return self._computed(r, self.weight_1, self.bias_1, self.weight_2, self.bias_2)

    def _values(self, distances: Tensor) -> Float[Tensor, "k n_pairs n_filters"]:
        entering = self.basis(distances) @ self.weight_1 + self.bias_1[:, None]
        leaving = (softplus(entering) - LN2) @ self.weight_2 + self.bias_2[:, None]
        return leaving * cosine_cutoff(distances, self.cutoff)[:, None]

    def _computed(self, r: Tensor, *weights: Tensor) -> tuple[Tensor, Tensor]:
        return _FilterBank.apply(  # type: ignore[no-any-return]
            torch.cat(self.basis.with_slope(r)),
            cosine_cutoff(r, self.cutoff)[:, None],
            cosine_cutoff_slope(r, self.cutoff)[:, None],
            *weights,
        )

    @torch.no_grad()
    def _tabulated(self, n_intervals: int) -> Float[Tensor, "n_intervals 6 k_n_filters"]:
        """Coefficients of rising powers of the share t of an interval, in double precision."""
        step = self.cutoff / n_intervals
        places = torch.linspace(0.0, self.cutoff, 2 * n_intervals + 1, dtype=torch.float64)
        weights = (self.weight_1, self.bias_1, self.weight_2, self.bias_2)
        basis = self.basis.double()
        values, slopes = self._computed(places, *(each.detach().double() for each in weights))
        basis.to(self.weight_1.dtype)
        known = torch.stack([values, step * slopes]).permute(2, 0, 1, 3).flatten(2)
        # (n_places, value or slope, k n_filters) to the six knowns of each interval
        of_interval = torch.cat([known[0:-2:2], known[1:-1:2], known[2::2]], dim=1)
        t = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)[:, None]
        power = torch.arange(_DEGREE + 1, dtype=torch.float64)
        rows = torch.stack([t**power, power * t ** (power - 1.0).clamp(min=0.0)], dim=1).flatten(
            0, 1
        )
        found = torch.linalg.inv(rows) @ of_interval
        return found.to(self.weight_1.dtype).contiguous()

    def _looked_up(self, r: Tensor) -> tuple[Tensor, Tensor]:
        k, _, n_filters = self.weight_2.shape
        values = r.new_empty(k, len(r), n_filters)
        slopes = torch.empty_like(values)
        _look_up(r.numpy(), self.table.numpy(), self.cutoff, values.numpy(), slopes.numpy())
        return values, slopes


@compiled(fastmath={"contract"})
def _look_up(r, table, cutoff, values, slopes):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    n_intervals = len(table)
    rate = n_intervals / cutoff
    n_filters = values.shape[2]
    per_length = r.dtype.type(rate)
    for p in range(len(r)):
        place = r[p] * rate
        interval = min(int(place), n_intervals - 1)
        t = r.dtype.type(place - interval)
        c = table[interval]
        for k in range(len(values)):
            for f in range(n_filters):
                g = k * n_filters + f
                value = c[5, g]
                slope = value
                value = value * t + c[4, g]
                slope = slope * t + value
                value = value * t + c[3, g]
                slope = slope * t + value
                value = value * t + c[2, g]
                slope = slope * t + value
                value = value * t + c[1, g]
                slope = slope * t + value
                value = value * t + c[0, g]
                values[k, p, f] = value
                slopes[k, p, f] = slope * per_length


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
