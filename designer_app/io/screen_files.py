"""Files around a screening: which files of a folder are structures, and rows as a table."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from designer_app.io.atomic_write import atomic_write
from designer_app.specs.screen import ScreenRow

SUFFIXES = frozenset(
    (".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".xsf", ".res", ".gen", ".json")
)
_STEMS = ("POSCAR", "CONTCAR")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run as a formula (OWASP, CSV injection)."""


def structure_files(folder: Path) -> list[Path]:
    """Files in a folder and below that look like structures, in the order of their names."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.suffix.lower() in SUFFIXES or path.name.startswith(_STEMS)) and path.is_file()
    )


def write_csv(rows: Sequence[ScreenRow], path: Path) -> Path:
    """Rows as CSV, in the order given: a value, its bounds and its origin for each property."""
    keys = list(dict.fromkeys(each.key for row in rows for each in row.estimates))
    units = {each.key: each.unit for row in rows for each in row.estimates}
    head = ["id", "formula", "space_group", "atoms", "verdict", "failing", "reason", "score"]
    for key in keys:
        named = f"{key} ({units[key]})" if units[key] else key
        head += [named, f"{key} low", f"{key} high", f"{key} method", f"{key} origin"]
    head += ["made_from", "known", "stage"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(_escaped(_cells(row, keys)))
    atomic_write(path, text.getvalue(), backup=False)
    return path


def _cells(row: ScreenRow, keys: Iterable[str]) -> list[object]:
    cells: list[object] = [
        row.id,
        row.formula,
        row.space_group,
        row.n_atoms,
        row.verdict,
        " ".join(row.failing),
        row.reason,
        _number(row.score),
    ]
    for key in keys:
        found = row.estimate(key)
        if found is None:
            cells += [""] * 5
        else:
            numbers = (_number(each) for each in (found.value, found.low, found.high))
            cells += [*numbers, found.method, found.origin]
    return [*cells, row.made_from, row.known, row.stage]


def _number(value: float | None) -> object:
    return "" if value is None or not math.isfinite(value) else value


def _escaped(cells: Iterable[object]) -> list[object]:
    """Texts that a spreadsheet would take for formulas get a quote before them."""
    return [
        f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell
        for cell in cells
    ]
