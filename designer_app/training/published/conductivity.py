"""OBELiX: measured conductivities of lithium solid electrolytes at room temperature (CC-BY-4.0).

Therrien et al. 2025, doi:10.48550/arXiv.2502.14234. Its CIF coordinates are noise-randomised:
only compositions, lattices, space groups and families are read.
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

from designer_app.training.published.folder import data_file
from designer_app.training.splits import amounts_in

TABLE = "conductivity/obelix_train.csv"
_CELL = ("a", "b", "c", "alpha", "beta", "gamma")
_FAMILIES = {
    "argyrodites": "argyrodite",
    "cholorides": "halides",
    "chlorides": "halides",
    "fluorides": "halides",
    "nitrides": "nitride",
    "garnet-like": "garnet",
    "perovskites": "perovskite",
}
"""Spellings of one family."""


@dataclass(frozen=True)
class Measurement:
    """One measured conductivity."""

    amounts: dict[str, float]
    """Atoms of the cell."""
    log10_sigma: float
    """Of S/cm; with grain boundaries ("total") where both were measured."""
    is_bound: bool
    """Whether the paper says only "less than" this."""
    space_group: int
    lattice: tuple[float, float, float, float, float, float]
    """A and degrees."""
    family: str
    """Structure family as labelled by the table; empty where it is not."""
    doi: str

    @property
    def system(self) -> str:
        """The set of its elements: what is kept together when rows are kept back."""
        return "-".join(sorted(self.amounts))


def read_conductivities(folder: Path) -> list[Measurement]:
    """Every row of the training table, in its order."""
    with data_file(folder, TABLE).open(encoding="utf-8", newline="") as file:
        return [_measurement(row) for row in csv.DictReader(file)]


def _measurement(row: dict[str, str]) -> Measurement:
    said = row["Ionic conductivity (S cm-1)"].strip()
    family = row["Family"].strip()
    a, b, c, alpha, beta, gamma = (float(row[key]) for key in _CELL)
    return Measurement(
        amounts=amounts_in(row["True Composition"]),
        log10_sigma=math.log10(float(said.lstrip("<"))),
        is_bound=said.startswith("<"),
        space_group=int(float(row["Space group #"])),
        lattice=(a, b, c, alpha, beta, gamma),
        family=_FAMILIES.get(family, family),
        doi=row["DOI"].strip(),
    )
