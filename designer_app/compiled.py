"""Functions compiled by numba, which ships its own compiler; plain torch stands in without it."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, overload

try:
    import numba
except ImportError:  # no wheel for this machine
    numba = None

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

HAS_COMPILER = numba is not None


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
