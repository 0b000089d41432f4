"""Matbench tables (MIT; Materials Project, CC-BY-4.0): formula, space group and one number a row.

They hold no coordinates; rows are joined to structures by reduced formula and space group.
Dunn et al. 2020, doi:10.1038/s41524-020-00406-3.
"""

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from designer_app.training.published.folder import data_file
from designer_app.training.splits import reduced_formula

Key = tuple[str, int]
"""(reduced formula, number of the space group)"""


@dataclass(frozen=True)
class MatbenchTable:
    """One table: file, column, unit, and how far rows of one key may lie apart to be averaged."""

    file: str
    column: str
    unit: str
    alike: float


TABLES = {
    "band_gap": MatbenchTable("matbench_mp_gap.csv.gz", "gap pbe", "eV", 0.15),
    "log_bulk_modulus": MatbenchTable(
        "matbench_log_kvrh.csv.gz", "log10(K_VRH)", "log10 GPa", 0.05
    ),
    "refractive_index": MatbenchTable("matbench_dielectric.csv.gz", "n", "", 0.15),
    "highest_phonon": MatbenchTable("matbench_phonons.csv.gz", "last phdos peak", "1/cm", 20.0),
}


def read_matbench(folder: Path, name: str) -> dict[Key, float]:
    """The mean of each formula and space group; left out where its rows differ too much."""
    table = TABLES[name]
    found: dict[Key, list[float]] = defaultdict(list)
    path = data_file(folder / "matbench", table.file)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = (reduced_formula(row["composition"]), int(row["spg_num"]))
            found[key].append(float(row[table.column]))
    return {
        key: float(np.mean(values))
        for key, values in found.items()
        if max(values) - min(values) <= table.alike
    }
