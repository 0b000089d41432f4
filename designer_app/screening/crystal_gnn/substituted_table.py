"""The shipped table of substituted crystals with the energies our own relaxations gave them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError
from designer_app.resources import resource
from designer_app.screening.reference.archive import write_archive
from designer_app.specs.structure import Structure

FILE = "data/substituted-chgnet-0.3.0.npz"
VALUES = ("formation_energy", "e_above_hull", "expansion", "magnetization")
"""Columns: eV/atom, eV/atom, ln(V/V0), Bohr magnetons an atom."""
_STEPS = 65536


@dataclass(frozen=True, eq=False)
class SubstitutedTable:
    """Unrelaxed crystals, and where they stand once relaxed."""

    header: dict[str, Any]
    """Potential, its hash, the hull's reference set."""
    n_atoms: NDArray[np.int64]
    numbers: NDArray[np.uint8]
    cells: NDArray[np.float32]
    """(n, 3, 3) A."""
    fractions: NDArray[np.uint16]
    """(atoms, 3) in 65536ths."""
    values: NDArray[np.float32]
    """(n, 4), see `VALUES`."""

    def rows(self) -> Iterator[tuple[Structure, dict[str, float]]]:
        """(start, values by name)."""
        ends = np.cumsum(self.n_atoms)
        for place, end in enumerate(ends):
            mine = slice(int(end - self.n_atoms[place]), int(end))
            cell = self.cells[place].astype(np.float64)
            start = Structure(
                numbers=self.numbers[mine].astype(np.int64),
                positions=self.fractions[mine] / _STEPS @ cell,
                cell=cell,
                pbc=(True, True, True),
                name=f"substituted-{place}",
            )
            said = zip(VALUES, self.values[place].tolist(), strict=True)
            yield start, {name: value for name, value in said if np.isfinite(value)}


def read_substituted(path: Path | None = None) -> SubstitutedTable | None:
    """The shipped table, or the one in a file; None where none is shipped."""
    path = path or resource(FILE)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as found:
            header = json.loads(bytes(found["header"]))
            names = ("n_atoms", "numbers", "cells", "fractions", "values")
            return SubstitutedTable(header, **{name: found[name] for name in names})
    except (OSError, ValueError, KeyError) as error:
        raise FileUnreadableError(str(path), "it is no table of crystals, or damaged") from error


def write_substituted(
    path: Path,
    header: dict[str, Any],
    starts: Sequence[Structure],
    values: NDArray[np.float64],
) -> None:
    """A file whose bytes depend on its content alone."""
    fractions = [np.linalg.solve(each.cell.T, each.positions.T).T % 1.0 for each in starts]
    write_archive(
        path,
        {
            "header": np.frombuffer(json.dumps(header, sort_keys=True).encode(), np.uint8),
            "n_atoms": np.array([len(each) for each in starts], np.int64),
            "numbers": np.concatenate([each.numbers for each in starts]).astype(np.uint8),
            "cells": np.array([each.cell for each in starts], np.float32),
            "fractions": (np.round(np.concatenate(fractions) * _STEPS) % _STEPS).astype(np.uint16),
            "values": values.astype(np.float32),
        },
    )
