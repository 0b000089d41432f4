"""What `EnergyPotential` derives from an energy, with springs whose slopes are known."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from designer_app.errors import CannotProvideError, MissingCellError
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.potentials.base import ENERGY_FORCES_STRESS, EnergyPotential
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

ROUNDING = 1e-12


class _Springs(EnergyPotential):
    """E = sum over pairs of r^2 / 2, so F = sum of d, and stress = sum of d x d / V."""

    key: ClassVar[str] = "springs"

    def __init__(self):
        super().__init__(
            model="", model_sha256="", cutoff=3.0, elements=None, device=torch.device("cpu")
        )

    def atom_energies(self, state, neighbors):
        vectors = pair_vectors(state, neighbors)
        shares = 0.5 * vectors.square().sum(dim=1)
        none = torch.zeros(state.n_atoms, dtype=state.dtype)
        return none.index_add(0, neighbors.first, shares)


def _atoms(n, seed):
    rng = np.random.default_rng(seed)
    cell = 3.0 * np.eye(3) + 0.3 * rng.standard_normal((3, 3))
    return Structure(np.full(n, 18), rng.random((n, 3)) @ cell, cell, (True,) * 3)


@pytest.fixture
def state():
    return state_from_structures([_atoms(3, 0), _atoms(1, 1), _atoms(5, 2)], torch.device("cpu"))


@pytest.mark.parametrize("switch", [torch.enable_grad, torch.no_grad])
def test_forces_and_stress_are_slopes_also_where_gradients_are_switched_off(switch, state):
    neighbors = build_neighbors(state, 3.0, half=True)
    with switch():
        found = _Springs().predict(state, neighbors, ENERGY_FORCES_STRESS)
    vectors = pair_vectors(state, neighbors)
    forces = torch.zeros_like(state.positions)
    forces = forces.index_add(0, neighbors.first, vectors)
    forces = forces.index_add(0, neighbors.second, -vectors)
    virial = torch.zeros_like(state.cell)
    system = state.system_idx[neighbors.first]
    virial = virial.index_add(0, system, vectors[:, :, None] * vectors[:, None, :])
    stress = virial / state.volume[:, None, None]
    torch.testing.assert_close(found.forces, forces, rtol=0, atol=ROUNDING)
    torch.testing.assert_close(found.stress, stress, rtol=0, atol=ROUNDING)
    assert not found.energy.requires_grad


def test_an_energy_that_depends_on_nothing_has_no_forces_and_no_stress(state):
    class Constant(_Springs):
        def atom_energies(self, state, neighbors):  # noqa: ARG002 - it is constant
            return torch.ones(state.n_atoms, dtype=state.dtype)

    found = Constant().predict(state, build_neighbors(state, 3.0, half=True), ENERGY_FORCES_STRESS)
    assert found.energy.tolist() == [3.0, 1.0, 5.0]
    assert not found.forces.any()
    assert not found.stress.any()


def test_a_stress_without_a_full_cell_is_refused(state):
    slab = replace(state, pbc=torch.tensor([[True, True, False]] * 3))
    with pytest.raises(MissingCellError):
        _Springs().check(slab, ENERGY_FORCES_STRESS)


def test_what_a_potential_does_not_give_is_refused(state):
    with pytest.raises(CannotProvideError):
        _Springs().check(state, frozenset({"magmoms"}))
