"""Crystals of the Materials Project (CC-BY-4.0) with tabulated energies.

The tables come from the splits of WyckoffTransformer, SLICES and Chemeleon; crystals stand in
several of them and are read once. Reference structures of the elements come from MatPES.
"""

import csv
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase.geometry import cellpar_to_cell
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.specs.structure import Structure
from designer_app.training.published.folder import data_file

TABLES = (
    "mp_20_biternary_test.csv.gz",
    "mp_20_biternary_val.csv.gz",
    "mp_20_mini.csv.gz",
    "mp_40_test.csv.gz",
    "mpts_52_test.csv.gz",
    "mpts_52_val.csv.gz",
)
ELEMENTS = "matcalc/MatPES-PBE-Element-Refs.json.gz"
ELEMENT = "element-"
"""Before the symbol: the id of an element's reference structure."""
_NUMBER = re.compile(r"_cell_(length_[abc]|angle_(?:alpha|beta|gamma))\s+(\S+)")
_SITE = re.compile(
    r"^\s*([A-Z][a-z]?)[0-9]*[+-]?\s+\S+\s+1\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+1(?:\.0*)?\s*$",
    re.MULTILINE,
)


@dataclass(frozen=True, eq=False)
class PublishedCrystal:
    """A crystal and what its table says of it; None where the table says nothing."""

    material_id: str
    structure: Structure
    e_above_hull: float | None
    """eV/atom."""
    formation_energy: float | None
    """eV/atom."""
    band_gap: float | None
    """eV."""


def read_crystals(folder: Path) -> list[PublishedCrystal]:
    """Every crystal of the tables once, by material id; later tables fill in what is missing."""
    found: dict[str, PublishedCrystal] = {}
    for name in TABLES:
        for row in _rows(data_file(folder / "crystals", name)):
            key = row["material_id"]
            known = found.get(key)
            hull = _number(row.get("e_above_hull") or row.get("energy_above_hull"))
            formation = _number(row.get("formation_energy_per_atom"))
            gap = _number(row.get("band_gap"))
            if known is not None:
                hull = known.e_above_hull if known.e_above_hull is not None else hull
                formation = (
                    known.formation_energy if known.formation_energy is not None else formation
                )
                gap = known.band_gap if known.band_gap is not None else gap
            structure = _structure(row["cif"], key) if known is None else known.structure
            found[key] = PublishedCrystal(key, structure, hull, formation, gap)
    return list(found.values())


def read_elements(folder: Path) -> list[PublishedCrystal]:
    """The reference structure of each element."""
    with gzip.open(data_file(folder, ELEMENTS), "rt", encoding="utf-8") as file:
        table = json.load(file)
    found = []
    for symbol, row in table.items():
        sites, cell = row["structure"]["sites"], np.array(row["structure"]["lattice"]["matrix"])
        fractions = np.array([site["abc"] for site in sites], dtype=np.float64)
        numbers = [ATOMIC_NUMBERS[site["species"][0]["element"]] for site in sites]
        key = f"{ELEMENT}{symbol}"
        found.append(PublishedCrystal(key, _built(numbers, fractions, cell, key), 0.0, 0.0, None))
    return found


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _number(text: str | None) -> float | None:
    return float(text) if text else None


def _structure(cif: str, name: str) -> Structure:
    """All tables hold P1 files of one form, so a regular expression reads them in a second."""
    said = {key: float(value) for key, value in _NUMBER.findall(cif)}
    lengths = [said[f"length_{axis}"] for axis in "abc"]
    angles = [said[f"angle_{name}"] for name in ("alpha", "beta", "gamma")]
    cell = np.asarray(cellpar_to_cell(lengths + angles), dtype=np.float64)
    sites = _SITE.findall(cif)
    fractions = np.array([site[1:] for site in sites], dtype=np.float64)
    return _built([ATOMIC_NUMBERS[site[0]] for site in sites], fractions, cell, name)


def _built(
    numbers: list[int], fractions: NDArray[np.float64], cell: NDArray[np.float64], name: str
) -> Structure:
    return Structure(
        numbers=np.array(numbers, dtype=np.int64),
        positions=fractions @ cell,
        cell=cell,
        pbc=(True, True, True),
        name=name,
    )
