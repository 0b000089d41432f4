"""Triplets b -> a <- c of directed edges, as rows of the edges that end at each atom.

All triplets at an atom are all pairs of its edges. So instead of a list of them, gathered and
summed row by row, the edges of each atom stand in one row of a rectangle: a sum over triplets is
then a product of matrices, one for each atom. None is left out, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True, eq=False)
class EdgeRows:
    """The edges that end at each atom, side by side; short rows are filled with zeros."""

    n_atoms: int
    width: int
    """Most edges of one atom."""
    slots: Int[Tensor, "n_edges"] | None
    """Place of each edge among `n_atoms * width`; None where all atoms have equally many."""
    edges: Int[Tensor, "n_atoms width"]
    """Edge in each place; `n_edges` where there is none."""

    @classmethod
    def of(cls, first: Int[Tensor, "n_edges"], n_atoms: int) -> "EdgeRows":
        """From the atom that each edge ends at, ascending."""
        n_edges = first.shape[0]
        counts = torch.bincount(first, minlength=n_atoms)
        width = int(counts.max()) if n_edges else 0
        each = torch.arange(n_edges, device=first.device)
        if n_edges == n_atoms * width:
            return cls(n_atoms, width, None, each.reshape(n_atoms, width))
        starts = torch.cumsum(counts, 0) - counts
        slots = first * width + each - starts[first]
        edges = torch.full((n_atoms * width,), n_edges, device=first.device)
        edges[slots] = each
        return cls(n_atoms, width, slots, edges.reshape(n_atoms, width))

    def places(self) -> Int[Tensor, "n_edges"]:
        """Place of each edge among `n_atoms * width`."""
        if self.slots is None:
            return torch.arange(self.n_atoms * self.width, device=self.edges.device)
        return self.slots

    def rows(self, values: Float[Tensor, "n_edges *n"]) -> Float[Tensor, "n_atoms width *n"]:
        """What the edges carry, atom by atom."""
        shape = (self.n_atoms, self.width, *values.shape[1:])
        if self.slots is None:
            return values.reshape(shape)
        return _Spread.apply(values, self.slots, self.n_atoms * self.width).reshape(shape)  # type: ignore[no-any-return]

    def flat(self, rows: Float[Tensor, "n_atoms width *n"]) -> Float[Tensor, "n_edges *n"]:
        """The way back."""
        values = rows.reshape(self.n_atoms * self.width, *rows.shape[2:])
        return values if self.slots is None else _Pick.apply(values, self.slots)  # type: ignore[no-any-return]

    def sums(self, values: Float[Tensor, "n_edges n"]) -> Float[Tensor, "n_atoms n"]:
        """Sum over the edges of each atom."""
        return self.rows(values).sum(dim=1)

    def of_atoms(self, values: Float[Tensor, "n_atoms n"]) -> Float[Tensor, "n_edges n"]:
        """What the atom carries that each edge ends at."""
        return self.flat(values[:, None].expand(-1, self.width, -1))

    def other_edges(self) -> Float[Tensor, "width width"]:
        """1 for two different edges of an atom, 0 for an edge with itself."""
        return 1.0 - torch.eye(self.width, device=self.edges.device)


def picked(rows: Float[Tensor, "n_rows *n"], places: Int[Tensor, "n"]) -> Float[Tensor, "n *n"]:
    """Some of the rows, none of them twice."""
    return _Pick.apply(rows, places)  # type: ignore[no-any-return]


def permuted(
    values: Float[Tensor, "n_edges *n"], reverse: Int[Tensor, "n_edges"]
) -> Float[Tensor, "n_edges *n"]:
    """What the reverse of each edge carries; the gradient is the same gather."""
    return _Swap.apply(values, reverse)  # type: ignore[no-any-return]


def joined(parts: Sequence[Float[Tensor, "n k *m"]]) -> Float[Tensor, "n k_of_all *m"]:
    """`torch.cat` along axis 2, whose gradient is one split and no row of padded slices."""
    return _Join.apply(*parts)  # type: ignore[no-any-return]


class _Join(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, *parts: Tensor) -> Tensor:
        ctx.sizes = [each.shape[2] for each in parts]
        return torch.cat(parts, dim=2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return gradients[0].split(ctx.sizes, dim=2)


class _Spread(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, slots: Tensor, n: int) -> Tensor:
        ctx.slots = slots
        out = values.new_zeros(n, *values.shape[1:])
        out[slots] = values
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Pick.apply(gradients[0], ctx.slots), None, None


class _Pick(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, slots: Tensor) -> Tensor:
        ctx.slots, ctx.n = slots, rows.shape[0]
        return rows.index_select(0, slots)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Spread.apply(gradients[0], ctx.slots, ctx.n), None


class _Swap(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, reverse: Tensor) -> Tensor:
        ctx.reverse = reverse
        return values.index_select(0, reverse)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Any:
        return _Swap.apply(gradients[0], ctx.reverse), None
