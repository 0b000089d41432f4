"""How far predictions are off: the loss that is minimised, and the errors that are shown."""

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from designer_app.graphs.pyg import Data
from designer_app.potentials.base import Prediction
from designer_app.units import GPA


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What the parts of the loss count."""

    energy: float
    forces: float
    stress: float
    unit: float
    """eV: all errors are told in it, so that steps do not depend on the size of the forces."""


@dataclass
class ErrorSums:
    """Sums over frames that have a label; the epoch's loss and errors follow from them."""

    energy: float = 0.0
    """Of |dE| / n_atoms, eV/atom."""
    energy_squared: float = 0.0
    n_energies: int = 0
    forces: float = 0.0
    """Of |dF| over components, eV/A."""
    forces_squared: float = 0.0
    n_components: int = 0
    stress: float = 0.0
    """Of |dS| over the nine components, eV/A^3."""
    virial_squared: float = 0.0
    """Of (dS V / n_atoms)^2, eV^2."""
    n_stresses: int = 0

    def add(self, other: "ErrorSums") -> None:
        """Take in the sums of further frames."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    def loss(self, weights: LossWeights) -> float:
        """Mean loss over all frames; NaN where nothing had a label."""
        parts = (
            (weights.energy, self.energy_squared, self.n_energies),
            (weights.forces, self.forces_squared, self.n_components),
            (weights.stress, self.virial_squared, self.n_stresses),
        )
        known = [weight * total / count for weight, total, count in parts if count]
        return sum(known) / weights.unit**2 if known else math.nan

    @property
    def energy_mae(self) -> float:
        """meV/atom; NaN where no energy is known."""
        return 1e3 * self.energy / self.n_energies if self.n_energies else math.nan

    @property
    def force_mae(self) -> float:
        """meV/A; NaN where no force is known."""
        return 1e3 * self.forces / self.n_components if self.n_components else math.nan

    @property
    def stress_mae(self) -> float:
        """GPa; NaN where no stress is known."""
        return self.stress / self.n_stresses / GPA if self.n_stresses else math.nan


def loss_of(said: Prediction, batch: Data, weights: LossWeights) -> tuple[Tensor, ErrorSums]:
    """Loss of a batch, and the sums of its errors.

    L = [w_E <(dE/n)^2> + w_F <dF^2> + w_S <(dS V/n)^2>] / unit^2: means over the frames and the
    components that have the label. The virial stands for the stress: it is an energy of an atom,
    so one weight serves soft and hard materials. Sums run in double precision.
    """
    sums = ErrorSums()
    n_atoms = torch.bincount(batch["batch"], minlength=len(said.energy)).double()
    wanted = batch["energy"]
    off, known = _off(said.energy / n_atoms, wanted / n_atoms)
    loss = off.new_zeros(())
    if sums_known := int(known.sum()):
        squared = off.square().sum()
        loss = loss + weights.energy * squared / sums_known
        sums.energy, sums.energy_squared = float(off.detach().abs().sum()), float(squared.detach())
        sums.n_energies = sums_known
    if said.forces is not None:
        off, known = _off(said.forces, batch["forces"])
        if count := int(known.sum()):
            squared = off.square().sum()
            loss = loss + weights.forces * squared / count
            sums.forces, sums.forces_squared = (
                float(off.detach().abs().sum()),
                float(squared.detach()),
            )
            sums.n_components = count
    if said.stress is not None:
        off, known = _off(said.stress, batch["stress"])
        if count := int(known.sum()):
            volumes = torch.linalg.det(batch["cell"]).abs()
            squared = (off * (volumes / n_atoms)[:, None, None]).square().sum()
            loss = loss + weights.stress * squared / count
            sums.stress, sums.virial_squared = (
                float(off.detach().abs().sum()),
                float(squared.detach()),
            )
            sums.n_stresses = count
    return loss / weights.unit**2, sums


def _off(found: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Differences, 0 where the label is NaN, and where it is known."""
    known = torch.isfinite(wanted)
    return torch.where(known, found - wanted, torch.zeros_like(found)), known
