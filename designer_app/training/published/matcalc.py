"""MatCalc's benchmark sets: elastic moduli and heat capacities of binary crystals.

Elasticity: Materials Project (CC-BY-4.0), de Jong et al. 2015, doi:10.1038/sdata.2015.9.
Phonons: Alexandria (CC-BY-4.0), Loew et al. 2025, doi:10.1038/s41524-025-01650-1.
Gathered in MatCalc (BSD-3-Clause).
"""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.specs.structure import Structure
from designer_app.training.published.folder import data_file

ELASTICITY = "mp-binary-pbe-elasticity-2025.1.json.gz"
PHONONS = "alexandria-binary-pbe-phonon-2025.1.json.gz"
HIGHEST_HEAT_CAPACITY = 3 * 8.314462618
"""J/(mol K) of an atom in a classical harmonic crystal (Dulong and Petit)."""


@dataclass(frozen=True, eq=False)
class LabelledCrystal:
    """A crystal with numbers by name."""

    structure: Structure
    values: dict[str, float]


def read_elasticity(folder: Path) -> list[LabelledCrystal]:
    """Bulk and shear modulus (Voigt-Reuss-Hill) as log10 of GPa; unphysical rows are left out."""
    found = []
    for row in _rows(folder, ELASTICITY):
        moduli = {"log_bulk_modulus": row["bulk_modulus_vrh"]}
        moduli["log_shear_modulus"] = row["shear_modulus_vrh"]
        values = {
            name: float(np.log10(value)) for name, value in moduli.items() if 1.0 < value < 1000.0
        }
        if len(values) == len(moduli):
            found.append(LabelledCrystal(_structure(row["structure"], row["mp_id"]), values))
    return found


def read_heat_capacities(folder: Path) -> list[LabelledCrystal]:
    """Heat capacity at constant volume and 300 K in J/(mol K) an atom."""
    found = []
    for row in _rows(folder, PHONONS):
        structure = _structure(row["structure"], row["mp_id"])
        per_atom = float(row["heat_capacity"]) / len(structure)
        if 0.0 < per_atom <= HIGHEST_HEAT_CAPACITY * 1.001:
            found.append(LabelledCrystal(structure, {"heat_capacity": per_atom}))
    return found


def _rows(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(data_file(folder / "matcalc", name), "rt", encoding="utf-8") as file:
        yield from json.load(file)


def _structure(said: dict[str, Any], name: str) -> Structure:
    cell = np.array(said["lattice"]["matrix"], dtype=np.float64)
    fractions = np.array([site["abc"] for site in said["sites"]], dtype=np.float64)
    numbers = [ATOMIC_NUMBERS[site["species"][0]["element"]] for site in said["sites"]]
    return Structure(
        numbers=np.array(numbers, dtype=np.int64),
        positions=fractions @ cell,
        cell=cell,
        pbc=(True, True, True),
        name=name,
    )
