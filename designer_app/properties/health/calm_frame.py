"""A structure to check a potential on, out of what it learned from."""

from collections.abc import Mapping, Sequence

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.structure import Structure

LARGEST = 64
"""Atoms; vibrations take six evaluations an atom. Larger frames only where there are no others."""


def calm_frame(
    frames: Sequence[LabelledFrame], references: Mapping[str, float]
) -> Structure | None:
    """The most strongly bound crystal of the most elements, or molecule where there is no crystal.

    Bound: the least energy an atom above the free atoms of `references`, in eV.
    """

    def unfit(frame: LabelledFrame) -> tuple[bool, bool, int, float]:
        numbers, structure = frame.structure.numbers, frame.structure
        is_crystal = all(structure.pbc) and structure.volume > 0
        free = sum(references.get(SYMBOLS[int(number)], 0.0) for number in numbers)
        bound = np.inf if frame.energy is None else (frame.energy - free) / len(numbers)
        kinds = len(np.unique(numbers))
        return not is_crystal, len(numbers) > LARGEST, -kinds, float(bound)

    usable = [each for each in frames if len(each) > 1]
    return min(usable, key=unfit).structure if usable else None
