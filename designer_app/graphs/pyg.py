"""The parts of PyTorch Geometric in use; its import warns of a torch function it still calls."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from torch_geometric.data import Batch, Data
    from torch_geometric.loader import DataLoader

__all__ = ["Batch", "Data", "DataLoader"]
