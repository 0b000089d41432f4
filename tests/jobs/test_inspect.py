"""Facts of structures against what is known of them."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, molecule

from designer_app.errors import InvalidPositionsError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.formulas import formula, hill_formula, reduced
from designer_app.jobs.inspect import crystal_system, run
from designer_app.running.control import RunControl
from designer_app.specs.documents import InspectSpec
from designer_app.specs.structure import Structure


def facts(atoms, **given):
    return run(InspectSpec(structure=structure_from_atoms(atoms), **given), RunControl())


def test_diamond_silicon():
    found = facts(bulk("Si", cubic=True, a=5.431))
    assert found["formula"] == "Si"
    assert (found["space_group"], found["space_group_number"]) == ("Fd-3m", 227)
    assert found["crystal_system"] == "cubic"
    assert found["density_g_cm3"] == pytest.approx(2.329, abs=1e-3)
    assert found["min_distance_A"] == pytest.approx(5.431 * np.sqrt(3) / 4)
    (site,) = found["inequivalent_sites"]
    assert (site["element"], site["wyckoff"]) == ("Si", "8a")


def test_the_primitive_cell_has_the_same_symmetry_and_density():
    small, large = facts(bulk("Cu", a=3.615)), facts(bulk("Cu", a=3.615, cubic=True))
    assert small["space_group"] == large["space_group"] == "Fm-3m"
    assert small["density_g_cm3"] == pytest.approx(large["density_g_cm3"])
    np.testing.assert_allclose(small["cell_angles_deg"], 60.0)


def test_a_looser_tolerance_finds_the_symmetry_of_shaken_atoms():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    atoms.rattle(0.02, seed=1)
    assert facts(atoms)["space_group"] == "P1"
    assert facts(atoms, symprec=0.3)["space_group"] == "Fm-3m"


def test_a_molecule_has_its_whole_formula_and_no_space_group():
    found = facts(molecule("H2O2"))
    assert found["formula"] == "H2O2"
    for absent in ("space_group", "volume_A3", "density_g_cm3", "cell_lengths_A"):
        assert found[absent] is None
    assert found["periodic_directions"] == 0


def test_a_slab_has_neither_space_group_nor_density():
    found = facts(fcc111("Pt", (1, 1, 3), vacuum=8.0))
    assert found["periodic_directions"] == 2
    assert found["space_group"] is None
    assert found["density_g_cm3"] is None


def test_shared_sites_count_by_their_shares():
    atoms = bulk("NiO", "rocksalt", a=4.17, cubic=True)
    shares = tuple({"Ni": 0.75, "Mg": 0.25} if z == 28 else {"O": 1.0} for z in atoms.numbers)
    found = facts(atoms, occupancies=shares)
    assert found["formula"] == "MgNi3O4"
    assert found["elements"] == {"Ni": 3.0, "Mg": 1.0, "O": 4.0}
    assert found["space_group"] == "Fm-3m"
    mass = 3 * 58.6934 + 24.305 + 4 * 15.999
    assert found["density_g_cm3"] == pytest.approx(mass / 4.17**3 / 0.602214, rel=1e-5)


def test_sites_with_other_shares_are_not_equivalent():
    atoms = bulk("NiO", "rocksalt", a=4.17, cubic=True)
    shares = [{"Ni": 0.75, "Mg": 0.25} if z == 28 else {"O": 1.0} for z in atoms.numbers]
    shares[0] = {"Ni": 0.25, "Mg": 0.75}
    assert facts(atoms, occupancies=tuple(shares))["space_group"] == "Pm-3m"


def test_a_lone_atom_has_no_nearest_neighbour():
    assert facts(Atoms("He"))["min_distance_A"] is None


def test_atoms_on_one_place_have_no_distance():
    structure = Structure(
        numbers=np.full(2, 6), positions=np.zeros((2, 3)), cell=np.zeros((3, 3)), pbc=(False,) * 3
    )
    assert run(InspectSpec(structure=structure), RunControl())["min_distance_A"] == 0.0


def test_a_simulation_box_is_not_searched_for_symmetry():
    found = facts(bulk("Cu", cubic=True) * (10, 10, 10))
    assert found["n_atoms"] == 4000
    assert found["space_group"] is None
    assert found["formula"] == "Cu"


def test_nothing_cannot_be_looked_at():
    empty = Structure(
        numbers=np.empty(0, int), positions=np.empty((0, 3)), cell=np.eye(3), pbc=(True,) * 3
    )
    with pytest.raises(InvalidPositionsError):
        run(InspectSpec(structure=empty), RunControl())


@pytest.mark.parametrize(
    ("amounts", "short", "hill", "units"),
    [
        ({"O": 16, "P": 4, "Fe": 4, "Li": 4}, "LiFePO4", "Fe4Li4O16P4", 4),
        ({"H": 12, "C": 4, "O": 2}, "H6C2O", "C4H12O2", 2),
        ({"Li": 3, "Ni": 1.2, "Co": 1.8, "O": 6}, "LiCo0.6Ni0.4O2", "Co1.8Li3Ni1.2O6", 3),
        ({"Cu": 4}, "Cu", "Cu4", 4),
    ],
)
def test_formulas(amounts, short, hill, units):
    one, count = reduced(amounts)
    assert (formula(one), hill_formula(amounts), count) == (short, hill, units)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "triclinic"),
        (14, "monoclinic"),
        (62, "orthorhombic"),
        (137, "tetragonal"),
        (166, "trigonal"),
        (194, "hexagonal"),
        (195, "cubic"),
        (230, "cubic"),
    ],
)
def test_crystal_systems(number, name):
    assert crystal_system(number) == name
