"""Rows that a training is not to see, so that a search can be asked to find them again."""

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.labels import LabelledTokens, formulas_of
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.training.splits import reduced_formula


def left_out(data: LabelledTokens, library: PrototypeLibrary, said: str) -> NDArray[np.bool_]:
    """(n,) True for rows that `said` names: formulas like "Pt3Ni", or families with elements like
    "olivine: P", separated by ";". Raises `InvalidSpecError`.
    """
    found = np.zeros(len(data), dtype=bool)
    formulas: NDArray[np.str_] | None = None
    for part in filter(None, (each.strip() for each in said.split(";"))):
        family, colon, elements = part.partition(":")
        if colon:
            found |= _of_family(data, library, family.strip(), elements)
        else:
            if formulas is None:
                formulas = np.array(formulas_of(data.table, library))
            found |= formulas == reduced_formula(part)
    return found


def formulas_left_out(said: str) -> frozenset[str]:
    """The formulas among what is left out, reduced."""
    parts = (each.strip() for each in said.split(";"))
    return frozenset(reduced_formula(each) for each in parts if each and ":" not in each)


def _of_family(
    data: LabelledTokens, library: PrototypeLibrary, family: str, elements: str
) -> NDArray[np.bool_]:
    if family not in library.families:
        known = ", ".join(library.families) or "none"
        raise InvalidSpecError("without", family, f"there is no such family; known: {known}")
    found = np.isin(data.table.prototype, library.family(family))
    for symbol in elements.replace(",", " ").split():
        if symbol not in ATOMIC_NUMBERS:
            raise InvalidSpecError("without", symbol, "it is no element")
        found &= (data.table.elements == ATOMIC_NUMBERS[symbol]).any(axis=1)
    return found
