"""Numbers too small for their exponent (below 1e-38 in single precision) counted as 0."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def without_denormals() -> Iterator[None]:
    """Inside, tiny numbers of this thread are 0: processors take many times as long with them.

    They come from gradients near a cutoff, and from tiny probabilities.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)
