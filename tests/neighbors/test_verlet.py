from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.neighbors.verlet import VerletList
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

CPU = torch.device("cpu")
CUTOFF, SKIN = 3.0, 0.8


def crystal(n_side=3, spacing=2.6, pbc=(True, True, True), seed=0):
    """A simple cubic crystal in a sheared cell with 0.1 A of disorder."""
    rng = np.random.default_rng(seed)
    steps = np.stack(np.meshgrid(*[np.arange(n_side)] * 3, indexing="ij"), -1).reshape(-1, 3)
    cell = spacing * n_side * np.array([[1.0, 0, 0], [0.3, 1.0, 0], [-0.2, 0.4, 1.0]])
    positions = steps / n_side @ cell + rng.normal(0, 0.1, (n_side**3, 3))
    return Structure(np.full(n_side**3, 18), positions, cell, pbc)


def state_of(*structures):
    return state_from_structures(structures, CPU)


def within(state, neighbors, cutoff):
    """The pairs nearer than the cutoff, each as seen from its lower atom."""
    near = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1) < cutoff
    rows = torch.cat([neighbors.first[:, None], neighbors.second[:, None], neighbors.shifts], dim=1)
    return {tuple(row) for row in rows[near].tolist()}


def strained(state, strain):
    """The state and its cell deformed together."""
    deformation = torch.eye(3, dtype=state.dtype) + torch.as_tensor(strain, dtype=state.dtype)
    return state.moved(state.positions @ deformation, state.cell @ deformation)


def test_the_same_object_comes_back_while_atoms_stay_within_the_skin():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    moved = state.positions.clone()
    moved[0, 0] += 0.49 * SKIN
    moved[5, 1] -= 0.49 * SKIN
    assert verlet.update(state.moved(moved)) is first
    assert verlet.n_builds == 1


def test_one_atom_may_use_the_whole_skin_alone():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    moved = state.positions.clone()
    moved[0, 0] += 0.98 * SKIN
    assert verlet.update(state.moved(moved)) is first


def test_two_atoms_that_passed_the_skin_together_rebuild_the_list():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    moved = state.positions.clone()
    moved[0, 0] += 0.51 * SKIN
    moved[5, 1] -= 0.51 * SKIN
    second = verlet.update(state.moved(moved))
    assert second is not first
    assert second.n_pairs == build_neighbors(state.moved(moved), CUTOFF + SKIN, half=True).n_pairs


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.floats(0.0, 0.5),
    strain=st.floats(0.0, 0.08),
    half=st.booleans(),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_no_pair_within_the_cutoff_is_ever_missing(seed, size, strain, half, pbc):
    rng = np.random.default_rng(seed)
    start = state_of(crystal(pbc=pbc))
    verlet = VerletList(CUTOFF, SKIN, half=half)
    verlet.update(start)
    now = strained(start, strain * rng.uniform(-1, 1, (3, 3)))
    now = now.moved(now.positions + torch.from_numpy(rng.uniform(-size, size, (27, 3))))
    kept = verlet.update(now)
    fresh = build_neighbors(now, CUTOFF, half)
    assert within(now, kept, CUTOFF) == within(now, fresh, CUTOFF)


def test_compressing_the_cell_alone_rebuilds_the_list():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    enough = 1 - CUTOFF / (CUTOFF + SKIN)
    assert verlet.update(strained(state, -0.98 * enough * np.eye(3))) is first
    assert verlet.update(strained(state, -1.02 * enough * np.eye(3))) is not first


def test_stretching_the_cell_about_any_point_keeps_the_list():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    wider = strained(state, 0.05 * np.eye(3))
    elsewhere = wider.moved(wider.positions + 3.0, wider.cell)
    assert verlet.update(elsewhere) is first


def test_a_batch_is_rebuilt_when_one_structure_needs_it():
    state = state_of(crystal(), crystal(2, seed=1), crystal(seed=2))
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state)
    one_each = state.positions.clone()
    for atom in (0, 30, 40):
        one_each[atom] += 0.5 * SKIN / np.sqrt(3)
    assert verlet.update(state.moved(one_each)) is first
    two_of_one = one_each.clone()
    two_of_one[31] -= 0.51 * SKIN / np.sqrt(3)
    assert verlet.update(state.moved(two_of_one)) is not first


def test_other_atoms_rebuild_the_list():
    verlet = VerletList(CUTOFF, SKIN, half=True)
    first = verlet.update(state_of(crystal(), crystal(2)))
    assert verlet.update(state_of(crystal(2), crystal())) is not first
    assert verlet.update(state_of(crystal(2))).n_pairs < first.n_pairs


def test_a_restored_list_is_the_same_in_the_same_order():
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    verlet.update(state)
    moved = state.moved(state.positions + 0.01 * torch.randn_like(state.positions))
    kept = verlet.update(moved)
    then = verlet.reference
    saved = replace(moved, positions=then.positions.clone(), cell=then.cell.clone())
    restored = VerletList.restored(CUTOFF, SKIN, half=True, reference=saved).update(moved)
    for name in ("first", "second", "shifts", "images"):
        assert torch.equal(getattr(restored, name), getattr(kept, name))


def test_a_potential_without_cutoff_never_rebuilds():
    state = state_of(crystal())
    verlet = VerletList(0.0, SKIN, half=True)
    first = verlet.update(state)
    assert verlet.update(state.moved(state.positions + 100 * torch.rand(27, 3))) is first


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_a_position_that_is_no_number_is_not_covered(value):
    state = state_of(crystal())
    verlet = VerletList(CUTOFF, SKIN, half=True)
    verlet.update(state)
    broken = state.positions.clone()
    broken[3] = value
    assert not verlet.covers(state.moved(broken))
    assert not verlet.covers(state.moved(state.positions, state.cell * value))
