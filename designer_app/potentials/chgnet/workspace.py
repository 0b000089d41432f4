"""Memory that one step after the other writes into, so that no step waits for fresh pages."""

import math

import torch
from torch import Tensor


class Workspace:
    """Named buffers that only grow. Contents never outlive an evaluation."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device = device
        self.dtype = dtype
        self._buffers: dict[str, Tensor] = {}

    def take(self, name: str, *shape: int) -> Tensor:
        """A tensor of that shape with arbitrary contents."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or buffer.shape[0] < size:
            # bonds come and go by a few per step
            buffer = torch.empty(size + size // 16, device=self.device, dtype=self.dtype)
            self._buffers[name] = buffer
        return buffer[:size].view(shape)

    def zeros(self, name: str, *shape: int) -> Tensor:
        """A tensor of that shape full of zeros."""
        return self.take(name, *shape).zero_()
