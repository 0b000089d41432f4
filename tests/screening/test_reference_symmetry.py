import numpy as np
import pytest
from ase.build import bulk
from ase.spacegroup import crystal
from hypothesis import given
from hypothesis import strategies as st
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Structure as PymatgenStructure

from designer_app.elements import SYMBOLS
from designer_app.io.documents import structure_from_atoms
from designer_app.screening.reference.symmetry import (
    described,
    described_without_symmetry,
    expanded,
)
from designer_app.screening.reference.table import unpacked

SYMPREC = 0.01
SAME = 1e-4
"""A: positions are kept in 65536ths of a lattice vector of some A."""

CRYSTALS = {
    "fcc": lambda: bulk("Cu", a=3.6),
    "diamond": lambda: bulk("Si", a=5.43),
    "wurtzite": lambda: bulk("ZnO", "wurtzite", a=3.25, c=5.2, u=0.381),
    "rutile": lambda: crystal(
        "TiO", [(0, 0, 0), (0.305, 0.305, 0)], spacegroup=136, cellpar=[4.6, 4.6, 2.96, 90, 90, 90]
    ),
    "corundum": lambda: crystal(
        "AlO",
        [(0, 0, 0.352), (0.306, 0, 0.25)],
        spacegroup=167,
        cellpar=[4.76, 4.76, 12.99, 90, 90, 120],
    ),
    "spinel": lambda: crystal(
        "MgAlO",
        [(0.125, 0.125, 0.125), (0.5, 0.5, 0.5), (0.262, 0.262, 0.262)],
        spacegroup=227,
        setting=2,
        cellpar=[8.08] * 3 + [90] * 3,
    ),
    "olivine": lambda: crystal(
        "LiFePOOO",
        [
            (0, 0, 0),
            (0.282, 0.25, 0.975),
            (0.095, 0.25, 0.418),
            (0.097, 0.25, 0.743),
            (0.457, 0.25, 0.206),
            (0.166, 0.047, 0.285),
        ],
        spacegroup=62,
        cellpar=[10.33, 6.01, 4.69, 90, 90, 90],
    ),
    "gypsum-like": lambda: crystal(
        "CaSO",
        [(0.5, 0.08, 0.25), (0, 0.08, 0.25), (0.1, 0.13, 0.55)],
        spacegroup=15,
        cellpar=[6.28, 15.2, 5.67, 90, 114.1, 90],
    ),
    "base-centred A": lambda: crystal(
        "KNO",
        [(0, 0, 0.1), (0.5, 0, 0.6), (0.5, 0.25, 0.35)],
        spacegroup=38,
        cellpar=[3.97, 5.69, 5.72, 90, 90, 90],
    ),
}


def _pymatgen(structure):
    symbols = [SYMBOLS[number] for number in structure.numbers]
    return PymatgenStructure(
        structure.cell, symbols, structure.positions, coords_are_cartesian=True
    )


def _distance(first, second):
    """RMS and largest displacement, A, of the best match; None where they differ."""
    matcher = StructureMatcher(scale=False, primitive_cell=True)
    found = matcher.get_rms_dist(_pymatgen(first), _pymatgen(second))
    if found is None:
        return None
    return found[1] * (first.volume / len(first)) ** (1 / 3)


@pytest.mark.parametrize("name", CRYSTALS)
def test_a_crystal_comes_back_from_its_class_and_free_numbers(name):
    given_crystal = structure_from_atoms(CRYSTALS[name]())
    found = described(given_crystal, SYMPREC)
    again = unpacked(found)
    assert _distance(given_crystal, again) < SAME
    assert again.volume / len(again) == pytest.approx(given_crystal.volume / len(given_crystal))


@pytest.mark.parametrize(
    ("name", "space_group", "n_free", "n_shape"),
    [("fcc", 225, 0, 0), ("rutile", 136, 1, 1), ("spinel", 227, 1, 0), ("olivine", 62, 11, 2)],
)
def test_only_what_symmetry_leaves_free_is_kept(name, space_group, n_free, n_shape):
    found = described(structure_from_atoms(CRYSTALS[name]()), SYMPREC)
    assert found.kind.space_group == space_group
    assert len(found.free) == n_free
    assert len(found.shape) == n_shape


def test_a_centred_crystal_comes_back_in_its_primitive_cell():
    found = described(structure_from_atoms(bulk("Cu", a=3.6, cubic=True)), SYMPREC)
    assert len(expanded(found)) == 1


def test_the_class_does_not_know_the_elements():
    salt = described(structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64)), SYMPREC)
    oxide = described(structure_from_atoms(bulk("MgO", "rocksalt", a=4.21)), SYMPREC)
    assert salt.kind == oxide.kind
    assert salt.elements != oxide.elements


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_a_crystal_without_symmetry_comes_back_atom_by_atom(seed, n_atoms):
    rng = np.random.default_rng(seed)
    atoms = bulk("Cu", a=3.6) * (n_atoms, 1, 1)
    atoms.numbers = rng.integers(3, 60, n_atoms)
    atoms.rattle(0.3, rng=rng)
    atoms.set_cell(atoms.cell[:] + rng.normal(0, 0.2, (3, 3)), scale_atoms=True)
    given_crystal = structure_from_atoms(atoms)
    again = unpacked(described_without_symmetry(given_crystal))
    assert sorted(again.numbers) == sorted(given_crystal.numbers)
    assert _distance(given_crystal, again) < 10 * SAME  # long cells, wider steps


@given(st.integers(0, 10**6))
def test_any_orientation_and_origin_gives_the_same_class(seed):
    rng = np.random.default_rng(seed)
    atoms = CRYSTALS["rutile"]()
    before = described(structure_from_atoms(atoms), SYMPREC)
    atoms.rotate(float(rng.uniform(0, 360)), rng.normal(size=3), rotate_cell=True)
    atoms.translate(rng.normal(size=3))
    atoms.wrap()
    after = described(structure_from_atoms(atoms), SYMPREC)
    assert after.kind.space_group == before.kind.space_group
    assert [orbit.count for orbit in after.kind.orbits] == [
        orbit.count for orbit in before.kind.orbits
    ]
    assert after.volume == pytest.approx(before.volume)
