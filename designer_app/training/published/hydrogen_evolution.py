"""Hydrogen on metals: computed adsorption energies and measured currents and overpotentials."""

import csv
from dataclasses import dataclass
from pathlib import Path

from designer_app.training.published.folder import data_file

SOURCE = "Nørskov et al. 2005, doi:10.1149/1.1856988"
OVERPOTENTIAL_SOURCE = "Danilovic et al. 2012, doi:10.1002/anie.201204842"


@dataclass(frozen=True)
class HydrogenOnMetal:
    """One metal's close-packed surface."""

    metal: str
    adsorption_energy: float
    """eV, from 1/2 H2, at a quarter of a monolayer."""
    log_current: float
    """log10 of the exchange current in A/cm^2."""


def read_hydrogen(folder: Path) -> list[HydrogenOnMetal]:
    """Adsorption energies and exchange currents of the volcano of 2005."""
    path = data_file(folder, "catalysis/norskov2005_HER.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return [
            HydrogenOnMetal(
                row["bulk_symbols"].strip(),
                float(row["predicted_adsorption_energy"]),
                float(row["exchange_current"]),
            )
            for row in csv.DictReader(file)
        ]


def read_overpotentials(folder: Path) -> dict[str, float]:
    """V of overpotential in perchloric acid, by metal, read off the figure of 2012."""
    path = data_file(folder, "catalysis/danilovic2012_HER_overpotential.csv")
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, skipinitialspace=True)
        return {row["Catalyst"].strip(): float(row["HClO4"]) for row in rows}
