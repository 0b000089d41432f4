"""Bonds as a chemist would draw them."""

import time
from collections import Counter

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, molecule

from designer_app.elements import SYMBOLS
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.io.structures import read_document
from designer_app.jobs.bonds import run
from designer_app.running.control import RunControl
from designer_app.specs.documents import BondsSpec, ReadSpec


def bonds(structure):
    found = run(BondsSpec(structure=structure), RunControl())
    return found["pairs"], found["shifts"]


def kinds(structure):
    """Number of bonds of each pair of elements."""
    pairs = structure.numbers[bonds(structure)[0]]
    return Counter("-".join(sorted((SYMBOLS[one], SYMBOLS[other]))) for one, other in pairs)


def shipped(key):
    return read_document(ReadSpec(path=example(key).path)).structure()


def test_ethanol_has_its_eight_bonds():
    ethanol = structure_from_atoms(molecule("CH3CH2OH"))
    assert kinds(ethanol) == {"C-C": 1, "C-O": 1, "C-H": 5, "H-O": 1}


def test_hydrogen_molecules_are_bonded():
    assert kinds(structure_from_atoms(molecule("H2"))) == {"H-H": 1}


def test_olivine_shows_polyhedra_and_no_bond_between_cations():
    found = kinds(shipped("LiFePO4"))
    assert found["O-P"] == 16
    assert found["Fe-O"] == 24
    assert found["Li-O"] == 24
    assert set(found) == {"O-P", "Fe-O", "Li-O"}


def test_spinel_shows_four_and_six_neighbours():
    assert kinds(shipped("LiMn2O4")) == {"Li-O": 32, "Mn-O": 96}


def test_thiophosphate_shows_no_bond_between_lithium_and_phosphorus():
    assert set(kinds(shipped("Li10GeP2S12"))) == {"P-S", "Ge-S", "Li-S"}


def test_every_ion_of_rock_salt_has_six_neighbours():
    structure = shipped("NaCl")
    pairs, _ = bonds(structure)
    assert (np.bincount(pairs.ravel(), minlength=8) == 6).all()


def test_metal_atoms_are_bonded_and_so_is_the_adsorbed_molecule():
    found = kinds(shipped("Pt111-CO"))
    assert found["C-O"] == 1
    assert found["C-Pt"] == 1
    assert found["Pt-Pt"] > 60


def test_water_has_no_bond_between_molecules():
    assert kinds(shipped("water")) == {"H-O": 128}


def test_a_bond_across_the_border_names_its_image():
    atoms = Atoms("CO", positions=[(0.2, 0, 0), (9.3, 0, 0)], cell=[10, 10, 10], pbc=True)
    pairs, shifts = bonds(structure_from_atoms(atoms))
    assert pairs.tolist() == [[0, 1]]
    assert shifts.tolist() == [[-1, 0, 0]]


def test_split_positions_are_not_bonded_to_each_other():
    atoms = Atoms("LiLi", positions=[(0, 0, 0), (0.4, 0, 0)], cell=[6, 6, 6], pbc=True)
    assert len(bonds(structure_from_atoms(atoms))[0]) == 0


def test_a_wider_tolerance_adds_bonds():
    structure = structure_from_atoms(bulk("Cu", cubic=True))
    some = run(BondsSpec(structure=structure, tolerance=1.0), RunControl())["pairs"]
    more = run(BondsSpec(structure=structure, tolerance=1.5), RunControl())["pairs"]
    assert len(more) > len(some)


@pytest.mark.slow
def test_a_hundred_thousand_atoms_take_seconds():
    cell = structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64, cubic=True) * (24, 24, 24))
    started = time.monotonic()
    pairs, _ = bonds(cell)
    assert len(pairs) == 3 * len(cell)
    assert time.monotonic() - started < 20.0
