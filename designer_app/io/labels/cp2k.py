"""Energies, forces and stresses of CP2K's main output, versions 5 to 2026.

Coordinates are those of the tables "ATOMIC COORDINATES IN angstrom"; a step without one (as in
molecular dynamics at low print level) is left out, because its atoms are in another file.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError
from designer_app.io.labels.raw import UNSETTLED, RawFile, RawFrame
from designer_app.io.labels.settings import settings_in
from designer_app.io.labels.units import HARTREE
from designer_app.specs.structure import Structure
from designer_app.units import BAR, GPA

Array = NDArray[np.float64]
_UNITS = {"energy": "Ha", "forces": "Ha/bohr", "stress": "-eV/A^3"}
_COORDINATES = "ATOMIC COORDINATES IN ANGSTROM"
_NUMBER = r"[-+]?\d*\.\d+(?:[ED][-+]?\d+)?"
_VECTOR = re.compile(
    rf"CELL\|.*Vector ([abc]) \[angstrom\]:?\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})"
)
_ATOM = re.compile(
    rf"^\s*\d+\s+\d+\s+([A-Z][a-z]?)\s+(\d+)\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})"
)
_ENERGY = re.compile(rf"ENERGY\| Total FORCE_EVAL.*?[\])]:?\s+({_NUMBER})\s*$")
_OLD_FORCE = re.compile(rf"^\s*\d+\s+\d+\s+[A-Z]\w*\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s*$")
_NEW_FORCE = re.compile(rf"^\s*FORCES\|\s+\d+\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})")
_STRESS_ROW = re.compile(
    rf"^\s*(?:STRESS\|)?\s+[xyzXYZ]\s+({_NUMBER})\s+({_NUMBER})\s+({_NUMBER})\s*$"
)
_ROWS = {"forces": (_OLD_FORCE, _NEW_FORCE), "stress": (_STRESS_ROW,)}
_STRESS_UNITS = {
    "GPA": GPA,
    "BAR": BAR,
    "KBAR": 1e3 * BAR,
    "PA": 1e-9 * GPA,
    "A.U.": HARTREE / 0.52917721067**3,
}


def is_cp2k_output(head: bytes) -> bool:
    """Whether a file begins as CP2K's output does."""
    return b"CP2K|" in head and (b"DBCSR|" in head or b"GLOBAL|" in head or b"****" in head)


def open_cp2k(path: Path) -> RawFile:
    """The steps of an output. Raises `FileUnreadableError`."""
    return RawFile(
        kind="CP2K output",
        frames=_frames(path),
        units=_UNITS,
        settings=settings_in("cp2k-out", path),
    )


class _Reader:
    """Collects tables line by line, and gives a frame for each energy that has coordinates."""

    def __init__(self) -> None:
        self.cell = np.zeros((3, 3))
        self.is_periodic = True
        self.numbers: list[int] = []
        self.positions: list[list[float]] = []
        self.labels: dict[str, Any] = {}
        self.rows: list[list[float]] = []
        self.inside = ""
        self.scale = 1.0
        self.is_settled = True
        """Whether the electrons of the energy that comes next settled."""

    def frame(self) -> RawFrame | None:
        """What was collected since the last energy, where it is whole."""
        if self.inside:
            self._end()
        if "energy" not in self.labels:
            return None
        labels, self.labels = self.labels, {}
        numbers, self.numbers = self.numbers, []  # of this step alone: the next one moves them
        n_atoms = len(numbers)
        if not n_atoms:
            return None
        if "forces" in labels and labels["forces"].shape != (n_atoms, 3):
            del labels["forces"]
        periodic = self.is_periodic and bool(self.cell.any())
        structure = Structure(
            numbers=np.array(numbers, dtype=np.int64),
            positions=np.array(self.positions, dtype=np.float64),
            cell=self.cell.copy(),
            pbc=(periodic, periodic, periodic),
        )
        return RawFrame(structure, labels)

    def read(self, line: str) -> None:
        """One line of the output."""
        if self.inside:
            self._read_table(line)
            if self.inside:
                return
        upper = line.upper()
        vector = _VECTOR.search(line) if "CELL|" in line else None
        if vector and not re.search(r"CELL_(?:REF|TOP)", line):
            self.cell["abc".index(vector.group(1))] = [float(each) for each in vector.groups()[1:]]
        elif "POISSON| PERIODICITY" in upper or "CELL| PERIODICITY" in upper:
            self.is_periodic = not upper.split()[-1].startswith("NONE")
        elif "SCF RUN NOT CONVERGED" in upper:
            self.is_settled = False
        elif _COORDINATES in upper:
            self._begin("coordinates")
            self.numbers, self.positions = [], []
        elif "ATOMIC FORCES IN [A.U.]" in upper or "FORCES| ATOMIC FORCES [HARTREE/BOHR]" in upper:
            self._begin("forces")
        elif "STRESS TENSOR [" in upper and "EIGEN" not in upper:
            unit = upper.partition("STRESS TENSOR [")[2].partition("]")[0]
            self._begin("stress")
            self.scale = _STRESS_UNITS.get(unit, np.nan)

    def _begin(self, table: str) -> None:
        self.inside, self.rows = table, []

    def _read_table(self, line: str) -> None:
        """A row of the open table, or its end: the first line after rows that is none."""
        if self.inside == "coordinates":
            atom = _ATOM.match(line)
            if atom:
                self.numbers.append(int(atom.group(2)))
                self.positions.append([float(each) for each in atom.groups()[2:]])
            elif self.numbers and line.strip():
                self._end()
            return
        row = next((found for each in _ROWS[self.inside] if (found := each.match(line))), None)
        if row:
            self.rows.append([float(each) for each in row.groups()])
        elif self.rows:
            self._end()

    def _end(self) -> None:
        if self.inside == "forces":
            self.labels["forces"] = np.array(self.rows)
        elif self.inside == "stress" and len(self.rows) == 3 and np.isfinite(self.scale):
            self.labels["stress"] = np.array(self.rows) * self.scale
        self.inside = ""


def _frames(path: Path) -> Iterator[RawFrame]:
    reader = _Reader()
    n_energies = n_frames = 0
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            energy = _ENERGY.search(line) if "ENERGY|" in line else None
            # Forces and stress follow their energy: a frame ends where the next one begins.
            if energy or _COORDINATES in line.upper():
                frame = reader.frame()
                n_frames += frame is not None
                yield from () if frame is None else (frame,)
            reader.read(line)
            if energy:
                n_energies += 1
                reader.labels["energy"] = float(energy.group(1).replace("D", "E"))
                if not reader.is_settled:
                    reader.labels[UNSETTLED], reader.is_settled = True, True
    frame = reader.frame()
    if frame is not None:
        yield frame
    elif not n_frames:
        reason = (
            "no energy has a table of coordinates beside it" if n_energies else "it has no energy"
        )
        raise FileUnreadableError(str(path), reason)
