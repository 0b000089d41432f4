"""Which labelled frames a potential learns from, and which are kept back to judge it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from ase.geometry import complete_cell, minkowski_reduce
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.errors import SplitImpossibleError, TooFewFramesError
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import SplitFrames

Frames = Sequence[LabelledFrame]
Places = NDArray[np.int64]

_LONELY = 7.0
"""A: copies of one atom that are farther apart than this do not bind it."""
_SAME_CELL = 0.2
"""Difference of edges (in units of the edge of a cube of the same volume) and of cosines of angles
up to which a cell is a strained copy of another."""


def split_frames(frames: Frames, spec: TrainPotentialSpec, test_frames: Frames = ()) -> SplitFrames:
    """Frames for training, validation and test by the rule and the seed of a spec.

    Single atoms become energies of free atoms. Frames named in `leave_out`, and frames whose
    labels are missing or no finite numbers, are left out. With `test_frames` nothing else is kept
    back for the test. Of the training frames `n_train` are kept: for equal seeds the smaller sets
    are part of the larger ones.
    Raises `TooFewFramesError`, `SplitImpossibleError`.
    """
    kept, n_unusable = usable_frames(frames, spec)
    judging, _ = usable_frames(test_frames, spec)
    free = free_atoms_in((*frames, *test_frames))
    shares = _Shares(spec.validation_share, 0.0 if judging else spec.test_share)
    if len(kept) < shares.fewest:
        raise TooFewFramesError(len(kept), shares.fewest, n_unusable)
    random = np.random.default_rng(spec.seed)
    part = _PARTS[spec.split](kept, shares, random)
    train, validation, test = (
        tuple(kept[place] for place in np.flatnonzero(part == which)) for which in range(3)
    )
    if not train or not validation:
        raise SplitImpossibleError(spec.split, "nothing would be left to learn from")
    if spec.n_train and spec.n_train < len(train):
        chosen = np.sort(random.permutation(len(train))[: spec.n_train])
        train = tuple(train[place] for place in chosen)
    counts = (len(train), len(validation), len(judging or test))
    return SplitFrames(
        train, validation, judging or test, free, _rule(spec, counts, of_files=bool(judging))
    )


def usable_frames(
    frames: Frames, spec: TrainPotentialSpec
) -> tuple[tuple[LabelledFrame, ...], int]:
    """(frames that can be learned from, how many others there are beside free atoms)."""
    left_out = frozenset(spec.leave_out)
    bound = [frame for frame in frames if not is_free_atom(frame)]
    kept = tuple(frame for frame in bound if name_of(frame) not in left_out and is_usable(frame))
    return kept, len(bound) - len(kept)


def name_of(frame: LabelledFrame) -> str:
    """How `TrainPotentialSpec.leave_out` names a frame: file:place."""
    return f"{frame.source}:{frame.index}"


def is_usable(frame: LabelledFrame) -> bool:
    """Whether a frame has a label, and neither its labels nor its atoms hold NaN or infinity."""
    known = [each for each in (frame.energy, frame.forces) if each is not None]
    numbers = [*known, frame.structure.positions, frame.structure.cell]
    numbers += [each for each in (frame.stress,) if each is not None]
    return bool(known) and all(bool(np.isfinite(each).all()) for each in numbers)


def is_free_atom(frame: LabelledFrame) -> bool:
    """Whether a frame is one atom that feels no other."""
    if len(frame) != 1:
        return False
    pbc = np.array(frame.structure.pbc)
    if not pbc.any():
        return True
    # To the shortest vectors: an image may be nearer than the cell's own are long.
    reduced, _ = minkowski_reduce(complete_cell(frame.structure.cell), pbc)  # pyright: ignore[reportArgumentType]
    return float(np.linalg.norm(np.asarray(reduced)[pbc], axis=1).min()) > _LONELY


def free_atoms_in(frames: Frames) -> dict[str, float]:
    """Energy in eV of each element's free atom in the data, the lowest where there are several."""
    found: dict[str, float] = {}
    for frame in frames:
        if is_free_atom(frame) and frame.energy is not None and np.isfinite(frame.energy):
            symbol = SYMBOLS[int(frame.structure.numbers[0])]
            found[symbol] = min(frame.energy, found.get(symbol, np.inf))
    return found


@dataclass(frozen=True)
class _Shares:
    """How much is kept back."""

    validation: float
    test: float

    @property
    def fewest(self) -> int:
        """Frames of which each part gets one."""
        return 2 + (self.test > 0)

    def counts(self, n: int) -> tuple[int, int]:
        """(validation, test) frames of n; each at least one where a share is asked for."""
        test = max(round(self.test * n), 1) if self.test else 0
        # A training keeps its best epoch by the validation frames: it always has some.
        return min(max(round(self.validation * n), 1), n - test - 1), test


_TRAIN, _VALIDATION, _TEST = range(3)


def _at_random(frames: Frames, shares: _Shares, random: np.random.Generator) -> Places:
    n_validation, n_test = shares.counts(len(frames))
    part = np.full(len(frames), _TRAIN)
    order = random.permutation(len(frames))
    part[order[:n_test]] = _TEST
    part[order[n_test : n_test + n_validation]] = _VALIDATION
    return part


def _by_time(frames: Frames, shares: _Shares, random: np.random.Generator) -> Places:
    """The last frames of each file, in the order in which they stand there.

    Parts are rounded over all files together: of many files with one frame each, whole files.
    """
    del random
    part = np.full(len(frames), _TRAIN)
    files: dict[str, list[int]] = defaultdict(list)
    for place, frame in enumerate(frames):
        files[frame.source].append(place)
    n_validation, n_test = shares.counts(len(frames))
    # How far a frame stands from the end of its file, as a share of it.
    age = np.zeros(len(frames))
    for places in files.values():
        ordered = sorted(places, key=lambda place: frames[place].index)
        age[ordered] = (np.arange(len(ordered)) + 0.5) / len(ordered)
    newest = np.argsort(-age, kind="stable")
    part[newest[:n_test]] = _TEST
    part[newest[n_test : n_test + n_validation]] = _VALIDATION
    return part


def _by_tag(frames: Frames, shares: _Shares, random: np.random.Generator) -> Places:
    return _by_group([frame.tag or "(none)" for frame in frames], shares, random, "tag")


def _by_structure(frames: Frames, shares: _Shares, random: np.random.Generator) -> Places:
    return _by_group(structure_groups(frames), shares, random, "structure")


def _by_group(
    groups: Sequence[str], shares: _Shares, random: np.random.Generator, rule: str
) -> Places:
    """Whole groups in a random order, until the shares are as near as groups allow."""
    sizes = Counter(groups)
    wanted = shares.counts(len(groups))
    if len(sizes) < shares.fewest:
        reason = f"there are {len(sizes)} of them, where {shares.fewest} are needed"
        raise SplitImpossibleError(rule, reason)
    names = sorted(sizes)
    left = [names[place] for place in random.permutation(len(names))]
    chosen: dict[str, int] = {}
    for which, count in ((_TEST, wanted[1]), (_VALIDATION, wanted[0])):
        taken = 0
        for name in sorted(left, key=lambda each: sizes[each] > count):
            # Each part, and the training after it, needs a group of its own.
            if taken >= count or len(left) <= (2 if which == _TEST else 1):
                break
            if taken == 0 or taken + sizes[name] <= 1.5 * count:
                chosen[name] = which
                left.remove(name)
                taken += sizes[name]
    return np.array([chosen.get(name, _TRAIN) for name in groups])


_PARTS: Mapping[str, Callable[[Frames, _Shares, np.random.Generator], Places]] = {
    "random": _at_random,
    "tag": _by_tag,
    "structure": _by_structure,
    "time": _by_time,
}


def structure_groups(frames: Frames) -> list[str]:
    """A name for each frame, the same for frames of one formula and one lattice.

    Strained and expanded copies stay together, and so do supercells of cubic ones; molecules are
    told apart by their formula alone.
    """
    known: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
    names = []
    for frame in frames:
        kind = _formula(frame)
        lattice = _lattice(frame)
        places = (
            place
            for place, other in enumerate(known[kind])
            if np.abs(lattice - other).max() < _SAME_CELL
        )
        place = next(places, len(known[kind]))
        if place == len(known[kind]):
            known[kind].append(lattice)
        names.append(f"{kind} {place + 1}")
    return names


def _formula(frame: LabelledFrame) -> str:
    amounts = amounts_of(frame.structure.numbers)
    if not any(frame.structure.pbc):
        return formula(amounts)
    return formula(reduced(amounts)[0])


def _lattice(frame: LabelledFrame) -> NDArray[np.float64]:
    """Edges by the edge of a cube of the same volume, and cosines of the angles."""
    if not all(frame.structure.pbc):
        return np.zeros(6)
    cell = frame.structure.cell
    lengths = np.linalg.norm(cell, axis=1)
    unit = cell / lengths[:, None]
    edge = frame.structure.volume ** (1 / 3)
    cosines = [unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]]
    return np.array([*(lengths / edge), *cosines])


def _rule(spec: TrainPotentialSpec, counts: tuple[int, int, int], *, of_files: bool) -> str:
    """What was done, in a sentence with the frames of each part, for the card."""
    how = {
        "random": "at random",
        "tag": "by whole tags",
        "structure": "by whole structures (same formula and cell)",
        "time": "from the end of each file",
    }[spec.split]
    n_train, n_validation, n_test = counts
    kept_back = f"{n_validation} for validation"
    kept_back += f" and {n_test} for the test" if n_test and not of_files else ""
    said = f"Learned from {n_train} frames; {kept_back} kept back {how}, seed {spec.seed}"
    return f"{said}; test: {n_test} frames of files of their own." if of_files else f"{said}."


def tags_of(frames: Iterable[LabelledFrame]) -> tuple[str, ...]:
    """Tags of frames, the most frequent first."""
    return tuple(tag for tag, _ in Counter(frame.tag for frame in frames).most_common())
