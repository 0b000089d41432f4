"""What a message between two ends of a pair needs besides matrix products.

Two implementations: torch for every device, and compiled loops for the CPU. Rows 2p and 2p + 1 are
the two messages of pair p; hidden rows are core | gate, 128 numbers.
"""

from typing import Protocol

from torch import Tensor

from designer_app.potentials.chgnet.graph import Pairs
from designer_app.potentials.chgnet.network import Gate

NORM_EPSILON = 1e-5
"""Added to the variance in every layer normalisation."""

LOWEST = -40.0
"""Hidden values are cut off here before their activation. silu(-40) is 2e-16, beside sums of order
100; further down come numbers below the normal range, on which CPUs work 20 times slower."""


class Kernels(Protocol):
    """Element-wise parts of a convolution over pairs `low` to `high`."""

    name: str
    chunk: int
    """Pairs done at a time: what the cache holds on a CPU, all on a GPU."""

    def activate(
        self, tables: Tensor, x: Tensor, pairs: Pairs, low: int, high: int, s: Tensor
    ) -> None:
        """S = silu(h), h = first[receiver] + second[sender] + x.

        x has a row per message, or one per pair that both share.
        """
        ...

    def activate_backward(
        self,
        tables: Tensor,
        x: Tensor,
        pairs: Pairs,
        low: int,
        high: int,
        g_s: Tensor,
        g_tables: Tensor | None,
        g_x: Tensor,
    ) -> None:
        """dE/dx into g_x; the same summed over each end's messages added to `g_tables`."""
        ...

    def gate(
        self,
        y: Tensor,
        gate: Gate,
        weight: Tensor,
        by_pair: bool,
        pairs: Pairs,
        low: int,
        high: int,
        summed: Tensor,
    ) -> None:
        """Add weight silu(LN(core)) sigmoid(LN(gate)) of each row of y to its receiver's sum.

        `weight` has a row per pair, or one per sender. y (2, rows, 64) is kept for the backward
        pass as the implementation leaves it.
        """
        ...

    def gate_backward(
        self,
        y: Tensor,
        gate: Gate,
        weight: Tensor,
        by_pair: bool,
        pairs: Pairs,
        low: int,
        high: int,
        g_summed: Tensor,
        g_weight: Tensor,
    ) -> None:
        """Y becomes dE/dy; dE/dweight is added to `g_weight`."""
        ...

    def update(
        self,
        tables: Tensor,
        x: Tensor,
        gate: Gate,
        pairs: Pairs,
        low: int,
        high: int,
        rows: Tensor,
    ) -> None:
        """Add silu(LN(h core)) sigmoid(LN(h gate)) to each message's row of features."""
        ...

    def update_backward(
        self,
        tables: Tensor,
        x: Tensor,
        gate: Gate,
        pairs: Pairs,
        low: int,
        high: int,
        g_rows: Tensor,
        g_tables: Tensor,
        g_x: Tensor,
    ) -> None:
        """dE/dx into g_x, and summed over each end's messages added to `g_tables`."""
        ...
