"""How far predictions are off: the loss that is minimised, and the errors that are shown."""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from designer_app.graphs.pyg import Data
from designer_app.potentials.base import Prediction
from designer_app.training.metrics import VOIGT
from designer_app.units import GPA

ROUNDED = 0.01
"""Errors below this share of the typical force are squared."""


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What the parts of the loss count."""

    energy: float
    forces: float
    stress: float
    unit: float
    """eV: all errors are taken in it, so that weights and steps do not depend on the material."""


@dataclass
class ErrorSums:
    """Sums over frames that have a label; the epoch's loss and errors follow from them."""

    energy: float = 0.0
    """Of |dE| / n_atoms, eV/atom."""
    energy_loss: float = 0.0
    n_energies: int = 0
    forces: float = 0.0
    """Of |dF| over components, eV/A."""
    force_loss: float = 0.0
    n_forces: int = 0
    """Atoms."""
    stress: float = 0.0
    """Of |dS| over the six components, eV/A^3."""
    virial_loss: float = 0.0
    n_stresses: int = 0
    """Frames."""

    def add(self, other: "ErrorSums") -> None:
        """Take in the sums of further frames."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def loss(self, weights: LossWeights) -> float:
        """Mean loss over all frames; NaN where nothing had a label."""
        parts = (
            (weights.energy, self.energy_loss, self.n_energies),
            (weights.forces, self.force_loss, self.n_forces),
            (weights.stress, self.virial_loss, self.n_stresses),
        )
        known = [weight * total / count for weight, total, count in parts if count]
        return sum(known) if known else math.nan

    @property
    def energy_mae(self) -> float:
        """meV/atom; NaN where no energy is known."""
        return 1e3 * self.energy / self.n_energies if self.n_energies else math.nan

    @property
    def force_mae(self) -> float:
        """meV/A; NaN where no force is known."""
        return 1e3 * self.forces / (3 * self.n_forces) if self.n_forces else math.nan

    @property
    def stress_mae(self) -> float:
        """GPa; NaN where no stress is known."""
        return self.stress / (6 * self.n_stresses) / GPA if self.n_stresses else math.nan


def loss_of(said: Prediction, batch: Data, weights: LossWeights) -> tuple[Tensor, ErrorSums]:
    """Loss of a batch, and the sums of its errors.

    L = w_E <h(|dE| / sqrt(n))> + w_F <h(|dF|)> + w_S <h(|dS| V / n)>, means over the frames and the
    atoms that have the label, |dF| the length of a vector and |dS| that of a matrix. Errors of n
    atoms that know nothing of each other add up to sqrt(n) of one: over this root, energies count
    alike in small and large cells. Over n they would all but vanish in large ones, and forces do
    not tell by how much phases differ in energy between which no frame leads. The virial stands for
    the stress: it is an energy of an atom, so one weight serves soft and hard materials.
    h(x) = sqrt(x^2 + d^2) - d is the pseudo-Huber function (Charbonnier et al. 1997,
    doi:10.1109/83.551699) of errors in units of the force: it grows as |x|, so that the few
    largest errors do not decide. Sums run in double precision.
    """
    sums = ErrorSums()
    n_atoms = torch.bincount(batch["batch"], minlength=len(said.energy)).double()
    off, known = _off(said.energy / n_atoms, batch["energy"] / n_atoms)
    loss = off.new_zeros(())
    if count := int(known.sum()):
        total = _rounded(off.abs() * n_atoms.sqrt() / weights.unit)
        loss = loss + weights.energy * total / count
        sums.energy, sums.energy_loss = _plain(off), float(total.detach())
        sums.n_energies = count
    if said.forces is not None:
        off, known = _off(said.forces, batch["forces"])
        if count := int(known.all(dim=1).sum()):
            total = _rounded(_length(off) / weights.unit)
            loss = loss + weights.forces * total / count
            sums.forces, sums.force_loss = _plain(off), float(total.detach())
            sums.n_forces = count
    if said.stress is not None:
        off, known = _off(said.stress, batch["stress"])
        if count := int(known.all(dim=2).all(dim=1).sum()):
            volumes = torch.linalg.det(batch["cell"]).abs()
            virials = _length(off.flatten(1) * (volumes / n_atoms)[:, None])
            total = _rounded(virials / weights.unit)
            loss = loss + weights.stress * total / count
            six = torch.stack([off[:, i, j] for i, j in VOIGT])
            sums.stress, sums.virial_loss = _plain(six), float(total.detach())
            sums.n_stresses = count
    return loss, sums


def _off(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Differences, 0 where the label is NaN, and where it is known."""
    known = torch.isfinite(wanted)
    return torch.where(known, found - wanted, torch.zeros_like(found)), known


def _length(rows: Tensor) -> Tensor:
    """Of each row; its slope at 0 is 0 and not NaN."""
    return (rows.square().sum(dim=1) + torch.finfo(rows.dtype).tiny).sqrt()


def _rounded(lengths: Tensor) -> Tensor:
    return ((lengths.square() + ROUNDED**2).sqrt() - ROUNDED).sum()


def _plain(off: Tensor) -> float:
    return float(off.detach().abs().sum())
