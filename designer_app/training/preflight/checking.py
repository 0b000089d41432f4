"""All checks of data about to be learned from, worst findings first."""

from collections.abc import Iterator, Sequence

import numpy as np

from designer_app.errors import DesignerAppError
from designer_app.explanations import explain_exception
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, LabelKey
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frame_splits import (
    free_atoms_in,
    is_free_atom,
    split_frames,
    usable_frames,
)
from designer_app.training.frames import SplitFrames
from designer_app.training.preflight.copies import Copies, duplicate_findings, leaking_findings
from designer_app.training.preflight.coverage import (
    element_findings,
    missing_label_findings,
    settings_findings,
)
from designer_app.training.preflight.neighbours import steps, surroundings
from designer_app.training.preflight.outliers import label_findings, outlier_findings
from designer_app.training.preflight.references import reference_findings
from designer_app.training.preflight.units import unit_findings

Frames = Sequence[LabelledFrame]

MOST_ATOMS = 200_000
"""Distances are looked at in frames of so many atoms together, evenly spread over the data."""
_LEVELS = ("error", "warning", "note")


def findings(
    frames: Frames,
    test_frames: Frames,
    keys: Sequence[LabelKey],
    spec: TrainPotentialSpec,
    control: RunControl,
) -> tuple[tuple[Finding, ...], SplitFrames | None]:
    """(findings, worst first; the split, where one is possible)."""
    split, refused = _split(frames, test_frames, spec)
    found = [*refused, *_checked(frames, test_frames, split, keys, spec, control)]
    return tuple(sorted(found, key=lambda each: _LEVELS.index(each.level))), split


def _split(
    frames: Frames, test_frames: Frames, spec: TrainPotentialSpec
) -> tuple[SplitFrames | None, list[Finding]]:
    try:
        return split_frames(frames, spec, test_frames), []
    except DesignerAppError as error:
        told = explain_exception(error)
        said = Finding(
            key="labels", level="error", sentence=told.what, advice=" ".join(told.advice)
        )
        return None, [said]


def _checked(
    frames: Frames,
    test_frames: Frames,
    split: SplitFrames | None,
    keys: Sequence[LabelKey],
    spec: TrainPotentialSpec,
    control: RunControl,
) -> Iterator[Finding]:
    left_out = frozenset(spec.leave_out)
    given = [
        each
        for each in frames
        if not is_free_atom(each) and f"{each.source}:{each.index}" not in left_out
    ]
    yield from label_findings(given, spec)
    usable, _ = usable_frames(frames, spec)
    if not usable:
        return
    yield from missing_label_findings(usable)
    yield from element_findings(usable, split, spec)
    yield from settings_findings(usable, spec)
    yield from reference_findings(usable, free_atoms_in((*frames, *test_frames)), spec)
    judging, _ = usable_frames(test_frames, spec)
    looked_at = evenly_by_atoms((*usable, *judging))
    control.progress(1, 3, "Comparing frames")
    near = surroundings(looked_at)
    control.checkpoint()
    ways = steps(looked_at, near)
    control.checkpoint()
    yield from unit_findings(looked_at, ways, near, keys, spec)
    yield from outlier_findings(looked_at, near, spec)
    copies = Copies.among(ways)
    yield from duplicate_findings(looked_at, copies, spec)
    if split is not None:
        yield from leaking_findings(looked_at, copies, split, spec)


def evenly_by_atoms(frames: Frames) -> Frames:
    """Frames of at most `MOST_ATOMS` atoms together: blocks that follow each other stay together.

    Neighbours in a run show whether forces are gradients, so runs of ten frames are kept.
    """
    total = sum(map(len, frames))
    if total <= MOST_ATOMS:
        return frames
    blocks = np.arange(len(frames)) // 10
    kept = np.linspace(0, blocks[-1], max(1, int((blocks[-1] + 1) * MOST_ATOMS / total))).astype(
        int
    )
    chosen: list[int] = np.flatnonzero(np.isin(blocks, kept)).tolist()
    return [frames[place] for place in chosen]
