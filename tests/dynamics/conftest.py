"""A potential that needs no pair list, and structures it holds together."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from designer_app.potentials.base import EnergyPotential
from designer_app.specs.structure import Structure

SPACING = 2.5


class Springs(EnergyPotential):
    """A ring through the periodic cell, sum k/2 |x_{i+1} - x_i - (a, a, a)|^2: momentum is kept."""

    key = "springs"

    def __init__(self, stiffness: float = 2.0) -> None:
        super().__init__(
            model=str(stiffness),
            model_sha256="0" * 64,
            cutoff=0.0,
            elements=None,
            device=torch.device("cpu"),
        )
        self.stiffness = stiffness

    def atom_energies(self, state, neighbors):  # noqa: ARG002 - it needs none
        size = state.n_atoms // state.n_systems
        positions = state.positions.reshape(state.n_systems, size, 3)
        across = state.cell.diagonal(dim1=1, dim2=2)[:, None]
        following = torch.cat([positions[:, 1:], positions[:, :1] + across], dim=1)
        stretched = following - positions - SPACING
        return 0.5 * self.stiffness * stretched.square().sum(dim=2).reshape(-1)


@pytest.fixture
def springs() -> Springs:
    return Springs()


@pytest.fixture
def chain() -> Callable[..., Structure]:
    def make(n_atoms: int = 8, **given) -> Structure:
        return Structure(
            numbers=np.full(n_atoms, 18),
            positions=np.arange(n_atoms)[:, None] * np.full(3, SPACING),
            cell=np.eye(3) * SPACING * n_atoms,
            pbc=(True, True, True),
            **given,
        )

    return make
