"""Predictions against references: points to be drawn, and errors by element and by tag.

A plot holds a few thousand points, a validation set a million components: those that are furthest
off are kept, the others are thinned evenly.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.errors import FileUnreadableError
from designer_app.io.potential_cards import ErrorsOn
from designer_app.specs.evaluate import Evaluation, Judged
from designer_app.specs.training_progress import PARITY_ARRAYS

MOST_POINTS = 4000
_LARGEST = 200_000_000
"""Bytes of a file of points: some two million components of forces."""
_WORST_SHARE = 0.1
"""Of the points that are drawn, kept because they are furthest off."""
_MEV = 1000.0


@dataclass(frozen=True, eq=False)
class Points:
    """Some of the pairs of one quantity."""

    reference: NDArray[np.float64]
    """(n,)."""
    predicted: NDArray[np.float64]
    frame: NDArray[np.int64]
    """(n,) place among the frames."""
    n_all: int
    """How many there are, with those that are left out."""


@dataclass(frozen=True, eq=False)
class Parity:
    """What a potential says of the frames that were kept back."""

    energy: Points
    """eV/atom."""
    force: Points
    """eV/A, components."""
    frames: tuple[tuple[str, int, str], ...]
    """(file, place in it, tag) of each frame."""
    by_element: tuple[ErrorsOn, ...]
    """Of forces on atoms of an element."""
    by_tag: tuple[ErrorsOn, ...]


def thinned(
    reference: NDArray[np.floating],
    predicted: NDArray[np.floating],
    frame: NDArray[np.int64],
    most: int = MOST_POINTS,
) -> Points:
    """At most so many pairs that are known on both sides, the worst among them."""
    known = np.nonzero(np.isfinite(reference) & np.isfinite(predicted))[0]
    n_all = len(known)
    if len(known) > most:
        off = np.abs(predicted[known] - reference[known])
        n_worst = round(_WORST_SHARE * most)
        split = np.argpartition(off, len(known) - n_worst)
        others = np.sort(split[: len(known) - n_worst])
        even = others[np.linspace(0, len(others) - 1, most - n_worst).astype(np.int64)]
        known = known[np.sort(np.concatenate([even, split[len(known) - n_worst :]]))]
    return Points(
        np.asarray(reference[known], dtype=np.float64),
        np.asarray(predicted[known], dtype=np.float64),
        frame[known],
        n_all,
    )


def read_parity(path: Path) -> Parity:
    """The points that a training wrote. Raises `FileUnreadableError`.

    The window reads it, so nothing in it may take more memory than the file is long.
    """
    try:
        size = path.stat().st_size
        if size > _LARGEST:
            raise FileUnreadableError(str(path), "it holds more points than a training writes")
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > size:
                raise FileUnreadableError(str(path), "its points are packed, as no training does")
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return parity_of({name: file[name] for name in PARITY_ARRAYS})
    except (OSError, ValueError, KeyError, IndexError, MemoryError, zipfile.BadZipFile) as error:
        raise FileUnreadableError(str(path), f"its points are damaged ({error})") from error


def parity_of(values: Mapping[str, NDArray[Any]]) -> Parity:
    """From the arrays that a training writes (`specs.training_progress.PARITY_ARRAYS`)."""
    n_atoms = values["n_atoms"].astype(np.int64)
    if np.any(n_atoms < 0) or 3 * sum(n_atoms.tolist()) != values["force_reference"].size:
        message = "there are not three components of force for each atom"
        raise ValueError(message)
    of_component = np.repeat(np.arange(len(n_atoms)), 3 * n_atoms)
    sources, tags = values["sources"], values["tags"]
    frames = tuple(
        (str(sources[source]), int(index), str(tags[tag]))
        for source, index, tag in zip(
            values["frame_source"], values["frame_index"], values["frame_tag"], strict=True
        )
    )
    energy = (values["energy_reference"], values["energy_predicted"])
    force = (values["force_reference"].ravel(), values["force_predicted"].ravel())
    numbers = np.repeat(values["numbers"].astype(np.int64), 3)
    return Parity(
        energy=thinned(*energy, np.arange(len(n_atoms))),
        force=thinned(*force, of_component),
        frames=frames,
        by_element=_by_element(numbers, of_component, force),
        by_tag=_by_tag(frames, of_component, energy, force),
    )


def points_of(evaluation: Evaluation, judged: Judged) -> tuple[Points, Points]:
    """Energies and forces of one potential of a comparison."""
    frames = np.arange(evaluation.n_frames)
    of_component = np.repeat(frames, 3 * evaluation.n_atoms)
    return (
        thinned(evaluation.energies, judged.energies, frames),
        thinned(evaluation.forces, judged.forces, of_component),
    )


Pair = tuple[NDArray[Any], NDArray[Any]]


def _by_element(
    numbers: NDArray[np.int64], of_component: NDArray[np.int64], force: Pair
) -> tuple[ErrorsOn, ...]:
    found: list[ErrorsOn] = []
    for number in np.unique(numbers):
        here = numbers == number
        n_frames = len(np.unique(of_component[here]))
        error = _mae(force, here)
        found.append(ErrorsOn(name=SYMBOLS[number], n_frames=n_frames, force_meV_A=error))
    return tuple(found)


def _by_tag(
    frames: tuple[tuple[str, int, str], ...],
    of_component: NDArray[np.int64],
    energy: Pair,
    force: Pair,
) -> tuple[ErrorsOn, ...]:
    names = np.array([tag for _, _, tag in frames])
    found: list[ErrorsOn] = []
    for name in dict.fromkeys(names.tolist()):
        here = names == name
        found.append(
            ErrorsOn(
                name=name,
                n_frames=int(here.sum()),
                energy_meV_atom=_mae(energy, here),
                force_meV_A=_mae(force, here[of_component]),
            )
        )
    return tuple(found)


def _mae(pair: Pair, here: NDArray[np.bool_]) -> float | None:
    """In thousandths of the unit; None where nothing is known on both sides."""
    reference, predicted = (np.asarray(each, dtype=np.float64)[here] for each in pair)
    off = np.abs(predicted - reference)
    off = off[np.isfinite(off)]
    return _MEV * float(off.mean()) if len(off) else None
