"""Insertion electrodes of the Materials Project's battery explorer of 2019 (CC-BY-4.0).

Jain et al. 2013, doi:10.1063/1.4812323. Rows may be parts of a voltage curve: each names the
formula before and after, so that partial insertions are no contradiction.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from designer_app.training.published.folder import data_file

TABLE = "battery/mp_battery_2019.csv"
LOWEST_V, HIGHEST_V = 0.0, 6.0
"""Outside of these a computed voltage is an artefact of its two entries, and is left out."""


@dataclass(frozen=True)
class Insertion:
    """A pair of a charged and a discharged electrode."""

    charged: str
    discharged: str
    ion: str
    voltage: float
    """V against the ion's metal, by DFT (PBE+U)."""
    volume_change: float
    """Largest change of volume on the way, as a fraction."""


def read_insertions(folder: Path) -> list[Insertion]:
    """Every pair with a voltage between `LOWEST_V` and `HIGHEST_V`, in the table's order."""
    with data_file(folder, TABLE).open(encoding="utf-8", newline="") as file:
        rows = [_insertion(row) for row in csv.DictReader(file)]
    return [row for row in rows if LOWEST_V <= row.voltage <= HIGHEST_V]


def _insertion(row: dict[str, str]) -> Insertion:
    return Insertion(
        charged=row["formula_charge"],
        discharged=row["formula_discharge"],
        ion=row["working_ion"],
        voltage=float(row["average_voltage"]),
        volume_change=float(row["max_delta_volume"]),
    )
