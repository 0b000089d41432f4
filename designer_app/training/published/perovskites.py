"""Energies of 5-atom perovskites: every pair of 52 metals on A and B, with seven sets of anions.

Castelli et al. 2012, doi:10.1039/c1ee02717d, as tabulated by matbench (MIT) without coordinates.
The table sorts the elements of a formula, so which of two metals is on A and which on B is lost:
of the two rows of a formula the lower energy is taken. Some formulas are written in two orders;
they are one here.
"""

import csv
import gzip
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.training.published.folder import data_file
from designer_app.training.splits import amounts_in

FILE = "matbench_perovskites.csv.gz"
UNIT = "eV/cell"
"""As matbench states it; other papers print the same numbers as eV/atom."""
ANIONS = ("N", "O", "F", "S")


@dataclass(frozen=True, eq=False)
class PerovskiteTable:
    """One row a formula."""

    metals: NDArray[np.int64]
    """(n, 2) atomic numbers, ascending; the same twice where one metal is on both places."""
    anions: tuple[str, ...]
    """Of each row, e.g. "O2 N"."""
    energies: NDArray[np.float64]
    """Energy of formation, the lower one of the two orders, in `UNIT`."""
    n_written: int
    """Different strings of the table."""

    def __len__(self) -> int:
        return len(self.energies)

    @property
    def anion_sets(self) -> tuple[str, ...]:
        """The different sets of anions."""
        return tuple(sorted(set(self.anions)))


def read_perovskites(folder: Path) -> PerovskiteTable:
    """The formulas in the order in which they first appear. Raises `FileUnreadableError`."""
    path = data_file(folder / "matbench", FILE)
    lowest: dict[tuple[tuple[int, int], str], float] = {}
    written: set[str] = set()
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            written.add(row["composition"])
            key = _sites(amounts_in(row["composition"]))
            if key is None:
                raise FileUnreadableError(str(path), f"{row['composition']} is no perovskite")
            energy = float(row["e_form"])
            lowest[key] = min(energy, lowest.get(key, energy))
    return PerovskiteTable(
        metals=np.array([metals for metals, _ in lowest], dtype=np.int64),
        anions=tuple(anions for _, anions in lowest),
        energies=np.array(list(lowest.values())),
        n_written=len(written),
    )


def _sites(amounts: Mapping[str, float]) -> tuple[tuple[int, int], str] | None:
    """(metals, anions) of a formula of two metals and three anions; None where it is another."""
    atoms = Counter({symbol: round(amount) for symbol, amount in amounts.items()})
    anions = {symbol: atoms.pop(symbol) for symbol in ANIONS if symbol in atoms}
    metals = sorted(ATOMIC_NUMBERS[symbol] for symbol in atoms.elements())
    if len(metals) != 2 or sum(anions.values()) != 3:
        return None
    told = " ".join(f"{symbol}{count if count > 1 else ''}" for symbol, count in anions.items())
    return (metals[0], metals[1]), told
