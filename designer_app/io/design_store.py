"""The folder of an inverse design: that of a screening, with a map, the search, and details.

    start.cif           the structure that the search begins with, where there is one
    map.json            a `LatentMap`, written before the search begins
    population.f32      records of float32 (seeds, 2 + targets), one a snapshot of the search
    found.jsonl         strategy, tokens and latent vector of each candidate
    checks.json         what recomputations said, by candidate
    details/<id>.json   a `CandidateDetail` of each candidate on the shortlist

All else is as in `screen_store`. A record that a kill cut off is dropped.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import ResumeError, WriteFailedError
from designer_app.io.atomic_write import atomic_write
from designer_app.io.documents import Document
from designer_app.io.folders import refuse_link
from designer_app.io.screen_store import ScreenStore, plain
from designer_app.io.structures import read_document
from designer_app.io.writing import cif_text
from designer_app.specs.design_rows import (
    CandidateDetail,
    Check,
    Contribution,
    Hazard,
    Ingredient,
    LatentMap,
    Neighbour,
)
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure

START = "start.cif"
MAP, POPULATION, DETAILS = "map.json", "population.f32", "details"
FOUND, CHECKS = "found.jsonl", "checks.json"
_REFERENCE = "reference_set"
"""Decision that keeps the name of the reference set."""
_FOUND = ("id", "strategy", "tokens", "latent")
_PARTS: Mapping[str, type[Any]] = {
    "ingredients": Ingredient,
    "hazards": Hazard,
    "neighbours": Neighbour,
    "contributions": Contribution,
    "checks": Check,
}
_ITEM = np.dtype("<f4")


class DesignStore(ScreenStore):
    """Reads and appends; the window reads one that a job writes."""

    # --- the start ---

    def begin(self, settings: Mapping[str, Any], reference_set: str = "") -> bool:
        """Make the folder ready; whether there is a run in it that goes on.

        Raises `ResumeError` where that run has other settings or stands on another reference set:
        distances to two hulls do not belong in one list. Folders of older programs name no set.
        """
        goes_on = super().begin(settings)
        if not goes_on:
            self.decide(_REFERENCE, reference_set)
        elif self.decisions().get(_REFERENCE, reference_set) != reference_set:
            raise ResumeError(str(self.folder), "it was begun with another reference set")
        return goes_on

    def write_start(self, structure: Structure) -> None:
        """Keep the structure that the search begins with."""
        document = Document.from_structure(structure, made_by="design")
        atomic_write(self.folder / START, cif_text(document), backup=False)

    def start(self) -> Structure | None:
        """The structure that the search begins with; None where it begins with none."""
        path = self.folder / START
        return read_document(ReadSpec(path=path)).structure() if path.is_file() else None

    # --- the search ---

    def write_map(self, found: LatentMap) -> None:
        """Keep the map; what an earlier search left behind goes."""
        self._keep(MAP, asdict(found))
        (self.folder / POPULATION).unlink(missing_ok=True)

    def map(self) -> LatentMap | None:
        """The map; None where no search has begun."""
        table = self._read(MAP)
        if table is None:
            return None
        values: dict[str, Any] = {
            name: tuple(each) if isinstance(each, list) else each for name, each in table.items()
        }
        for name in ("x", "y", "colour"):
            values[name] = tuple(_number(each) for each in values[name])
        return LatentMap(**values)

    def add_snapshot(self, places: NDArray[Any], predicted: NDArray[Any], n_seeds: int) -> int:
        """Add (n, 2) places on the map and (n, targets) predictions; how many records there are.

        A record holds `n_seeds` rows: where the search moves fewer, the others are NaN.
        """
        record = np.full((n_seeds, 2 + predicted.shape[1]), np.nan, dtype=_ITEM)
        rows = np.column_stack([places, predicted])[:n_seeds]
        record[: len(rows)] = rows
        path = self.folder / POPULATION
        try:
            refuse_link(path)
            with path.open("ab") as file:
                whole = file.tell() // record.nbytes
                file.truncate(whole * record.nbytes)
                file.seek(0, 2)
                file.write(record.tobytes())
        except OSError as error:
            raise WriteFailedError(str(path), error.strerror or str(error)) from error
        return whole + 1

    def write_found(self, lines: Iterable[tuple[str, str, Mapping[str, Any], list[float]]]) -> None:
        """Keep (id, strategy, tokens, place in the latent space) of all candidates."""
        text = "".join(
            json.dumps(plain(dict(zip(_FOUND, each, strict=True))), separators=(",", ":")) + "\n"
            for each in lines
        )
        atomic_write(self.folder / FOUND, text, backup=False)

    def found(self) -> dict[str, dict[str, Any]]:
        """Strategy, tokens and latent of each candidate, by id."""
        path = self.folder / FOUND
        if not path.is_file():
            return {}
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return {row["id"]: row for row in rows}

    # --- details ---

    def write_checks(self, checks: Mapping[str, Sequence[Check]]) -> None:
        """Keep what recomputations said of each candidate."""
        self._keep(CHECKS, {key: [asdict(each) for each in found] for key, found in checks.items()})

    def checks(self) -> dict[str, tuple[Check, ...]]:
        """What recomputations said, by candidate."""
        table = self._read(CHECKS) or {}
        return {key: tuple(_part(Check, each) for each in found) for key, found in table.items()}

    def write_detail(self, detail: CandidateDetail) -> None:
        """Keep what a candidate's card shows."""
        self._keep(f"{DETAILS}/{detail.id}.json", asdict(detail))

    def detail(self, key: str) -> CandidateDetail | None:
        """What a candidate's card shows; None where nothing was kept."""
        table = self._read(f"{DETAILS}/{key}.json")
        return None if table is None else detail_from_json(table)

    def _keep(self, name: str, value: Mapping[str, Any]) -> None:
        text = json.dumps(plain(dict(value)), separators=(",", ":"), allow_nan=False)
        atomic_write(self.folder / name, text + "\n", backup=False)

    def _read(self, name: str) -> dict[str, Any] | None:
        path = self.folder / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


class PopulationReader:
    """Snapshots of a search that is going on, each as it comes."""

    def __init__(self, folder: Path, n_seeds: int, n_targets: int) -> None:
        self._path = folder / POPULATION
        self._shape = (n_seeds, 2 + n_targets)
        self._size = n_seeds * (2 + n_targets) * _ITEM.itemsize
        self._read = 0

    @property
    def n_snapshots(self) -> int:
        """Whole records that are there now."""
        return self._path.stat().st_size // self._size if self._path.is_file() else 0

    def snapshot(self, index: int) -> NDArray[np.float32]:
        """(seeds, 2 + targets): place on the map, predicted value of each target; NaN where fewer
        seeds move. `IndexError` where there is none.
        """
        if not 0 <= index < self.n_snapshots:
            raise IndexError(index)
        with self._path.open("rb") as file:
            file.seek(index * self._size)
            return np.frombuffer(file.read(self._size), dtype=_ITEM).reshape(self._shape)

    def newest(self) -> NDArray[np.float32] | None:
        """The last record where it came since the last call."""
        n = self.n_snapshots
        if n in (self._read, 0):
            return None
        self._read = n
        return self.snapshot(n - 1)


def detail_from_json(table: Mapping[str, Any]) -> CandidateDetail:
    """The detail of plain data."""
    values = dict(table)
    for name, kind in _PARTS.items():
        values[name] = tuple(_part(kind, each) for each in values.get(name, ()))
    values["pattern"] = tuple(tuple(each) for each in values.get("pattern", ()))
    return CandidateDetail(**values)


def _part(kind: type[Any], table: Mapping[str, Any]) -> Any:
    """One part; a number that was not finite was kept as null."""
    optional = {"e_above_hull"}
    return kind(
        **{
            name: float("nan") if each is None and name not in optional else each
            for name, each in table.items()
        }
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
