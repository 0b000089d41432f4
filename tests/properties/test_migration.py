import numpy as np
import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError, LostBandError, UnsupportedElementError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.jobs import read
from designer_app.potentials import load_potential
from designer_app.properties import band
from designer_app.properties.migration import BandGoal, migration
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec

SAME = 1e-6
"""eV between crystals that are the same, relaxed to forces below 1e-3 eV/A."""
_GOAL = BandGoal(longest_hop=4.0, n_images=3, fmax=1e-3)


@pytest.fixture(scope="module")
def argon():
    return load_potential("lennard-jones", "noble-gases", Compute(device="cpu"))


def _crystal(cubic=True):
    return structure_from_atoms(bulk("Ar", a=5.26, cubic=cubic), "Ar")


@pytest.fixture(scope="module")
def found(argon):
    return migration(_crystal(), "Ar", argon, _GOAL)


def test_equal_hops_in_all_directions_percolate_in_all_at_once(found):
    assert found.barriers[0] == found.barriers[2] == found.hops[0].barrier
    assert found.paths[0].dimensions == 3
    assert found.is_complete


def test_the_way_leads_from_a_site_to_its_image(found):
    path, cell = found.paths[0], _crystal().cell
    span = path.positions[-1] - path.positions[0]
    assert span == pytest.approx(np.array(path.direction) @ cell, abs=1e-6)
    assert path.energies.max() == pytest.approx(path.barrier, abs=SAME)
    assert path.energies[[0, -1]] == pytest.approx([0.0, 0.0], abs=1e-4)


def test_the_barrier_of_two_cells_is_that_of_one(argon, found):
    """With the same supercell, the same bands are computed."""
    twice = structure_from_atoms(bulk("Ar", a=5.26, cubic=True).repeat((2, 1, 1)), "Ar")
    again = migration(twice, "Ar", argon, _GOAL)
    assert again.n_atoms == found.n_atoms
    assert again.barriers == pytest.approx(found.barriers, abs=1e-4)


def test_every_hop_is_drawn_besides(found):
    assert [path.dimensions for path in found.paths] == [3, 0]
    assert found.paths[1].distances[-1] == pytest.approx(found.hops[0].kind.length, rel=0.05)


def test_hops_without_a_pass_are_no_barrier(argon, monkeypatch):
    monkeypatch.setattr(band, "LONGEST_BAND", 0.5)
    with pytest.raises(LostBandError):
        migration(_crystal(), "Ar", argon, _GOAL)


def test_an_ion_that_is_not_there_cannot_move(argon):
    with pytest.raises(InvalidSpecError) as told:
        migration(_crystal(), "Ne", argon, _GOAL)
    assert told.value.field == "ion"


def test_sites_far_apart_lead_nowhere(argon):
    atoms = bulk("Ar", a=15.0, cubic=True)
    with pytest.raises(InvalidSpecError) as told:
        migration(structure_from_atoms(atoms), "Ar", argon, BandGoal(relaxes_crystal=False))
    assert "lead nowhere" in told.value.reason


def test_a_supercell_smaller_than_the_hop_is_refused(argon):
    small = BandGoal(longest_hop=4.0, separation=4.0, relaxes_crystal=False)
    with pytest.raises(InvalidSpecError) as told:
        migration(_crystal(), "Ar", argon, small)
    assert told.value.field == "separation"


def test_an_element_that_the_potential_does_not_know_is_named(argon):
    with pytest.raises(UnsupportedElementError):
        migration(structure_from_atoms(bulk("Cu", cubic=True)), "Cu", argon, _GOAL)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_lithium_in_olivine_is_fastest_along_b_with_chgnet():
    """Morgan, van der Ven and Ceder 2004 (doi:10.1149/1.1633511): 0.55 eV with GGA along [010]."""
    structure = read.run(ReadSpec(path=example("LiFePO4").path), RunControl()).structure()
    potential = load_potential("chgnet", "", Compute(device="cpu"))
    found = migration(structure, "Li", potential)
    assert [abs(value) for value in found.paths[0].direction] == [0, 1, 0]
    assert 0.1 < found.barriers[0] < 0.6
