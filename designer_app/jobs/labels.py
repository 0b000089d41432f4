"""What files of reference calculations hold, before anything is learned from them."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.io.formulas import amounts_of, formula, hill_formula, reduced
from designer_app.io.labels import read_labelled
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import LabelsFound, LabelsSpec, TagCount
from designer_app.specs.structure import Structure

MOST_ENERGIES = 5_000
MOST_FORCES = 20_000
MOST_FORMULAS = 20

Frames = Sequence[LabelledFrame]


def run(spec: LabelsSpec, control: RunControl) -> LabelsFound:
    """The files, the keys as they are understood, and what the frames are of.

    Raises `InvalidSpecError` for a mapping that means nothing; files that cannot be read say why.
    """
    control.progress(0, 1, "Reading")
    found = read_labelled(spec.data, spec.mapping, checkpoint=control.checkpoint)
    wanted = frozenset(spec.tags)
    frames = tuple(each for each in found.frames if not wanted or each.tag in wanted)
    numbers = np.unique(np.concatenate([each.structure.numbers for each in frames] or [[]]))
    return LabelsFound(
        files=found.files,
        keys=found.keys,
        tags=_tags(found.frames),
        elements=tuple(SYMBOLS[int(number)] for number in numbers),
        n_frames=len(frames),
        n_atoms=sum(len(each) for each in frames),
        formulas=_formulas(frames),
        energies_per_atom=_energies(frames),
        force_norms=_force_norms(frames),
    )


def _tags(frames: Frames) -> tuple[TagCount, ...]:
    """Groups of all frames, so that one can be chosen again after another was."""
    atoms: Counter[str] = Counter()
    for frame in frames:
        atoms[frame.tag] += len(frame)
    counts = Counter(frame.tag for frame in frames)
    return tuple(
        TagCount(tag=tag, n_frames=count, n_atoms=atoms[tag]) for tag, count in counts.most_common()
    )


def _formulas(frames: Frames) -> tuple[tuple[str, int], ...]:
    counts = Counter(_formula_of(each.structure) for each in frames)
    return tuple(counts.most_common(MOST_FORMULAS))


def _formula_of(structure: Structure) -> str:
    """Of a crystal one unit in the order of electronegativity, of a molecule all in Hill's."""
    amounts = amounts_of(structure.numbers)
    return formula(reduced(amounts)[0]) if any(structure.pbc) else hill_formula(amounts)


def _energies(frames: Frames) -> NDArray[np.float64]:
    return np.array(
        [
            np.nan if each.energy is None else each.energy / len(each)
            for each in evenly(frames, MOST_ENERGIES)
        ]
    )


def _force_norms(frames: Frames) -> NDArray[np.float64]:
    known = [each.forces for each in frames if each.forces is not None]
    if not known:
        return np.zeros(0)
    norms = np.linalg.norm(np.concatenate(known), axis=1)
    return norms[:: max(1, -(-len(norms) // MOST_FORCES))]


def evenly(frames: Frames, most: int) -> Frames:
    """At most so many frames, evenly spread over all of them; 0 takes all."""
    if not most or len(frames) <= most:
        return frames
    return [frames[place] for place in np.linspace(0, len(frames) - 1, most).astype(int)]
