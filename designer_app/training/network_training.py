"""Fitting a neural network to frames: what every family of networks is trained with."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from designer_app.errors import Cancelled, ResumeError, RunError
from designer_app.graphs.dataset import FrameGraphs
from designer_app.io.unfinished import STOPPED
from designer_app.running.control import RunControl
from designer_app.specs.fields import refusal
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.closest_pairs import repulsion_arrays
from designer_app.training.frames import Fitted, SplitFrames, StoppedFitError
from designer_app.training.loop import Training
from designer_app.training.loss import LossWeights
from designer_app.training.members import place_of_log
from designer_app.training.network_model import NetworkModel
from designer_app.training.plans import Plan, plan, plan_from
from designer_app.training.progress import Schedule
from designer_app.training.starting import StartingPoint, starting_point
from designer_app.training.training_checkpoint import read_training
from designer_app.training.training_log import tell_plan

LOSS = "pseudo-Huber of lengths, energies over the root of n"
"""Of which kind losses in a checkpoint are; only equal ones can be compared."""

FORCES_ALONE = (
    "No frame had an energy: energies are those that the forces sum up to, and tell nothing "
    "between structures of other atoms, or that no path of the data joins."
)

NO_MOMENTS = (
    "The magnetic moments in the data were not learned: it gives energies, forces and stress alone."
)


def fit(
    frames: SplitFrames,
    spec: TrainPotentialSpec,
    control: RunControl,
    model_of: Callable[[SplitFrames, TrainPotentialSpec, Mapping[str, Any]], NetworkModel] = (
        NetworkModel
    ),
) -> Fitted:
    """A network of the family that the spec names, fitted to the training frames.

    `model_of` makes it from frames, spec and sizes. The weights kept are the moving average at the
    epoch with the lowest loss on the validation frames. Raises `StoppedFitError`, with the best so
    far, where it was cancelled or failed after an epoch was judged, and the cause itself before.
    """
    if not (spec.energy_weight or spec.force_weight or spec.stress_weight):
        raise refusal(spec, "force_weight", "with all weights of the loss at 0 nothing is learned")
    state = read_training(spec.out) if spec.resume else None
    chosen = plan(frames, spec) if state is None else _plan_of(state, spec)
    tell_plan(place_of_log(spec)[0], chosen.lines, control)
    start = starting_point(spec)
    model = model_of(frames, spec, chosen.settings)
    graphs = FrameGraphs(frames.train, model.network.cutoff)
    if state is None and start is not None:
        model.begin_from(start, graphs)
    elif state is None:
        model.calibrate(graphs)
    training = Training(
        model.network,
        model.predict,
        (graphs, FrameGraphs(frames.validation, model.network.cutoff)),
        schedule_of(chosen, spec, model.scale, forces_first=start is None and model.forces_first),
        folder=spec.out,
        device=model.device,
        must_agree={
            "family": spec.model,
            "settings": dict(chosen.settings),
            "frames": hash_of(frames.train) + hash_of(frames.validation),
            "seed": spec.seed,
            "loss": LOSS,
            "weights of the loss": [spec.energy_weight, spec.force_weight, spec.stress_weight],
            "start": None if start is None else start.weights_sha256,
        },
        carried={"plan": asdict(chosen), "constants": model.constants},
    )
    if state is not None:
        training.restore(state)
        model.restore(state["about"]["constants"])
    try:
        training.run(control, *place_of_log(spec))
    except (Cancelled, RunError) as cause:
        if not training.progress.best:
            raise
        fitted = _fitted(training, model, chosen, frames, start)
        epoch, of, _ = training.progress.in_words
        told = {**fitted.training, STOPPED: [epoch, of, training.progress.share]}
        fitted = replace(fitted, training=told)
        raise StoppedFitError(_repelling(fitted, training, model, spec), cause) from cause
    fitted = _fitted(training, model, chosen, frames, start)
    return _repelling(fitted, training, model, spec)


def _plan_of(state: Mapping[str, Any], spec: TrainPotentialSpec) -> Plan:
    try:
        return plan_from(state["about"]["plan"], spec)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = "its checkpoint is of another kind of potential"
        raise ResumeError(str(spec.out), reason) from error


def schedule_of(
    chosen: Plan, spec: TrainPotentialSpec, unit: float, *, forces_first: bool
) -> Schedule:
    """The schedule of a plan with the weights of the spec."""
    return Schedule(
        epochs=chosen.epochs,
        batch_size=chosen.batch_size,
        learning_rate=chosen.learning_rate,
        seconds=chosen.seconds,
        averaging=spec.averaging,
        patience=spec.patience,
        weights=LossWeights(
            energy=spec.energy_weight,
            forces=spec.force_weight,
            stress=spec.stress_weight,
            unit=unit,
        ),
        seed=spec.seed,
        forces_first=forces_first,
    )


def hash_of(frames: Sequence[LabelledFrame]) -> str:
    """SHA-256 of what is learned from frames: atoms, places, cells and all labels."""
    found = hashlib.sha256()
    for frame in frames:
        structure = frame.structure
        found.update(repr((len(frame), structure.pbc, frame.energy)).encode())
        for each in (
            structure.numbers,
            structure.positions,
            structure.cell,
            frame.forces,
            frame.stress,
        ):
            found.update(b"-" if each is None else np.ascontiguousarray(each).tobytes())
    return found.hexdigest()


def _notes(frames: SplitFrames, start: StartingPoint | None) -> Iterator[str]:
    """What its users have to know."""
    if start is not None:
        yield start.in_words
    if not any(each.energy is not None and np.isfinite(each.energy) for each in frames.train):
        yield FORCES_ALONE
    if any(each.magmoms is not None for each in frames.train):
        yield NO_MOMENTS


def _fitted(
    training: Training,
    model: NetworkModel,
    chosen: Plan,
    frames: SplitFrames,
    start: StartingPoint | None,
) -> Fitted:
    done = training.progress
    told: dict[str, Any] = {
        "epochs": done.epoch,
        "best_epoch": done.best_epoch,
        "seconds": done.seconds,
        "plan": dict(chosen.lines),
        "batch_size": done.batch_size,
        "learning_rate": chosen.learning_rate,
        "loss_validation": done.best_loss,
        "n_train": len(frames.train),
        "n_validation": len(frames.validation),
        "validation": done.best_errors,
    }
    return Fitted(
        settings=chosen.settings,
        arrays=model.arrays(done.best),
        cutoff=model.network.cutoff,
        references=model.references,
        training=told,
        notes=" ".join(_notes(frames, start)),
    )


def _repelling(
    fitted: Fitted, training: Training, model: NetworkModel, spec: TrainPotentialSpec
) -> Fitted:
    """With the repulsion of nuclei nearer than any in the data; a baseline has its own."""
    if spec.baseline or not model.repels:
        return fitted
    ends = repulsion_arrays((training.train, training.judge.frames))
    return replace(fitted, arrays={**fitted.arrays, **ends})
