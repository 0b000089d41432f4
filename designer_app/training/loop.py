"""The training of a network on frames: batches, steps, judged epochs, checkpoints."""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from designer_app.errors import OutOfMemoryError, ResumeError, TrainingDivergedError
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.pyg import Data
from designer_app.potentials.base import Prediction
from designer_app.running.control import RunControl
from designer_app.running.messages import job_error
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.training.loss import ErrorSums, LossWeights, loss_of
from designer_app.training.metrics import Labels, blank_labels, voigt
from designer_app.training.schedule import WeightAverage, learning, rate_factor
from designer_app.training.training_checkpoint import write_training
from designer_app.training.training_log import TrainingLog

BETWEEN_CHECKPOINTS = 30.0
"""Seconds; the last is at most so old when a training is killed. Written within epochs too."""
CLIP = 10.0
"""Longest gradient of the loss, which is told in units of the force."""
MOST_SKIPPED = 10
"""Steps in a row whose gradient is no number, after which a training has diverged."""
JUDGED_AT_ONCE = 4
"""Batches of judging hold so many times the frames of those of training."""

Predict = Callable[[Data, bool], Prediction]
"""(batch, for_training) -> what the module says, differentiable by its weights if for_training."""


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long, how fast and in which portions."""

    epochs: int
    batch_size: int
    learning_rate: float
    seconds: float
    """Of computing, after which it stops, the rate having fallen by then; 0: no limit."""
    averaging: float
    patience: int
    """Epochs without progress; 0: any number."""
    weights: LossWeights
    seed: int


class Training:
    """A module on its way from random weights to its best ones."""

    def __init__(
        self,
        module: nn.Module,
        predict: Predict,
        frames: tuple[FrameGraphs, FrameGraphs],
        schedule: Schedule,
        *,
        folder: Path,
        device: torch.device,
        must_agree: dict[str, Any],
        carried: dict[str, Any],
    ) -> None:
        self.module, self.predict, self.schedule = module, predict, schedule
        self.train, self.validation = frames
        self.folder, self.device = folder, device
        self.must_agree = must_agree
        """What a checkpoint must have in common with this training to be gone on from."""
        self.carried = carried
        """Plain data that checkpoints hold for who goes on from them."""
        self.batch_size = schedule.batch_size
        self.optimizer = torch.optim.AdamW(
            module.parameters(), lr=1.0, weight_decay=0.0, amsgrad=True, fused=True
        )
        self.average = WeightAverage(module, schedule.averaging)
        self.epoch = 0
        """Whole ones."""
        self.n_skipped = 0
        """Steps in a row whose gradient was no number."""
        self.done = 0
        """Frames of the present epoch that were learned from."""
        self.sums, self.norms, self.epoch_seconds = ErrorSums(), (0.0, 0), 0.0
        self.best: dict[str, Tensor] = {}
        self.best_epoch, self.best_loss = 0, math.inf
        self.history: list[dict[str, float]] = []
        self.seconds = 0.0
        self._judging_seconds = 0.0
        self._saved_at = time.monotonic()

    # --- the whole ---

    def run(self, control: RunControl, log_folder: Path, member: int = 0) -> None:
        """Train until epochs, time or patience are used up; the best is in `best`.

        Raises `Cancelled`, `TrainingDivergedError`, `OutOfMemoryError`; the best so far stays.
        """
        log = TrainingLog(log_folder, control, member=member, after=self.epoch)
        try:
            while not self.is_over:
                self._learn(control)
                self._judge(log, control)
                if time.monotonic() - self._saved_at > BETWEEN_CHECKPOINTS:
                    self.save()
        finally:
            if self.epoch or self.done:
                self.save()
            log.close()

    @property
    def share(self) -> float:
        """Share of the training that is done, by epochs or by time, whichever is further."""
        epochs = (self.epoch + self.done / len(self.train)) / self.schedule.epochs
        limit = self.schedule.seconds - self._judging_seconds
        by_time = self.seconds / max(limit, 1e-9) if self.schedule.seconds else 0.0
        return min(max(epochs, by_time), 1.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        patience = self.schedule.patience
        gave_up = patience and self.best_epoch and self.epoch - self.best_epoch >= patience
        return (self.done == 0 and self.share >= 1.0 and self.epoch > 0) or bool(gave_up)

    @property
    def best_errors(self) -> dict[str, float]:
        """Errors on the validation frames at the best epoch, those that are known."""
        row = self.history[self.best_epoch - 1] if self.best_epoch else {}
        names = {
            "energy_meV_atom": "energy_validation_meV_atom",
            "force_meV_A": "force_validation_meV_A",
            "stress_GPa": "stress_validation_GPa",
        }
        found = {name: row.get(column, math.nan) for name, column in names.items()}
        return {name: value for name, value in found.items() if math.isfinite(value)}

    # --- an epoch ---

    def _learn(self, control: RunControl) -> None:
        """The rest of the present epoch, or of the time."""
        self.module.train()
        order = self._order()
        while self.done < len(order):
            try:
                left = order[self.done :]
                for batch in batches(self.train, left, self.batch_size, self.device):
                    began = time.perf_counter()
                    self._step(batch)
                    self.done += batch["cell"].shape[0]
                    self._spend(time.perf_counter() - began)
                    if self.share >= 1.0 and self.done < len(order):
                        return
                    if time.monotonic() - self._saved_at > BETWEEN_CHECKPOINTS:
                        self.save()
                    self._tell_progress(control)
                    control.checkpoint()
            except (RuntimeError, MemoryError) as error:
                self._halve(error, control)

    def _spend(self, seconds: float) -> None:
        self.seconds += seconds
        self.epoch_seconds += seconds

    def _step(self, batch: Data) -> None:
        rate = self.schedule.learning_rate * rate_factor(self.share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        loss, sums = loss_of(self.predict(batch, True), batch, self.schedule.weights)
        if loss.requires_grad:  # a batch without labels has nothing to say
            loss.backward(inputs=learning(self.module))  # and not by positions
            norm = float(nn.utils.clip_grad_norm_(self.module.parameters(), CLIP, foreach=True))
            if not math.isfinite(norm):
                self._skip(rate)
                return
            self.n_skipped = 0
            self.optimizer.step()
            self.average.follow(self.module)
            self.norms = (self.norms[0] + norm, self.norms[1] + 1)
        self.sums.add(sums)

    def _skip(self, rate: float) -> None:
        """Leave a step out; raise where many in a row are no numbers."""
        self.n_skipped += 1
        if self.n_skipped > MOST_SKIPPED:
            raise TrainingDivergedError(self.epoch + 1, rate, self.best_epoch)

    def _judge(self, log: TrainingLog, control: RunControl) -> None:
        """End an epoch: the averaged weights are judged on the validation frames."""
        began = time.perf_counter()
        with self.average.standing_in(self.module):
            sums, said = self._said_of_validation()
        self._judging_seconds = time.perf_counter() - began
        self.seconds += self._judging_seconds
        weights, n_learned = self.schedule.weights, self.done
        self.epoch, self.done = self.epoch + 1, 0
        loss = sums.loss(weights) if len(self.validation) else self.sums.loss(weights)
        if not math.isfinite(loss):
            rate = self.schedule.learning_rate * rate_factor(self.share)
            raise TrainingDivergedError(self.epoch, rate, self.best_epoch)
        if loss < self.best_loss or not len(self.validation):
            self.best_epoch, self.best_loss = self.epoch, loss
            self.best = {name: each.clone() for name, each in self.average.weights.items()}
        row = {
            "epoch": float(self.epoch),
            "seconds": self.seconds,
            "loss_train": self.sums.loss(weights),
            "loss_validation": sums.loss(weights),
            "energy_train_meV_atom": self.sums.energy_mae,
            "energy_validation_meV_atom": sums.energy_mae,
            "force_train_meV_A": self.sums.force_mae,
            "force_validation_meV_A": sums.force_mae,
            "stress_train_GPa": self.sums.stress_mae,
            "stress_validation_GPa": sums.stress_mae,
            "learning_rate": self.schedule.learning_rate * rate_factor(self.share),
            "gradient_norm": self.norms[0] / max(self.norms[1], 1),
            "frames_per_s": n_learned / max(self.epoch_seconds, 1e-9),
            "best_epoch": float(self.best_epoch),
        }
        self.history.append(row)
        log.parity(self.validation.frames, said, at_last=self.is_over)
        log.row(row)
        self.sums, self.norms, self.epoch_seconds = ErrorSums(), (0.0, 0), 0.0
        self._tell_progress(control)

    def _said_of_validation(self) -> tuple[ErrorSums, Labels]:
        self.module.eval()
        sums, said = ErrorSums(), blank_labels(self.validation.frames)
        rows, size = range(len(self.validation)), JUDGED_AT_ONCE * self.batch_size
        frame = atom = 0
        for batch in batches(self.validation, rows, size, self.device):
            found = self.predict(batch, False)
            sums.add(loss_of(found, batch, self.schedule.weights)[1])
            frames = slice(frame, frame := frame + len(found.energy))
            atoms = slice(atom, atom := atom + len(batch["z"]))
            said.energies[frames] = found.energy.cpu().numpy() / said.n_atoms[frames]
            if found.forces is not None:
                said.forces[atoms] = found.forces.cpu().numpy()
            if found.stress is not None:
                said.stresses[frames] = voigt(found.stress.cpu().numpy())
        return sums, said

    # --- parts ---

    def _order(self) -> list[int]:
        """Frames of the present epoch: by seed and epoch alone, so that it can be gone on with."""
        generator = torch.Generator().manual_seed(1_000_003 * self.schedule.seed + self.epoch)
        found: list[int] = torch.randperm(len(self.train), generator=generator).tolist()
        return found

    def _halve(self, error: Exception, control: RunControl) -> None:
        """Go on with half the batch where memory was used up; raise anything else."""
        if job_error(error).kind != "OutOfMemoryError":
            raise error
        self.optimizer.zero_grad(set_to_none=True)
        if self.batch_size == 1:
            n_atoms = max(len(frame) for frame in self.train.frames)
            raise OutOfMemoryError(self.device.type, n_atoms) from error
        self.batch_size = max(1, self.batch_size // 2)
        control.log.warning(
            "The memory does not hold so many frames at once: going on with %d.", self.batch_size
        )

    def _tell_progress(self, control: RunControl) -> None:
        epochs = self.epoch + self.done / len(self.train)
        left = self.seconds * (1.0 - self.share) / max(self.share, 1e-9)
        total = min(epochs / max(self.share, 1e-9), self.schedule.epochs)
        text = f"epochs, {left / 60:.0f} min left" if left > 90 else f"epochs, {left:.0f} s left"
        if self.history:
            row = self.history[-1]
            told = (("energy_validation_meV_atom", "meV/atom"), ("force_validation_meV_A", "meV/A"))
            errors = [f"{row[name]:.3g} {unit}" for name, unit in told if math.isfinite(row[name])]
            text = ", ".join([text, *errors])
        control.progress(round(epochs, 1), max(round(total, 1), 2.0), text)

    # --- kept on disk ---

    def save(self) -> None:
        """Everything that the next step depends on."""
        self._saved_at = time.monotonic()
        write_training(
            self.folder,
            {
                "about": {**self.must_agree, **self.carried},
                "epoch": self.epoch,
                "done": self.done,
                "batch_size": self.batch_size,
                "sums": asdict(self.sums),
                "norms": self.norms,
                "epoch_seconds": self.epoch_seconds,
                "seconds": self.seconds,
                "judging_seconds": self._judging_seconds,
                "module": self.module.state_dict(),
                "average": self.average.weights,
                "n_averaged": self.average.n_steps,
                "optimizer": self.optimizer.state_dict(),
                "best": self.best,
                "best_epoch": self.best_epoch,
                "best_loss": self.best_loss,
                "history": self.history,
                "rng": torch.get_rng_state(),
            },
        )

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a checkpoint. Raises `ResumeError` where it is of another training."""
        path = str(self.folder / CHECKPOINT_FILE)
        for name, value in self.must_agree.items():
            if state["about"].get(name) != value:
                raise ResumeError(path, f"it was begun with {name} other than now")
        try:
            self.module.load_state_dict(state["module"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, ValueError) as error:
            raise ResumeError(path, "its network has another shape") from error
        for name in ("epoch", "done", "batch_size", "norms", "epoch_seconds", "seconds"):
            setattr(self, name, state[name])
        for name in ("best_epoch", "best_loss", "history"):
            setattr(self, name, state[name])
        self.batch_size = min(self.batch_size, self.schedule.batch_size)
        self.best = {name: each.to(self.device) for name, each in state["best"].items()}
        self.norms = tuple(state["norms"])
        known = {each.name for each in fields(ErrorSums)}
        self.sums = ErrorSums(**{k: v for k, v in state["sums"].items() if k in known})
        self._judging_seconds = state["judging_seconds"]
        for name, each in state["average"].items():
            self.average.weights[name].copy_(each)
        self.average.n_steps = state["n_averaged"]
        torch.set_rng_state(state["rng"])
