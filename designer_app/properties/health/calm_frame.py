"""A structure to check a potential on, or to heat with it, out of what it learned from."""

from collections.abc import Mapping, Sequence

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.io.space_groups import symmetry_dataset
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure

LARGEST = 64
"""Atoms; vibrations take six evaluations an atom. Larger frames only where there are no others."""
AS_CALM = 2e-3
"""eV/atom: frames this near to the lowest are as calm; the most symmetric of them is taken."""
_MOST_COMPARED = 20
_SYMPREC = 0.05
"""A: relaxed cells keep their symmetry to this."""


def calm_frame(
    frames: Sequence[LabelledFrame], references: Mapping[str, float]
) -> Structure | None:
    """The structure of the calmest frame; None where there is none."""
    found = calmest(frames, references)
    return found.structure if found is not None else None


def calmest(
    frames: Sequence[LabelledFrame], references: Mapping[str, float]
) -> LabelledFrame | None:
    """The most strongly bound crystal of the most elements, or molecule where there is no crystal.

    Bound: the least energy an atom above the free atoms of `references`, in eV. Of crystals that
    are bound alike the one with most symmetry operations.
    """

    def unfit(frame: LabelledFrame) -> tuple[bool, bool, int, float]:
        numbers = frame.structure.numbers
        free = sum(references.get(SYMBOLS[int(number)], 0.0) for number in numbers)
        bound = np.inf if frame.energy is None else (frame.energy - free) / len(numbers)
        kinds = len(np.unique(numbers))
        return not _is_crystal(frame), len(numbers) > LARGEST, -kinds, float(bound)

    ranked = sorted((each for each in frames if len(each) > 1), key=unfit)
    if not ranked or not _is_crystal(ranked[0]):
        return ranked[0] if ranked else None
    *kind, least = unfit(ranked[0])
    alike = [
        each
        for each in ranked[:_MOST_COMPARED]
        if [*unfit(each)[:3]] == kind and unfit(each)[3] <= least + AS_CALM
    ]
    return max(alike, key=_n_operations) if len(alike) > 1 else ranked[0]


def _is_crystal(frame: LabelledFrame) -> bool:
    return all(frame.structure.pbc) and frame.structure.volume > 0


def _n_operations(frame: LabelledFrame) -> int:
    structure = frame.structure
    fractional = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractional, structure.numbers, _SYMPREC)
    return 1 if found is None else len(found.rotations)
