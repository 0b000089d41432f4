"""Files of a candidate's crystal: a CIF of its standard cell with symmetry, and a POSCAR."""

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from designer_app import __version__
from designer_app.io.atomic_write import atomic_write
from designer_app.io.documents import Document
from designer_app.io.writing import write_document
from designer_app.screening.duplicates import pymatgen_of
from designer_app.specs.structure import Structure

if TYPE_CHECKING:
    from pymatgen.core import Structure as PymatgenStructure

_TOLERANCES = (0.1, 0.01)
"""A: the first is that of the space group that a row tells."""
_MOST_MOVED = 0.05
"""A that an atom may be moved onto its symmetric place; with more the narrower tolerance counts."""
_DECIMALS = 5
"""Of lengths in A and of fractions."""


def write_crystal(folder: Path, name: str, structure: Structure, comment: str) -> tuple[str, ...]:
    """`name`.cif and `name`.vasp; their paths below the folder's parent.

    The POSCAR holds the cell as it was relaxed. Raises `WriteFailedError`.
    """
    atomic_write(folder / f"{name}.cif", standard_cif(structure, name, comment), backup=False)
    (folder / f"{name}.vasp").unlink(missing_ok=True)
    write_document(Document.from_structure(structure, made_by="design"), folder / f"{name}.vasp")
    return f"{folder.name}/{name}.cif", f"{folder.name}/{name}.vasp"


def standard_cif(structure: Structure, name: str, comment: str = "") -> str:
    """The crystal in the standard setting of its space group, atoms on their symmetric places."""
    from pymatgen.io.cif import CifWriter

    crystal = pymatgen_of(structure)
    with warnings.catch_warnings():  # spglib's, about how it reports errors
        warnings.simplefilter("ignore", DeprecationWarning)
        symprec = next((each for each in _TOLERANCES if _moved(crystal, each) <= _MOST_MOVED), None)
        written = str(CifWriter(crystal, symprec=symprec, significant_figures=_DECIMALS))
    lines = [line for line in written.splitlines() if line and not line.startswith(("#", "data_"))]
    told = [f"# {line}".rstrip() for line in comment.splitlines()]
    head = [f"data_{name}", f"_audit_creation_method 'designer_app {__version__}'"]
    return "\n".join([*told, *head, *lines]) + "\n"


def _moved(crystal: "PymatgenStructure", symprec: float) -> float:
    """How far the atom that moves most lies from its symmetric place, A."""
    from pymatgen.analysis.structure_matcher import StructureMatcher
    from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

    refined = SpacegroupAnalyzer(crystal, symprec).get_refined_structure()
    distances = StructureMatcher(scale=False).get_rms_dist(crystal, refined)
    length = (crystal.volume / len(crystal)) ** (1 / 3)
    return math.inf if distances is None else distances[1] * length
