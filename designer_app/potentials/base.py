"""The interface of every potential, and the base that turns an energy into forces and stress."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from designer_app.elements import SYMBOLS
from designer_app.errors import (
    CannotProvideError,
    InvalidSpecError,
    MissingCellError,
    UnsupportedElementError,
)
from designer_app.neighbors.pairs import NeighborList
from designer_app.specs.naming import called
from designer_app.state import AtomicState

QUANTITIES = ("energy", "forces", "stress", "energies", "magmoms", "spread", "variances")
"""What can be asked of a potential."""

ENERGY_AND_FORCES = frozenset({"energy", "forces"})
ENERGY_FORCES_STRESS = frozenset({"energy", "forces", "stress"})


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a potential says of a batch; what was not asked for is None."""

    energy: Float[Tensor, "n_systems"]
    """eV."""
    forces: Float[Tensor, "n_atoms 3"] | None = None
    """eV/A."""
    stress: Float[Tensor, "n_systems 3 3"] | None = None
    """eV/A^3, tension positive."""
    energies: Float[Tensor, "n_atoms"] | None = None
    """Share of each atom in the energy, eV."""
    magmoms: Float[Tensor, "n_atoms"] | None = None
    """Bohr magnetons."""
    spread: Float[Tensor, "n_atoms"] | None = None
    """Standard deviation of the force on each atom between members, eV/A."""
    variances: Float[Tensor, "n_atoms"] | None = None
    """What the data leave open of each atom's share in the energy, eV^2."""
    internal: Mapping[str, Tensor] | None = None
    """Variables of the potential's own, such as shells at rest, from which the next step of a run
    starts: they are kept in `MDState.extended` under these names."""


class Potential(ABC):
    """Energy surface of any atoms. Tensors of a prediction have the state's device and dtype."""

    key: ClassVar[str]
    """Registry key."""
    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress"})
    half_list: ClassVar[bool] = True
    """Whether `predict` wants each pair once."""
    needs_cell: ClassVar[bool] = False
    conservative: bool = True
    """Whether forces are the gradient of the energy; where not, MD does not keep its energy."""
    long_range: ClassVar[bool] = False
    """Whether atoms beyond the cutoff act on each other too, by charges."""
    native: ClassVar[bool] = True
    """Deterministic torch code of ours: restarts are bitwise."""

    def __init__(
        self,
        *,
        model: str,
        model_sha256: str,
        cutoff: float,
        elements: frozenset[int] | None,
        device: torch.device,
    ) -> None:
        self.model = model
        self.model_sha256 = model_sha256
        self.cutoff = cutoff
        """A; 0 for a potential that finds its own neighbours."""
        self.elements = elements
        """Atomic numbers it knows; None for all."""
        self.device = device

    @abstractmethod
    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """What is wanted, and only that, for a batch."""

    def kernel_choice(self) -> dict[str, str]:
        """Which of several ways, equal but for rounding, computes: a bitwise restart stores it."""
        return {}

    def use_kernels(self, choice: dict[str, str]) -> None:
        """Compute as an earlier run did, by its `kernel_choice`."""
        if choice:
            raise InvalidSpecError("kernels", choice, f"{self.key} has no choice of them")

    def check(self, state: AtomicState, want: frozenset[str] = ENERGY_AND_FORCES) -> None:
        """Raise where this potential cannot say what is wanted of these atoms."""
        for wanted in sorted(want - self.gives):
            raise CannotProvideError(self.key, wanted)
        if self.elements is not None:
            others = _others(self.elements, state.device)
            for number in state.numbers[others[state.numbers]].tolist():
                raise UnsupportedElementError(SYMBOLS[number], called(self.key, self.model))
        if not (self.needs_cell or "stress" in want):
            return
        if not bool((state.pbc.all(dim=1) & (state.volume > 0)).all()):
            raise MissingCellError("stress" if "stress" in want else self.key)


@lru_cache(maxsize=16)
def _others(elements: frozenset[int], device: torch.device) -> Bool[Tensor, "n_numbers"]:
    """By atomic number, whether it is none of the elements."""
    others = torch.ones(len(SYMBOLS), dtype=torch.bool)
    others[list(elements)] = False
    return others.to(device)


class EnergyPotential(Potential):
    """A potential that writes one method, `atom_energies`; the rest follows by differentiation."""

    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress", "energies"})

    @abstractmethod
    def atom_energies(
        self, state: AtomicState, neighbors: NeighborList
    ) -> Float[Tensor, "n_atoms"]:
        """Share of each atom in the energy, eV; differentiable in positions and cell."""

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """Energy by `atom_energies`; forces -dE/dx; stress (1/V) dE/d(strain), symmetric."""
        wants_forces, wants_stress = "forces" in want, "stress" in want
        if not (wants_forces or wants_stress):
            with torch.no_grad():
                return self._summed(state, self.atom_energies(state, neighbors), want)
        positions = state.positions.detach().requires_grad_(wants_forces)
        strain = torch.zeros_like(state.cell, requires_grad=wants_stress)
        with torch.enable_grad():  # whoever asks may have switched it off
            strained = (
                _strained(state, positions, strain)
                if wants_stress
                else replace(state, positions=positions)
            )
            energies = self.atom_energies(strained, neighbors)
            total = energies.sum()
        inputs = [tensor for tensor in (positions, strain) if tensor.requires_grad]
        if total.requires_grad:
            gradients = list(torch.autograd.grad(total, inputs, allow_unused=True))
        else:
            gradients = [None] * len(inputs)
        forces = stress = None
        if wants_forces:
            gradient = gradients.pop(0)
            forces = torch.zeros_like(positions) if gradient is None else -gradient
        if wants_stress:
            gradient = gradients.pop(0)
            virial = torch.zeros_like(state.cell) if gradient is None else gradient
            stress = virial / state.volume[:, None, None]
        found = self._summed(state, energies.detach(), want)
        return replace(found, forces=forces, stress=stress)

    @staticmethod
    def _summed(state: AtomicState, energies: Tensor, want: frozenset[str]) -> Prediction:
        energy = torch.zeros(state.n_systems, dtype=energies.dtype, device=energies.device)
        energy = energy.index_add(0, state.system_idx, energies)
        return Prediction(energy=energy, energies=energies if "energies" in want else None)


def _strained(state: AtomicState, positions: Tensor, strain: Tensor) -> AtomicState:
    """The state with r' = r (1 + strain) and h' = h (1 + strain), the strain made symmetric."""
    symmetric = 0.5 * (strain + strain.transpose(1, 2))
    moved = positions + torch.einsum("ia,iab->ib", positions, symmetric[state.system_idx])
    return replace(state, positions=moved, cell=state.cell + state.cell @ symmetric)
