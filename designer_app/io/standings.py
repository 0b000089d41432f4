"""Potentials side by side: how sure their mean errors are, and which of them are told apart.

A mean error over frames scatters with the frames that happen to be judged. All potentials are
judged on the same ones, and frames that are hard are hard for all: what tells two apart is the
scatter of their difference from frame to frame. Where that might be 0 by Student's t (95 %), they
are equal as far as these frames tell.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.specs.evaluate import Evaluation, Judged

ENERGY, FORCE, STRESS, SPEED = "energy", "force", "stress", "speed"
ALL = "all"
_MEV = 1000.0
_STUDENT = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23)
"""97.5 % of Student's t with 1 to 10 degrees of freedom."""
_MANY = 2.0
"""With more; 2.2 for eleven, 1.96 in the end."""
_AS_QUICK = 1.1
"""Times the quickest: a measured time scatters by so much."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Column:
    """One quantity of all potentials; None where it is not known."""

    values: tuple[float | None, ...]
    errors: tuple[float | None, ...]
    """Standard errors over frames; None for one frame."""
    best: frozenset[int]
    """Places of those that are told apart from no better one; empty where that is all of them."""


Standings = Mapping[str, Mapping[str, Column]]
"""By group of frames as an `Evaluation` names them, then by quantity."""


def standings(found: Evaluation) -> Standings:
    """Energies in meV/atom, forces in meV/A, stress in GPa, and seconds an atom."""
    parts = [None if each.problem else _parts(found, each) for each in found.judged]
    speed = _speed(found.judged)
    told: dict[str, dict[str, Column]] = {}
    for group, frames, components in _groups(found):
        columns = {SPEED: speed}
        for quantity in (ENERGY, FORCE, STRESS):
            mine = components if quantity == FORCE else frames
            columns[quantity] = _column(
                [
                    None if each is None or mine is None else _summed(each[quantity], mine)
                    for each in parts
                ]
            )
        told[group] = columns
    return told


@dataclass(frozen=True)
class _Off:
    """Absolute errors, and the frame of each."""

    values: Array
    frame: NDArray[np.int64]


def _parts(found: Evaluation, judged: Judged) -> dict[str, _Off]:
    frames = np.arange(found.n_frames)
    of_component = np.repeat(frames, 3 * found.n_atoms)
    energy = _MEV * np.abs(judged.energies - found.energies)
    force = _MEV * np.abs(judged.forces.astype(np.float64) - found.forces)
    stress = np.abs(judged.stresses.astype(np.float64) - found.stresses)
    return {
        ENERGY: _Off(energy, frames),
        FORCE: _Off(force, of_component),
        STRESS: _Off(stress.ravel(), np.repeat(frames, stress.shape[1])),
    }


def _groups(
    found: Evaluation,
) -> Iterator[tuple[str, NDArray[np.bool_] | None, NDArray[np.bool_]]]:
    """(group, its frames, its force components); no frames for an element."""
    tags = np.array([tag for _, _, tag in found.frames])
    of_component = np.repeat(np.arange(found.n_frames), 3 * found.n_atoms)
    everything = np.ones(found.n_frames, dtype=bool)
    yield ALL, everything, everything[of_component]
    for tag in dict.fromkeys(tags.tolist()):
        mine = tags == tag
        yield f"tag {tag}", mine, mine[of_component]
    for number in np.unique(found.force_numbers):
        yield f"element {SYMBOLS[int(number)]}", None, found.force_numbers == number


@dataclass(frozen=True)
class _Mean:
    """Mean m = S / N of n frames with sums s and counts c, and how each frame pulls at it."""

    value: float
    pulls: Array
    """(n_frames,) (s - m c) / N; 0 where nothing is known."""
    held: NDArray[np.bool_]
    """(n_frames,) where something is known."""


def _summed(off: _Off, mine: NDArray[np.bool_]) -> _Mean | None:
    """The mean over what is known of a group; `mine` is of frames or of parts."""
    wanted = mine if len(mine) == len(off.values) else mine[off.frame]
    known = wanted & np.isfinite(off.values)
    n = int(off.frame[-1]) + 1 if len(off.frame) else 0
    sums = np.bincount(off.frame[known], off.values[known], minlength=n).astype(np.float64)
    counts = np.bincount(off.frame[known], minlength=n).astype(np.float64)
    total = float(counts.sum())
    if not total:
        return None
    mean = float(sums.sum()) / total
    return _Mean(mean, (sums - mean * counts) / total, counts > 0)


def _standard_error(pulls: Array, n: int) -> float | None:
    """sqrt[n / (n - 1) sum pulls^2]; None for one frame.

    That of a ratio estimate (Cochran, Sampling Techniques, 1977), or of the difference of two.
    """
    return float(np.sqrt(n / (n - 1) * np.square(pulls).sum())) if n > 1 else None


def _column(means: Sequence[_Mean | None]) -> Column:
    known = {place: each for place, each in enumerate(means) if each is not None}
    best: set[int] = set()
    if known:
        first = min(known.values(), key=lambda each: each.value)
        best = {place for place, each in known.items() if _is_equal(each, first)}
    return Column(
        values=tuple(None if each is None else each.value for each in means),
        errors=tuple(
            None if each is None else _standard_error(each.pulls, int(each.held.sum()))
            for each in means
        ),
        best=frozenset(best if len(best) < len(known) else ()),
    )


def _is_equal(one: _Mean, other: _Mean) -> bool:
    """One frame tells nothing apart."""
    n = int((one.held | other.held).sum())
    error = _standard_error(one.pulls - other.pulls, n)
    if error is None:
        return True
    times = _STUDENT[n - 2] if n - 2 < len(_STUDENT) else _MANY
    return abs(one.value - other.value) <= times * error


def _speed(judged: Sequence[Judged]) -> Column:
    times = [None if each.problem else each.seconds_per_atom for each in judged]
    known = [each for each in times if each is not None]
    limit = _AS_QUICK * min(known, default=0.0)
    best = {place for place, each in enumerate(times) if each is not None and each <= limit}
    told = frozenset(best if len(best) < len(known) else ())
    return Column(values=tuple(times), errors=(None,) * len(times), best=told)
