"""Functions compiled by numba, which ships its own compiler; plain torch stands in without it."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast, overload

try:
    import numba
except ImportError:  # no wheel for this machine
    numba = None

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

HAS_COMPILER = numba is not None

IN_LANES = {"reassoc", "contract", "arcp", "nsz"}
"""`fastmath` by which sums may be split over vector lanes, while NaN keeps its meaning."""


@overload
def compiled(function: FunctionT) -> FunctionT: ...
@overload
def compiled(*, fastmath: bool | set[str]) -> Callable[[FunctionT], FunctionT]: ...
def compiled(
    function: Callable[..., Any] | None = None, *, fastmath: bool | set[str] = False
) -> Any:
    """The function as machine code, kept on disk for the next start where that is possible.

    What is kept follows changes of the function's own file only: after changing a compiled
    function that others call from another file, delete the `__pycache__` folders.
    """
    if function is None:
        return partial(compiled, fastmath=fastmath)
    if numba is None:
        return function
    options = {"nogil": True, "fastmath": fastmath, "error_model": "numpy"}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:  # no writable folder, or a frozen program without source files
        return numba.njit(**options)(function)


def inlined(function: FunctionT) -> FunctionT:
    """Put into the compiled functions that call it: a call with arrays takes as long as a row."""
    return function if numba is None else cast("FunctionT", numba.njit(inline="always")(function))
