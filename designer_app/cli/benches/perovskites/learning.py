"""What the search learns from: an autoencoder and energy heads of the training formulas."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import smooth_l1_loss

from designer_app.cli.benches.perovskites.cells import PerovskiteCells
from designer_app.design.heads.contacts import contacts_of, descriptors_of
from designer_app.design.heads.features import Featurizer, scaled_elements
from designer_app.design.heads.network import NetworkSize, SlotNetwork
from designer_app.design.representation.soft import SoftTokens, certain
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.vae.network import MaterialVAE
from designer_app.design.vae.parts import VAESettings
from designer_app.design.vae.training import TrainingSettings, VAETraining
from designer_app.properties.features import element_table
from designer_app.running.control import RunControl

KEY = "energy"
VAE = TrainingSettings(
    network=VAESettings(
        latent=32, hidden=256, class_size=16, choice_hidden=128, geometry_hidden=32
    ),
    epochs=30,
    batch=256,
    beta=0.01,
    geometry=0.25,
    swapped=0.0,
    shaken=0.0,
)
_MEMBERS, _EPOCHS, _BATCH = 3, 45, 256
_RATE, _DECAY = 4e-3, 0.02


@dataclass(frozen=True, eq=False)
class Told:
    """Mean and spread of the members, eV."""

    mean: torch.Tensor
    spread: torch.Tensor


class EnergyHeads:
    """An ensemble on tokens, each member trained on its own draws of the rows."""

    def __init__(self, cells: PerovskiteCells) -> None:
        library = cells.library
        self.featurizer = Featurizer(
            scaled_elements(element_table()), contacts_of(library), descriptors_of(library)
        )
        self.network = SlotNetwork(
            NetworkSize(
                n_elements=self.featurizer.n_elements,
                n_whole=self.featurizer.n_whole,
                n_extra=0,
                outputs=1,
                members=_MEMBERS,
                hidden=48,
                trunk=128,
            )
        )
        self.slot_counts = torch.as_tensor(library.slot_counts)
        self.mean, self.size = 0.0, 1.0

    def __call__(self, soft: SoftTokens) -> Mapping[str, Told]:
        """Energy of formation, differentiable in the tokens."""
        found = self.network(self.featurizer(soft))[..., 0] * self.size + self.mean
        return {KEY: Told(found.mean(dim=0), found.std(dim=0))}

    @torch.no_grad()
    def of_table(self, table: TokenTable) -> NDArray[np.float32]:
        """(n,) means of decided crystals."""
        return self(certain(table, self.slot_counts))[KEY].mean.numpy()

    def train(self, table: TokenTable, energies: NDArray[np.float64], epochs: int) -> None:
        """AdamW with one cycle; a member sees 85 % of each batch."""
        self.mean, self.size = float(energies.mean()), float(energies.std())
        wanted = torch.as_tensor((energies - self.mean) / self.size, dtype=torch.float32)
        optimiser = torch.optim.AdamW(self.network.parameters(), lr=_RATE, weight_decay=_DECAY)
        n_batches = math.ceil(len(table) / _BATCH)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, _RATE, total_steps=epochs * n_batches, pct_start=0.1
        )
        for _ in range(epochs):
            for rows in np.array_split(torch.randperm(len(table)).numpy(), n_batches):
                soft = certain(table.rows(rows), self.slot_counts)
                found = self.network(self.featurizer(soft))[..., 0]
                truth = wanted[rows].expand_as(found)
                each = smooth_l1_loss(found, truth, beta=0.2, reduction="none")
                loss = (each * (torch.rand_like(each) < 0.85)).sum() / each.numel()
                optimiser.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
                optimiser.step()
                schedule.step()
        self.network.eval()
        self.network.requires_grad_(False)


def both_orders(
    cells: PerovskiteCells,
    metals: NDArray[np.int64],
    anions: tuple[str, ...],
    energies: NDArray[np.float64],
) -> tuple[TokenTable, NDArray[np.float64]]:
    """Formulas with their metals both ways round: the energy is that of the better one."""
    twice = np.concatenate([metals, metals[:, ::-1]])
    return cells.table(twice, anions * 2), np.tile(energies, 2)


def trained(
    cells: PerovskiteCells,
    table: TokenTable,
    energies: NDArray[np.float64],
    seed: int,
    *,
    quick: bool,
) -> tuple[MaterialVAE, EnergyHeads]:
    """Autoencoder and heads of the rows; `quick` shortens the training of the heads."""
    training = VAETraining(cells.library, table, VAE, seed)
    vae = training.run(RunControl())
    vae.eval()
    vae.requires_grad_(False)
    torch.manual_seed(seed)
    heads = EnergyHeads(cells)
    heads.train(table, energies, _EPOCHS // 3 if quick else _EPOCHS)
    return vae, heads
