"""Do energies, forces and stresses belong together? Asked of frames that lie close to each other.

Between two near frames the energy changes by the work of the mean forces and stresses,
dE = -(F1 + F2)/2 . dr + (V1 s1 + V2 s2)/2 : strain, up to third order in the step. Over many steps
the ratio of dE to the work is 1 for labels of one calculation in one set of units; another ratio
tells which unit was meant.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.labelled import LabelledFrame
from designer_app.training.preflight.neighbours import Step

Array = NDArray[np.float64]

_SHORT, _SMALL_STRAIN = 0.3, 0.05
"""Steps up to 0.3 A (root mean square) and 5 % of strain count."""
_STILL, _UNSTRAINED = 1e-3, 1e-5
_FEWEST = 5
_MOST_UNCERTAIN = 0.1
_ANHARMONIC = 0.25
"""1/A: the third-order error of a step, by its second-order terms, its longest move in A, and
this. Terms of different atoms may cancel, their errors do not."""
_NOISE = 2e-5
"""eV/atom: what an energy is rounded to."""


@dataclass(frozen=True)
class Ratio:
    """Energy differences over the work of forces, or of stresses."""

    value: float
    uncertainty: float
    n_steps: int
    spread: float
    """Median distance of a step from the ratio, in units of its expected error."""


def force_ratio(frames: Sequence[LabelledFrame], steps: Sequence[Step]) -> Ratio | None:
    """DE over the work of forces, from steps at fixed cell; None where the data cannot tell."""
    rows = []
    for step in steps:
        a, b = frames[step.first], frames[step.second]
        if not _STILL < step.rms < _SHORT or step.strained > _UNSTRAINED:
            continue
        if a.energy is None or b.energy is None or a.forces is None or b.forces is None:
            continue
        work, bend = _force_work(a, b, step)
        error = _ANHARMONIC * _longest(step) * bend + _NOISE * len(a)
        rows.append((b.energy - a.energy, work, error))
    return _ratio(rows)


def stress_ratio(frames: Sequence[LabelledFrame], steps: Sequence[Step]) -> Ratio | None:
    """DE less the work of forces over the work of stresses, from strained cells; None likewise."""
    rows = []
    for step in steps:
        a, b = frames[step.first], frames[step.second]
        if step.rms > _SHORT or not 1e-4 < step.strained < _SMALL_STRAIN:
            continue
        if a.energy is None or b.energy is None or a.stress is None or b.stress is None:
            continue
        forced, bend = _force_work(a, b, step)
        before, after = a.structure.volume * a.stress, b.structure.volume * b.stress
        work = 0.5 * float(((before + after) * step.strain).sum())
        stiff = 0.5 * float(((after - before) * step.strain).sum())
        error = _ANHARMONIC * _longest(step) * bend + 2.0 * step.strained * abs(stiff)
        rows.append((b.energy - a.energy - forced, work, error + _NOISE * len(a)))
    return _ratio(rows)


def _force_work(a: LabelledFrame, b: LabelledFrame, step: Step) -> tuple[float, float]:
    """(work of the mean forces, second-order terms by amount), eV."""
    if a.forces is None or b.forces is None:
        return 0.0, 0.0
    turned = b.forces @ step.turned
    work = -0.5 * float(((a.forces + turned) * step.moved).sum())
    return work, 0.5 * float(np.abs((turned - a.forces) * step.moved).sum())


def _longest(step: Step) -> float:
    """A."""
    return float(np.linalg.norm(step.moved, axis=1).max())


def _ratio(rows: Sequence[tuple[float, float, float]]) -> Ratio | None:
    """Weighted least squares through the origin; steps far off count less (Huber)."""
    if len(rows) < _FEWEST:
        return None
    change, work, error = np.array(rows).T
    weight = 1.0 / error**2
    square = float((weight * work**2).sum())
    if square <= 0.0:
        return None
    value, kept = float((weight * work * change).sum()) / square, weight
    for _ in range(20):
        off = np.abs(change - value * work) / error
        usual = max(float(np.median(off)), 1e-12)
        kept = weight * np.minimum(1.0, 2.0 * usual / np.maximum(off, 1e-12))
        value = float((kept * work * change).sum() / (kept * work**2).sum())
    left = change - value * work
    off = float(np.median(np.abs(left) / error))
    # As the steps scatter, whatever their expected errors are (White 1980, 10.2307/1912934).
    scatter = float(((kept * work * left) ** 2).sum()) ** 0.5 / float((kept * work**2).sum())
    uncertainty = max(max(off, 1.0) / square**0.5, scatter)
    # What is uncertain by more than a tenth of itself tells no unit.
    if uncertainty > _MOST_UNCERTAIN * max(abs(value), 1.0):
        return None
    return Ratio(value, uncertainty, len(rows), off)
