"""Crystals as tokens with everything that is known of them: what heads learn from."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.features import IONS
from designer_app.design.heads.proposals import amounts_of_slots
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.io.atomic_write import atomic_write
from designer_app.training.splits import formula_of, split_of

SPLITS = ("train", "validation", "test")
KNOWN, MADE, DECODED, FORMER = 0, 1, 2, 3
"""Origin of a row: a known crystal, one with elements swapped, what the shipped autoencoder
decoded, or what an earlier one did."""
NO_ION = -1


@dataclass(frozen=True, eq=False)
class LabelledTokens:
    """Crystals and their labels, NaN where there is none."""

    table: TokenTable
    values: NDArray[np.float32]
    """(n, n_keys) in the units of the heads."""
    keys: tuple[str, ...]
    ion: NDArray[np.int8]
    """(n,) place in `IONS` of the working ion that values speak of, or NO_ION."""
    split: NDArray[np.int8]
    """(n,) index in `SPLITS`, by formula."""
    origin: NDArray[np.int8]
    """(n,) KNOWN, MADE, DECODED or FORMER."""

    def __len__(self) -> int:
        return len(self.table)

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "LabelledTokens":
        """Some of them."""
        return LabelledTokens(
            self.table.rows(chosen), self.values[chosen], self.keys,
            self.ion[chosen], self.split[chosen], self.origin[chosen],
        )  # fmt: skip

    def column(self, key: str) -> NDArray[np.float32]:
        """(n,) labels of one head."""
        return self.values[:, self.keys.index(key)]

    def known(self, keys: Sequence[str]) -> NDArray[np.bool_]:
        """(n,) True where there is a label of any of these heads."""
        columns = [self.keys.index(key) for key in keys]
        return np.asarray(np.isfinite(self.values[:, columns]).any(axis=1), dtype=bool)

    def and_more(self, more: "LabelledTokens") -> "LabelledTokens":
        """Both; labels of heads that one of them does not know are missing there."""
        keys = tuple(dict.fromkeys((*self.keys, *more.keys)))
        first, second = self.with_keys(keys), more.with_keys(keys)
        return LabelledTokens(
            TokenTable.joined([self.table, more.table]),
            np.concatenate([first, second]),
            keys,
            np.concatenate([self.ion, more.ion]),
            np.concatenate([self.split, more.split]),
            np.concatenate([self.origin, more.origin]),
        )

    def with_keys(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """(n, n_keys) labels of these heads, NaN where there is none."""
        found = np.full((len(self), len(keys)), np.nan, dtype=np.float32)
        for column, key in enumerate(keys):
            if key in self.keys:
                found[:, column] = self.column(key)
        return found

    def save(self, path: Path) -> None:
        """All arrays in one file."""
        buffer = io.BytesIO()
        parts = {f"table_{f.name}": getattr(self.table, f.name) for f in fields(TokenTable)}
        np.savez_compressed(
            buffer, values=self.values, keys=np.array(self.keys), ion=self.ion,
            split=self.split, origin=self.origin, **parts,
        )  # fmt: skip
        atomic_write(path, buffer.getvalue(), backup=False)

    @classmethod
    def load(cls, path: Path) -> "LabelledTokens":
        """From such a file."""
        with np.load(path, allow_pickle=False) as found:
            table = TokenTable(*(found[f"table_{f.name}"] for f in fields(TokenTable)))
            keys = tuple(str(key) for key in found["keys"])
            rest = (found[name] for name in ("ion", "split", "origin"))
            return cls(table, found["values"], keys, *rest)


def labelled(
    table: TokenTable,
    values: dict[str, NDArray[np.floating]],
    library: PrototypeLibrary,
    *,
    origin: int | NDArray[np.integer],
    ion: NDArray[np.integer] | None = None,
) -> LabelledTokens:
    """Tokens with columns of labels, split by formula."""
    formulas = formulas_of(table, library)
    none = np.full(len(table), NO_ION)
    return LabelledTokens(
        table,
        np.stack([np.asarray(each, np.float32) for each in values.values()], axis=1),
        tuple(values),
        (none if ion is None else ion).astype(np.int8),
        np.array([SPLITS.index(split_of(each)) for each in formulas], np.int8),
        np.broadcast_to(np.asarray(origin, np.int8), len(table)).copy(),
    )


def formulas_of(table: TokenTable, library: PrototypeLibrary) -> list[str]:
    """Reduced formulas."""
    counts = library.slot_counts[table.prototype]
    return [
        formula_of(amounts_of_slots(*pair)) for pair in zip(table.elements, counts, strict=True)
    ]


def fractions_of(
    table: TokenTable, library: PrototypeLibrary, n_elements: int
) -> NDArray[np.float64]:
    """(n, n_elements) atomic fractions."""
    counts = library.slot_counts[table.prototype].astype(np.float64)
    found = np.zeros((len(table), n_elements))
    rows = np.repeat(np.arange(len(table)), counts.shape[1])
    np.add.at(found, (rows, table.elements.ravel()), counts.ravel())
    return found / found.sum(axis=1, keepdims=True)


def for_ion(found: LabelledTokens, symbol: str) -> LabelledTokens:
    """The same rows, asked about one working ion."""
    return replace(found, ion=np.full(len(found), IONS.index(symbol), np.int8))
