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

Floats = NDArray[np.float64]

TRUST_FILE = "trust.safetensors"
FAR, FARTHER = 1.5, 3.0
"""Times a rare value (of distance, spread or variance) from which a light is amber, and red."""
# On 3BPA at 300 to 1200 K, learned at 300 K, forces in frames whose farthest atom lies beyond 1.5
# and 3 are off by 2 and 3 times as much as in frames kept back, by distance and by spread alike.
# Under a GAP silicon strained by 5 % stays green, and so do 24 of 25 test frames (vacancies, hot
# ones); ideal surfaces are amber or red; interstitials, pairs at 1.8 A, fcc and lone atoms red.


@dataclass(frozen=True, eq=False)
class Knowledge:
    """What a trained potential knows of its own limits."""

    surroundings: KnownSurroundings | None
    intervals: ForceIntervals | None
    lost: str = ""
    """Why it has no surroundings, where it should have; a sentence."""

    def distances(self, potential: Potential, state: AtomicState) -> Floats | None:
        """(n_atoms,) from what was learned; None where the potential tells none."""
        if self.surroundings is None:
            return None
        features = features_of(potential, state)
        if features is None:
            return None
        return self.surroundings.distances(features.cpu().numpy(), state.numbers.cpu().numpy())

    def interval_scale(
        self, potential: Potential, state: AtomicState, spread: Floats | None
    ) -> Floats | None:
        """(n_atoms,) what the width of an interval follows; None where none is calibrated."""
        if self.intervals is None or self.intervals.by == "spread":
            return None if self.intervals is None else spread
        if self.intervals.by == "distance":
            return self.distances(potential, state)
        if "variances" not in potential.gives:
            return None
        neighbors = build_neighbors(state, potential.cutoff, half=potential.half_list)
        said = potential.predict(state, neighbors, frozenset({"energy", "variances"}))
        assert said.variances is not None
        return said.variances.detach().cpu().double().sqrt().numpy()


def write_knowledge(folder: Path, surroundings: KnownSurroundings) -> None:
    """Put the surroundings that a potential learned from beside its weights."""
    arrays = {name: np.ascontiguousarray(each) for name, each in surroundings.arrays().items()}
    atomic_write(folder / TRUST_FILE, save(arrays))  # it would take others in the wrong order


def read_knowledge(folder: Path, calibration: Mapping[str, Any]) -> Knowledge:
    """What lies beside the weights and on the card; nothing where there is nothing."""
    surroundings, lost = None, ""
    try:
        surroundings = KnownSurroundings.from_arrays(load((folder / TRUST_FILE).read_bytes()))
    except FileNotFoundError:
        lost = _LOST.format(what="is no longer there") if calibration else ""
    except (OSError, SafetensorError, KeyError, ValueError):
        lost = _LOST.format(what="is damaged, or an older version of the program wrote it")
    return Knowledge(surroundings, ForceIntervals.from_card(calibration), lost)


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
    elif known.lost:
        axes.append(TrustAxis(key="distance", level="care", sentence=known.lost))
    spread = _spread(potential, state)
    intervals = known.intervals
    scale = known.interval_scale(potential, state, spread)
    if intervals is not None and scale is not None and intervals.by == "variance":
        axes.append(_variance_axis(scale, numbers, intervals.rare))
    if spread is not None:
        rare = intervals.rare if intervals is not None and intervals.by == "spread" else None
        axes.append(_spread_axis(spread, numbers, rare))
    level = worst(tuple(axis.level for axis in axes))
    half_widths = None
    if intervals is not None and scale is not None:
        if level == "good":  # what was calibrated holds for frames of the same kind alone
            found = intervals.half_widths(scale)
            half_widths = (float(found.min()), float(found.max()))
        axes.append(_interval_axis(intervals, half_widths, level))
    return TrustReport(
        level=level,
        axes=tuple(axes),
        distances=None if distances is None else distances.astype(np.float32),
        force_half_widths=half_widths,
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


def _distance_axis(distances: Floats, numbers: Any) -> TrustAxis:
    most, n_far = float(distances.max()), int((distances > FAR).sum())
    if most <= FAR:
        sentence = f"All surroundings are like those it learned from (farthest: {most:.1f})."
        return TrustAxis(key="distance", level="good", sentence=sentence)
    share = f"{n_far} of {len(distances)} atoms lie"
    sentence = (
        f"{share} outside what it learned from; {_highest(distances, numbers)} the farthest, "
        f"{most:.1f} times as far as {RARE}. {_ADVICE}"
    )
    return TrustAxis(key="distance", level=level_of(most), sentence=sentence)


def _interval_axis(
    intervals: ForceIntervals, half_widths: tuple[float, float] | None, level: str
) -> TrustAxis:
    """What it promises of the forces, on how many frames that stands, and how it was checked."""
    kept_back = f"the {intervals.n_frames} frames kept back"
    if half_widths is None:
        sentence = f"How far its forces are off is not known here: they are not like {kept_back}."
        return TrustAxis(key="interval", level=level, sentence=sentence)
    low, high = (f"{each:.3f}" for each in half_widths)
    within = f"{low} eV/Å" if low == high else f"{low} to {high} eV/Å, by atom"
    checked = "not checked on other frames"
    if intervals.coverage is not None:
        share = f"{100 * intervals.coverage:.0f} %"
        checked = f"it held for {share} on {intervals.n_covered} frames that it never saw"
    sentence = (
        f"As on {kept_back}, 90 % of its force components should be right within {within} "
        f"({checked})."
    )
    return TrustAxis(key="interval", level="good", sentence=sentence)


def _variance_axis(deviation: Floats, numbers: Any, rare: float | None) -> TrustAxis:
    times = float(deviation.max()) / rare if rare else 0.0
    level = level_of(times)
    if level == "good":
        sentence = "Its own variance is as small as on the frames kept back."
    else:
        sentence = (
            f"It is unsure of {_highest(deviation, numbers)}: {times:.1f} times as much as of "
            f"{RARE}. {_ADVICE}"
        )
    return TrustAxis(key="variance", level=level, sentence=sentence)


def _spread_axis(spread: Floats, numbers: Any, rare: float | None) -> TrustAxis:
    times = float(spread.max()) / rare if rare else 0.0
    level = level_of(times)
    than = "" if level == "good" else f": {times:.1f} times as much as on {RARE}. {_ADVICE}"
    sentence = f"Members differ by {spread.max():.3f} eV/Å at most, on {_highest(spread, numbers)}"
    return TrustAxis(key="spread", level=level, sentence=sentence + (than or "."))


def level_of(times: float) -> str:
    """The light of what is so many times a rare value."""
    if times <= FAR:
        return "good"
    return "care" if times <= FARTHER else "no"


def _highest(values: Floats, numbers: Any) -> str:
    """The atom that has most of it."""
    atom = int(np.argmax(values))
    return f"{SYMBOLS[int(numbers[atom])]} (atom {atom + 1})"


RARE = "one atom in a hundred of the frames kept back"
_ADVICE = "Add such structures to the training data."
_LOST = (
    f"How far this potential can see is not known: “{TRUST_FILE}” in its folder {{what}}. "
    "Train it again to know."
)
