"""Sums over the pairs of a graph, each pair taken once: what filters of a distance are used with.

With weights W_p of undirected pairs, conv(x, W)_i = sum over pairs p = (i, j) of x_j * W_p is its
own transpose, and the gradient by W_p is across(g, x)_p = g_i * x_j + g_j * x_i. The derivatives of
`across` are convolutions again, so both can be differentiated as often as one likes.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.compiled import HAS_COMPILER, compiled
from designer_app.nn.edges import EdgeGraph

REORDER = {"contract", "reassoc", "nsz"}
"""Liberties with rounding that allow vector instructions; NaN and infinity stay what they are."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Each pair of neighbours once."""

    edge: Int[Tensor, "n_pairs"]
    """The one of its two edges that stands first in the graph."""
    first: Int[Tensor, "n_pairs"]
    second: Int[Tensor, "n_pairs"]

    @classmethod
    def of(cls, graph: EdgeGraph) -> "Pairs":
        """The pairs of a graph's edges."""
        place = torch.arange(graph.n_edges, device=graph.first.device)
        edge = (place < graph.reverse).nonzero().squeeze(1)
        return cls(edge, graph.first[edge], graph.second[edge])


def pair_convolution(
    x: Float[Tensor, "n_atoms n"], weights: Float[Tensor, "n_pairs n"], pairs: Pairs
) -> Float[Tensor, "n_atoms n"]:
    """Sum over the neighbours of each atom of x_j * W_ij."""
    return _Convolution.apply(x, weights, pairs)  # type: ignore[no-any-return]


def convolved(
    x: Float[Tensor, "n_atoms n"], weights: Float[Tensor, "n_pairs n"], pairs: Pairs
) -> Float[Tensor, "n_atoms n"]:
    """`pair_convolution`, not differentiable."""
    found = torch.zeros_like(x, memory_format=torch.contiguous_format)
    if _by_compiled(x):
        _convolve(*map(_array, (x, weights, pairs.first, pairs.second, found)))
        return found
    found.index_add_(0, pairs.first, x[pairs.second] * weights)
    return found.index_add_(0, pairs.second, x[pairs.first] * weights)


def add_across(
    found: Float[Tensor, "n_pairs"],
    g: Float[Tensor, "n_atoms n"],
    x: Float[Tensor, "n_atoms n"],
    slopes: Float[Tensor, "n_pairs n"],
    pairs: Pairs,
) -> None:
    """Add sum_n (g_i x_j + g_j x_i)_n slopes_pn to each pair, not differentiable."""
    i, j = pairs.first, pairs.second
    if _by_compiled(x):
        _add_across(*map(_array, (g, x, slopes, i, j, found)))
    else:
        found += torch.linalg.vecdot(torch.addcmul(g[i] * x[j], g[j], x[i]), slopes)


def row_products(
    a: Float[Tensor, "n_pairs n"], b: Float[Tensor, "n_pairs n"]
) -> Float[Tensor, "n_pairs"]:
    """sum_n a_pn b_pn, not differentiable."""
    if not _by_compiled(a):
        return torch.linalg.vecdot(a, b)
    found = torch.empty(len(a), dtype=a.dtype)
    _row_products(_array(a), _array(b), found.numpy())
    return found


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weights, pairs):  # type: ignore[override] # noqa: ANN001, ANN205
        ctx.save_for_backward(x, weights)
        ctx.pairs = pairs
        return convolved(x, weights, pairs)

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        x, weights = ctx.saved_tensors
        by_x = by_weights = None
        if ctx.needs_input_grad[0]:
            by_x = _Convolution.apply(gradient, weights, ctx.pairs)
        if ctx.needs_input_grad[1]:
            by_weights = _Across.apply(gradient, x, ctx.pairs)
        return by_x, by_weights, None


class _Across(torch.autograd.Function):
    @staticmethod
    def forward(ctx, g, x, pairs):  # type: ignore[override] # noqa: ANN001, ANN205
        ctx.save_for_backward(g, x)
        ctx.pairs = pairs
        i, j = pairs.first, pairs.second
        if not _by_compiled(x):
            return torch.addcmul(g[i] * x[j], g[j], x[i])
        found = x.new_empty(len(i), x.shape[1])
        _across(*map(_array, (g, x, i, j, found)))
        return found

    @staticmethod
    def backward(ctx, gradient):  # type: ignore[override] # noqa: ANN001, ANN205
        g, x = ctx.saved_tensors
        by_g = by_x = None
        if ctx.needs_input_grad[0]:
            by_g = _Convolution.apply(x, gradient, ctx.pairs)
        if ctx.needs_input_grad[1]:
            by_x = _Convolution.apply(g, gradient, ctx.pairs)
        return by_g, by_x, None


def _by_compiled(x: Tensor) -> bool:
    return HAS_COMPILER and x.device.type == "cpu"


def _array(tensor: Tensor):  # type: ignore[no-untyped-def] # noqa: ANN202
    return tensor.detach().contiguous().numpy()


@compiled(fastmath=REORDER)
def _convolve(x, weights, first, second, found):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    n = x.shape[1]
    for p in range(len(first)):
        i, j = first[p], second[p]
        for f in range(n):
            found[i, f] += x[j, f] * weights[p, f]
        for f in range(n):
            found[j, f] += x[i, f] * weights[p, f]


@compiled(fastmath=REORDER)
def _across(g, x, first, second, found):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for p in range(len(first)):
        i, j = first[p], second[p]
        for f in range(x.shape[1]):
            found[p, f] = g[i, f] * x[j, f] + g[j, f] * x[i, f]


@compiled(fastmath=REORDER)
def _add_across(g, x, slopes, first, second, found):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for p in range(len(first)):
        i, j = first[p], second[p]
        total = x.dtype.type(0.0)
        for f in range(x.shape[1]):
            total += (g[i, f] * x[j, f] + g[j, f] * x[i, f]) * slopes[p, f]
        found[p] += total


@compiled(fastmath=REORDER)
def _row_products(a, b, found):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    for p in range(len(a)):
        total = a.dtype.type(0.0)
        for f in range(a.shape[1]):
            total += a[p, f] * b[p, f]
        found[p] = total
