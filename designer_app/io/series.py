"""Scalars of a run as an append-only CSV file: one line a step, the first column is the step."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import WriteFailedError
from designer_app.io.folders import refuse_link


class SeriesWriter:
    """Appends rows; a line is whole or absent, and lines that are there are not written again.

    Raises `WriteFailedError` where the system refuses, with the file cut back to whole lines.
    """

    def __init__(self, path: Path, columns: Sequence[str], keep_until: int | None = None) -> None:
        """Open for more; rows of steps after `keep_until` are dropped."""
        self.path = path
        self.columns = tuple(columns)
        header = (",".join(self.columns) + "\n").encode()
        with _reported(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_link(path)
            self._size, self.last_step = _whole_lines(path, header, keep_until)
            self._file = path.open("ab", buffering=0)
            self._file.truncate(self._size)
            if self._size == 0:
                self._append(header)

    def extend(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Append the rows of steps that are not there yet."""
        new = [row for row in rows if row["step"] > self.last_step]
        if new:
            lines = (",".join(_number(row[name]) for name in self.columns) for row in new)
            self._append("".join(line + "\n" for line in lines).encode())
            self.last_step = int(new[-1]["step"])

    def sync(self) -> None:
        """Return when all rows are on the disk."""
        with _reported(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, text: bytes) -> None:
        with _reported(self.path):
            try:
                written = self._file.write(text)
                while written < len(text):
                    written += self._file.write(text[written:])
            except OSError:
                self._file.truncate(self._size)
                raise
        self._size += len(text)


def read_series(path: Path) -> dict[str, NDArray[np.float64]]:
    """The columns of a series by name."""
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        lines = file.readlines()
    rows = np.loadtxt(lines, delimiter=",", ndmin=2) if lines else np.empty(0)
    return dict(zip(names, rows.reshape(-1, len(names)).T, strict=True))


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))


def _whole_lines(path: Path, header: bytes, keep_until: int | None) -> tuple[int, int]:
    """Bytes and last step of the lines that stay; 0 and -1 where they have another header."""
    size, last = len(header), -1
    if not path.exists():
        return 0, last
    with path.open("rb") as file:
        if file.readline() != header:
            return 0, last
        for line in file:
            if not line.endswith(b"\n"):
                break
            try:
                step = int(line.split(b",", 1)[0])
            except ValueError:  # a power cut can leave zeros
                break
            if keep_until is not None and step > keep_until:
                break
            size, last = size + len(line), step
    return size, last


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    """Turn what the system refuses into `WriteFailedError`."""
    try:
        yield
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
