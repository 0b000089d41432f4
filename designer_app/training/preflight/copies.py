"""Findings about frames that are there twice, and about judging by copies of what was learned."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.labels import Finding, Fix
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frame_splits import name_of
from designer_app.training.frames import SplitFrames
from designer_app.training.preflight.neighbours import Step

Frames = Sequence[LabelledFrame]

_SAME = 1e-3
"""A, and 1e-3 of strain per A: no calculation tells such frames apart."""
_NEAR = 0.05
"""A (root mean square): atoms move as far in some 5 fs."""
_NEAR_STRAIN = 2e-3
_MOST_NAMED = 50
_DISAGREE = 1e-3
"""eV/atom between labels of one structure."""
_LEAKS = 0.05
"""Share of kept-back frames that may lie next to one that was learned."""


@dataclass(frozen=True)
class Copies:
    """Frames that are the same, or nearly."""

    same: tuple[Step, ...]
    near: tuple[Step, ...]

    @staticmethod
    def among(steps: Sequence[Step]) -> "Copies":
        """Those that lie closest."""
        same = [each for each in steps if each.rms < _SAME and each.strained < 1e-3 * _SAME]
        near = [
            each
            for each in steps
            if each not in same and each.rms < _NEAR and each.strained < _NEAR_STRAIN
        ]
        return Copies(tuple(same), tuple(near))


def duplicate_findings(
    frames: Frames, copies: Copies, spec: TrainPotentialSpec
) -> Iterator[Finding]:
    """Frames that are there twice: harmless, unless their labels differ."""
    if not copies.same:
        return
    second = sorted({each.second for each in copies.same})
    apart = [_difference(frames, each) for each in copies.same]
    worst = max(apart, default=0.0)
    names = tuple(dict.fromkeys((*spec.leave_out, *(name_of(frames[at]) for at in second))))
    fix = Fix(title=f"Leave out {len(second)} copies", changes=(("leave_out", names),))
    disagree = worst > _DISAGREE
    sentence = f"{len(second)} of {len(frames)} frames are copies of others"
    if disagree:
        sentence += f", with energies that differ by up to {1e3 * worst:.3g} meV/atom"
    yield Finding(
        key="duplicates",
        level="warning" if disagree or len(second) > 0.05 * len(frames) else "note",
        sentence=f"{sentence}.",
        advice="Two labels for one structure cannot both be learned: keep the better calculation."
        if disagree
        else "Leave the copies out, so that they count once.",
        frames=places(frames, second),
        fixes=(fix,),
    )


def _difference(frames: Frames, step: Step) -> float:
    first, second = frames[step.first], frames[step.second]
    if first.energy is None or second.energy is None:
        return 0.0
    return abs(first.energy - second.energy) / len(first)


def leaking_findings(
    frames: Frames, copies: Copies, split: SplitFrames, spec: TrainPotentialSpec
) -> Iterator[Finding]:
    """Kept-back frames that lie next to frames that are learned from."""
    learned = {name_of(each) for each in split.train}
    judging = split.test or split.validation
    kept_back = {name_of(each) for each in judging}
    leaking = set()
    for step in (*copies.same, *copies.near):
        pair = (step.first, step.second)
        for here, there in (pair, pair[::-1]):
            if name_of(frames[here]) in kept_back and name_of(frames[there]) in learned:
                leaking.add(here)
    share = len(leaking) / max(len(judging), 1)
    if not leaking or share < _LEAKS:
        return
    what = "test" if split.test else "validation"
    fixes = []
    if not spec.test_data and spec.split in ("random", "tag"):
        fixes = [
            Fix(title="Keep back the end of each file", changes=(("split", "time"),)),
            Fix(title="Keep back whole structures", changes=(("split", "structure"),)),
        ]
    yield Finding(
        key="leaking",
        level="warning",
        sentence=f"{len(leaking)} of {len(judging)} {what} frames lie within {_NEAR:g} Å of one "
        "that is learned from: neighbours in a run, or copies.",
        advice="Errors on them say nothing of new structures; keep back by time or by structure.",
        frames=places(frames, sorted(leaking)),
        fixes=tuple(fixes),
    )


def places(frames: Frames, which: Iterable[int]) -> tuple[tuple[str, int], ...]:
    """(file, place) of frames for a finding, at most 50."""
    return tuple((frames[at].source, frames[at].index) for at in list(which)[:_MOST_NAMED])
