"""Findings about what the data lack: labels, elements, one set of settings."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from designer_app.elements import SYMBOLS
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, Fix
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import SplitFrames
from designer_app.training.preflight.outliers import energy_residuals

Frames = Sequence[LabelledFrame]

_RARE = 10
"""Frames in which an element must occur for its surroundings to be learned."""
_OFFSET = 5.0
"""eV/atom between files: no two phases of a substance differ by as much."""


def missing_label_findings(frames: Frames) -> Iterator[Finding]:
    """Labels that are missing, in all frames or in some."""
    n = len(frames)
    n_energy = sum(each.energy is not None for each in frames)
    n_forces = sum(each.forces is not None for each in frames)
    periodic = [each for each in frames if all(each.structure.pbc)]
    n_stress = sum(each.stress is not None for each in periodic)
    if not n_forces:
        yield Finding(
            key="labels",
            level="warning",
            sentence=f"None of the {n} frames has forces.",
            advice="A frame has one energy and three forces for each atom: without forces some "
            "hundred times more frames are needed. Name their key if the files hold them.",
        )
    for count, what in ((n_energy, "energy"), (n_forces, "forces")):
        if 0 < count < n:
            yield Finding(
                key="labels",
                level="note",
                sentence=f"{n - count} of {n} frames have no {what}.",
                advice="They are learned from by the labels that they have.",
            )
    if not n_energy:
        yield Finding(
            key="labels",
            level="error",
            sentence=f"None of the {n} frames has an energy.",
            advice="Name the key of the energies.",
        )
    if periodic and not n_stress:
        yield Finding(
            key="stress",
            level="note",
            sentence="No frame has a stress.",
            advice="Cells relaxed with this potential, and runs at constant pressure, will be less "
            "certain than positions.",
        )
    elif n_stress < len(periodic):
        yield Finding(
            key="stress",
            level="note",
            sentence=f"{len(periodic) - n_stress} of {len(periodic)} periodic frames have no "
            "stress.",
            advice="Stress is learned from the others.",
        )


def element_findings(
    frames: Frames, split: SplitFrames | None, spec: TrainPotentialSpec
) -> Iterator[Finding]:
    """Elements that are rare, or that are judged but not learned."""
    counts = _frames_with(frames)
    rare = {symbol: count for symbol, count in counts.items() if count < _RARE}
    if rare and len(frames) >= 2 * _RARE:
        named = ", ".join(f"{symbol} in {count}" for symbol, count in rare.items())
        yield Finding(
            key="elements",
            level="warning",
            sentence=f"Too few of the {len(frames)} frames hold some elements: {named}.",
            advice="Add frames with them, or do not use the potential for them.",
        )
    if split is None:
        return
    learned = _frames_with(split.train)
    judged = _frames_with((*split.validation, *split.test))
    only = [symbol for symbol in judged if symbol not in learned]
    if only:
        fixes = (Fix(title="Keep back at random", changes=(("split", "random"),)),)
        yield Finding(
            key="elements",
            level="error",
            sentence=f"{', '.join(only)} only occurs in frames that are kept back, and would not "
            "be learned.",
            advice="Keep frames back in another way, or add frames with it.",
            fixes=fixes if spec.split != "random" else (),
        )


def _frames_with(frames: Frames) -> dict[str, int]:
    counts: Counter[int] = Counter()
    for frame in frames:
        counts.update({int(number) for number in np.unique(frame.structure.numbers)})
    return {SYMBOLS[number]: counts[number] for number in sorted(counts)}


def settings_findings(frames: Frames, spec: TrainPotentialSpec) -> Iterator[Finding]:
    """Frames of different calculations: by what the files say, or by the energies themselves."""
    kinds = Counter(each.settings for each in frames if each.settings)
    if len(kinds) > 1:
        told = "; ".join(f"{count} with {name}" for name, count in kinds.most_common(4))
        yield Finding(
            key="settings",
            level="warning",
            sentence=f"The frames were computed in {len(kinds)} different ways: {told}.",
            advice="Energies of different functionals and cutoffs cannot be learned together; "
            "give only files of one kind.",
        )
    by_file: dict[str, list[LabelledFrame]] = defaultdict(list)
    for frame in frames:
        if frame.energy is not None and len(frame) > 1:
            by_file[frame.source].append(frame)
    if len(by_file) < 2:
        return
    known = [frame for each in by_file.values() for frame in each]
    off = energy_residuals(known)
    places = np.cumsum([0, *(len(each) for each in by_file.values())])
    middles = {
        name: float(np.median(off[start:end]))
        for name, start, end in zip(by_file, places, places[1:], strict=False)
    }
    low, high = (pick(middles, key=lambda name: middles[name]) for pick in (min, max))
    apart = middles[high] - middles[low]
    if apart > _OFFSET:
        yield Finding(
            key="settings",
            level="error",
            sentence=f"Energies in {Path(high).name} lie {apart:.3g} eV/atom above those in "
            f"{Path(low).name}, more than any two phases differ.",
            advice="The files are of different codes, pseudopotentials or units; train on one.",
            fixes=(),
        )
    del spec
