from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.device import Compute
from designer_app.elements import STANDARD_MASSES
from designer_app.errors import (
    DeviceUnavailableError,
    DisorderedStructureError,
    InvalidPositionsError,
    InvalidSpecError,
)
from designer_app.specs.structure import Structure
from designer_app.state import (
    available_devices,
    check_computable,
    compute_device,
    network_dtype,
    state_dtype,
    state_from_structures,
    structure_from_state,
)

CPU = torch.device("cpu")
MPS = torch.device("mps")


@pytest.fixture
def salt():
    """A left-handed cell, open along its second vector."""
    cell = np.array([[0.0, 3.0, 0.5], [4.0, 0.0, 0.0], [0.0, 0.2, 5.0]])
    positions = np.array([[0.1, 0.2, 0.3], [7.0, -1.0, 2.5]])
    return Structure(np.array([11, 17]), positions, cell, (True, False, True), name="salt")


def test_a_batch_holds_its_structures_one_after_the_other(salt):
    lone = Structure(np.array([18]), np.zeros((1, 3)), np.zeros((3, 3)), (False,) * 3)
    state = state_from_structures([salt, lone, salt], CPU)
    assert (state.n_atoms, state.n_systems) == (5, 3)
    assert state.system_idx.tolist() == [0, 0, 1, 2, 2]
    assert state.atoms_per_system.tolist() == [2, 1, 2]
    assert state.masses.tolist() == STANDARD_MASSES[[11, 17, 18, 11, 17]].tolist()
    assert state.volume.tolist() == pytest.approx([59.6, 0.0, 59.6])


def test_a_structure_comes_back_as_it_was(salt):
    given = replace(salt, fixed=np.array([True, False]), masses=np.array([22.0, 37.0]))
    state = state_from_structures([salt, given], CPU)
    found = structure_from_state(state, system=1, name="salt")
    for name in ("numbers", "positions", "cell", "fixed", "masses"):
        assert np.array_equal(getattr(found, name), getattr(given, name))
    assert (found.pbc, found.name, found.velocities) == (given.pbc, given.name, None)


def test_a_moved_state_leaves_the_first_where_it_was(salt):
    state = state_from_structures([salt], CPU)
    moved = state.moved(state.positions + 1.0, 2.0 * state.cell)
    assert torch.equal(state.positions + 1.0, moved.positions)
    assert float(moved.volume / state.volume) == pytest.approx(8.0)


def test_states_are_double_where_the_device_can(salt):
    assert state_from_structures([salt], CPU).dtype == torch.float64
    assert state_dtype(torch.device("cuda")) == torch.float64
    assert state_dtype(MPS) == torch.float32


def test_networks_are_single_unless_asked():
    assert network_dtype(Compute(), CPU) == torch.float32
    assert network_dtype(Compute(dtype="float64"), CPU) == torch.float64


def test_an_apple_gpu_is_not_asked_for_doubles():
    with pytest.raises(InvalidSpecError):
        network_dtype(Compute(dtype="float64"), MPS)


def test_a_device_that_is_not_there_is_told_with_those_that_are():
    missing = next(kind for kind in ("cuda", "mps") if kind not in available_devices())
    with pytest.raises(DeviceUnavailableError) as caught:
        compute_device(Compute(device=missing))
    assert caught.value.available == available_devices()


def test_the_fastest_device_is_taken_where_none_is_named():
    assert compute_device(Compute()).type == available_devices()[-1]
    assert compute_device(Compute(device="cpu")) == CPU


@pytest.mark.parametrize(
    "change",
    [
        {"positions": np.array([[0.0, 0.0, 0.0], [np.nan, 0.0, 0.0]])},
        {"cell": np.full((3, 3), np.inf)},
        {"cell": np.zeros((3, 3))},
        {"cell": np.array([[3.0, 0.0, 0.0], [0.0, 9.0, 0.0], [6.0, 0.001, 0.0]])},
        {"numbers": np.zeros(0, dtype=int), "positions": np.zeros((0, 3))},
    ],
    ids=["no place", "endless cell", "no cell", "flat cell", "no atoms"],
)
def test_what_means_nothing_is_refused(change, salt):
    with pytest.raises(InvalidPositionsError):
        check_computable(replace(salt, **change))


def test_a_direction_that_does_not_repeat_needs_no_vector(salt):
    cell = salt.cell.copy()
    cell[1] = 0.0
    check_computable(replace(salt, cell=cell))


def test_shared_sites_have_no_energy(salt):
    with pytest.raises(DisorderedStructureError):
        check_computable(replace(salt, disordered_sites=1, disorder_example="Ni/Mn"))
