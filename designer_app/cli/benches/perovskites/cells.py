"""Perovskites as tokens: a library of the 5-atom cells, and the published formulas in it.

A prototype is a set of anions and whether both metals are one. Its anions stay in their slots; the
metals take the slots of the A and of the B place. Geometry is that of the cubic cell, for the
table has none.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.library_file import Prototype, prototype_arrays
from designer_app.design.representation.tokens import (
    MAX_SLOTS,
    N_ELEMENTS,
    N_GEOMETRY,
    TokenTable,
)
from designer_app.design.vae.allowed import Allowed
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.screening.reference.symmetry import SymmetricCrystal, described
from designer_app.specs.structure import Structure
from designer_app.training.published.perovskites import PerovskiteTable
from designer_app.training.splits import amounts_in

EDGE = 4.0
"""A."""
_A, _B = ATOMIC_NUMBERS["Cs"], ATOMIC_NUMBERS["Pb"]
"""Stand in for the metals while symmetry is looked for; neither is an anion."""


@dataclass(frozen=True, eq=False)
class PerovskiteCells:
    """The library of the cells, and which slots are whose."""

    library: PrototypeLibrary
    anions: tuple[str, ...]
    """Of each prototype; the first half has two metals, the second one."""
    frames: NDArray[np.int64]
    """(c, MAX_SLOTS) atomic numbers of the anions, -1 where a metal stands, -2 for B, 0 empty."""
    metals: tuple[int, ...]
    """Atomic numbers that may stand there."""

    def table(self, metals: NDArray[np.int64], anions: tuple[str, ...]) -> TokenTable:
        """Tokens of formulas: (n, 2) metals on A and B, and the set of anions of each."""
        half = len(self.anions) // 2
        place = {name: row for row, name in enumerate(self.anions[:half])}
        is_one = metals[:, 0] == metals[:, 1]
        prototype = np.array([place[each] for each in anions]) + half * is_one
        elements = self.frames[prototype]
        elements = np.where(elements == -1, metals[:, :1], elements)
        elements = np.where(elements == -2, metals[:, 1:], elements)
        n = len(metals)
        return TokenTable(
            prototype, elements, np.zeros(n, np.float32), np.zeros((n, N_GEOMETRY), np.float32)
        )

    def formulas(self, table: TokenTable) -> list[tuple[int, int, str]]:
        """(metals ascending, anions) of tokens: the same for both orders of the metals."""
        half = len(self.anions) // 2
        found = []
        for prototype, elements in zip(table.prototype, table.elements, strict=True):
            frame = self.frames[prototype]
            a = int(elements[frame == -1][0])
            b = a if prototype >= half else int(elements[frame == -2][0])
            found.append((min(a, b), max(a, b), self.anions[prototype]))
        return found

    def allowed(self) -> Allowed:
        """Metals where metals stand, and each anion in its slot alone."""
        elements = np.zeros((len(self.frames), MAX_SLOTS, N_ELEMENTS), dtype=bool)
        for row, frame in enumerate(self.frames):
            for slot, number in enumerate(frame):
                if number > 0:
                    elements[row, slot, number] = True
                elif number < 0:
                    elements[row, slot, list(self.metals)] = True
        return Allowed(torch.ones(len(self.frames), dtype=torch.bool), torch.as_tensor(elements))


def perovskite_cells(table: PerovskiteTable) -> PerovskiteCells:
    """The cells of all sets of anions, once with two metals and once with one."""
    sets = table.anion_sets
    crystals = [_cell(each, is_one=is_one) for is_one in (False, True) for each in sets]
    frames = np.zeros((len(crystals), MAX_SLOTS), dtype=np.int64)
    for row, crystal in enumerate(crystals):
        told = [{_A: -1, _B: -2}.get(number, number) for number in crystal.elements]
        frames[row, : len(told)] = told
    metals = tuple(sorted(int(each) for each in np.unique(table.metals)))
    return PerovskiteCells(_library(crystals), (*sets, *sets), frames, metals)


def _cell(anions: str, *, is_one: bool) -> SymmetricCrystal:
    """The cubic cell: A in the corner, B in the middle, anions on the faces."""
    faces = [
        number
        for symbol, count in amounts_in(anions).items()
        for number in [ATOMIC_NUMBERS[symbol]] * round(count)
    ]
    # Of A2BX a face is the odd one out; which one is the same by symmetry.
    sites = [(0.0, 0.0, 0.0), (0.5, 0.5, 0.5), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
    structure = Structure(
        numbers=np.array([_A, _A if is_one else _B, *faces], dtype=np.int64),
        positions=EDGE * np.array(sites),
        cell=EDGE * np.eye(3),
        pbc=(True, True, True),
        name=anions,
    )
    found = described(structure, 0.01)
    assert found is not None
    return found


def _library(crystals: list[SymmetricCrystal]) -> PrototypeLibrary:
    prototypes = [
        Prototype(each.kind, 0, 1, 1, each.shape, each.free, 0.0, ("perovskite",))
        for each in crystals
    ]
    families, arrays = prototype_arrays(prototypes)
    volumes = np.full(N_ELEMENTS, EDGE**3 / 5.0, np.float32)
    arrays |= {
        "order": np.arange(N_ELEMENTS, dtype=np.float32),
        "atomic_volumes": volumes,
        "geometry_scales": np.ones(N_GEOMETRY, np.float32),
    }
    return PrototypeLibrary({"families": families}, arrays)
