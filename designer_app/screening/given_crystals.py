"""Crystals as notebooks hold them, as the program's own plain arrays."""

from typing import TYPE_CHECKING, Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.disorder import main_species
from designer_app.io.documents import Document
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure as PymatgenStructure


def as_structure(candidate: "Structure | Document | Atoms | PymatgenStructure") -> Structure:
    """A crystal of ASE, pymatgen or our own as plain arrays, with its disorder counted."""
    if isinstance(candidate, Structure):
        return candidate
    if isinstance(candidate, Document):
        return candidate.structure()
    from ase import Atoms

    if isinstance(candidate, Atoms):
        name = str(candidate.info.get("name", ""))
        return Document.from_atoms(candidate, made_by="screen", name=name).structure()
    return _of_pymatgen(candidate)


def _of_pymatgen(crystal: Any) -> Structure:
    shares = tuple(
        {_symbol(species): float(share) for species, share in site.species.items()}
        for site in crystal
    )
    structure = Structure(
        numbers=np.array([main_species(each) for each in shares], dtype=np.int64),
        positions=np.array(crystal.cart_coords, dtype=np.float64),
        cell=np.array(crystal.lattice.matrix, dtype=np.float64),
        pbc=(True, True, True),
    )
    return Document.from_structure(structure, made_by="screen", occupancies=shares).structure()


def _symbol(species: Any) -> str:
    """Without an oxidation state; heavy hydrogen is hydrogen."""
    symbol = str(getattr(species, "symbol", species))
    symbol = "H" if symbol in ("D", "T") else symbol
    return symbol if symbol in ATOMIC_NUMBERS else "X"
