"""Crystals that trainings are not to see, so that a search can be asked to find them again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import TokenTable
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.training.splits import reduced_formula


@dataclass(frozen=True)
class LeftOut:
    """Crystals of a family and elements, or of a formula."""

    family: str = ""
    elements: tuple[int, ...] = ()
    """Atomic numbers that the crystals of the family hold."""
    formula: str = ""

    @classmethod
    def of(cls, text: str) -> "LeftOut":
        """E.g. "olivine: P" (phosphate olivines), "argyrodite:" (all of them), "Pt3Ni"."""
        family, colon, elements = text.partition(":")
        if not colon:
            return cls(formula=reduced_formula(text.strip()))
        symbols = elements.replace(",", " ").split()
        unknown = [each for each in symbols if each not in ATOMIC_NUMBERS]
        if unknown:
            raise InvalidSpecError("without", text, f"{unknown[0]} is no element", "Left out")
        return cls(family.strip(), tuple(ATOMIC_NUMBERS[each] for each in symbols))

    def among(
        self, tokens: TokenTable, formulas: Callable[[], Sequence[str]], library: PrototypeLibrary
    ) -> NDArray[np.bool_]:
        """(n,) True for crystals that this names."""
        if self.formula:
            return np.array([each == self.formula for each in formulas()], dtype=bool)
        places = library.family(self.family)
        if not len(places):
            known = ", ".join(library.families)
            raise InvalidSpecError(
                "without", self.family, f"no such family; there are {known}", "Left out"
            )
        found = np.isin(tokens.prototype, np.array(places))
        for number in self.elements:
            found &= (tokens.elements == number).any(axis=1)
        return found


def all_of(said: str) -> tuple[LeftOut, ...]:
    """Descriptions separated by ";". Raises `InvalidSpecError`."""
    return tuple(LeftOut.of(each.strip()) for each in said.split(";") if each.strip())


def named(
    said: str,
    tokens: TokenTable,
    formulas: Callable[[], Sequence[str]],
    library: PrototypeLibrary,
) -> NDArray[np.bool_]:
    """(n,) True for crystals that any of the descriptions names; `formulas` are reduced.

    Raises `InvalidSpecError` for unknown families, elements and formulas.
    """
    found = np.zeros(len(tokens), dtype=bool)
    for each in all_of(said):
        found |= each.among(tokens, formulas, library)
    return found
