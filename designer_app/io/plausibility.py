"""Whether what a file holds can be a structure, and what about it is odd."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileTooLargeError, FileUnreadableError, InvalidPositionsError
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.disorder import split_positions
from designer_app.io.documents import Document
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure

TOUCHING_A = 0.5
"""A. No two whole atoms are nearer than this: H2, the shortest bond, has 0.74 A."""
FARTHEST_A = 1e7
"""A. No simulation is a millimetre wide."""
THINNEST_A = 0.5
"""A. No layer of atoms repeats nearer."""


def checked(document: Document, path: Path, spec: ReadSpec) -> Document:
    """The document with warnings on what is odd in it; raises on what is wrong."""
    structure = document.content
    if len(structure) == 0:
        raise FileUnreadableError(str(path), "it holds no atoms")
    if len(structure) > spec.max_atoms:
        raise FileTooLargeError(str(path), len(structure), spec.max_atoms, "atoms")
    _check_numbers(structure)
    _check_shares(document)
    if any(structure.pbc) and not structure.cell.any():
        document = replace(document, content=replace(structure, pbc=(False, False, False)))
    told = (*document.warnings, *_oddities(document))
    return replace(document, warnings=tuple(dict.fromkeys(told)))


def _check_numbers(structure: Structure) -> None:
    """Raise `InvalidPositionsError` where positions or cell are no places of atoms."""
    far = ~(np.abs(structure.positions) < FARTHEST_A).all(axis=1)  # also where not a number
    if far.any():
        atom = int(np.argmax(far))
        finite = np.isfinite(structure.positions[atom]).all()
        what = "lies absurdly far away" if finite else "is not a finite number"
        raise InvalidPositionsError(f"a position {what}", atom)
    if not (np.abs(structure.cell) < FARTHEST_A).all():
        raise InvalidPositionsError("the cell holds values that are not finite or absurdly large")
    periodic = structure.cell[list(structure.pbc)]
    if periodic.any() and not _has_thickness(periodic):
        raise InvalidPositionsError("the periodic cell is flat or has a vector of no length")


def _check_shares(document: Document) -> None:
    for site, shares in enumerate(document.occupancies):
        if not all(0.0 < share < np.inf for share in shares.values()):  # False where not a number
            raise InvalidPositionsError("an occupancy is not a positive number", site)


def _has_thickness(vectors: NDArray[np.float64]) -> bool:
    """Whether lattice vectors are independent and their planes lie apart."""
    if np.linalg.matrix_rank(vectors) < len(vectors):
        return False
    heights = 1.0 / np.linalg.norm(np.linalg.pinv(vectors), axis=0)
    return bool(heights.min() >= THINNEST_A)


def _oddities(document: Document) -> Iterator[str]:
    structure = document.content
    unknown = int((structure.numbers == 0).sum())
    if unknown:
        yield f"{_counted(unknown, 'atom is', 'atoms are')} of a species that is no element."
    if document.n_frames > 1:
        yield f"This is frame {document.frame + 1} of {document.n_frames}."
    if document.is_disordered:
        sites = _counted(structure.disordered_sites, "site of the cell is", "sites of the cell are")
        yield f"{sites} shared or partly occupied, for example {structure.disorder_example}."
    split = split_positions(structure, document.occupancies)
    if split:
        yield (
            f"{_counted(len(split), 'pair', 'pairs')} of partly occupied positions lie within "
            f"{max(distance for *_, distance in split):.2f} A: positions of one atom."
        )
    yield from _touching(document)


def _touching(document: Document) -> Iterator[str]:
    structure = document.content
    try:
        first, second, _, distances = contacts(
            structure.positions, structure.cell, structure.pbc, TOUCHING_A
        )
    except TooManyContactsError:
        yield "Most atoms lie on top of each other."
        return
    partial = np.array([sum(shares.values()) < 1.0 for shares in document.occupancies], dtype=bool)
    if partial.any():
        alone = ~(partial[first] & partial[second])
        first, second, distances = first[alone], second[alone], distances[alone]
    if len(distances):
        worst = int(np.argmin(distances))
        yield (
            f"Atoms {first[worst] + 1} and {second[worst] + 1} are only "
            f"{distances[worst]:.2f} A apart."
        )


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
