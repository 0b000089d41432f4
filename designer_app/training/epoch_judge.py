"""What ends an epoch of a training: the averaged weights are judged and told."""

import math
import time
from collections.abc import Callable

import torch
from torch import nn

from designer_app.errors import TrainingDivergedError
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.pyg import Data
from designer_app.nn.denormals import without_denormals
from designer_app.potentials.base import Prediction
from designer_app.training.loss import ErrorSums, loss_of
from designer_app.training.metrics import Labels, blank_labels, voigt
from designer_app.training.progress import Progress
from designer_app.training.schedule import ENERGIES_WHOLE, WeightAverage, rate_factor
from designer_app.training.training_log import TrainingLog

JUDGED_AT_ONCE = 4
"""Batches of judging hold so many times the frames of those of training."""

LEAST_LEARNED = 0.5
"""Share of an epoch of which errors on the training frames are told."""

Predict = Callable[[Data, bool], Prediction]
"""(batch, for_training) -> what the module says, differentiable by its weights if for_training."""


class EpochJudge:
    """Judges on the validation frames; keeps the best weights in the progress."""

    def __init__(self, module: nn.Module, predict: Predict, frames: FrameGraphs) -> None:
        self.module, self.predict, self.frames = module, predict, frames

    def end_epoch(
        self, progress: Progress, average: WeightAverage, log: TrainingLog, device: torch.device
    ) -> None:
        """Close the books of an epoch. Raises `TrainingDivergedError` where its loss is none."""
        began = time.perf_counter()
        with average.standing_in(self.module):
            sums, said = self._said(progress, device)
        progress.judging_seconds = time.perf_counter() - began
        progress.seconds += progress.judging_seconds
        n_learned = progress.done
        progress.epoch, progress.done = progress.epoch + 1, 0
        if progress.schedule.forces_first and progress.share < ENERGIES_WHOLE:
            progress.patient_from = progress.epoch
        rate = progress.schedule.learning_rate * rate_factor(progress.share)
        loss = (sums if len(self.frames) else progress.sums).loss(progress.schedule.weights)
        if not math.isfinite(loss):
            raise TrainingDivergedError(progress.epoch, rate, progress.best_epoch)
        if loss < progress.best_loss or not len(self.frames):
            progress.best_epoch, progress.best_loss = progress.epoch, loss
            progress.best = {name: each.clone() for name, each in average.weights.items()}
        row = _row(progress, sums, rate, n_learned)
        progress.history.append(row)
        log.parity(self.frames.frames, said, at_last=progress.is_over)
        log.row(row)
        progress.begin_epoch()

    def _said(self, progress: Progress, device: torch.device) -> tuple[ErrorSums, Labels]:
        self.module.eval()
        sums, said = ErrorSums(), blank_labels(self.frames.frames)
        rows, size = range(len(self.frames)), JUDGED_AT_ONCE * progress.batch_size
        frame = atom = 0
        for batch in batches(self.frames, rows, size, device):
            with without_denormals():
                found = self.predict(batch, False)
            sums.add(loss_of(found, batch, progress.schedule.weights)[1])
            frames = slice(frame, frame := frame + len(found.energy))
            atoms = slice(atom, atom := atom + len(batch["z"]))
            said.energies[frames] = found.energy.cpu().numpy() / said.n_atoms[frames]
            if found.forces is not None:
                said.forces[atoms] = found.forces.cpu().numpy()
            if found.stress is not None:
                said.stresses[frames] = voigt(found.stress.cpu().numpy())
        return sums, said


def _row(progress: Progress, judged: ErrorSums, rate: float, n_learned: int) -> dict[str, float]:
    """The row of an epoch. The last may be cut off by the time: a few frames tell no mean."""
    learned, weights = progress.sums, progress.schedule.weights
    if n_learned < LEAST_LEARNED * progress.n_frames:
        learned = ErrorSums()
    return {
        "epoch": float(progress.epoch),
        "seconds": progress.seconds,
        "loss_train": learned.loss(weights),
        "loss_validation": judged.loss(weights),
        "energy_train_meV_atom": learned.energy_mae,
        "energy_validation_meV_atom": judged.energy_mae,
        "force_train_meV_A": learned.force_mae,
        "force_validation_meV_A": judged.force_mae,
        "stress_train_GPa": learned.stress_mae,
        "stress_validation_GPa": judged.stress_mae,
        "learning_rate": rate,
        "gradient_norm": progress.norms[0] / max(progress.norms[1], 1),
        "frames_per_s": n_learned / max(progress.epoch_seconds, 1e-9),
        "best_epoch": float(progress.best_epoch),
    }
