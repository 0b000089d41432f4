"""fairchem-core 1.10's GemNet-T without packages that have wheels for few versions of torch.

Run in an environment of its own that has fairchem-core; it needs nothing of this program.
"""
# pyright: reportMissingImports=false

import importlib.metadata
import sys
import types
from typing import Any

import torch
from torch import Tensor


def stand_ins() -> None:
    """What GemNet-T uses of torch_scatter and torch_sparse, and fairchem without its datasets."""

    def scatter(
        values: Tensor, index: Tensor, dim: int = 0, *, dim_size: Any, reduce: str = "sum"
    ) -> Tensor:
        assert dim == 0
        assert reduce in ("sum", "add")
        return values.new_zeros(int(dim_size), *values.shape[1:]).index_add(0, index, values)

    def segment_csr(values: Tensor, ends: Tensor) -> Tensor:
        total = torch.cat([values.new_zeros(1), values.cumsum(0)])
        return total[ends[1:]] - total[ends[:-1]]

    class SparseTensor:
        def __init__(
            self, row: Tensor, col: Tensor, value: Tensor, sparse_sizes: tuple[int, int]
        ) -> None:
            order = torch.argsort(row * sparse_sizes[1] + col, stable=True)
            self.rows, self.values, self.n = row[order], value[order], sparse_sizes[0]

        def __getitem__(self, rows: Tensor) -> Any:
            counts = torch.bincount(self.rows, minlength=self.n)
            starts = counts.cumsum(0) - counts
            n_each = counts[rows]
            row = torch.repeat_interleave(torch.arange(len(rows)), n_each)
            within = torch.arange(len(row)) - (n_each.cumsum(0) - n_each)[row]
            value = self.values[starts[rows][row] + within]
            return types.SimpleNamespace(
                storage=types.SimpleNamespace(value=lambda: value, row=lambda: row)
            )

    for name, has in (
        ("torch_scatter", {"scatter": scatter, "segment_csr": segment_csr}),
        ("torch_sparse", {"SparseTensor": SparseTensor}),
    ):
        module = types.ModuleType(name)
        module.__dict__.update(has)
        sys.modules[name] = module
    package = types.ModuleType("fairchem.core")
    package.__path__ = [
        str(importlib.metadata.distribution("fairchem-core").locate_file("fairchem/core"))
    ]
    sys.modules["fairchem.core"] = package
