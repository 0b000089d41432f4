"""An append-only file of relaxed crystals: a line each, kept whatever kills the writer."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.errors import FileUnreadableError
from designer_app.specs.structure import Structure


@dataclass(frozen=True, eq=False)
class RelaxedPhase:
    """A crystal where a potential takes it, or why it does not."""

    source: str
    """Id of the crystal it started from."""
    structure: Structure | None
    energy: float
    """eV for the cell; NaN where it failed."""
    magmom: float
    """Sum of the absolute magnetic moments of the cell, Bohr magnetons."""
    n_steps: int
    converged: bool
    error: str = ""


class Ledger:
    """Reads and appends the lines of one file; a line cut off by a kill is dropped.

    A line that is damaged otherwise raises `FileUnreadableError`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, phases: list[RelaxedPhase]) -> None:
        """Whole lines, flushed to the disk."""
        self._end_last_line()
        with self.path.open("a", encoding="utf-8") as file:
            for phase in phases:
                file.write(json.dumps(_row(phase), separators=(",", ":")) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> Iterator[RelaxedPhase]:
        """Every phase so far."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.endswith("\n"):
                    yield self._read(line, number)

    def _read(self, line: str, number: int) -> RelaxedPhase:
        try:
            return _phase(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            raise FileUnreadableError(str(self.path), f"its line {number} is damaged") from error

    def _end_last_line(self) -> None:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return
        with self.path.open("rb+") as file:
            content = file.read()
            if not content.endswith(b"\n"):
                file.truncate(content.rfind(b"\n") + 1)


def _row(phase: RelaxedPhase) -> dict[str, Any]:
    row: dict[str, Any] = {
        "source": phase.source,
        "energy": _plain(phase.energy),
        "magmom": _plain(phase.magmom),
        "n_steps": phase.n_steps,
        "converged": phase.converged,
    }
    if phase.error:
        row["error"] = phase.error
    if phase.structure is not None:
        row["numbers"] = phase.structure.numbers.tolist()
        row["cell"] = phase.structure.cell.round(6).tolist()
        row["positions"] = phase.structure.positions.round(5).tolist()
    return row


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _phase(row: dict[str, Any]) -> RelaxedPhase:
    structure = None
    if "numbers" in row:
        structure = Structure(
            numbers=np.array(row["numbers"], dtype=np.int64),
            positions=np.array(row["positions"], dtype=np.float64),
            cell=np.array(row["cell"], dtype=np.float64),
            pbc=(True, True, True),
            name=row["source"],
        )
    return RelaxedPhase(
        source=row["source"],
        structure=structure,
        energy=_value(row["energy"]),
        magmom=_value(row["magmom"]),
        n_steps=row["n_steps"],
        converged=row["converged"],
        error=row.get("error", ""),
    )


def _value(found: float | None) -> float:
    return float("nan") if found is None else found
