"""Functions compiled by numba, which ships its own compiler; plain torch stands in without it."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

try:
    import numba
except ImportError:  # no wheel for this machine
    numba = None

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

HAS_COMPILER = numba is not None


def compiled(function: FunctionT, *, fastmath: bool | set[str] = False) -> FunctionT:
    """The function as machine code, kept on disk for the next start where that is possible."""
    if numba is None:
        return function
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return cast("FunctionT", numba.njit(cache=True, **options)(function))
    except RuntimeError:  # no writable folder, or a frozen program without source files
        return cast("FunctionT", numba.njit(**options)(function))
