"""Potentials side by side: how sure their mean errors are, and which of them are told apart.

A mean error over frames scatters with the frames that happen to be judged. Two potentials whose
means overlap by their standard errors are equal as far as these frames tell.
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
            means = [
                None if each is None or mine is None else _mean(*_summed(each[quantity], mine))
                for each in parts
            ]
            columns[quantity] = _column(means)
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


def _summed(off: _Off, mine: NDArray[np.bool_]) -> tuple[Array, Array]:
    """(sum, count) of each frame over what is known of a group; `mine` is of frames or of parts."""
    wanted = mine if len(mine) == len(off.values) else mine[off.frame]
    known = wanted & np.isfinite(off.values)
    n = int(off.frame[-1]) + 1 if len(off.frame) else 0
    sums = np.bincount(off.frame[known], off.values[known], minlength=n).astype(np.float64)
    return sums, np.bincount(off.frame[known], minlength=n).astype(np.float64)


def _mean(sums: Array, counts: Array) -> tuple[float, float | None] | None:
    """Mean m = S / N of n frames with sums s and counts c, and its standard error.

    sqrt[n / (n - 1) sum (s - m c)^2] / N (ratio estimate, Cochran, Sampling Techniques, 1977).
    """
    held = counts > 0
    total, n = float(counts.sum()), int(held.sum())
    if not n:
        return None
    mean = float(sums.sum()) / total
    if n == 1:
        return mean, None
    scatter = float(np.square(sums[held] - mean * counts[held]).sum())
    return mean, float(np.sqrt(n / (n - 1) * scatter)) / total


def _column(means: Sequence[tuple[float, float | None] | None]) -> Column:
    known = {place: each for place, each in enumerate(means) if each is not None}
    best: set[int] = set()
    if known:
        first = min(known, key=lambda place: known[place][0])
        best = {place for place in known if _is_equal(known[place], known[first])}
    return Column(
        values=tuple(None if each is None else each[0] for each in means),
        errors=tuple(None if each is None else each[1] for each in means),
        best=frozenset(best if len(best) < len(known) else ()),
    )


def _is_equal(one: tuple[float, float | None], other: tuple[float, float | None]) -> bool:
    """One frame tells nothing apart."""
    if one[1] is None or other[1] is None:
        return True
    return abs(one[0] - other[0]) <= one[1] + other[1]


def _speed(judged: Sequence[Judged]) -> Column:
    times = [None if each.problem else each.seconds_per_atom for each in judged]
    known = [each for each in times if each is not None]
    limit = _AS_QUICK * min(known, default=0.0)
    best = {place for place, each in enumerate(times) if each is not None and each <= limit}
    told = frozenset(best if len(best) < len(known) else ())
    return Column(values=tuple(times), errors=(None,) * len(times), best=told)
