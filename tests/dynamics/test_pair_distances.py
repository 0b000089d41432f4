"""Radial distribution functions of crystals and of an ideal gas."""

from itertools import product

import numpy as np
import pytest
import torch

from designer_app.dynamics.pair_distances import radial_distribution
from designer_app.io.examples import example
from designer_app.io.structures import read_document
from designer_app.specs.documents import ReadSpec
from designer_app.specs.structure import Structure
from designer_app.state import AtomicState

CUTOFF = 8.0
BINS = 400
WIDTH = CUTOFF / BINS
LIKE_1 = 0.02
"""Of an average over 30 frames of 200 atoms: some 1e5 pairs in each bin."""


def state_of(structure):
    n_atoms = len(structure)
    return AtomicState(
        numbers=torch.from_numpy(np.array(structure.numbers, dtype=np.int64)),
        positions=torch.from_numpy(np.array(structure.positions)),
        cell=torch.from_numpy(np.array(structure.cell)[None]),
        pbc=torch.tensor([structure.pbc]),
        system_idx=torch.zeros(n_atoms, dtype=torch.int64),
        masses=torch.ones(n_atoms, dtype=torch.float64),
        fixed=torch.zeros(n_atoms, dtype=torch.bool),
    )


def repeated(structure, times):
    shifts = np.array(list(product(range(times), repeat=3))) @ structure.cell
    return Structure(
        numbers=np.tile(structure.numbers, times**3),
        positions=(structure.positions + shifts[:, None]).reshape(-1, 3),
        cell=structure.cell * times,
        pbc=structure.pbc,
    )


@pytest.fixture(scope="module")
def olivine():
    return read_document(ReadSpec(path=example("LiFePO4").path)).structure()


@pytest.mark.parametrize(("pair", "bond"), [("O-P", 1.54), ("Fe-O", 2.1), ("Li-O", 2.15)])
def test_the_first_peaks_of_olivine_are_its_bonds(olivine, pair, bond):
    r, g = radial_distribution([state_of(olivine)], CUTOFF, BINS)
    values = g[pair] if pair in g else g["-".join(reversed(pair.split("-")))]
    assert r[np.flatnonzero(values)[0]] == pytest.approx(bond, abs=0.1)


def test_atoms_do_not_see_their_own_images(olivine):
    r, g = radial_distribution([state_of(olivine)], CUTOFF, BINS)
    c = np.linalg.norm(olivine.cell, axis=1).min()
    only_images = np.abs(r - c) < WIDTH
    for pair in ("Li-Li", "P-P", "Fe-Fe"):
        assert g[pair][only_images].max() == 0.0


def test_below_the_lattice_vectors_a_cell_tells_what_its_supercell_tells(olivine):
    r, small = radial_distribution([state_of(olivine)], CUTOFF, BINS)
    _, large = radial_distribution([state_of(repeated(olivine, 2))], CUTOFF, BINS)
    near = r < np.linalg.norm(olivine.cell, axis=1).min() - WIDTH
    for pair, values in small.items():
        np.testing.assert_allclose(values[near].sum(), large[pair][near].sum(), rtol=1e-9)


def test_an_ideal_gas_has_no_structure_even_where_the_cutoff_is_beyond_the_cell():
    rng = np.random.default_rng(0)
    n_atoms, edge = 200, 6.0
    frames = [
        state_of(
            Structure(
                numbers=np.full(n_atoms, 18),
                positions=rng.uniform(0, edge, (n_atoms, 3)),
                cell=np.eye(3) * edge,
                pbc=(True, True, True),
            )
        )
        for _ in range(30)
    ]
    r, g = radial_distribution(frames, CUTOFF, 16)
    expected = (n_atoms - 1) / n_atoms
    np.testing.assert_allclose(g["Ar-Ar"][r > 2.0], expected, atol=LIKE_1)


def test_one_atom_of_an_element_has_no_pair_of_its_kind():
    salt = Structure(
        numbers=np.array([11, 17]),
        positions=np.array([(0.0, 0, 0), (2.0, 2, 2)]),
        cell=np.eye(3) * 4.0,
        pbc=(True, True, True),
    )
    _, g = radial_distribution([state_of(salt)], CUTOFF, BINS)
    assert set(g) == {"all", "Na-Cl"}
