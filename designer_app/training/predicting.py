"""What a potential says of many frames: in batches, timed, as far as it can."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.errors import Cancelled, NotFiniteError, OutOfMemoryError
from designer_app.explanations import explain, is_explained
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential, Prediction
from designer_app.running.control import RunControl
from designer_app.running.messages import job_error
from designer_app.specs.labelled import LabelledFrame
from designer_app.state import AtomicState, state_from_structures
from designer_app.training.metrics import VOIGT, Labels, blank_labels
from designer_app.trust.judging import Knowledge
from designer_app.units import GPA

Frames = Sequence[LabelledFrame]

_ATOMS_AT_ONCE = {"cpu": 512, "mps": 2048, "cuda": 4096}


@dataclass(frozen=True, eq=False)
class Predicted:
    """What a potential said of frames."""

    labels: Labels
    """NaN where it could not be computed."""
    spread: NDArray[np.float64] | None
    """(n_frames,) largest disagreement of the members on a force of the frame, eV/A."""
    seconds_per_atom: float
    problem: str
    """Why some frames, or all, could not be computed; a sentence."""
    interval_scale: NDArray[np.float64] | None = None
    """(n_atoms,) what the calibrated interval of a force follows; None where there is none."""


class _Collected:
    """Arrays that are filled batch by batch."""

    def __init__(self, frames: Frames, known: Knowledge | None) -> None:
        self.known = known
        self.labels = blank_labels(frames)
        self.starts = np.concatenate([[0], np.cumsum(self.labels.n_atoms)])
        self.spread = np.full(len(frames), np.nan)
        self.scale = np.full(len(self.labels.numbers), np.nan)
        self.problems: Counter[str] = Counter()
        self.seconds = self.first_seconds = 0.0
        self.n_atoms = self.first_atoms = self.n_batches = 0

    def atoms_of(self, batch: Sequence[int]) -> NDArray[np.int64]:
        """Rows of the atoms of frames, in the order of the batch."""
        return np.concatenate([np.arange(self.starts[at], self.starts[at + 1]) for at in batch])

    def timed(self, seconds: float, n_atoms: int) -> None:
        """Count a batch; the first one warms caches and compilers."""
        if not self.n_batches:
            self.first_seconds, self.first_atoms = seconds, n_atoms
        self.n_batches += 1
        self.seconds += seconds
        self.n_atoms += n_atoms

    @property
    def seconds_per_atom(self) -> float:
        """Without the first batch, where there are others."""
        if not self.n_atoms:
            return math.nan
        if self.n_batches == 1:
            return self.seconds / self.n_atoms
        return (self.seconds - self.first_seconds) / (self.n_atoms - self.first_atoms)


def predict_frames(
    potential: Potential,
    frames: Frames,
    control: RunControl,
    what: str = "",
    known: Knowledge | None = None,
) -> Predicted:
    """Energies, forces, and stresses where the reference has them, of frames in their order.

    Frames that the potential cannot compute are NaN, and `problem` says why. With what a potential
    knows of its limits also the scale of its intervals.
    """
    into = _Collected(frames, known)
    done = 0
    for batch in _batches(frames, potential):
        control.checkpoint()
        _predict(potential, frames, batch, into)
        done += len(batch)
        control.progress(done, len(frames), what)
    return Predicted(
        labels=into.labels,
        spread=into.spread if "spread" in potential.gives else None,
        seconds_per_atom=into.seconds_per_atom,
        problem=_problem(into.problems, len(frames)),
        interval_scale=into.scale if np.isfinite(into.scale).any() else None,
    )


def said_of(potential: Potential, frames: Frames, control: RunControl, what: str = "") -> Labels:
    """What a potential says of frames, in their order; a warning where it cannot compute some."""
    found = predict_frames(potential, frames, control, what)
    if found.problem:
        control.log.warning("%s", found.problem)
    return found.labels


def _batches(frames: Frames, potential: Potential) -> Iterator[list[int]]:
    """Places of frames that are computed together: of about one size, alike in having stress."""
    most = _ATOMS_AT_ONCE.get(potential.device.type, 512) if potential.native else 1
    order = sorted(range(len(frames)), key=lambda at: (_has_stress(frames[at]), len(frames[at])))
    batch: list[int] = []
    for place in order:
        n_atoms = sum(len(frames[each]) for each in batch)
        alike = not batch or _has_stress(frames[batch[0]]) == _has_stress(frames[place])
        if batch and (not alike or n_atoms + len(frames[place]) > most):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _has_stress(frame: LabelledFrame) -> bool:
    return frame.stress is not None and all(frame.structure.pbc) and frame.structure.volume > 0.0


def _predict(potential: Potential, frames: Frames, batch: Sequence[int], into: _Collected) -> None:
    """Compute a batch; where that fails, its frames one by one."""
    try:
        began = time.perf_counter()
        state, said = _predict_together(potential, frames, batch, into)
        into.timed(time.perf_counter() - began, sum(len(frames[at]) for at in batch))
        _scale_intervals(potential, state, said, batch, into)
    except Cancelled:
        raise
    except Exception as error:  # noqa: BLE001 - potentials of other packages raise anything
        if len(batch) > 1:
            for place in batch:
                _predict(potential, frames, [place], into)
            return
        into.problems[sentence_of(error, len(frames[batch[0]]))] += 1


def _predict_together(
    potential: Potential, frames: Frames, batch: Sequence[int], into: _Collected
) -> tuple[AtomicState, Prediction]:
    chosen = [frames[place] for place in batch]
    state = state_from_structures([each.structure for each in chosen], potential.device)
    want = {"energy", "forces", "spread"} | ({"stress"} if _has_stress(chosen[0]) else set())
    wanted = frozenset(want) & potential.gives
    potential.check(state, wanted)
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    said = potential.predict(state, neighbors, wanted)
    energies = said.energy.detach().double().cpu().numpy()
    if not np.isfinite(energies).all():
        raise NotFiniteError(potential.key, "energy")
    sizes = [len(each) for each in chosen]
    parts = np.cumsum(sizes)[:-1]
    into.labels.energies[batch] = energies / sizes
    if said.forces is not None:
        into.labels.forces[into.atoms_of(batch)] = _host(said.forces)
    if said.stress is not None:
        rows = _host(said.stress)
        into.labels.stresses[batch] = np.stack([rows[:, i, j] for i, j in VOIGT], axis=1) / GPA
    if said.spread is not None:
        into.spread[batch] = [each.max() for each in np.split(_host(said.spread), parts)]
    return state, said


def _scale_intervals(
    potential: Potential,
    state: AtomicState,
    said: Prediction,
    batch: Sequence[int],
    into: _Collected,
) -> None:
    """What the intervals of the batch follow, where they are calibrated."""
    if into.known is not None:
        spread = None if said.spread is None else _host(said.spread)
        found = into.known.interval_scale(potential, state, spread)
        if found is not None:
            into.scale[into.atoms_of(batch)] = found


def _host(values: torch.Tensor) -> NDArray[np.float64]:
    return values.detach().double().cpu().numpy()


def sentence_of(error: Exception, n_atoms: int | None = None) -> str:
    """Why a potential could not be loaded, or could not compute so many atoms."""
    told = job_error(error)
    facts = (
        {**told.facts, "n_atoms": n_atoms} if told.kind == OutOfMemoryError.__name__ else told.facts
    )
    if not is_explained(told.kind):  # of another package, in its own words
        return f"{(told.message or told.kind).strip().rstrip('.')}."
    return explain(told.kind, facts).what


def _problem(problems: Counter[str], n_frames: int) -> str:
    """The most frequent reason, and how many frames it and the others cost."""
    if not problems:
        return ""
    reason, _ = problems.most_common(1)[0]
    lost = sum(problems.values())
    if lost == n_frames:
        return reason
    return f"{lost} of {n_frames} frames could not be computed: {reason}"
