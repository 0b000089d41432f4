"""Training of `MaterialVAE`: what is lost in a round trip, plus beta times the cost of the code.

Loss = -ln p(prototype|z) - sum over slots ln p(element|z, prototype) + geometry + beta KL, with the
Kullback-Leibler divergence from N(0, 1) (Kingma & Welling 2014, arXiv:1312.6114; beta below 1 as in
Higgins et al. 2017). AdamW with one cycle of the learning rate.

The larger beta, the more of N(0, 1) the crystals fill, and the more of its points decode to
balanced crystals; the geometry's weight then has to be larger too, or the code drops it.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy, smooth_l1_loss

from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.parts import Classes, VAESettings
from designer_app.design.vae.scales import scales, shaken
from designer_app.design.vae.swaps import Swaps
from designer_app.io.atomic_write import replacing
from designer_app.running.control import RunControl


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """How the autoencoder is trained."""

    network: VAESettings = field(default_factory=VAESettings)
    epochs: int = 65
    batch: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    clip: float = 5.0
    """Longest gradient."""
    beta: float = 0.2
    geometry: float = 1.5
    """Weight of the geometry, in the library's scales."""
    swapped: float = 0.9
    """Share of crystals that are shown with other ions of the same charges."""
    shaken: float = 0.6
    """Share of crystals that are shown with another geometry."""
    save_every: int = 5
    """Epochs between two checkpoints."""
    half_precision: bool = True
    """Products in bfloat16 while training; faster where the processor knows it."""


class VAETraining:
    """From a table of crystals to a trained network; saves itself every few epochs."""

    def __init__(
        self,
        library: Classes,
        table: TokenTable,
        settings: TrainingSettings,
        seed: int,
        checkpoint: Path | None = None,
        start: Mapping[str, Tensor] | None = None,
    ) -> None:
        """`start` are weights to go on from instead of random ones."""
        self.table, self.settings, self.seed = table, settings, seed
        self.checkpoint = checkpoint
        is_swapped = settings.swapped > 0
        self.swaps = Swaps.of(table, np.asarray(library.slot_counts)) if is_swapped else None
        torch.manual_seed(seed)
        self.vae = MaterialVAE(library, settings.network)
        if start is not None:
            self.vae.load_state_dict(dict(start))
        self.optimizer = torch.optim.AdamW(
            self.vae.parameters(), lr=1.0, weight_decay=settings.weight_decay, fused=True
        )
        if start is None:
            centers, spreads = scales(table, self.vae.n_prototypes)
            self.vae.volume_centers.copy_(torch.as_tensor(centers))
            self.vae.spreads.copy_(torch.as_tensor(spreads))
        self.epoch = 0
        self.history: list[dict[str, float]] = []

    def run(self, control: RunControl) -> MaterialVAE:
        """Train to the end, from the checkpoint where there is one."""
        self.restore()
        while self.epoch < self.settings.epochs:
            losses = self._epoch(control)
            self.epoch += 1
            self.history.append(losses)
            control.series.append({"epoch": self.epoch, **losses})
            control.log.info(
                "epoch %d: %s",
                self.epoch,
                ", ".join(f"{name} {value:.4f}" for name, value in losses.items()),
            )
            if self.epoch % self.settings.save_every == 0:
                self.save()
        self._draw_map()
        return self.vae

    def _epoch(self, control: RunControl) -> dict[str, float]:
        generator = np.random.default_rng((self.seed, self.epoch))
        torch.manual_seed(int(generator.integers(2**31)))
        order = generator.permutation(len(self.table))
        n_batches = max(1, len(order) // self.settings.batch)
        sums: dict[str, float] = {}
        for number, rows in enumerate(np.array_split(order, n_batches)):
            control.checkpoint()
            at = (self.epoch + number / n_batches) / self.settings.epochs
            control.progress(at * self.settings.epochs, self.settings.epochs, "Training")
            for name, value in self._step(rows, at, generator).items():
                sums[name] = sums.get(name, 0.0) + value / n_batches
        return sums

    def _step(
        self, rows: NDArray[np.int64], at: float, generator: np.random.Generator
    ) -> dict[str, float]:
        table = self.table.rows(rows)
        if self.swaps is not None:
            elements = self.swaps.drawn(rows, table.elements, self.settings.swapped, generator)
            table = TokenTable(table.prototype, elements, table.log_volume, table.geometry)
        if self.settings.shaken > 0:
            spreads = self.vae.spreads[table.prototype].numpy()
            free = self.vae.geometry_mask[table.prototype].numpy() > 0
            table = shaken(table, spreads, free, self.settings.shaken, generator)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.settings.half_precision):
            parts = losses(self.vae, certain(table, self.vae.slot_counts))
        weight = {"geometry": self.settings.geometry, "code": self.settings.beta}
        total = sum((weight.get(name, 1.0) * part for name, part in parts.items()), torch.zeros(()))
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(at)
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.vae.parameters(), self.settings.clip, foreach=True)
        self.optimizer.step()
        return {name: float(part.detach()) for name, part in parts.items()}

    def _rate(self, at: float) -> float:
        """Up over the first tenth, then down to nothing as a cosine (Smith 2018)."""
        if at < 0.1:
            return self.settings.learning_rate * (0.1 + 9.0 * at)
        return self.settings.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (at - 0.1) / 0.9))

    @torch.no_grad()
    def _draw_map(self) -> None:
        """The two main axes of the crystals learned from."""
        self.vae.eval()
        z = self.vae.encode_table(self.table)
        center = z.mean(dim=0)
        _, _, axes = torch.linalg.svd(z - center, full_matrices=False)
        # The sign of a main axis is arbitrary: the largest part is made positive.
        axes = axes[:2] * torch.sign(axes[:2].gather(1, axes[:2].abs().argmax(1, keepdim=True)))
        self.vae.map_center.copy_(center)
        self.vae.map_axes.copy_(axes.T)

    # --- kept on disk ---

    def save(self) -> None:
        """Everything that the next epoch depends on."""
        if self.checkpoint is None:
            return
        with replacing(self.checkpoint, backup=False) as beside:
            torch.save(
                {
                    "settings": asdict(self.settings),
                    "epoch": self.epoch,
                    "network": self.vae.state_dict(),
                    "optimizer": self.optimizer.state_dict(),
                    "history": self.history,
                },
                beside,
            )

    def restore(self) -> None:
        """Take up a checkpoint of the same settings."""
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        found = torch.load(self.checkpoint, weights_only=True)
        if found["settings"] != asdict(self.settings):
            return
        self.epoch, self.history = found["epoch"], found["history"]
        self.vae.load_state_dict(found["network"])
        self.optimizer.load_state_dict(found["optimizer"])


def losses(vae: MaterialVAE, tokens: SoftTokens) -> dict[str, Tensor]:
    """Mean losses of decided crystals, by part.

    Prototypes without crystals compete too: so few points decode to what nobody taught.
    """
    mean, log_variance = vae.encode(tokens)
    z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
    logits, choice, geometry = vae.told(z, tokens)
    n = len(mean)
    wanted = tokens.elements[tokens.counts > 0].argmax(dim=1)
    # Far from the median, errors count in proportion to the deviation.
    spread = vae.spreads[tokens.prototypes[:, 0], 1:]
    found, asked = (spread * torch.asinh(each.geometry / spread) for each in (geometry, tokens))
    off = smooth_l1_loss(found, asked, reduction="none", beta=0.2)
    volume = smooth_l1_loss(geometry.log_volume, tokens.log_volume, reduction="none", beta=0.05)
    divergence = 0.5 * (mean**2 + log_variance.exp() - 1.0 - log_variance).sum()
    return {
        "prototype": cross_entropy(logits, tokens.prototypes[:, 0]),
        "elements": cross_entropy(choice, wanted, reduction="sum") / n,
        "geometry": off.sum() / n + 40.0 * volume.mean(),
        "code": divergence / n,
    }
