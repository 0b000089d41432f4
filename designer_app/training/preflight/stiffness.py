"""Do solids hold their atoms as stiffly as they should? A sign of the unit of all labels together.

Energies and forces that are all in hartree agree with each other. Lindemann's rule tells them from
those in eV: a crystal melts where its atoms swing by about a tenth of the distance d between
neighbours, so that an atom is held by k = 3 kB T_m / (0.1 d)^2 (Gilvarry 1956,
doi:10.1103/PhysRev.102.308). The published silicon and molybdenum of mlearn are 0.6 and 1.2 times
as stiff, Debye temperatures of elements give 0.5 to 2; a hartree is 27 eV.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.specs.labelled import LabelledFrame
from designer_app.training.preflight.neighbours import Step, Surroundings
from designer_app.units import KB

Held = tuple[float, float]
"""(eV/A^2 that an atom is held by, what is expected)."""
ODD = 8.0
"""Times stiffer or softer than expected: much more than the rule is off, less than any unit."""
_SWING = 0.1
_COMPOUND_K = 1700.0
"""Melting points of salts, oxides and nitrides lie within a factor of 2.5."""
_MOLECULAR = frozenset({"H", "C", "He", "Ne", "Ar", "Kr", "Xe", "Rn"})
"""Solids with these may be held together by weak forces."""
_SHORT, _STILL, _UNSTRAINED = 0.3, 1e-3, 1e-5
_FEWEST = 5
_ALONG_A_LINE = 0.75
"""Share of the squared displacements; a third by chance."""


def stiffness(
    frames: Sequence[LabelledFrame], steps: Sequence[Step], near: Surroundings
) -> Held | None:
    """How stiffly atoms are held; None where the data cannot tell."""
    found: list[float] = []
    used: set[int] = set()
    for step in steps:
        a, b = frames[step.first], frames[step.second]
        if not _STILL < step.rms < _SHORT or step.strained > _UNSTRAINED or _is_gliding(step):
            continue
        if a.forces is None or b.forces is None or not all(a.structure.pbc):
            continue
        pushed = ((b.forces @ step.turned - a.forces) * step.moved).sum()
        found.append(-float(pushed) / float((step.moved**2).sum()))
        used |= {step.first, step.second}
    if len(found) < _FEWEST or np.median(found) <= 0.0:
        return None
    melting = _melting_point(np.concatenate([frames[place].structure.numbers for place in used]))
    distance = float(np.median(near.shortest[sorted(used)]))
    if melting is None or not np.isfinite(distance):
        return None
    return float(np.median(found)), 3.0 * KB * melting / (_SWING * distance) ** 2


def _is_gliding(step: Step) -> bool:
    """Whether atoms move along one line, as planes that glide and lone atoms that hop do."""
    widths = np.linalg.svd(step.moved, compute_uv=False) ** 2
    return bool(widths[0] > _ALONG_A_LINE * widths.sum())


def _melting_point(numbers: NDArray[np.int64]) -> float | None:
    """K, about; None for what may be molecules."""
    from pymatgen.core.periodic_table import Element

    found, counts = np.unique(numbers, return_counts=True)
    elements = [Element(SYMBOLS[number]) for number in found.tolist()]
    solid = [each.is_metal or each.is_metalloid for each in elements]
    if not any(solid) or any(each.symbol in _MOLECULAR for each in elements):
        return None
    if not all(solid):
        return _COMPOUND_K
    points = [each.melting_point for each in elements]
    if any(each is None for each in points):
        return None
    return float(np.average([float(each) for each in points], weights=counts))
