"""Scalars of a run as growing columns."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray


class SeriesTable:
    """Rows of named numbers as numpy columns, appended in amortised constant time."""

    def __init__(self) -> None:
        self._columns: dict[str, NDArray[np.float64]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def extend(self, rows: Sequence[Mapping[str, float | None]]) -> None:
        """Add rows; a name that a row lacks is NaN there."""
        if not rows:
            return
        start, end = self._length, self._length + len(rows)
        for name in {name for row in rows for name in row}:
            column = self._room(name, end)
            values = [row.get(name) for row in rows]
            column[start:end] = [np.nan if value is None else value for value in values]
        for name, column in self._columns.items():
            if len(column) < end:
                self._room(name, end)
        self._length = end

    def column(self, name: str) -> NDArray[np.float64]:
        """A column without a copy; empty where no row has it."""
        if name not in self._columns:
            return np.empty(0)
        return self._columns[name][: self._length]

    def _room(self, name: str, length: int) -> NDArray[np.float64]:
        column = self._columns.get(name)
        if column is None or len(column) < length:
            grown = np.full(max(1024, 2 * length), np.nan)
            if column is not None:
                grown[: len(column)] = column
            self._columns[name] = column = grown
        return column
