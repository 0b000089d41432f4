"""Adsorption on the (111) faces of pure metals in the fcc lattice (Mamun et al. 2019).

Energies are counted from H2, H2O, CH4 and N2, as everywhere in the program. Hydrogen is not read:
its energy on nickel in this table is 0.8 eV off the other tables.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

from designer_app.training.published.folder import data_file

SOURCE = "Mamun et al. 2019, doi:10.1038/s41597-019-0080-z"
FCC_METALS = ("Ag", "Al", "Au", "Cu", "Ir", "Ni", "Pb", "Pd", "Pt", "Rh")
"""Metals that are fcc in nature too."""
_REACTIONS = {
    "O": "H2O+{0}-->O-{0}+H2",
    "C": "CH4+{0}-->C-{0}+2 H2",
    "N": "0.5 N2+{0}-->N-{0}",
}
_FRAGMENTS = ("OH", "CH", "CH2", "CH3", "NH")
ADSORBATES = (*_REACTIONS, *_FRAGMENTS)


def read_metal_surfaces(folder: Path) -> dict[str, dict[str, float]]:
    """EV of the most stable site, by adsorbate and metal."""
    found: dict[str, dict[str, float]] = {key: {} for key in ADSORBATES}
    names = {
        pattern.format(metal): (adsorbate, metal)
        for adsorbate, pattern in _REACTIONS.items()
        for metal in FCC_METALS
    }
    for row in _rows(data_file(folder, "catalysis/mamun_pure_metal_reactions.csv")):
        if row["reaction"] in names:
            adsorbate, metal = names[row["reaction"]]
            sites = [float(row[key]) for key in ("c1", "c2", "c3", "c4") if row[key] != "N/A"]
            found[adsorbate][metal] = min(sites)
    for row in _rows(data_file(folder, "catalysis/mamun_adsorption.csv")):
        adsorbate, metal = row["adsorbate"], row["alloy"]
        is_pure = metal in FCC_METALS and row["prototype"] == "A1"
        if is_pure and adsorbate in _FRAGMENTS:
            energy = float(row["E_ads_eV"])
            found[adsorbate][metal] = min(energy, found[adsorbate].get(metal, energy))
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
