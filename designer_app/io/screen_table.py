"""Rows as a table for spreadsheets; no cell of it can act as a formula."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from designer_app.io.atomic_write import atomic_write
from designer_app.specs.screen_rows import ScreenRow

_FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
_SAID = ("unit", "low", "high", "error", "method", "origin", "light")


def write_csv(path: Path, rows: Sequence[ScreenRow]) -> None:
    """One line a row, best first, each number with its unit, interval, error and origin."""
    atomic_write(path, csv_text(rows), backup=False)


def csv_text(rows: Sequence[ScreenRow]) -> str:
    """The table as text."""
    keys = list(dict.fromkeys(each.key for row in rows for each in row.estimates))
    heads = ["rank", "id", "formula", "space group", "atoms", "verdict", "reason", "misses"]
    heads += ["score", "light", "known as", "made from", "competes with", "warnings"]
    for key in keys:
        heads += [key, *(f"{key} {said}" for said in _SAID)]
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([escaped(head) for head in heads])
    for rank, row in enumerate(rows, 1):
        cells: list[object] = [
            rank, row.id, row.formula, row.space_group, row.n_atoms, row.verdict, row.reason,
            " ".join(row.failing), row.score, row.light, row.known, row.made_from,
            row.decomposition, " ".join(row.warnings),
        ]  # fmt: skip
        for key in keys:
            found = row.estimate(key)
            cells += [""] * (1 + len(_SAID)) if found is None else [found.value]
            cells += [] if found is None else [getattr(found, said) for said in _SAID]
        writer.writerow([escaped(cell) for cell in cells])
    return file.getvalue()


def escaped(cell: object) -> str:
    """A cell that a spreadsheet shows and never computes; unknown numbers are empty."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    if isinstance(cell, int | float):
        return repr(cell)
    text = str(cell)
    return f"'{text}" if text.startswith(_FORMULA_BEGINS) else text
