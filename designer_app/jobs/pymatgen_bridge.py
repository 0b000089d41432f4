"""Documents of `pymatgen.Structure`, with shared sites kept."""

from typing import TYPE_CHECKING, Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.disorder import Occupancy, is_whole, main_species
from designer_app.io.documents import Document
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from pymatgen.core import Structure as PymatgenStructure


def document_from_pymatgen(
    crystal: "PymatgenStructure", *, made_by: str, source: str = "", name: str = ""
) -> Document:
    """A document of a pymatgen crystal; oxidation states are dropped, occupancies stay."""
    shares = tuple(_shares(site.species) for site in crystal)
    structure = Structure(
        numbers=np.array([main_species(each) for each in shares], dtype=np.int64),
        positions=np.array(crystal.cart_coords, dtype=np.float64),
        cell=np.array(crystal.lattice.matrix, dtype=np.float64),
        pbc=(True, True, True),
        name=name,
    )
    return Document.from_structure(
        structure,
        made_by=made_by,
        source=source,
        occupancies=() if all(is_whole(each) for each in shares) else shares,
    )


def _shares(composition: Any) -> Occupancy:
    found: Occupancy = {}
    for species, share in composition.items():
        symbol = str(getattr(species, "symbol", species))
        symbol = "H" if symbol in ("D", "T") else symbol
        symbol = symbol if symbol in ATOMIC_NUMBERS else "X"
        found[symbol] = found.get(symbol, 0.0) + float(share)
    return found
