"""CIF to a document: symmetry applied, shared sites joined, oddities told."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileTooLargeError, FileUnreadableError, InvalidPositionsError
from designer_app.io.cif_block import (
    Listing,
    NoStructureError,
    blocks_of,
    cell_parameters,
    column,
    formula_of,
    listed_sites,
    no_number_in_cell,
)
from designer_app.io.cif_symmetry import candidate_operations
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.disorder import is_whole, main_species
from designer_app.io.documents import Document
from designer_app.io.space_groups import Operations
from designer_app.io.unit_cell import Crystal, whole_cell
from designer_app.specs.structure import Structure

CLASH_A = 0.7
"""A. Whole atoms are never nearer: the shortest bond, of H2, has 0.74 A."""
_FORMULA_TOLERANCE = 0.02


def read_cif(path: Path, index: int, max_atoms: int) -> Document:
    """One data block of a CIF; a negative index means the first that holds a structure.

    Raises `FileUnreadableError`, `FileTooLargeError`.
    """
    names, chosen = [], None
    try:
        for name, tags in blocks_of(path):
            if not _holds_atoms(tags):
                continue
            if len(names) == max(index, 0):
                chosen = name, tags
            names.append(name)
    except (AssertionError, IndexError, ValueError, RuntimeError, UnicodeError) as error:
        if chosen is None:  # what follows a whole block may be damaged
            raise FileUnreadableError(str(path), "its text is damaged or truncated") from error
    except NoStructureError:
        pass
    if chosen is None:
        known = f"it has {len(names)} data blocks with atoms, and no number {index}"
        raise FileUnreadableError(str(path), known if names else "it is a CIF without atoms")
    document = _document_of(path, chosen[1], max_atoms)
    others = [each for place, each in enumerate(names) if place != max(index, 0)]
    told = document.warnings
    if others:
        shown = ", ".join(others[:8]) + (" and more" if len(others) > 8 else "")
        many = f"The file holds {len(names)} structures; this is “{chosen[0]}”"
        told = (f"{many}, the others are {shown}.", *told)
    return replace(document, warnings=told, frame=max(index, 0))


def _holds_atoms(tags: dict[str, Any]) -> bool:
    return any(
        column(tags, f"_atom_site_{kind}_x", f"_atom_site.{kind}_x") for kind in ("fract", "cartn")
    )


def _cell_of(path: Path, tags: dict[str, Any]) -> NDArray[np.float64]:
    """(3, 3) A; zeros for a molecule given by Cartesian coordinates alone."""
    from ase.geometry import cellpar_to_cell

    wrong = no_number_in_cell(tags)
    if wrong:
        raise FileUnreadableError(str(path), f"its line “{wrong}” holds no number")
    parameters = cell_parameters(tags)
    if parameters is None:
        if column(tags, "_atom_site_cartn_x", "_atom_site.cartn_x"):
            return np.zeros((3, 3))
        raise FileUnreadableError(str(path), "its cell lengths are missing")
    if min(parameters[:3]) <= 0 or not all(0 < angle < 180 for angle in parameters[3:]):
        raise InvalidPositionsError("the cell has a length or an angle of zero or below")
    try:
        cell = np.array(cellpar_to_cell(parameters), dtype=np.float64)
    except (AssertionError, ValueError):
        raise InvalidPositionsError("the angles of the cell do not fit together") from None
    if not np.isfinite(cell).all() or abs(np.linalg.det(cell)) < 1e-6:
        raise InvalidPositionsError("the cell has no volume")
    return cell


def _molecule(listing: Listing) -> Document:
    """The atoms of a block without a cell; their places are Cartesian."""
    numbers = np.array([ATOMIC_NUMBERS[site.species] for site in listing.sites], dtype=np.int64)
    structure = Structure(
        numbers=numbers,
        positions=np.array([site.fractional for site in listing.sites]),
        cell=np.zeros((3, 3)),
        pbc=(False, False, False),
    )
    shares = tuple({site.species: site.share} for site in listing.sites)
    return Document.from_structure(
        structure,
        made_by="open",
        occupancies=() if all(is_whole(each) for each in shares) else shares,
        warnings=listing.warnings,
    )


def _document_of(path: Path, tags: dict[str, Any], max_atoms: int) -> Document:
    cell = _cell_of(path, tags)
    try:
        listing = listed_sites(tags, cell)
    except NoStructureError:
        raise FileUnreadableError(str(path), "its atom list is incomplete") from None
    if not cell.any():
        return _molecule(listing)
    candidates, doubt = candidate_operations(tags, cell)
    most = len(listing.sites) * len(candidates[0].rotations)
    if most > 4 * max_atoms:
        raise FileTooLargeError(str(path), most, max_atoms, "atoms")
    crystal = _most_likely(listing, candidates, cell, formula_of(tags))
    structure = Structure(
        numbers=np.array([main_species(each) for each in crystal.shares], dtype=np.int64),
        positions=crystal.fractional @ cell,
        cell=cell,
        pbc=(True, True, True),
        masses=crystal.masses,
    )
    warnings = [*listing.warnings, *([doubt] if doubt else []), *crystal.warnings]
    warnings += _formula_warnings(crystal, formula_of(tags))
    document = Document.from_structure(
        structure,
        made_by="open",
        occupancies=() if all(is_whole(each) for each in crystal.shares) else crystal.shares,
        warnings=warnings,
    )
    return replace(document, labels=crystal.labels)


def _most_likely(
    listing: Listing,
    candidates: list[Operations],
    cell: NDArray[np.float64],
    formula: dict[str, float],
) -> Crystal:
    """The whole cell by the setting that gives the file's formula without clashes.

    A wrong origin takes atoms off their special positions, which multiplies them or makes them
    overlap. Settings as likely are told.
    """
    crystals = [whole_cell(listing.sites, each, cell) for each in candidates]
    if len(crystals) == 1:
        return crystals[0]

    def implausibility(place: int) -> tuple[bool, bool, int]:
        crystal = crystals[place]
        misses = bool(formula) and bool(_mismatch(crystal.amounts(), formula))
        return misses, _clashes(crystal, cell), len(crystal.shares)

    ranked = sorted(range(len(crystals)), key=implausibility)
    best = crystals[ranked[0]]
    if implausibility(ranked[0])[:2] != implausibility(ranked[1])[:2]:
        return best
    setting = candidates[ranked[0]].setting
    told = f"The file leaves the setting of its space group open; {setting} was taken."
    return replace(best, warnings=(*best.warnings, told))


def _clashes(crystal: Crystal, cell: NDArray[np.float64]) -> bool:
    """Whether whole atoms lie on top of each other."""
    whole = np.array([is_whole(each) for each in crystal.shares])
    try:
        found = contacts(crystal.fractional @ cell, cell, (True, True, True), CLASH_A)
    except TooManyContactsError:
        return True
    return bool((whole[found[0]] & whole[found[1]]).any())


def _mismatch(amounts: dict[str, float], formula: dict[str, float]) -> list[str]:
    """Elements whose ratio differs from the formula by more than the tolerance."""
    shared = [each for each in formula if each in amounts and each != "H"]
    if not shared:
        return sorted(set(amounts) ^ set(formula))
    scale = sum(amounts[each] for each in shared) / sum(formula[each] for each in shared)
    return [
        each
        for each in {*formula, *amounts}
        if abs(amounts.get(each, 0.0) - scale * formula.get(each, 0.0))
        > _FORMULA_TOLERANCE * max(scale * formula.get(each, 0.0), 1.0)
    ]


def _formula_warnings(crystal: Crystal, formula: dict[str, float]) -> list[str]:
    amounts = crystal.amounts()
    if not formula or "X" in amounts:
        return []
    wrong = sorted(_mismatch(amounts, formula))
    if not wrong:
        return []
    if wrong == ["H"] and amounts.get("H", 0.0) < 1e-6:
        return ["The formula of the file has hydrogen, but no hydrogen has coordinates."]
    if wrong == ["H"]:
        return ["The formula of the file and its atoms differ in hydrogen."]
    return [f"The formula of the file and its atoms differ in {', '.join(wrong)}."]
