"""Convolutions over pairs, chunk by chunk, and their gradients with respect to features."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.potentials.chgnet.graph import Pairs
from designer_app.potentials.chgnet.kernels import Kernels
from designer_app.potentials.chgnet.network import AngleUpdate, PairConvolution
from designer_app.potentials.chgnet.weights import WIDTH
from designer_app.potentials.chgnet.workspace import Workspace

Tables = Tensor
"""Products of the receiving and of the sending end's features, (2, n, 128)."""


@dataclass(frozen=True, eq=False)
class BasisTerm:
    """Share of pairs in the hidden layer where their features are a matrix times basis functions.

    Both messages of a pair share it. Bonds that angles have changed get a correction on top.
    """

    basis: Tensor
    """(n_pairs, 32)."""
    weight: Tensor
    """(32, 128)."""
    corrected: Tensor | None = None
    """Pairs with a correction, ascending."""
    correction: Tensor | None = None
    """(n_corrected, 128)."""
    bounds: tuple[int, ...] = ()
    """Corrections before each chunk."""

    def n_rows(self, n_pairs: int) -> int:
        """Rows that so many pairs have here."""
        return n_pairs

    def rows(self, low: int, high: int, chunk: int, out: Tensor) -> None:
        """The rows of pairs `low` to `high`, written to `out`."""
        torch.mm(self.basis[low:high], self.weight, out=out)
        if self.corrected is not None and self.correction is not None:
            start, stop = self.bounds[chunk], self.bounds[chunk + 1]
            if stop > start:
                out.index_add_(0, self.corrected[start:stop] - low, self.correction[start:stop])

    def rows_backward(
        self, low: int, high: int, chunk: int, g: Tensor, g_features: Tensor, g_correction: Tensor
    ) -> None:
        """Add gradients from dE/d(rows)."""
        g_features[low:high].addmm_(g, self.weight.T)
        if self.corrected is not None:
            start, stop = self.bounds[chunk], self.bounds[chunk + 1]
            if stop > start:
                torch.index_select(
                    g, 0, self.corrected[start:stop] - low, out=g_correction[start:stop]
                )


@dataclass(frozen=True, eq=False)
class FeatureTerm:
    """Share of pairs in the hidden layer where each message has features of its own."""

    features: Tensor
    """(2 n_pairs, 64)."""
    weight: Tensor
    """(64, 128)."""

    def n_rows(self, n_pairs: int) -> int:
        """Rows that so many pairs have here."""
        return 2 * n_pairs

    def rows(self, low: int, high: int, chunk: int, out: Tensor) -> None:  # noqa: ARG002
        """The rows of pairs `low` to `high`, written to `out`."""
        torch.mm(self.features[2 * low : 2 * high], self.weight, out=out)

    def rows_backward(
        self,
        low: int,
        high: int,
        chunk: int,  # noqa: ARG002
        g: Tensor,
        g_features: Tensor,
        g_correction: Tensor,  # noqa: ARG002
    ) -> None:
        """Add gradients from dE/d(rows)."""
        g_features[2 * low : 2 * high].addmm_(g, self.weight.T)


PairTerm = BasisTerm | FeatureTerm


class Convolver:
    """Runs layers over pairs with one set of kernels and one workspace."""

    def __init__(self, kernels: Kernels, workspace: Workspace) -> None:
        self.kernels = kernels
        self.workspace = workspace

    def chunks(self, n_pairs: int) -> Iterator[tuple[int, int, int]]:
        """(number, low, high) of each chunk of pairs."""
        size = self.kernels.chunk
        for number, low in enumerate(range(0, n_pairs, size)):
            yield number, low, min(low + size, n_pairs)

    def convolve(
        self,
        layer: PairConvolution,
        tables: Tables,
        term: PairTerm,
        pairs: Pairs,
        weight: Tensor,
        by_pair: bool,
        name: str,
    ) -> tuple[Tensor, Tensor]:
        """Sum of gated messages at each receiver (n, 64), and second-layer values to keep."""
        kernels, take = self.kernels, self.workspace.take
        summed = weight.new_zeros(pairs.n_ends, WIDTH)
        kept = take(name, 2, 2 * len(pairs), WIDTH)
        for number, low, high in self.chunks(len(pairs)):
            x = take("x", term.n_rows(high - low), 2 * WIDTH)
            s = take("s", 2 * (high - low), 2 * WIDTH)
            y = kept[:, 2 * low : 2 * high]
            term.rows(low, high, number, x)
            kernels.activate(tables, x, pairs, low, high, s)
            torch.mm(s[:, :WIDTH], layer.hidden[0], out=y[0])
            torch.mm(s[:, WIDTH:], layer.hidden[1], out=y[1])
            kernels.gate(y, layer.gate, weight, by_pair, pairs, low, high, summed)
        return summed, kept

    def convolve_backward(
        self,
        layer: PairConvolution,
        tables: Tables,
        term: PairTerm,
        pairs: Pairs,
        weight: Tensor,
        by_pair: bool,
        kept: Tensor,
        g_summed: Tensor,
        g_weight: Tensor,
        g_features: Tensor,
        g_correction: Tensor,
        tables_too: bool,
    ) -> Tables | None:
        """Gradients from dE/d(sum): added to weights and pair features; returned for tables."""
        kernels, take = self.kernels, self.workspace.take
        g_tables = torch.zeros_like(tables) if tables_too else None
        for number, low, high in self.chunks(len(pairs)):
            x = take("x", term.n_rows(high - low), 2 * WIDTH)
            g_x = take("g_x", term.n_rows(high - low), 2 * WIDTH)
            g_s = take("s", 2 * (high - low), 2 * WIDTH)
            y = kept[:, 2 * low : 2 * high]
            kernels.gate_backward(
                y,
                layer.gate,
                weight,
                by_pair,
                pairs,
                low,
                high,
                g_summed,
                g_weight,
            )
            torch.mm(y[0], layer.hidden[0].T, out=g_s[:, :WIDTH])
            torch.mm(y[1], layer.hidden[1].T, out=g_s[:, WIDTH:])
            term.rows(low, high, number, x)
            kernels.activate_backward(tables, x, pairs, low, high, g_s, g_tables, g_x)
            term.rows_backward(low, high, number, g_x, g_features, g_correction)
        return g_tables

    def update(
        self, layer: AngleUpdate, tables: Tables, term: PairTerm, pairs: Pairs, rows: Tensor
    ) -> None:
        """Add the layer's gated output to each message's row of features, in place."""
        for number, low, high in self.chunks(len(pairs)):
            x = self.workspace.take("x", term.n_rows(high - low), 2 * WIDTH)
            term.rows(low, high, number, x)
            mine = rows[2 * low : 2 * high]
            self.kernels.update(tables, x, layer.gate, pairs, low, high, mine)

    def update_backward(
        self,
        layer: AngleUpdate,
        tables: Tables,
        term: PairTerm,
        pairs: Pairs,
        g_rows: Tensor,
        g_features: Tensor,
    ) -> Tables:
        """Gradients from dE/d(new rows): added to pair features; returned for tables."""
        g_tables = torch.zeros_like(tables)
        for number, low, high in self.chunks(len(pairs)):
            x = self.workspace.take("x", term.n_rows(high - low), 2 * WIDTH)
            g_x = self.workspace.take("g_x", term.n_rows(high - low), 2 * WIDTH)
            term.rows(low, high, number, x)
            mine = g_rows[2 * low : 2 * high]
            self.kernels.update_backward(
                tables, x, layer.gate, pairs, low, high, mine, g_tables, g_x
            )
            term.rows_backward(low, high, number, g_x, g_features, g_x)
        return g_tables
