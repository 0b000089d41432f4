import math
import warnings

import numpy as np
import pytest
from ase.build import bulk, make_supercell
from ase.spacegroup import crystal

from designer_app.errors import Cancelled, InvalidSpecError, UnsupportedElementError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.jobs import read
from designer_app.properties.bond_valence import barriers, energies_at, site_energies
from designer_app.properties.softbv import interactions
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec

SAME_FIELD = 0.01
"""eV: the package sums over the 100 nearest ions, we over all within 10 A."""
GRID_ERROR = 0.05
"""eV: how far a barrier changes with where the points of a 0.15 A grid happen to lie."""
ROUNDING = 1e-8


def _example(key):
    return read.run(ReadSpec(path=example(key).path), RunControl()).structure()


@pytest.fixture(scope="module")
def olivine():
    return _example("LiFePO4")


def _antifluorite():
    """Li2O (a = 4.619 A): Li on a simple cubic lattice of tetrahedra."""
    atoms = crystal(
        ["Li", "O"], [(0.25, 0.25, 0.25), (0, 0, 0)], spacegroup=225, cellpar=[4.619] * 3 + [90] * 3
    )
    return structure_from_atoms(atoms, "Li2O")


def _barriers(structure, ion="Li", grid=0.15):
    return barriers(site_energies(structure, ion, grid)).barriers


def test_the_energy_is_that_of_the_package(olivine):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it escapes regular expressions as older Pythons did
        from bvlain import Lain
        from pymatgen.core import Structure

        package = Lain(verbose=False)
        package.read_structure(Structure.from_file(example("LiFePO4").path))
        theirs = package.bvse_distribution(
            mobile_ion="Li1+", resolution=0.6, use_softbv_covalent_radii=True
        ).ravel()
    points = (package.mesh_ - np.array(package.shift)) @ olivine.cell
    ours = energies_at(points, olivine.cell, interactions(olivine, "Li"))
    low = ours < ours.min() + 10.0
    assert low.sum() > 100
    assert ours[low] == pytest.approx(theirs[low], abs=SAME_FIELD)


def test_lithium_in_olivine_moves_along_b(olivine):
    """Morgan, van der Ven and Ceder 2004 (doi:10.1149/1.1633511): channels along [010] only."""
    found = barriers(site_energies(olivine, "Li"))
    easy, plane, _ = found.barriers
    assert [abs(value) for value in found.path.direction] == [0, 1, 0]
    assert found.path.dimensions == 1
    assert plane > easy + 2.0


def test_the_way_begins_at_a_site_of_the_ion(olivine):
    start = barriers(site_energies(olivine, "Li")).path.positions[0]
    sites = olivine.positions[olivine.numbers == 3]
    apart = (sites - start) @ np.linalg.inv(olivine.cell)
    apart -= np.rint(apart)
    assert np.linalg.norm(apart @ olivine.cell, axis=1).min() < 0.5


def test_lithium_in_a_layered_oxide_stays_in_its_layer():
    found = barriers(site_energies(_example("LiCoO2"), "Li", 0.2))
    assert found.path.dimensions == 2
    assert found.path.direction[2] == 0
    assert found.barriers[2] > found.barriers[1] + 5.0


def test_the_barrier_of_olivine_is_the_published_one(olivine):
    """0.44, 3.33 and 3.36 eV in the documentation of bvlain 0.24, for another cell and radii."""
    assert _barriers(olivine)[0] == pytest.approx(0.44, abs=0.05)
    assert _barriers(olivine)[1:] == pytest.approx((3.33, 3.36), abs=0.3)


def test_ways_in_a_cubic_crystal_open_in_all_directions_at_once():
    found = _barriers(_antifluorite())
    assert found[0] == pytest.approx(found[2], abs=ROUNDING)


def test_the_barrier_is_that_of_a_supercell():
    once = _antifluorite()
    atoms = crystal(
        ["Li", "O"], [(0.25, 0.25, 0.25), (0, 0, 0)], spacegroup=225, cellpar=[4.619] * 3 + [90] * 3
    )
    twice = structure_from_atoms(atoms.repeat((2, 1, 1)), "Li2O")
    assert _barriers(twice) == pytest.approx(_barriers(once), abs=ROUNDING)


def test_the_barrier_does_not_depend_on_the_origin():
    structure = _antifluorite()
    moved = type(structure)(
        structure.numbers, structure.positions + 0.0713, structure.cell, structure.pbc
    )
    assert _barriers(moved) == pytest.approx(_barriers(structure), abs=GRID_ERROR)


def test_the_barrier_hardly_depends_on_the_choice_of_the_cell():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
    skewed = make_supercell(atoms, [[1, 0, 0], [1, 1, 0], [0, 0, 1]])
    pair = [_barriers(structure_from_atoms(each), "Na")[0] for each in (atoms, skewed)]
    assert pair[0] == pytest.approx(pair[1], abs=GRID_ERROR)


def test_anions_can_be_the_ions_that_move():
    fluorite = bulk("CaF2", "fluorite", a=5.463, cubic=True)
    found = _barriers(structure_from_atoms(fluorite), "F")
    assert 0.0 < found[0] < 2.0


def test_a_finer_grid_finds_the_same_barrier():
    structure = _antifluorite()
    assert _barriers(structure, grid=0.12) == pytest.approx(_barriers(structure), abs=GRID_ERROR)


def test_rare_oxidation_states_are_guessed():
    """V +2 is rare, but all that balances KVF3."""
    places = [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)]
    perovskite = crystal(["K", "V", "F"], places, spacegroup=221, cellpar=[4.2] * 3 + [90] * 3)
    found = interactions(structure_from_atoms(perovskite), "K")
    assert found.charge.max() == pytest.approx(1 * 2 / np.sqrt(4 * 4))


def test_a_crystal_without_counter_ions_is_refused():
    with pytest.raises(InvalidSpecError):
        site_energies(structure_from_atoms(bulk("Li", cubic=True)), "Li")


def test_a_pair_without_parameters_is_named():
    with pytest.raises(UnsupportedElementError) as told:
        site_energies(structure_from_atoms(bulk("LiH", "rocksalt", a=4.08, cubic=True)), "Li")
    assert told.value.element == "Li-H"
    assert told.value.potential == "softBV"


def test_a_pair_whose_tabulated_well_is_turned_over_is_refused():
    """bvlain 0.25 tabulates alpha = -1.41 / A for Mg-Se, which repels ever more with distance."""
    with pytest.raises(UnsupportedElementError) as told:
        interactions(structure_from_atoms(bulk("MgSe", "rocksalt", a=5.45, cubic=True)), "Mg")
    assert told.value.element == "Mg-Se"


def test_a_cell_too_large_for_a_grid_is_refused():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat(6)
    with pytest.raises(InvalidSpecError):
        site_energies(structure_from_atoms(atoms), "Na")


def test_the_grid_can_be_cancelled():
    control = RunControl()
    control.cancel()
    with pytest.raises(Cancelled):
        site_energies(_antifluorite(), "Li", control=control)


def test_a_grid_in_a_large_cell_is_coarser():
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat((2, 2, 2))
    found = site_energies(structure_from_atoms(atoms), "Na", 0.05)
    assert 0.1 < found.spacing < 0.3
    assert math.isfinite(found.energies.min())
