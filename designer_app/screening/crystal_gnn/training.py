"""Training one member of the ensemble: masked losses, one cycle of the learning rate, averaging."""

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from designer_app.io.atomic_write import replacing
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.batches import batch_of
from designer_app.screening.crystal_gnn.heads import HEADS, KEYS, HeadRow, fitted
from designer_app.screening.crystal_gnn.labels import SPLITS, SUBSTITUTED, LabelledGraphs
from designer_app.screening.crystal_gnn.network import (
    CrystalGraphNetwork,
    NetworkSize,
    member_outputs,
)

TRAIN, VALIDATION = SPLITS.index("train"), SPLITS.index("validation")
EXPANSION = KEYS.index("expansion")

ROUNDED = 0.05
"""Spreads of a label below which the absolute error, that is learned to be small, is squared."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How a member is trained."""

    size: NetworkSize
    epochs: int = 18
    batch_edges: int = 8_000
    """Batches are filled with graphs up to so many edges."""
    full_edges: int = 120
    """Graphs with more edges than this are shown in some epochs only, this over their number of
    edges, so that a tenth of the crystals does not take half of the time."""
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    clip: float = 5.0
    """Longest gradient."""
    averaging: float = 0.998
    """Decay of the moving average of the weights, which is what is kept."""
    strained: float = 0.3
    """Share of known crystals that are shown stretched; substituted ones always are."""
    strain: float = 0.03
    """Standard deviation of the stretch of their lengths."""
    half_precision: bool = True
    """Products in bfloat16 while training; twice as fast where the processor knows it."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Mean and spread of each fitted label, from the rows trained on."""

    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @classmethod
    def of(cls, labels: NDArray[np.float32]) -> "Scaling":
        """Of fitted labels; probabilities and heads without labels are left as they are."""
        mean, spread = np.zeros(len(HEADS)), np.ones(len(HEADS))
        for column, row in enumerate(HEADS):
            known = labels[np.isfinite(labels[:, column]), column]
            if row.scale != "logit" and len(known) > 1:
                mean[column], spread[column] = known.mean(), max(float(known.std()), 1e-6)
        return cls(mean.astype(np.float32), spread.astype(np.float32))


class MaskedLoss(nn.Module):
    """Sum over heads of the mean loss of the rows that have a label.

    Heads with few labels appear in few rows of a batch, so the mean runs over the batch's rows
    times the square root of the share that is labelled: rare heads count more a row, less in all.
    """

    weight: Tensor

    def __init__(self, rows: tuple[HeadRow, ...], labels: NDArray[np.float32]) -> None:
        super().__init__()
        self.rows = rows
        share = np.maximum(np.isfinite(labels).mean(axis=0), 1e-9)
        weight = np.array([row.importance for row in rows]) / np.sqrt(share)
        self.register_buffer("weight", torch.tensor(weight, dtype=torch.float32))

    def forward(self, found: Float[Tensor, "n k"], wanted: Float[Tensor, "n k"]) -> Tensor:
        """The loss; NaN in `wanted` marks what is not known."""
        known = torch.isfinite(wanted)
        target = torch.where(known, wanted, found.detach())
        each = smooth_l1_loss(found, target, beta=ROUNDED, reduction="none")
        for column, row in enumerate(self.rows):
            if row.scale == "logit":
                logits = found[:, column]
                chance = torch.where(known[:, column], wanted[:, column], torch.sigmoid(logits))
                each[:, column] = binary_cross_entropy_with_logits(
                    logits, chance.detach(), reduction="none"
                )
        return ((each * known).sum(dim=0) / len(found) * self.weight).sum()


def fitted_labels(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """All labels as the network fits them, before they are scaled."""
    found = np.empty_like(labels)
    for column, row in enumerate(HEADS):
        found[:, column] = fitted(row, labels[:, column].astype(np.float64))
    return found


class MemberTraining:
    """One member, from its seed to its averaged weights; saves itself after each epoch."""

    def __init__(
        self, data: LabelledGraphs, settings: TrainingSettings, seed: int, checkpoint: Path
    ) -> None:
        self.data, self.settings, self.seed = data, settings, seed
        self.checkpoint = checkpoint
        labels = fitted_labels(data.labels)
        self.rows = np.flatnonzero(data.split == TRAIN)
        self.scaling = Scaling.of(labels[self.rows])
        self.targets = (labels - self.scaling.mean) / self.scaling.spread
        torch.manual_seed(seed)
        self.network = CrystalGraphNetwork(settings.size)
        self.average = CrystalGraphNetwork(settings.size)
        self.average.load_state_dict(self.network.state_dict())
        self.loss = MaskedLoss(HEADS, labels[self.rows])
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=1.0, weight_decay=settings.weight_decay, fused=True
        )
        self.epoch, self.history = 0, []

    # --- the loop ---

    def run(self, control: RunControl, label: str = "") -> CrystalGraphNetwork:
        """Train to the end, from the checkpoint where there is one."""
        self.restore()
        while self.epoch < self.settings.epochs:
            loss = self._epoch(control, label)
            error = self.validation_error()
            self.epoch += 1
            self.history.append((loss, error))
            self.save()
            control.series.append({"epoch": self.epoch, "loss": loss, "error": error})
            control.log.info(
                "%s epoch %d: loss %.4f, formation energy %.4f eV/atom on validation formulas",
                label,
                self.epoch,
                loss,
                error,
            )
        return self.average

    def _epoch(self, control: RunControl, label: str) -> float:
        generator = np.random.default_rng((self.seed, self.epoch))
        batches = self._batches(generator)
        total = 0.0
        for number, rows in enumerate(batches):
            control.checkpoint()
            control.progress(
                self.epoch + number / len(batches), self.settings.epochs, f"Training {label}"
            )
            total += self._step(rows, generator, (self.epoch + number / len(batches)))
        return total / len(batches)

    def _step(self, rows: NDArray[np.int64], generator: np.random.Generator, at: float) -> float:
        stretch = self._stretch(rows, generator)
        targets = self.targets[rows].copy()
        shift = -3.0 * np.log(stretch) / self.scaling.spread[EXPANSION]
        targets[:, EXPANSION] += shift.astype(np.float32)
        half = self.settings.half_precision
        batch = batch_of(self.data.graphs.chosen(rows), stretch, padded=half)
        self.network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            found = self.network(batch)[: len(rows)]
        loss = self.loss(found.float(), torch.from_numpy(targets))
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(at / self.settings.epochs)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip, foreach=True)
        self.optimizer.step()
        self._follow(at)
        return float(loss.detach())

    def _rate(self, share: float) -> float:
        """Up over the first tenth, then down to nothing as a cosine (Smith 2018)."""
        if share < 0.1:
            return self.settings.learning_rate * (0.1 + 9.0 * share)
        return self.settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (share - 0.1) / 0.9))

    @torch.no_grad()
    def _follow(self, at: float) -> None:
        decay = self.settings.averaging if at > 1.0 else 0.9
        pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
        for kept, new in pairs:
            kept.lerp_(new, 1.0 - decay)

    def _batches(self, generator: np.random.Generator) -> list[NDArray[np.int64]]:
        """Rows of the training split in random order, cut by edges."""
        n_edges = np.maximum(self.data.graphs.n_edges[self.rows], 1)
        shown = generator.random(len(self.rows)) < self.settings.full_edges / n_edges
        order = generator.permutation(self.rows[shown])
        edges = np.cumsum(self.data.graphs.n_edges[order], dtype=np.int64)
        cuts = np.searchsorted(
            edges,
            np.arange(1, edges[-1] // self.settings.batch_edges + 1) * self.settings.batch_edges,
        )
        return [part for part in np.split(order, cuts) if len(part) > 1]

    def _stretch(
        self, rows: NDArray[np.int64], generator: np.random.Generator
    ) -> NDArray[np.float64]:
        moved = generator.random(len(rows)) < self.settings.strained
        moved |= self.data.origin[rows] == SUBSTITUTED
        drawn = 1.0 + self.settings.strain * generator.standard_normal(len(rows)).clip(-2, 2)
        return np.where(moved, drawn, 1.0)

    def validation_error(self) -> float:
        """Mean absolute error of the formation energy of known validation crystals, eV/atom."""
        kept = (self.data.split == VALIDATION) & (self.data.origin != SUBSTITUTED)
        rows = np.flatnonzero(kept & np.isfinite(self.data.labels[:, 0]))
        if not len(rows):
            return math.nan
        found = member_outputs(self.average, self.data.graphs.chosen(rows))[:, 0]
        values = found * self.scaling.spread[0] + self.scaling.mean[0]
        return float(np.abs(values - self.data.labels[rows, 0]).mean())

    # --- kept on disk ---

    def save(self) -> None:
        """Everything that the next epoch depends on."""
        with replacing(self.checkpoint, backup=False) as beside:
            torch.save(
                {
                    "settings": _plain(self.settings),
                    "epoch": self.epoch,
                    "network": self.network.state_dict(),
                    "average": self.average.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "history": self.history,
                },
                beside,
            )

    def restore(self) -> None:
        """Take up a checkpoint of the same settings."""
        if not self.checkpoint.is_file():
            return
        found = torch.load(self.checkpoint, weights_only=True)
        if found["settings"] != _plain(self.settings):
            return
        self.epoch, self.history = found["epoch"], found["history"]
        self.network.load_state_dict(found["network"])
        self.average.load_state_dict(found["average"])
        self.optimizer.load_state_dict(found["optimizer"])


def _plain(settings: TrainingSettings) -> dict[str, object]:
    return asdict(settings)
