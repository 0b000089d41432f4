"""How far a training has come: all of it but the tensors of its network and its optimiser."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import torch
from torch import Tensor

from designer_app.training.loss import ErrorSums, LossWeights

_PLAIN = ("epoch", "done", "batch_size", "epoch_seconds", "seconds", "judging_seconds")
_NEW = ("patient_from",)
"""Not in checkpoints of earlier versions."""
_BEST = ("best_epoch", "best_loss", "history")


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
    forces_first: bool = False
    """Whether energies weigh less at first (`schedule.energy_factor`)."""


@dataclass(kw_only=True)
class Progress:
    """What a training has done by its schedule, and the best that came of it."""

    schedule: Schedule
    n_frames: int
    """Learned from in an epoch."""
    batch_size: int
    epoch: int = 0
    """Whole ones."""
    done: int = 0
    """Frames of the present epoch that were learned from."""
    sums: ErrorSums = field(default_factory=ErrorSums)
    """Of the present epoch."""
    norms: tuple[float, int] = (0.0, 0)
    """Sum of the gradients' lengths in the present epoch, and their number."""
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    judging_seconds: float = 0.0
    """Of the last epoch that was judged."""
    patient_from: int = 0
    """Epoch until which energies did not have their whole weight: patience counts from there."""
    best: dict[str, Tensor] = field(default_factory=dict)
    """Weights by name."""
    best_epoch: int = 0
    best_loss: float = math.inf
    history: list[dict[str, float]] = field(default_factory=list)
    """A row an epoch."""

    @property
    def share(self) -> float:
        """Share of the training that is done, by epochs or by time, whichever is further."""
        epochs = (self.epoch + self.done / self.n_frames) / self.schedule.epochs
        limit = self.schedule.seconds - self.judging_seconds
        by_time = self.seconds / max(limit, 1e-9) if self.schedule.seconds else 0.0
        return min(max(epochs, by_time), 1.0)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to be done."""
        patience = self.schedule.patience
        in_vain = self.epoch - max(self.best_epoch, self.patient_from)
        gave_up = patience and self.best_epoch and in_vain >= patience
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

    @property
    def in_words(self) -> tuple[float, float, str]:
        """(epochs done, epochs in all, time left and last errors) for a bar."""
        epochs = self.epoch + self.done / self.n_frames
        left = self.seconds * (1.0 - self.share) / max(self.share, 1e-9)
        total = min(epochs / max(self.share, 1e-9), self.schedule.epochs)
        text = f"epochs, {left / 60:.0f} min left" if left > 90 else f"epochs, {left:.0f} s left"
        if self.history:
            row = self.history[-1]
            told = (("energy_validation_meV_atom", "meV/atom"), ("force_validation_meV_A", "meV/A"))
            errors = [f"{row[name]:.3g} {unit}" for name, unit in told if math.isfinite(row[name])]
            text = ", ".join([text, *errors])
        return round(epochs, 1), max(round(total, 1), 2.0), text

    def spend(self, seconds: float) -> None:
        """Count time of learning."""
        self.seconds += seconds
        self.epoch_seconds += seconds

    def begin_epoch(self) -> None:
        """Nothing of the present epoch was learned yet."""
        self.sums, self.norms, self.epoch_seconds = ErrorSums(), (0.0, 0), 0.0

    def told(self) -> dict[str, Any]:
        """For a checkpoint."""
        found = {name: getattr(self, name) for name in (*_PLAIN, *_NEW, *_BEST)}
        return {**found, "sums": asdict(self.sums), "norms": self.norms, "best": self.best}

    def take_up(self, state: Mapping[str, Any], device: torch.device) -> None:
        """Go on from what `told` gave."""
        for name in (*_PLAIN, *_BEST):
            setattr(self, name, state[name])
        for name in _NEW:
            setattr(self, name, state.get(name, getattr(self, name)))
        self.batch_size = min(self.batch_size, self.schedule.batch_size)
        self.norms = tuple(state["norms"])
        known = {each.name for each in fields(ErrorSums)}
        self.sums = ErrorSums(**{k: v for k, v in state["sums"].items() if k in known})
        self.best = {name: each.to(device) for name, each in state["best"].items()}
