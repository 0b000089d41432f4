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
from designer_app.potentials.base import Potential
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
"""Of each set, evenly spread."""
FEWEST_FRAMES = 5
"""Below, an interval would promise what nobody has seen."""
_ATOMS_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class _Seen:
    """Atoms of a set of frames."""

    numbers: NDArray[np.int64]
    features: Floats | None
    errors: Floats
    """(n_atoms, 3) |error| of forces, eV/A; NaN where not known."""
    spread: Floats | None
    n_frames: int


def with_knowledge(
    folder: Path,
    card: PotentialCard,
    potential: Potential,
    frames: SplitFrames,
    control: RunControl,
) -> PotentialCard:
    """The card with intervals; the surroundings are written beside the weights.

    A card without them where a potential has no features, or too few frames were kept back.
    """
    if seeing(potential) is None or len(frames.validation) < FEWEST_FRAMES:
        return card
    control.progress(0, 1, "Learning its limits")
    learned = _seen(potential, frames.train, control, errors=False)
    held = _seen(potential, frames.validation, control)
    assert learned.features is not None
    assert held.features is not None
    surroundings = KnownSurroundings.of(learned.features, learned.numbers)
    surroundings = surroundings.calibrated(held.features, held.numbers)
    write_knowledge(folder, surroundings)
    found = card
    if np.isfinite(held.errors).any():
        by = "spread" if held.spread is not None else "distance"
        intervals = ForceIntervals.fitted(
            held.errors, _scale(held, surroundings), by, held.n_frames
        )
        if len(frames.test) >= FEWEST_FRAMES:
            test = _seen(potential, frames.test, control)
            if np.isfinite(test.errors).any():
                coverage = intervals.covered(test.errors, _scale(test, surroundings))
                intervals = replace(intervals, coverage=coverage, n_covered=test.n_frames)
        found = replace(card, calibration=intervals.told())
        write_potential_card(folder, found)
    return found


def _scale(seen: _Seen, surroundings: KnownSurroundings) -> Floats:
    if seen.spread is not None:
        return seen.spread
    assert seen.features is not None
    return surroundings.distances(seen.features, seen.numbers)


def _seen(
    potential: Potential,
    frames: Sequence[LabelledFrame],
    control: RunControl,
    *,
    errors: bool = True,
) -> _Seen:
    """Features, and where asked errors and spread, of the atoms of frames evenly chosen."""
    chosen = frames[:: max(1, -(-len(frames) // MOST_FRAMES))]
    features, off, spread = [], [], []
    for group in _groups(chosen):
        control.checkpoint()
        state = state_from_structures([each.structure for each in group], potential.device)
        found = features_of(potential, state)
        if found is not None:
            features.append(found.cpu().numpy())
        if errors:
            group_errors, group_spread = _errors(potential, state, group)
            off.append(group_errors)
            spread += [] if group_spread is None else [group_spread]
    numbers = np.concatenate([each.structure.numbers for each in chosen])
    return _Seen(
        numbers=numbers,
        features=np.concatenate(features) if features else None,
        errors=np.concatenate(off) if off else np.full((len(numbers), 3), np.nan),
        spread=np.concatenate(spread) if spread else None,
        n_frames=len(chosen),
    )


def _errors(
    potential: Potential, state: AtomicState, group: Sequence[LabelledFrame]
) -> tuple[Floats, Floats | None]:
    want = frozenset({"energy", "forces", "spread"}) & potential.gives
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    said = potential.predict(state, neighbors, want)
    assert said.forces is not None
    known = np.concatenate(
        [np.full((len(e), 3), np.nan) if e.forces is None else e.forces for e in group]
    )
    spread = None if said.spread is None else said.spread.detach().cpu().double().numpy()
    return np.abs(_host(said.forces) - known), spread


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
