"""What a trained potential is told of its own limits: surroundings it saw, widths of its errors.

Surroundings come from the frames learned from, their unit and the intervals from the validation
frames, and the coverage that the card tells from the test frames, which taught neither.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.io.potential_cards import PotentialCard, write_potential_card
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import Potential, Prediction
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.state import AtomicState, state_from_structures
from designer_app.training.frames import SplitFrames
from designer_app.trust.features import features_of, seeing
from designer_app.trust.force_intervals import ForceIntervals
from designer_app.trust.judging import write_knowledge
from designer_app.trust.surroundings import KnownSurroundings

Floats = NDArray[np.float64]

MOST_FRAMES = 400
"""Of each set, evenly spread; of those learned from, the others are looked through."""
MOST_OF_AN_ELEMENT = 40
"""Frames, beside those: a rare element is in few."""
FEWEST_FRAMES = 20
"""With forces; below, an interval would promise what nobody has seen."""
FEWEST_FOR_DISTANCE = 8
"""The unit of distance is a rare one among atoms, of which a frame has many."""
_ATOMS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class SeenAtoms:
    """Atoms of a set of frames, as a potential sees them."""

    numbers: NDArray[np.int64]
    n_atoms: NDArray[np.int64]
    """(n_frames,)."""
    features: Floats | None
    errors: Floats
    """(n_atoms, 3) |error| of forces, eV/A; NaN where not known."""
    spread: Floats | None = None
    """(n_atoms,) eV/A between the members."""
    deviation: Floats | None = None
    """(n_atoms,) standard deviation of each atom's energy, eV, uncalibrated."""

    @property
    def n_with_forces(self) -> int:
        """Frames of which forces are known."""
        frame = np.repeat(np.arange(len(self.n_atoms)), self.n_atoms)
        return len(np.unique(frame[np.isfinite(self.errors).all(axis=1)]))

    def scale(self, by: str, surroundings: KnownSurroundings) -> Floats:
        """(n_atoms,) what an interval's width follows."""
        if by == "distance":
            assert self.features is not None
            return surroundings.distances(self.features, self.numbers)
        found = self.spread if by == "spread" else self.deviation
        assert found is not None
        return found

    @property
    def best_scale(self) -> str:
        """What tells errors best, of what is known: the distance comes last."""
        if self.spread is not None:
            return "spread"
        return "distance" if self.deviation is None else "variance"


def with_knowledge(
    folder: Path,
    card: PotentialCard,
    potential: Potential,
    frames: SplitFrames,
    control: RunControl,
) -> PotentialCard:
    """The card with intervals; the surroundings are written beside the weights.

    Without them where a potential has no features, or too few frames were kept back.
    """
    validation, others = (_known(potential, each) for each in (frames.validation, frames.test))
    if seeing(potential) is None or len(validation) < FEWEST_FOR_DISTANCE:
        return card
    control.progress(0, 1, "Learning its limits")
    held = seen_atoms(potential, validation, control)
    surroundings = surroundings_of(potential, frames.train, held, control)
    write_knowledge(folder, surroundings)
    found = card
    if held.n_with_forces >= FEWEST_FRAMES:
        by = held.best_scale
        scale = held.scale(by, surroundings)
        intervals = ForceIntervals.fitted(held.errors, scale, by, held.n_atoms)
        if not np.isfinite(intervals.half_width):
            return card
        if len(others) >= FEWEST_FRAMES:
            test = seen_atoms(potential, others, control)
            if test.n_with_forces >= FEWEST_FRAMES:
                scale = test.scale(by, surroundings)
                coverage = intervals.covered(test.errors, scale, test.n_atoms)
                intervals = replace(intervals, coverage=coverage, n_covered=test.n_with_forces)
        found = replace(card, calibration=intervals.told())
        write_potential_card(folder, found)
    return found


def _known(potential: Potential, frames: Sequence[LabelledFrame]) -> Sequence[LabelledFrame]:
    """Frames of elements that were learned: of others it says nothing."""
    if potential.elements is None:
        return frames
    return [each for each in frames if potential.elements.issuperset(each.structure.numbers)]


def surroundings_of(
    potential: Potential, learned: Sequence[LabelledFrame], held: SeenAtoms, control: RunControl
) -> KnownSurroundings:
    """What was learned from, in units of atoms kept back."""
    assert held.features is not None
    places = _spread(learned)
    chosen = [learned[place] for place in sorted(places)]
    features: list[Floats] = []
    for group in _groups(chosen):
        control.checkpoint()
        features.append(_certain(_features(potential, group)))
    known = KnownSurroundings.of(np.concatenate(features), _numbers(chosen))
    known = known.calibrated(held.features, held.numbers)
    features, numbers = [features[0][:0]], [_numbers(chosen)[:0]]
    for group in _groups([each for k, each in enumerate(learned) if k not in places]):
        control.checkpoint()
        more, its = _certain(_features(potential, group)), _numbers(group)
        outside = known.distances(more, its) > 1.0
        features.append(more[outside])
        numbers.append(its[outside])
    known = known.joined(np.concatenate(features), np.concatenate(numbers))
    return known.calibrated(held.features, held.numbers)


def _spread(frames: Sequence[LabelledFrame]) -> set[int]:
    """Places of frames evenly chosen, of all and of those with each element."""
    found = set(range(0, len(frames), max(1, -(-len(frames) // MOST_FRAMES))))
    having: dict[int, list[int]] = {}
    for place, frame in enumerate(frames):
        for number in np.unique(frame.structure.numbers).tolist():
            having.setdefault(number, []).append(place)
    for places in having.values():
        found.update(places[:: max(1, -(-len(places) // MOST_OF_AN_ELEMENT))])
    return found


def seen_atoms(
    potential: Potential, frames: Sequence[LabelledFrame], control: RunControl
) -> SeenAtoms:
    """Features, errors and what may tell them, of frames evenly chosen."""
    chosen = frames[:: max(1, -(-len(frames) // MOST_FRAMES))]
    features: list[Floats] = []
    said: list[Prediction] = []
    want = frozenset({"energy", "forces", "spread", "variances"}) & potential.gives
    for group in _groups(chosen):
        control.checkpoint()
        found = _features(potential, group)
        if found is not None:
            features.append(found)
        state = _state(potential, group)
        neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
        said.append(potential.predict(state, neighbors, want))
    numbers = _numbers(chosen)
    off = np.full((len(numbers), 3), np.nan)
    forces = _joined([each.forces for each in said])
    if forces is not None:
        off = np.abs(forces - np.concatenate([_forces(each) for each in chosen]))
    variance = _joined([each.variances for each in said])
    return SeenAtoms(
        numbers=numbers,
        n_atoms=np.array([len(each) for each in chosen]),
        features=np.concatenate(features) if features else None,
        errors=off,
        spread=_joined([each.spread for each in said]),
        deviation=None if variance is None else np.sqrt(variance),
    )


def _features(potential: Potential, group: Sequence[LabelledFrame]) -> Floats | None:
    found = features_of(potential, _state(potential, group))
    return None if found is None else _host(found)


def _certain(features: Floats | None) -> Floats:
    assert features is not None  # of a potential that has features
    return features


def _state(potential: Potential, group: Sequence[LabelledFrame]) -> AtomicState:
    return state_from_structures([each.structure for each in group], potential.device)


def _numbers(frames: Sequence[LabelledFrame]) -> NDArray[np.int64]:
    return np.concatenate([each.structure.numbers for each in frames])


def _forces(frame: LabelledFrame) -> Floats:
    return np.full((len(frame), 3), np.nan) if frame.forces is None else frame.forces


def _joined(parts: Sequence[torch.Tensor | None]) -> Floats | None:
    """The batches one after the other; None where a potential did not say it."""
    present = [_host(each) for each in parts if each is not None]
    return np.concatenate(present) if present else None


def _host(values: torch.Tensor) -> Floats:
    return values.detach().cpu().double().numpy()


def _groups(frames: Sequence[LabelledFrame]) -> Iterator[Sequence[LabelledFrame]]:
    """Neighbouring frames up to so many atoms together."""
    group: list[LabelledFrame] = []
    n_atoms = 0
    for each in frames:
        if group and n_atoms + len(each) > _ATOMS_AT_ONCE:
            yield group
            group, n_atoms = [], 0
        group.append(each)
        n_atoms += len(each)
    if group:
        yield group
