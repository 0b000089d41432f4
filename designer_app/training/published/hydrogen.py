"""Hydrogen on alloys: energies of whole Wulff shapes, by composition.

OCx24, Open Catalyst Experiments 2024 (MIT, doi:10.48550/arXiv.2411.11783): relaxed by machine,
verified by DFT. They join the sites of Mamun et al., which have hydrogen on pure metals alone.
"""

import csv
from pathlib import Path

from designer_app.training.published.adsorption import Adsorption
from designer_app.training.published.folder import data_file

TABLES = ("catalysis/HER_40_70_all.csv", "catalysis/CO2R_40_70_all.csv")
WHOLE = ""
"""The site of an energy that stands for a whole crystal."""


def read_hydrogen(folder: Path) -> list[Adsorption]:
    """One row a composition; its atoms are those of the whole alloy."""
    found: dict[str, Adsorption] = {}
    for name in TABLES:
        with data_file(folder, name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                text, energy = row["computational_comp_nearest_xrf"], row["H_wulff_energy"]
                if text and energy:
                    amounts = _amounts(text)
                    atoms = tuple(sorted(amounts))
                    found[text] = Adsorption("H", amounts, WHOLE, atoms, "", float(energy))
    return list(found.values())


def _amounts(text: str) -> dict[str, float]:
    """Ag-0.25-Au-0.75 as amounts."""
    parts = text.split("-")
    return {each: float(n) for each, n in zip(parts[::2], parts[1::2], strict=True)}
