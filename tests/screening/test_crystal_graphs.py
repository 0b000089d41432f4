import numpy as np
import pytest
import torch
from ase.build import bulk
from ase.spacegroup import crystal
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from designer_app.errors import DisorderedStructureError, MissingCellError
from designer_app.io.documents import structure_from_atoms
from designer_app.screening.crystal_gnn.batches import batch_of
from designer_app.screening.crystal_gnn.graphs import check_crystal, crystal_graphs, joined
from designer_app.screening.crystal_gnn.network import CrystalGraphNetwork, NetworkSize
from designer_app.specs.structure import Structure

SAME = 2e-5
"""Single precision through three rounds of updates, outputs of the order of 0.1."""


def _rutile():
    return crystal(
        ["Ti", "O"],
        [(0, 0, 0), (0.305, 0.305, 0)],
        spacegroup=136,
        cellpar=[4.6, 4.6, 2.96, 90, 90, 90],
    )


def _rattled(seed=0):
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    atoms.rattle(0.15, seed=seed)
    return atoms


CRYSTALS = {"rutile": _rutile(), "rattled": _rattled(), "iron": bulk("Fe", "bcc", a=2.87)}


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(3)
    return CrystalGraphNetwork(NetworkSize(hidden=16, outputs=3, readout=16)).eval()


def _outputs(network, *crystals):
    structures = [
        each if isinstance(each, Structure) else structure_from_atoms(each) for each in crystals
    ]
    with torch.no_grad():
        return network(batch_of(crystal_graphs(structures))).numpy()


@pytest.mark.parametrize("name", CRYSTALS)
def test_a_crystal_and_its_supercell_have_the_same_properties(network, name):
    atoms = CRYSTALS[name]
    one, other = _outputs(network, atoms, atoms.repeat((2, 1, 3)))
    np.testing.assert_allclose(one, other, atol=SAME)


@given(st.integers(0, 2**16))
def test_turning_moving_and_renumbering_change_nothing(network, seed):
    generator = np.random.default_rng(seed)
    for atoms in CRYSTALS.values():
        turned = atoms.copy()[generator.permutation(len(atoms))]
        turn = Rotation.random(rng=generator).as_matrix()
        turned.set_cell(turned.cell.array @ turn.T, scale_atoms=True)
        turned.translate(generator.uniform(-9, 9, 3))
        np.testing.assert_allclose(*_outputs(network, atoms, turned), atol=SAME)


def test_a_batch_gives_what_each_crystal_gives_alone(network):
    together = _outputs(network, *CRYSTALS.values())
    alone = np.concatenate([_outputs(network, atoms) for atoms in CRYSTALS.values()])
    np.testing.assert_allclose(together, alone, atol=SAME)


def test_folding_changes_nothing_but_the_size(network):
    """Atoms that an invisible label tells apart are not folded, and say the same together."""
    atoms = _rutile()
    structure = structure_from_atoms(atoms)
    folded = crystal_graphs([structure])
    noise = np.random.default_rng(0).normal(0.0, 1e-9, structure.positions.shape)
    assert folded.n_nodes.tolist() == [2]
    shares = folded.shares[np.argsort(folded.numbers)]
    np.testing.assert_allclose(shares, [4 / 6, 2 / 6])
    moved = Structure(structure.numbers, structure.positions + noise, structure.cell, structure.pbc)
    np.testing.assert_allclose(*_outputs(network, structure, moved), atol=SAME)


def test_properties_change_smoothly_where_a_neighbour_leaves(network):
    stretches = np.linspace(1.0, 1.5, 400)
    cells = [bulk("Fe", "bct", a=2.87, c=2.87 * stretch) for stretch in stretches]
    found = _outputs(network, *cells)
    steps = np.abs(np.diff(found, axis=0)).max(axis=0)
    # No jump: the largest step is no more than a few times the typical one.
    assert (steps < 12 * np.abs(np.diff(found, axis=0)).mean(axis=0) + SAME).all()


def test_weights_of_an_atoms_edges_sum_to_one():
    graphs = crystal_graphs([structure_from_atoms(_rattled())])
    sums = np.bincount(graphs.owners, weights=graphs.weights)
    np.testing.assert_allclose(sums, 1.0, rtol=1e-6)


def test_some_graphs_of_a_set_are_those_built_alone():
    structures = [structure_from_atoms(each) for each in CRYSTALS.values()]
    together = crystal_graphs(structures)
    picked = together.chosen(np.array([2, 0]))
    built = joined([crystal_graphs([structures[2]]), crystal_graphs([structures[0]])])
    assert np.array_equal(picked.numbers, built.numbers)
    assert np.array_equal(picked.others, built.others)
    np.testing.assert_allclose(picked.distances, built.distances)


def test_a_molecule_and_a_disordered_crystal_are_refused():
    molecule = Structure(
        np.array([1, 1]), np.array([[0.0, 0, 0], [0, 0, 0.74]]), np.zeros((3, 3)), (False,) * 3
    )
    with pytest.raises(MissingCellError):
        check_crystal(molecule)
    shared = structure_from_atoms(_rutile())
    shared = Structure(
        shared.numbers, shared.positions, shared.cell, shared.pbc, disordered_sites=1
    )
    with pytest.raises(DisorderedStructureError):
        check_crystal(shared)
