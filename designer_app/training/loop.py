"""The training of a network on frames: batches, steps, memory; judged epochs; checkpoints."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from designer_app.errors import OutOfMemoryError, ResumeError, TrainingDivergedError
from designer_app.graphs.dataset import FrameGraphs, batches
from designer_app.graphs.pyg import Data
from designer_app.nn.denormals import without_denormals
from designer_app.running.control import RunControl
from designer_app.running.messages import job_error
from designer_app.specs.training_progress import CHECKPOINT_FILE
from designer_app.training.epoch_judge import EpochJudge, Predict
from designer_app.training.loss import loss_of
from designer_app.training.progress import Progress, Schedule
from designer_app.training.schedule import (
    WeightAverage,
    energy_factor,
    learning,
    rate_factor,
)
from designer_app.training.training_checkpoint import write_training
from designer_app.training.training_log import TrainingLog

BETWEEN_CHECKPOINTS = 30.0
"""Seconds; the last is at most so old when a training is killed. Written within epochs too."""
CLIP = 10.0
"""Longest gradient of the loss, which is told in units of the force."""
MOST_SKIPPED = 10
"""Steps in a row whose gradient is no number, after which a training has diverged."""


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
        self.module, self.predict = module, predict
        self.train, validation = frames
        self.folder, self.device = folder, device
        self.must_agree = must_agree
        """What a checkpoint must have in common with this training to be gone on from."""
        self.carried = carried
        """Plain data that checkpoints hold for who goes on from them."""
        self.optimizer = torch.optim.AdamW(
            module.parameters(), lr=1.0, weight_decay=0.0, amsgrad=True, fused=True
        )
        self.average = WeightAverage(module, schedule.averaging)
        self.judge = EpochJudge(module, predict, validation)
        self.progress = Progress(
            schedule=schedule, n_frames=len(self.train), batch_size=schedule.batch_size
        )
        self.n_skipped = 0
        """Steps in a row whose gradient was no number."""
        self._saved_at = time.monotonic()

    # --- the whole ---

    def run(self, control: RunControl, log_folder: Path, member: int = 0) -> None:
        """Train until epochs, time or patience are used up; the best is in `progress.best`.

        Raises `Cancelled`, `TrainingDivergedError`, `OutOfMemoryError`; the best so far stays.
        """
        now = self.progress
        log = TrainingLog(log_folder, control, member=member, after=now.epoch)
        try:
            while not now.is_over:
                self._learn(control)
                self.judge.end_epoch(now, self.average, log, self.device)
                control.progress(*now.in_words)
                self._save_in_time()
        finally:
            if now.epoch or now.done:
                self.save()
            log.close()

    def _learn(self, control: RunControl) -> None:
        """The rest of the present epoch, or of the time."""
        self.module.train()
        order, now = self._order(), self.progress
        while now.done < len(order):
            try:
                left = order[now.done :]
                for batch in batches(self.train, left, now.batch_size, self.device):
                    began = time.perf_counter()
                    with without_denormals():
                        self._step(batch)
                    now.done += batch["cell"].shape[0]
                    now.spend(time.perf_counter() - began)
                    if now.share >= 1.0 and now.done < len(order):
                        return
                    self._save_in_time()
                    control.progress(*now.in_words)
                    control.checkpoint()
            except (RuntimeError, MemoryError) as error:
                self._halve(error, control)

    def _order(self) -> list[int]:
        """Frames of the present epoch: by seed and epoch alone, so that it can be gone on with."""
        seed = 1_000_003 * self.progress.schedule.seed + self.progress.epoch
        generator = torch.Generator().manual_seed(seed)
        found: list[int] = torch.randperm(len(self.train), generator=generator).tolist()
        return found

    # --- a step ---

    def _step(self, batch: Data) -> None:
        now = self.progress
        rate = self.progress.schedule.learning_rate * rate_factor(now.share)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        whole = self.progress.schedule.weights
        factor = energy_factor(now.share) if self.progress.schedule.forces_first else 1.0
        weights = replace(whole, energy=factor * whole.energy)
        loss, sums = loss_of(self.predict(batch, True), batch, weights)
        if loss.requires_grad:  # a batch without labels has nothing to say
            loss.backward(inputs=learning(self.module))  # and not by positions
            norm = float(nn.utils.clip_grad_norm_(self.module.parameters(), CLIP, foreach=True))
            if not math.isfinite(norm):
                self._skip(rate)
                return
            self.n_skipped = 0
            self.optimizer.step()
            self.average.follow(self.module)
            now.norms = (now.norms[0] + norm, now.norms[1] + 1)
        now.sums.add(sums)

    def _skip(self, rate: float) -> None:
        """Leave a step out; raise where many in a row are no numbers."""
        self.n_skipped += 1
        if self.n_skipped > MOST_SKIPPED:
            raise TrainingDivergedError(self.progress.epoch + 1, rate, self.progress.best_epoch)

    def _halve(self, error: Exception, control: RunControl) -> None:
        """Go on with half the batch where memory was used up; raise anything else."""
        if job_error(error).kind != "OutOfMemoryError":
            raise error
        self.optimizer.zero_grad(set_to_none=True)
        now = self.progress
        if now.batch_size == 1:
            n_atoms = max(len(frame) for frame in self.train.frames)
            raise OutOfMemoryError(self.device.type, n_atoms) from error
        now.batch_size = max(1, now.batch_size // 2)
        control.log.warning(
            "The memory does not hold so many frames at once: going on with %d.", now.batch_size
        )

    # --- kept on disk ---

    def _save_in_time(self) -> None:
        if time.monotonic() - self._saved_at > BETWEEN_CHECKPOINTS:
            self.save()

    def save(self) -> None:
        """Everything that the next step depends on."""
        self._saved_at = time.monotonic()
        write_training(
            self.folder,
            {
                "about": {**self.must_agree, **self.carried},
                **self.progress.told(),
                "module": self.module.state_dict(),
                "average": self.average.weights,
                "n_averaged": self.average.n_steps,
                "optimizer": self.optimizer.state_dict(),
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
        self.progress.take_up(state, self.device)
        for name, each in state["average"].items():
            self.average.weights[name].copy_(each)
        self.average.n_steps = state["n_averaged"]
        torch.set_rng_state(state["rng"])
