"""Training of the ensemble of one group of heads: masked losses, all members in one product."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from designer_app.design.heads.features import IONS, Featurizer, ion_columns
from designer_app.design.heads.labels import DECODED, FORMER, KNOWN, MADE, NO_ION, LabelledTokens
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.heads.rows import HeadRow
from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.running.control import RunControl

ROUNDED = 0.1
"""Spreads of a label below which the absolute error, that is learned to be small, is squared."""
_AVERAGED = 12.0
"""Short trainings average over their last twelfth at most."""
_CHUNK = 2048


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How an ensemble is trained."""

    epochs: int = 30
    batch: int = 512
    learning_rate: float = 3e-3
    weight_decay: float = 0.03
    clip: float = 5.0
    """Longest gradient."""
    averaging: float = 0.995
    """Decay of the moving average of the weights, which is what is kept."""
    made: float = 0.5
    """Share of a batch that nobody has made, where there are such rows."""
    decoded: float = 0.06
    """Share of a batch that the autoencoder decoded, of those."""
    bagged: float = 0.8
    """Share of the rows that each member sees."""
    shaken: float = 0.05
    """Standard deviation of what is added to ln V: volumes of proposals are not relaxed."""


@dataclass(frozen=True, eq=False)
class Scaling:
    """Mean and spread of each fitted label, from the rows trained on."""

    mean: Tensor
    spread: Tensor

    @classmethod
    def of(cls, rows: tuple[HeadRow, ...], fitted: Float[Tensor, "n k"]) -> "Scaling":
        """Probabilities are left as they are; spreads are those of the middle 90 %."""
        mean, spread = torch.zeros(len(rows)), torch.ones(len(rows))
        for column, row in enumerate(rows):
            known = fitted[torch.isfinite(fitted[:, column]), column]
            if row.scale != "logit" and len(known) > 1:
                low, middle, high = torch.quantile(known, torch.tensor([0.05, 0.5, 0.95]))
                mean[column] = middle
                spread[column] = torch.clamp((high - low) / 3.3, min=1e-3)
        return cls(mean, spread)


class GroupTraining:
    """One ensemble, from its seed or from weights that are tuned."""

    def __init__(
        self,
        data: LabelledTokens,
        rows: tuple[HeadRow, ...],
        featurizer: Featurizer,
        slot_counts: Float[Tensor, "c slots"],
        settings: TrainingSettings,
        seed: int,
        *,
        size: NetworkSize | None = None,
        start: tuple[SlotNetwork, Scaling] | None = None,
    ) -> None:
        self.rows, self.featurizer, self.slot_counts = rows, featurizer, slot_counts
        self.settings, self.seed, self.data = settings, seed, data
        fitted = fitted_labels(data, rows)
        torch.manual_seed(seed)
        if start is None:
            assert size is not None
            self.network, self.scaling = SlotNetwork(size), Scaling.of(rows, fitted)
        else:
            self.network, self.scaling = start
        self.average = SlotNetwork(self.network.size)
        self.average.load_state_dict(self.network.state_dict())
        self.network.requires_grad_(True)
        self.targets = (fitted - self.scaling.mean) / self.scaling.spread
        share = torch.isfinite(fitted).float().mean(dim=0).clamp_min(1e-3)
        importance = torch.tensor([row.importance for row in rows])
        self.weight = importance / share.sqrt()
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=1.0, weight_decay=settings.weight_decay
        )
        members = self.network.size.members
        generator = np.random.default_rng((seed, 17))
        kept = generator.random((members, len(data))) < settings.bagged
        self.bag = torch.from_numpy(kept.astype(np.float32))
        self.epoch = 0

    def run(
        self,
        control: RunControl,
        label: str = "",
        after_epoch: Callable[[float], None] | None = None,
    ) -> SlotNetwork:
        """Train to the end; the averaged members."""
        while self.epoch < self.settings.epochs:
            loss = self._epoch(control, label)
            self.epoch += 1
            control.series.append({"epoch": self.epoch, "loss": loss})
            if after_epoch is not None:
                after_epoch(loss)
        return self.average.eval().requires_grad_(False)

    def _epoch(self, control: RunControl, label: str) -> float:
        generator = np.random.default_rng((self.seed, self.epoch))
        batches = self._batches(generator)
        total = 0.0
        for number, rows in enumerate(batches):
            control.checkpoint()
            at = (self.epoch + number / len(batches)) / self.settings.epochs
            control.progress(at, 1.0, f"Training {label}")
            total += self._step(rows, generator, at, 1.0 / (len(batches) * self.settings.epochs))
        return total / len(batches)

    def _step(
        self,
        rows: NDArray[np.int64],
        generator: np.random.Generator,
        at: float,
        at_step: float,
    ) -> float:
        """The loss of a batch; `at` is the share of the training that is done, `at_step` that of
        one step.
        """
        shaken = self.settings.shaken * generator.standard_normal(len(rows)).astype(np.float32)
        soft = certain_tokens(self.data.rows(rows), self.slot_counts, shaken)
        found = outputs(self.network, self.featurizer, soft, self.data.ion[rows])
        loss = self._loss(found, self.targets[rows], self.bag[:, rows])
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(at)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.clip, foreach=True)
        self.optimizer.step()
        decay = min(self.settings.averaging, max(1.0 - _AVERAGED * at_step, 0.0))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1.0 - decay)
        return float(loss.detach())

    def _loss(
        self, found: Float[Tensor, "m n k"], wanted: Float[Tensor, "n k"], bag: Float[Tensor, "m n"]
    ) -> Tensor:
        """Sum over heads and members of the mean loss of the rows that have a label."""
        known = torch.isfinite(wanted)
        target = torch.where(known, wanted, 0.0).expand_as(found)
        each = smooth_l1_loss(found, target, beta=ROUNDED, reduction="none")
        for column, row in enumerate(self.rows):
            if row.scale == "logit":
                each[..., column] = binary_cross_entropy_with_logits(
                    found[..., column], target[..., column], reduction="none"
                )
        counted = known * bag[..., None]
        return ((each * counted).sum(dim=(0, 1)) / (bag.sum() + 1.0) * self.weight).sum()

    def _rate(self, share: float) -> float:
        """Up over the first tenth, then down to nothing as a cosine (Smith 2018)."""
        if share < 0.1:
            return self.settings.learning_rate * (0.1 + 9.0 * share)
        return self.settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (share - 0.1) / 0.9))

    def _batches(self, generator: np.random.Generator) -> list[NDArray[np.int64]]:
        """Known and made rows in the shares asked for; the smaller part comes round again."""
        size = min(self.settings.batch, max(len(self.data) // 4, 2))
        origins = np.where(self.data.origin == FORMER, DECODED, self.data.origin)
        parts = {origin: np.flatnonzero(origins == origin) for origin in (KNOWN, MADE, DECODED)}
        here = {origin: rows for origin, rows in parts.items() if len(rows)}
        if len(here) == 1:
            order = generator.permutation(len(self.data))
            return [part for part in np.split(order, range(size, len(order), size)) if len(part)]
        shares = self._shares(here)
        counts = {origin: max(round(shares[origin] * size), 1) for origin in here}
        n_batches = max(
            math.ceil(len(rows) / counts[origin])
            for origin, rows in here.items()
            if origin != DECODED
        )
        dealt = [
            _dealt(rows, n_batches * counts[origin], generator).reshape(n_batches, -1)
            for origin, rows in here.items()
        ]
        return list(np.concatenate(dealt, axis=1))

    def _shares(self, here: Collection[int]) -> dict[int, float]:
        """Share of a batch of each origin that is there."""
        if KNOWN not in here:
            return {MADE: 0.8, DECODED: 0.2}
        made = self.settings.made
        if MADE not in here:
            return {KNOWN: 1.0 - made, DECODED: made}
        decoded = self.settings.decoded if DECODED in here else 0.0
        return {KNOWN: 1.0 - made, MADE: made - decoded, DECODED: decoded}


def fitted_labels(data: LabelledTokens, rows: tuple[HeadRow, ...]) -> Float[Tensor, "n k"]:
    """Labels of the heads as the network fits them; NaN where there is none."""
    columns = [row.fitted(torch.from_numpy(data.column(row.key))) for row in rows]
    return torch.stack(columns, dim=1)


def certain_tokens(
    data: LabelledTokens,
    slot_counts: Float[Tensor, "c slots"],
    shaken: NDArray[np.float32] | None = None,
) -> SoftTokens:
    """Rows as the heads read them, with something added to ln V."""
    soft = certain(data.table, slot_counts)
    if shaken is None:
        return soft
    return SoftTokens(
        soft.prototypes, soft.shares, soft.counts, soft.elements,
        soft.log_volume + torch.from_numpy(shaken), soft.geometry,
    )  # fmt: skip


def outputs(
    network: SlotNetwork, featurizer: Featurizer, soft: SoftTokens, ion: NDArray[np.int8] | int
) -> Float[Tensor, "m n k"]:
    """Scaled outputs; `ion` is the place of the working ion in `IONS`, for all or for each."""
    features = featurizer(soft)
    if not network.size.n_extra:
        return network(features)
    if isinstance(ion, int):
        extra = ion_columns(features.chances, IONS[ion])
    else:
        every = torch.stack([ion_columns(features.chances, each) for each in IONS])
        place = torch.from_numpy(np.maximum(ion, 0).astype(np.int64))
        extra = every[place, torch.arange(len(place))]
        extra = extra * torch.from_numpy(ion != NO_ION)[:, None, None]
    return network(features, extra)


@torch.no_grad()
def predicted(
    network: SlotNetwork,
    scaling: Scaling,
    featurizer: Featurizer,
    slot_counts: Float[Tensor, "c slots"],
    data: LabelledTokens,
) -> Float[Tensor, "m n k"]:
    """What each member fits, not scaled any more."""
    parts = [
        outputs(
            network,
            featurizer,
            certain_tokens(part, slot_counts),
            part.ion,
        )
        for start in range(0, len(data), _CHUNK)
        for part in [data.rows(np.arange(start, min(start + _CHUNK, len(data))))]
    ]
    return torch.cat(parts, dim=1) * scaling.spread + scaling.mean


def _dealt(rows: NDArray[np.int64], n: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """So many rows in random order, each as often as the others."""
    rounds = math.ceil(n / len(rows))
    return np.concatenate([generator.permutation(rows) for _ in range(rounds)])[:n]
