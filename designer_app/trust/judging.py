"""The light of one structure under one potential: elements, distance, spread, interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from designer_app.elements import SYMBOLS
from designer_app.io.atomic_write import atomic_write
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential
from designer_app.specs.trust import TrustAxis, TrustReport, worst
from designer_app.state import AtomicState
from designer_app.trust.features import features_of
from designer_app.trust.force_intervals import ForceIntervals
from designer_app.trust.surroundings import KnownSurroundings

TRUST_FILE = "trust.safetensors"
FAR, FARTHER = 1.5, 3.0
"""Distances from which a light is amber, and red."""


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What a trained potential knows of its own limits."""

    surroundings: KnownSurroundings | None
    intervals: ForceIntervals | None

    def distances(self, potential: Potential, state: AtomicState) -> NDArray[np.float64] | None:
        """(n_atoms,) from what was learned; None where the potential tells none."""
        if self.surroundings is None:
            return None
        features = features_of(potential, state)
        if features is None:
            return None
        return self.surroundings.distances(features.cpu().numpy(), state.numbers.cpu().numpy())


def write_knowledge(folder: Path, surroundings: KnownSurroundings) -> None:
    """Put the surroundings that a potential learned from beside its weights."""
    arrays = {name: np.ascontiguousarray(each) for name, each in surroundings.arrays().items()}
    atomic_write(folder / TRUST_FILE, save(arrays))  # it would take others in the wrong order


def read_knowledge(folder: Path, calibration: Mapping[str, Any]) -> Knowledge:
    """What lies beside the weights and on the card; nothing where there is nothing."""
    try:
        surroundings = KnownSurroundings.from_arrays(load((folder / TRUST_FILE).read_bytes()))
    except (OSError, SafetensorError, KeyError, ValueError):
        surroundings = None
    return Knowledge(surroundings, ForceIntervals.from_card(calibration))


def judge_structure(potential: Potential, state: AtomicState, known: Knowledge) -> TrustReport:
    """The light of a structure. One structure a state."""
    numbers = state.numbers.cpu().numpy()
    missing = _missing(potential, numbers)
    if missing:
        names = ", ".join(missing)
        axis = TrustAxis(key="elements", level="no", sentence=f"It never saw {names}.")
        return TrustReport(level="no", axes=(axis,))
    symbols = sorted({SYMBOLS[int(number)] for number in numbers})
    axes = [TrustAxis(key="elements", level="good", sentence=f"It knows {', '.join(symbols)}.")]
    distances = known.distances(potential, state)
    if distances is not None:
        axes.append(_distance_axis(distances, numbers))
    spread = _spread(potential, state)
    half_width = None
    if known.intervals is not None:
        scale = spread if known.intervals.by == "spread" else distances
        if scale is not None:
            half_width = float(np.mean(known.intervals.half_widths(scale)))
            axes.append(_interval_axis(known.intervals, half_width))
    if spread is not None:
        axes.append(_spread_axis(spread, numbers))
    return TrustReport(
        level=worst(tuple(axis.level for axis in axes)),
        axes=tuple(axes),
        distances=None if distances is None else distances.astype(np.float32),
        force_half_width=half_width,
    )


def _missing(potential: Potential, numbers: Any) -> list[str]:
    if potential.elements is None:
        return []
    return [SYMBOLS[n] for n in np.unique(numbers).tolist() if n not in potential.elements]


def _spread(potential: Potential, state: AtomicState) -> Any:
    """(n_atoms,) eV/A between members; None where there are none."""
    if "spread" not in potential.gives:
        return None
    neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
    want = ENERGY_AND_FORCES | {"spread"}
    said = potential.predict(state, neighbors, want)
    return None if said.spread is None else said.spread.detach().cpu().double().numpy()


def _distance_axis(distances: Any, numbers: Any) -> TrustAxis:
    farthest = int(np.argmax(distances))
    most, n_far = float(distances[farthest]), int((distances > FAR).sum())
    atom = f"{SYMBOLS[int(numbers[farthest])]} (atom {farthest + 1})"
    if most <= FAR:
        sentence = f"All surroundings are like those it learned from (farthest: {most:.1f})."
        return TrustAxis(key="distance", level="good", sentence=sentence)
    level = "care" if most <= FARTHER else "no"
    share = f"{n_far} of {len(distances)} atoms lie"
    sentence = (
        f"{share} outside what it learned from; {atom} the farthest, {most:.1f} times as far as "
        "one atom in a hundred of the frames kept back. Add such structures to the training data."
    )
    return TrustAxis(key="distance", level=level, sentence=sentence)


def _interval_axis(intervals: ForceIntervals, half_width: float) -> TrustAxis:
    held = ""
    if intervals.coverage is not None:
        held = f" (held by {100 * intervals.coverage:.0f} % on {intervals.n_covered} other frames)"
    sentence = f"90 % of its force components are right within {half_width:.3f} eV/Å{held}."
    return TrustAxis(key="interval", level="good", sentence=sentence)


def _spread_axis(spread: Any, numbers: Any) -> TrustAxis:
    worst_atom = int(np.argmax(spread))
    atom = f"{SYMBOLS[int(numbers[worst_atom])]} (atom {worst_atom + 1})"
    sentence = f"Members differ by {spread.max():.3f} eV/Å at most, on {atom}."
    return TrustAxis(key="spread", level="good", sentence=sentence)
