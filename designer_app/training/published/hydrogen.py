"""Hydrogen on alloys: energies of whole Wulff shapes, by composition.

OCx24, Open Catalyst Experiments 2024 (MIT, doi:10.48550/arXiv.2411.11783): on each facet to Miller
index 2 the lowest of five configurations that a potential found, each computed by DFT once (RPBE,
the settings of OC20, doi:10.1021/acscatal.0c04525), averaged over the facets of the Wulff shape.
The sites of Mamun et al. are BEEF-vdW energies, and have hydrogen on pure metals alone. Energies of
two functionals meet only through `on_one_scale`.
"""

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from designer_app.errors import MissingDataError
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


def on_one_scale(
    rows: Sequence[Adsorption], is_seen: Callable[[Adsorption], bool] | None = None
) -> list[Adsorption]:
    """Hydrogen of both tables as OCx24 counts it, other adsorbates as they are.

    Sites are moved by the median difference between a whole Wulff shape and the lowest site, over
    the metals in both tables that `is_seen` allows: -0.12 eV on six metals (Ag, Au, Cu, Pd, Rh:
    -0.06 to -0.25; Zn, hexagonal in one table and cubic in the other, -0.61). The row of a metal in
    both is that of OCx24, beside its sites. Raises `MissingDataError` where there is no such metal.
    """
    hydrogen = [row for row in rows if row.adsorbate == "H" and (is_seen is None or is_seen(row))]
    whole = {row.alloy: row.energy for row in hydrogen if row.site == WHOLE}
    lowest: dict[str, float] = {}
    for row in hydrogen:
        if row.site != WHOLE and row.alloy in whole:
            lowest[row.alloy] = min(row.energy, lowest.get(row.alloy, np.inf))
    if not lowest:
        why = "no metal stands in both tables of hydrogen, so they cannot be joined"
        raise MissingDataError("", why)
    offset = float(np.median([whole[metal] - energy for metal, energy in lowest.items()]))
    return [
        replace(row, energy=row.energy + offset)
        if row.adsorbate == "H" and row.site != WHOLE
        else row
        for row in rows
    ]


def _amounts(text: str) -> dict[str, float]:
    """Ag-0.25-Au-0.75 as amounts."""
    parts = text.split("-")
    return {each: float(n) for each, n in zip(parts[::2], parts[1::2], strict=True)}
