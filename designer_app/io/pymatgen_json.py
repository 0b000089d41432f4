"""Structures saved as JSON by pymatgen, read as plain data: no class named in the file is made."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.disorder import Occupancy, is_whole, main_species
from designer_app.io.documents import Document
from designer_app.specs.structure import Structure


def read_pymatgen_json(path: Path) -> Document:
    """The `Structure` in a JSON file of pymatgen, with its occupancies."""
    told = json.loads(path.read_text(encoding="utf-8"))
    told = told.get("structure", told)
    try:
        cell = np.array(told["lattice"]["matrix"], dtype=np.float64)
        pbc = [bool(flag) for flag in told["lattice"].get("pbc", (True, True, True))]
        fractional = np.array([site["abc"] for site in told["sites"]], dtype=np.float64)
        shares = tuple(_shares(site["species"]) for site in told["sites"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileUnreadableError(str(path), "its JSON is no structure of pymatgen") from error
    if cell.shape != (3, 3) or fractional.shape != (len(shares), 3):
        raise FileUnreadableError(str(path), "its cell or its coordinates are incomplete")
    structure = Structure(
        numbers=np.array([main_species(each) for each in shares], dtype=np.int64),
        positions=fractional @ cell,
        cell=cell,
        pbc=(pbc[0], pbc[1], pbc[2]),
    )
    return Document.from_structure(
        structure,
        made_by="open",
        occupancies=() if all(is_whole(each) for each in shares) else shares,
    )


def _shares(species: list[dict[str, Any]]) -> Occupancy:
    found: Occupancy = {}
    for each in species:
        symbol = str(each["element"])
        symbol = {"D": "H", "T": "H"}.get(symbol, symbol)
        symbol = symbol if symbol in ATOMIC_NUMBERS else "X"
        found[symbol] = found.get(symbol, 0.0) + float(each["occu"])
    return found
