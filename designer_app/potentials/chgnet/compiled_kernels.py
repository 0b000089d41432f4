"""The kernels as compiled loops, for CPUs. Imported only where numba is."""

from typing import Any

from torch import Tensor

from designer_app.potentials.chgnet import compiled_loops
from designer_app.potentials.chgnet.graph import Pairs
from designer_app.potentials.chgnet.network import Gate

loops: Any = compiled_loops  # the compiler checks the types of arguments when it meets them


class CompiledKernels:
    """See `Kernels`."""

    name = "numba"
    chunk = 1024

    def activate(
        self, tables: Tensor, x: Tensor, pairs: Pairs, low: int, high: int, s: Tensor
    ) -> None:
        """See `Kernels`."""
        loops.activate(*_arrays(tables, x), *_ends(pairs), low, high, s.numpy())

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
        """See `Kernels`."""
        loops.activate_backward(
            *_arrays(tables, x),
            *_ends(pairs),
            low,
            high,
            g_s.numpy(),
            g_tables is not None,
            *_arrays(tables if g_tables is None else g_tables, g_x),
        )

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
        """See `Kernels`."""
        loops.gate(
            *_arrays(y[0], y[1], gate.bias, gate.gamma, gate.beta, weight),
            by_pair,
            *_ends(pairs),
            low,
            high,
            summed.numpy(),
        )

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
        """See `Kernels`."""
        loops.gate_backward(
            *_arrays(y[0], y[1], gate.bias, gate.gamma, gate.beta, weight),
            by_pair,
            *_ends(pairs),
            low,
            high,
            *_arrays(g_summed, g_weight),
        )

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
        """See `Kernels`."""
        loops.update(
            *_arrays(tables, x, gate.bias, gate.gamma, gate.beta),
            *_ends(pairs),
            low,
            high,
            rows.numpy(),
        )

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
        """See `Kernels`."""
        loops.update_backward(
            *_arrays(tables, x, gate.bias, gate.gamma, gate.beta),
            *_ends(pairs),
            low,
            high,
            *_arrays(g_rows, g_tables, g_x),
        )


def _arrays(*tensors: Tensor) -> Any:
    """The tensors' memory as arrays."""
    return tuple(tensor.numpy() for tensor in tensors)


def _ends(pairs: Pairs) -> Any:
    """Row numbers of both ends."""
    return pairs.first.numpy(), pairs.second.numpy()
