"""Which kernels compute on a device."""

import torch

from designer_app.compiled import HAS_COMPILER
from designer_app.errors import InvalidSpecError
from designer_app.potentials.chgnet.kernels import Kernels
from designer_app.potentials.chgnet.torch_kernels import TorchKernels


def choose_kernels(device: torch.device) -> Kernels:
    """The fastest kernels of a device: compiled loops on a CPU, torch elsewhere."""
    compiled = device.type == "cpu" and HAS_COMPILER
    return kernels_by_name("numba" if compiled else "torch", device)


def kernels_by_name(name: str, device: torch.device) -> Kernels:
    """Kernels by the name that a checkpoint recorded."""
    if name == "torch":
        return TorchKernels(device)
    if name == "numba" and device.type == "cpu" and HAS_COMPILER:
        from designer_app.potentials.chgnet.compiled_kernels import CompiledKernels

        return CompiledKernels()
    raise InvalidSpecError("kernels", name, f"not available on {device.type} here")
