"""Fitting a GAP: sparse points, rows of all labels, one linear problem, noises by validation."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import Cancelled, InvalidSpecError, RunError
from designer_app.potentials.gap import GAPPotential
from designer_app.potentials.gap_basis import basis_of
from designer_app.running.control import RunControl
from designer_app.specs.fields import refusal, settings_of, spec_from_settings
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import GAPSettings
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.frames import Fitted, SplitFrames, StoppedFitError
from designer_app.training.gap_checkpoint import GapCheckpoint, read_gap_checkpoint
from designer_app.training.gap_frames import (
    Described,
    described,
    repulsion_distances,
    sparse_points,
    tag_factors,
)
from designer_app.training.gap_noises import Trials
from designer_app.training.gap_plan import (
    LEAST_FRAMES,
    TAKE_IN_UNTIL,
    affordable,
    frames_in_time,
    left_out,
    overrun,
    plan_lines,
    settings_for,
)
from designer_app.training.gap_rows import frame_rows
from designer_app.training.gap_solving import Labels, prior_rows
from designer_app.training.metrics import errors_on
from designer_app.training.network_training import hash_of
from designer_app.training.plans import seconds_for
from designer_app.training.predicting import said_of
from designer_app.training.references import references_for
from designer_app.training.training_log import TrainingLog, tell_plan

FloatArray = NDArray[np.float64]

BETWEEN_CHECKPOINTS = 20.0
"""Seconds."""
MOST_JUDGED = 200
"""Training frames whose errors are told, evenly spread."""


def fit(frames: SplitFrames, spec: TrainPotentialSpec, control: RunControl) -> Fitted:
    """A GAP of the training frames' energies, forces and stresses.

    Noises that the settings leave open are those with the smallest product of energy and force
    error on the validation frames. The time of a preset and the longest time, by the clock, limit
    the number of sparse points and of frames, and end the trials of noises. Weights,
    epochs and rates of the spec are those of networks and play no part. Raises `InvalidSpecError`
    where too little is known, `StoppedFitError` with the best so far where it was stopped while
    noises were tried.
    """
    began = time.perf_counter()
    check_frames(frames, spec)
    settings = settings_for(frames, spec)
    if settings.engine == "gap_fit":
        from designer_app.training.gap_fit_program import fit_with_program

        return fit_with_program(frames, spec, settings, control)
    references = references_for(frames, spec)
    about = {
        "family": "gap",
        "frames": hash_of(frames.train) + hash_of(frames.validation),
        "references": references,
        "seed": spec.seed,
    }
    begun = read_gap_checkpoint(spec.out, about) if spec.resume else None
    if begun is not None:
        settings = spec_from_settings(GAPSettings, begun.settings)
    elements = elements_of(frames.train)
    known = described(frames.train, elements, references, settings, control, "Neighbours")
    if begun is None:
        settings, takes = affordable(known, len(elements), settings, spec)
        spent = time.perf_counter() - began
        order, n = frames_in_time(known, len(elements), spec, takes=takes, spent=spent)
        learned = [known[row] for row in order[:n]]
        lines = plan_lines(settings.n_sparse, n, len(known), spec, takes=takes, spent=spent)
        tell_plan(spec.out, lines, control)
    else:
        order = begun.order
        learned = [known[row] for row in order]
    judged = described(frames.validation, elements, references, settings, control, "Neighbours")
    arrays = (
        dict(begun.arrays)
        if begun is not None
        else _chosen_arrays(learned, elements, settings, spec.seed, control)
    )
    log = TrainingLog(spec.out, control)
    try:
        limit = seconds_for(spec) or math.inf
        trials = Trials(settings, log, began + limit)
        fitting = _Fitting(settings, elements, references, arrays, trials, order)
        fitting.learn(learned, began + TAKE_IN_UNTIL * limit, spec.out, about, begun, control)
        fitting.choose_noises(judged, control)
        fitted = replace(fitting.fitted(), notes=_notes(frames))
        _judge(fitted, frames, fitting.trials, log, control)
    finally:
        log.close()
    seconds = time.perf_counter() - began
    for told in (left_out(fitting.n_learned, len(order)), overrun(seconds, spec)):
        if told:
            control.log.warning("%s", told)
    return replace(fitted, training={**fitted.training, "seconds": seconds})


def _chosen_arrays(
    learned: Sequence[Described],
    elements: Sequence[str],
    settings: GAPSettings,
    seed: int,
    control: RunControl,
) -> dict[str, NDArray[Any]]:
    """Sparse points of each element, shortest distances, centres of pair functions."""
    points = sparse_points(learned, elements, settings, np.random.default_rng(seed), control)
    arrays: dict[str, NDArray[Any]] = {f"sparse.{kind}": each for kind, each in enumerate(points)}
    arrays["nearest"] = repulsion_distances(learned, len(elements))
    if settings.pair_points:
        first = 0.9 * float(arrays["nearest"].min())
        arrays["pair.points"] = np.linspace(first, settings.cutoff, settings.pair_points)
    return arrays


def check_frames(frames: SplitFrames, spec: TrainPotentialSpec) -> None:
    """Raise where a Gaussian process cannot be fitted to the frames."""
    n_train = len(frames.train)
    if n_train < 2:
        reason = f"a GAP learns from at least 2 frames, and {n_train} is left to learn from"
        raise InvalidSpecError("data", spec.data, reason, "Data")
    if not any(_is_known(frame.energy) for frame in frames.train):
        reason = "none of the frames that are learned from has an energy"
        raise InvalidSpecError("data", spec.data, reason, "Data")
    if spec.members > 1:
        reason = "a GAP tells its own variance, and members would be equal: choose 1"
        raise refusal(spec, "members", reason)


def elements_of(frames: Sequence[LabelledFrame]) -> tuple[str, ...]:
    """Symbols of the elements of frames, by atomic number."""
    numbers = np.unique(np.concatenate([frame.structure.numbers for frame in frames]))
    return tuple(SYMBOLS[number] for number in numbers)


class _Fitting:
    """The linear problem of a basis, and its solution under the noises tried so far."""

    def __init__(
        self,
        settings: GAPSettings,
        elements: tuple[str, ...],
        references: dict[str, float],
        arrays: dict[str, NDArray[Any]],
        trials: Trials,
        order: tuple[int, ...],
    ) -> None:
        self.settings, self.elements, self.references = settings, elements, references
        self.arrays = arrays
        self.basis = basis_of(settings, len(elements), arrays)
        self.labels = Labels(self.basis.n_columns)
        self.factors = tag_factors(settings)
        self.trials = trials
        self.order, self.n_learned = order, 0
        """Rows of the training frames as they are taken in, and how many were."""

    def learn(
        self,
        learned: Sequence[Described],
        until: float,
        folder: Path,
        about: Mapping[str, Any],
        begun: GapCheckpoint | None,
        control: RunControl,
    ) -> None:
        """Rows of the frames, rotated into one triangle for each kind of label, while time is."""
        if begun is not None:
            self.n_learned = begun.n_done
            self.labels.restore(begun.triangles)
        written = time.monotonic()
        while self.n_learned < len(learned):
            try:
                control.checkpoint()
            except Cancelled:
                self._keep(folder, about)
                raise
            control.progress(self.n_learned, len(learned), "Energies, forces and virials")
            frame = learned[self.n_learned]
            self.labels.add(frame, frame_rows(frame.near, self.basis), self.factors)
            self.n_learned += 1
            if time.perf_counter() > until and self.n_learned >= LEAST_FRAMES:
                break
            if time.monotonic() - written > BETWEEN_CHECKPOINTS:
                self._keep(folder, about)
                written = time.monotonic()
        self._keep(folder, about)

    def _keep(self, folder: Path, about: Mapping[str, Any]) -> None:
        """Leave a checkpoint behind, as soon as a frame was taken in."""
        if self.n_learned:
            settings, triangles = settings_of(self.settings), self.labels.triangles()
            now = GapCheckpoint(about, settings, self.arrays, triangles, self.n_learned, self.order)
            now.write(folder)

    def choose_noises(self, judged: Sequence[Described], control: RunControl) -> None:
        """Solve, and choose what the settings leave open."""
        prior = prior_rows(self.basis)
        try:
            self.trials.run(self.labels, prior, self.basis, judged, control)
        except (Cancelled, RunError) as cause:
            if self.trials.best is None:
                raise
            raise StoppedFitError(self.fitted(), cause) from cause

    def fitted(self) -> Fitted:
        """What the best noises gave."""
        best = self.trials.best
        assert best is not None
        arrays = {
            **self.arrays,
            "coefficients": best.coefficients,
            "delta": np.array([best.noise.delta]),
        }
        return Fitted(
            settings=settings_of(self.settings),
            arrays=arrays,
            cutoff=self.settings.cutoff,
            references=self.references,
            learned=self.order[: self.n_learned],
            training={
                "epochs": self.trials.n_tried,
                "best_epoch": best.number,
                "n_train": self.n_learned,
                "n_offered": len(self.order),
                "sparse_points": int(self.basis.offsets[-1]),
                "sigma_energy": best.noise.energy,
                "sigma_forces": best.noise.forces,
                "sigma_virial": best.noise.virial,
                "delta": best.noise.delta,
            },
        )


def _judge(
    fitted: Fitted, frames: SplitFrames, trials: Trials, log: TrainingLog, control: RunControl
) -> None:
    """The last row of the series, and the points of the parity plots."""
    potential = potential_of_fit(fitted)
    step = max(1, len(fitted.learned or ()) // MOST_JUDGED)
    train = [frames.train[row] for row in sorted(fitted.learned or ())[::step]]
    errors = errors_on("train", train, said_of(potential, train, control, "Training frames"))
    if frames.validation:
        said = said_of(potential, frames.validation, control, "Validation frames")
        log.parity(frames.validation, said, at_last=True)
    trials.last_row(errors)


def potential_of_fit(fitted: Fitted) -> GAPPotential:
    """The potential, before it is in a folder."""
    elements = tuple(sorted(fitted.references, key=lambda symbol: ATOMIC_NUMBERS[symbol]))
    return GAPPotential(fitted.settings, elements, fitted.references, fitted.arrays, name="GAP")


def _notes(frames: SplitFrames) -> str:
    if not any(frame.forces is not None for frame in frames.train):
        return (
            "No frame has forces: this GAP knows slopes from differences of energies only. "
            "Forces make every frame worth three times its number of atoms more labels."
        )
    return ""


def _is_known(value: float | None) -> bool:
    return value is not None and bool(np.isfinite(value))
