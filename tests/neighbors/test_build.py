import numpy as np
import pytest
import torch
from ase import Atoms
from ase.neighborlist import neighbor_list
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import InvalidPositionsError, OutOfMemoryError
from designer_app.neighbors import build
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

CPU = torch.device("cpu")
ON_THE_CUTOFF_A = 1e-9
"""Two codes may round a pair at exactly the cutoff to either side."""
SEARCHES = ("_compiled_search", "_torch_search")


def state_of(*structures):
    return state_from_structures(structures, CPU)


def random_structure(rng, n_atoms, pbc, spread=1.0, size=4.0, shear=1.0):
    """Atoms anywhere within `spread` cells around a sheared cell of about `size` A."""
    cell = np.diag(rng.uniform(0.6, 1.6, 3) * size) + shear * size * np.tril(
        rng.uniform(-1.5, 1.5, (3, 3)), -1
    )
    fractions = rng.uniform(-spread, spread, (n_atoms, 3))
    return Structure(np.full(n_atoms, 18), fractions @ cell, cell, tuple(map(bool, pbc)))


def found_by(search, state, cutoff, half, monkeypatch):
    monkeypatch.setattr(build, "HAS_COMPILER", search == "_compiled_search")
    return build_neighbors(state, cutoff, half)


def as_set(neighbors):
    rows = torch.cat([neighbors.first[:, None], neighbors.second[:, None], neighbors.shifts], 1)
    found = {tuple(row) for row in rows.tolist()}
    assert len(found) == neighbors.n_pairs
    return found


def ase_pairs(structure, cutoff):
    # A cell that repeats nowhere only makes ASE slow.
    cell = structure.cell if any(structure.pbc) else None
    atoms = Atoms(structure.numbers, structure.positions, cell=cell, pbc=structure.pbc)
    first, second, shifts, distances = neighbor_list("ijSd", atoms, cutoff)
    assert np.abs(distances - cutoff).min(initial=1.0) > ON_THE_CUTOFF_A
    return {(int(i), int(j), *map(int, s)) for i, j, s in zip(first, second, shifts, strict=True)}


@pytest.mark.parametrize("search", SEARCHES)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_atoms=st.integers(1, 12),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    cutoff=st.floats(0.5, 7.0),
)
def test_pairs_are_those_of_ase_in_any_cell(monkeypatch, search, seed, n_atoms, pbc, cutoff):
    structure = random_structure(np.random.default_rng(seed), n_atoms, pbc)
    found = found_by(search, state_of(structure), cutoff, False, monkeypatch)
    assert as_set(found) == ase_pairs(structure, cutoff)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    ("pbc", "spread"),
    [((True, True, True), 2.5), ((True, True, False), 0.7), ((False, False, False), 0.5)],
)
def test_pairs_are_those_of_ase_where_the_cell_is_cut_into_many_boxes(
    monkeypatch, search, pbc, spread
):
    structure = random_structure(np.random.default_rng(7), 900, pbc, spread=spread, size=20.0)
    found = found_by(search, state_of(structure), 3.1, False, monkeypatch)
    assert as_set(found) == ase_pairs(structure, 3.1)


@pytest.mark.parametrize("search", SEARCHES)
@given(seed=st.integers(0, 2**32 - 1), n_atoms=st.integers(1, 10), cutoff=st.floats(0.5, 6.0))
def test_a_full_list_is_a_half_list_seen_from_both_sides(
    monkeypatch, search, seed, n_atoms, cutoff
):
    state = state_of(random_structure(np.random.default_rng(seed), n_atoms, (True, True, True)))
    half = as_set(found_by(search, state, cutoff, True, monkeypatch))
    full = as_set(found_by(search, state, cutoff, False, monkeypatch))
    mirrored = {(j, i, -a, -b, -c) for i, j, a, b, c in half}
    assert full == half | mirrored
    assert len(full) == 2 * len(half)


@pytest.mark.parametrize("half", [True, False])
@given(
    seed=st.integers(0, 2**32 - 1),
    n_atoms=st.integers(1, 10),
    pbc=st.tuples(st.booleans(), st.booleans(), st.booleans()),
)
def test_both_searches_give_the_same_list_in_the_same_order(monkeypatch, half, seed, n_atoms, pbc):
    state = state_of(random_structure(np.random.default_rng(seed), n_atoms, pbc))
    one, other = (found_by(search, state, 4.7, half, monkeypatch) for search in SEARCHES)
    for name in ("first", "second", "shifts", "images"):
        assert torch.equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("half", [True, False])
def test_pairs_are_sorted_by_first_second_and_shift(monkeypatch, search, half):
    structure = random_structure(np.random.default_rng(3), 8, (True, True, True), spread=3.0)
    found = found_by(search, state_of(structure), 6.0, half, monkeypatch)
    rows = torch.cat([found.first[:, None], found.second[:, None], found.shifts], 1).tolist()
    assert rows == sorted(rows)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("half", [True, False])
def test_a_batch_holds_the_lists_of_its_structures_one_after_the_other(monkeypatch, search, half):
    rng = np.random.default_rng(11)
    structures = [
        random_structure(rng, 5, (True, True, True)),
        random_structure(rng, 1, (True, False, True), size=2.0),
        random_structure(rng, 2, (False, False, False)),
        random_structure(rng, 40, (True, True, False), size=9.0),
    ]
    batch = found_by(search, state_of(*structures), 4.0, half, monkeypatch)
    start = offset = 0
    for structure in structures:
        alone = found_by(search, state_of(structure), 4.0, half, monkeypatch)
        mine = slice(start, start + alone.n_pairs)
        assert torch.equal(batch.first[mine], alone.first + offset)
        assert torch.equal(batch.second[mine], alone.second + offset)
        assert torch.equal(batch.shifts[mine], alone.shifts)
        start, offset = mine.stop, offset + len(structure)
    assert start == batch.n_pairs


@pytest.mark.parametrize("search", SEARCHES)
def test_every_vector_is_shorter_than_the_cutoff_though_atoms_are_cells_away(monkeypatch, search):
    structure = random_structure(np.random.default_rng(5), 30, (True, True, True), spread=40.0)
    state = state_of(structure)
    found = found_by(search, state, 3.5, True, monkeypatch)
    assert found.n_pairs > 0
    assert torch.linalg.vector_norm(pair_vectors(state, found), dim=1).max() < 3.5


@pytest.mark.parametrize("search", SEARCHES)
def test_images_bring_atoms_into_the_home_cell(monkeypatch, search):
    state = state_of(random_structure(np.random.default_rng(6), 20, (True, True, True), spread=9.0))
    found = found_by(search, state, 2.0, True, monkeypatch)
    home = state.positions - found.images.to(torch.float64) @ state.cell[0]
    fractions = home @ torch.linalg.inv(state.cell[0])
    assert fractions.min() > -ON_THE_CUTOFF_A
    assert fractions.max() < 1 + ON_THE_CUTOFF_A


@pytest.mark.parametrize("search", SEARCHES)
def test_one_atom_of_a_cubic_crystal_meets_its_images_shell_by_shell(monkeypatch, search):
    structure = Structure(np.array([18]), np.zeros((1, 3)), np.eye(3), (True, True, True))
    half = found_by(search, state_of(structure), 2.1, True, monkeypatch)
    assert half.n_pairs == (6 + 12 + 8 + 6) // 2  # shells of the simple cubic lattice


@pytest.mark.parametrize("search", SEARCHES)
def test_atoms_far_apart_in_vacuum_cost_no_more_than_near_ones(monkeypatch, search):
    positions = np.array([[0.0, 0, 0], [1.0, 0, 0], [1e7, -1e7, 1e7]])
    structure = Structure(np.full(3, 18), positions, np.zeros((3, 3)), (False, False, False))
    assert as_set(found_by(search, state_of(structure), 2.0, True, monkeypatch)) == {
        (0, 1, 0, 0, 0)
    }


def test_no_cutoff_means_no_pairs():
    state = state_of(random_structure(np.random.default_rng(1), 5, (True, True, True)))
    assert build_neighbors(state, 0.0, half=True).n_pairs == 0


@pytest.mark.parametrize("search", SEARCHES)
def test_atoms_that_fell_together_are_refused_before_memory_runs_out(monkeypatch, search):
    monkeypatch.setattr(build, "_MOST_PAIRS", 1000)
    structure = Structure(np.full(60, 18), np.zeros((60, 3)), np.zeros((3, 3)), (False,) * 3)
    with pytest.raises(OutOfMemoryError) as raised:
        found_by(search, state_of(structure), 3.0, True, monkeypatch)
    assert raised.value.n_atoms == 60


def test_a_cell_full_of_endless_images_is_refused_before_memory_runs_out():
    state = state_of(Structure(np.array([18]), np.zeros((1, 3)), np.eye(3), (True,) * 3))
    collapsed = state.moved(state.positions, 0.03 * state.cell)
    with pytest.raises(OutOfMemoryError):
        build_neighbors(collapsed, 12.0, half=True)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 1e20])
def test_a_position_that_is_no_place_is_refused(value):
    state = state_of(random_structure(np.random.default_rng(1), 5, (True, True, True)))
    broken = state.positions.clone()
    broken[3, 1] = value
    with pytest.raises(InvalidPositionsError) as raised:
        build_neighbors(state.moved(broken), 3.0, half=True)
    assert raised.value.atom == 3


def test_a_cell_without_height_is_refused():
    state = state_of(random_structure(np.random.default_rng(1), 5, (True, True, True)))
    flat = state.cell.clone()
    flat[0, 2] = flat[0, 1]
    with pytest.raises(InvalidPositionsError):
        build_neighbors(state.moved(state.positions, flat), 3.0, half=True)
