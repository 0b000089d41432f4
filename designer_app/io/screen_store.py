"""The folder of a screening run: what is in it is whole at every moment, and stays.

    spec.toml         the settings; another run is refused in the same folder
    candidates.jsonl  a structure a line, in the order of their ids
    rows.jsonl        a row a line; a later line of an id replaces the earlier one
    structures/       CIF of what was relaxed
    progress.json     what the run decided on its way: proposals, and which rows went on
    result.json       counts, origins and seconds, once the run ended
    report.html, table.csv

Lines are appended and flushed to the disk in batches. A line that a kill cut off is dropped.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.errors import ResumeError, WriteFailedError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.documents import Document
from designer_app.io.folders import refuse_link, writable_folder
from designer_app.io.structures import read_document
from designer_app.io.toml import read_toml, write_toml
from designer_app.io.writing import cif_text
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

SPEC, ROWS, CANDIDATES, RESULT = "spec.toml", "rows.jsonl", "candidates.jsonl", "result.json"
PROGRESS = "progress.json"
STRUCTURES, REPORT, TABLE = "structures", "report.html", "table.csv"
_NOT_OF_THE_RUN = ("out", "resume", "threads", "device", "workers")
"""Settings that may change when a run goes on."""


class ScreenStore:
    """Reads and appends; the window reads one that a job writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._places: dict[str, int] | None = None

    # --- begin ---

    def begin(self, settings: Mapping[str, Any]) -> bool:
        """Make the folder ready; whether there is a run in it that goes on.

        Raises `ResumeError` where the run in the folder has other settings.
        """
        writable_folder(self.folder)
        path = self.folder / SPEC
        if path.exists():
            self._check_same(path, settings)
            for name in (ROWS, CANDIDATES):
                _drop_torn_line(self.folder / name)
            return True
        if (self.folder / ROWS).exists():
            raise ResumeError(str(self.folder), f"its settings ({SPEC}) are missing")
        write_toml(path, settings, backup=False)
        return False

    def _check_same(self, path: Path, settings: Mapping[str, Any]) -> None:
        try:
            before = read_toml(path)
        except (OSError, ValueError) as error:
            raise ResumeError(str(self.folder), f"its settings cannot be read: {error}") from error
        names = sorted({*before, *settings} - set(_NOT_OF_THE_RUN))
        other = [name for name in names if before.get(name) != settings.get(name)]
        if other:
            shown = ", ".join(name.replace("_", " ") for name in other[:3])
            told = "it was started with other settings"
            if any((name in before) != (name in settings) for name in other):
                told += " or by another version of the program"
            raise ResumeError(str(self.folder), f"{told}: {shown}")

    def settings(self) -> dict[str, Any]:
        """The settings of the run; empty where there is none."""
        path = self.folder / SPEC
        return read_toml(path) if path.exists() else {}

    # --- rows ---

    def append(self, rows: Iterable[ScreenRow]) -> int:
        """Add rows, on the disk when this returns; how many lines were added."""
        return _append(self.folder / ROWS, [row_as_json(row) for row in rows])

    def rows(self) -> dict[str, ScreenRow]:
        """The newest state of every row, by id, in the order in which they first appeared."""
        return {row.id: row for row in RowReader(self.folder).new_rows()}

    # --- structures ---

    def add_candidates(self, structures: Iterable[tuple[str, Structure, str]]) -> None:
        """Keep (id, structure, where it comes from); on the disk when this returns."""
        _append(self.folder / CANDIDATES, [_structure_as_json(*each) for each in structures])
        self._places = None

    def candidates(self) -> Iterator[tuple[str, Structure, str]]:
        """(id, structure, where it comes from) of all that were kept, in order."""
        for line in _whole_lines(self.folder / CANDIDATES):
            yield _structure_from_json(json.loads(line))

    def structure(self, row: ScreenRow) -> Structure | None:
        """The structure of a row, as it was made; the relaxed one is in `structure_file`."""
        if self._places is None:
            self._places = _places(self.folder / CANDIDATES)
        if row.id not in self._places:
            return None
        with (self.folder / CANDIDATES).open("rb") as file:
            file.seek(self._places[row.id])
            return _structure_from_json(json.loads(file.readline()))[1]

    def write_cif(self, name: str, structure: Structure) -> str:
        """Keep a relaxed structure; its path in the folder."""
        path = self.folder / STRUCTURES / f"{name}.cif"
        document = Document.from_structure(structure, made_by="screen")
        atomic_write(path, cif_text(document), backup=False)
        return f"{STRUCTURES}/{path.name}"

    def relaxed(self, row: ScreenRow) -> Structure | None:
        """The structure of a row as it was relaxed; None where it was not."""
        path = self.folder / row.structure_file
        if not row.structure_file or not path.is_file():
            return None
        return read_document(ReadSpec(path=path)).structure()

    # --- decisions and end ---

    def decisions(self) -> dict[str, Any]:
        """What the run decided so far, by name."""
        path = self.folder / PROGRESS
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def decide(self, name: str, value: Any) -> None:
        """Keep a decision, so that a run that goes on does not take another one."""
        text = json.dumps(plain({**self.decisions(), name: value}), allow_nan=False)
        atomic_write(self.folder / PROGRESS, text + "\n", backup=False)

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Keep what the run came to."""
        text = json.dumps(plain(dict(result)), indent=1, allow_nan=False)
        atomic_write(self.folder / RESULT, text + "\n", backup=False)

    def result(self) -> dict[str, Any]:
        """What the run came to; empty while it has not ended."""
        path = self.folder / RESULT
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


class RowReader:
    """Rows of a run that is going on, each as it comes."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ROWS
        self._offset = 0

    def new_rows(self, most: int | None = None) -> list[ScreenRow]:
        """Rows whose lines were written since the last call; a row may come several times.

        `most` leaves further lines to the next call: reading 10,000 takes longer than a window
        may stand still.
        """
        if not self._path.exists():
            return []
        found: list[ScreenRow] = []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n") or (most is not None and len(found) >= most):
                    break
                self._offset += len(line)
                found.append(row_from_json(json.loads(line)))
        return found


def row_as_json(row: ScreenRow) -> dict[str, Any]:
    """A row as plain data; what has its default is left out, NaN is null."""
    table = asdict(row)
    for each in fields(row):
        if each.name != "id" and table[each.name] == each.default:
            del table[each.name]
    for each in table.get("estimates", ()):
        each.pop("distribution", None)  # the interval and the probability tell enough
    found: dict[str, Any] = plain(table)
    return found


def row_from_json(table: Mapping[str, Any]) -> ScreenRow:
    """The row of plain data; what this version does not know is passed over."""
    known = {each.name for each in fields(ScreenRow)}
    values = {name: value for name, value in table.items() if name in known}
    for name in ("failing", "warnings"):
        values[name] = tuple(values.get(name, ()))
    values["estimates"] = tuple(_estimate(each) for each in values.get("estimates", ()))
    if values.get("score") is None:
        values["score"] = float("nan")
    return ScreenRow(**values)


def _estimate(table: Mapping[str, Any]) -> Estimate:
    known = {each.name for each in fields(Estimate)}
    values = {name: value for name, value in table.items() if name in known}
    values["value"] = float("nan") if values["value"] is None else values["value"]
    return Estimate(**values)


def _structure_as_json(key: str, structure: Structure, made_from: str) -> dict[str, Any]:
    return {
        "id": key,
        "name": structure.name,
        "made_from": made_from,
        "numbers": structure.numbers.tolist(),
        "cell": structure.cell.round(8).tolist(),
        "positions": structure.positions.round(6).tolist(),
    }


def _structure_from_json(row: Mapping[str, Any]) -> tuple[str, Structure, str]:
    structure = Structure(
        numbers=np.array(row["numbers"], dtype=np.int64),
        positions=np.array(row["positions"], dtype=np.float64).reshape(-1, 3),
        cell=np.array(row["cell"], dtype=np.float64),
        pbc=(True, True, True),
        name=row["name"],
    )
    return row["id"], structure, row["made_from"]


def _append(path: Path, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    lines = "".join(json.dumps(row, separators=(",", ":"), allow_nan=False) + "\n" for row in rows)
    try:
        refuse_link(path)
        with path.open("ab") as file:
            before = file.tell()
            try:
                file.write(lines.encode())
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                file.truncate(before)
                raise
    except OSError as error:
        raise WriteFailedError(str(path), error.strerror or str(error)) from error
    return len(rows)


def _drop_torn_line(path: Path) -> None:
    """Cut off what stands behind the last end of a line."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line


def _places(path: Path) -> dict[str, int]:
    """Where the line of each id begins."""
    found: dict[str, int] = {}
    offset = 0
    for line in _whole_lines(path):
        found[json.loads(line)["id"]] = offset
        offset += len(line)
    return found


def plain(value: Any) -> Any:
    """The same as JSON holds it: numbers that are not finite as null."""
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
