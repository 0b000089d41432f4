"""Names of devices and number types. Only parses: what a device can do is asked in the worker."""

import os
from dataclasses import dataclass

from designer_app.errors import InvalidSpecError

DEVICES = ("auto", "cpu", "cuda", "mps")
DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Compute:
    """Where and how precisely networks run; states and integrators are float64 where possible."""

    device: str = "auto"
    dtype: str = "float32"
    threads: int = 0
    """0 leaves the choice to `default_threads`."""

    def __post_init__(self) -> None:
        if self.device.split(":")[0] not in DEVICES:
            raise InvalidSpecError("device", self.device, f"choose one of {', '.join(DEVICES)}")
        if self.dtype not in DTYPES:
            raise InvalidSpecError("dtype", self.dtype, f"choose one of {', '.join(DTYPES)}")
        if self.threads < 0:
            raise InvalidSpecError("threads", self.threads, "give 0 for automatic, or 1 and more")


def default_threads() -> int:
    """Threads for one computation: one on small machines, where more make torch slower."""
    cores = os.cpu_count() or 1
    return 1 if cores <= 2 else cores - 1


def thread_environment(threads: int = 0) -> dict[str, str]:
    """Environment variables that must stand before numpy and torch are imported."""
    n = str(threads or default_threads())
    return {
        "OMP_NUM_THREADS": n,
        "OPENBLAS_NUM_THREADS": n,
        "MKL_NUM_THREADS": n,
        "NUMBA_NUM_THREADS": n,
        "OMP_WAIT_POLICY": "PASSIVE",
    }
