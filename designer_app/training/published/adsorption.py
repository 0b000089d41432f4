"""Adsorption energies on close-packed surfaces of bimetallic alloys and metals, by site.

Mamun et al. 2019, Sci. Data 6:76, doi:10.1038/s41597-019-0080-z (Catalysis-Hub MamunHighT2019;
BEEF-vdW), and hydrogen on the pure metals of the same calculations.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from designer_app.training.published.folder import data_file
from designer_app.training.splits import amounts_in

TABLE = "catalysis/mamun_adsorption.csv"
METALS = "catalysis/mamun_pure_metal_reactions.csv"
PROTOTYPES = ("A1", "L10", "L12")
_PURE_SITES = (
    ("c1", "top", 1, ""),
    ("c2", "bridge", 2, ""),
    ("c3", "hollow", 3, "FCC"),
    ("c4", "hollow", 3, "HCP"),
)
_HYDROGEN = re.compile(r"0\.5 H2\+([A-Z][a-z]?)-->H-\1$")


@dataclass(frozen=True)
class Adsorption:
    """One adsorbate at one site of one surface."""

    adsorbate: str
    amounts: dict[str, float]
    """Composition of the crystal."""
    site: str
    """top, bridge or hollow."""
    atoms: tuple[str, ...]
    """Elements that the adsorbate touches, by the alphabet."""
    below: str
    """FCC or HCP of a hollow; the element under a bridge; else empty."""
    energy: float
    """eV."""

    @property
    def alloy(self) -> str:
        """Composition as text: what is kept together when rows are kept back."""
        return "-".join(f"{each}{self.amounts[each]:g}" for each in sorted(self.amounts))


def read_adsorption(folder: Path) -> list[Adsorption]:
    """Every site of the table, and hydrogen on the pure metals."""
    with data_file(folder, TABLE).open(encoding="utf-8", newline="") as file:
        rows = [_adsorption(row) for row in csv.DictReader(file)]
    with data_file(folder, METALS).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows += _hydrogen(row)
    return rows


def _adsorption(row: dict[str, str]) -> Adsorption:
    parts = row["site_label"].split("|")
    end = next((at for at, part in enumerate(parts) if part in PROTOTYPES), len(parts))
    return Adsorption(
        adsorbate=row["adsorbate"],
        amounts=amounts_in(row["alloy"]),
        site=row["site"],
        atoms=tuple(sorted(parts[0].split("_"))),
        below=parts[1] if end > 1 else "",
        energy=float(row["E_ads_eV"]),
    )


def _hydrogen(row: dict[str, str]) -> list[Adsorption]:
    found = _HYDROGEN.match(row["reaction"])
    if found is None:
        return []
    metal = found.group(1)
    return [
        Adsorption("H", {metal: 1.0}, site, (metal,) * n, below, float(row[column]))
        for column, site, n, below in _PURE_SITES
        if row[column] != "N/A"
    ]
