"""A registry: rows of plain data that name their implementation as "module:attribute".

Rows live in `specs`, which imports no model; the implementation is imported only where it runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from designer_app.errors import UnknownKeyError

RowT = TypeVar("RowT", bound="Row")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing of a kind: its key, its name for people, and where its code lives."""

    key: str
    title: str
    summary: str
    implementation: str

    def load(self) -> Any:
        """The implementation, imported now."""
        module, attribute = self.implementation.split(":")
        return getattr(import_module(module), attribute)


class Registry(Mapping[str, RowT]):
    """Rows by key, in the order in which they are shown."""

    def __init__(self, kind: str, rows: tuple[RowT, ...]) -> None:
        self.kind = kind
        self._rows = {row.key: row for row in rows}
        if len(self._rows) != len(rows):
            message = f"two rows of {kind} share a key"
            raise ValueError(message)

    def add(self, row: RowT) -> None:
        """One more row, from a file or a notebook of the user's."""
        if row.key in self._rows:
            message = f"{self.kind} has a row {row.key} already"
            raise ValueError(message)
        self._rows[row.key] = row

    def __getitem__(self, key: str) -> RowT:
        try:
            return self._rows[key]
        except KeyError:
            raise UnknownKeyError(self.kind, key, tuple(self._rows)) from None

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)
