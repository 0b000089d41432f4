"""From a running job outwards: the newest frame, and every row of scalars.

`Latest` forgets all but the newest, because a screen cannot show more; `Series` forgets nothing,
because a plot must. Both are safe to use from two threads.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Frame:
    """A moment of a run."""

    step: int
    time_fs: float
    positions: NDArray[np.float32]
    """(n_atoms, 3) A."""
    cell: NDArray[np.float64]
    """(3, 3) A."""


class Latest(Generic[T]):
    """A slot that holds only what was put last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest: T | None = None

    def put(self, item: T) -> None:
        """Replace what is there."""
        with self._lock:
            self._newest = item

    def take(self) -> T | None:
        """What came since the last call, or None."""
        with self._lock:
            newest, self._newest = self._newest, None
        return newest


class Series:
    """Rows of named numbers, kept until they are drained."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: list[Mapping[str, float]] = []

    def append(self, row: Mapping[str, float]) -> None:
        """Add one row."""
        with self._lock:
            self._rows.append(row)

    def extend(self, rows: list[Mapping[str, float]]) -> None:
        """Add several rows."""
        with self._lock:
            self._rows.extend(rows)

    def drain(self) -> list[Mapping[str, float]]:
        """All rows since the last call, oldest first."""
        with self._lock:
            rows, self._rows = self._rows, []
        return rows
