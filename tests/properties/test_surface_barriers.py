"""Hops on a surface by the elastic band, with EMT."""

from dataclasses import replace

import pytest
from ase.build import bulk

from designer_app.device import Compute
from designer_app.errors import InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.potentials import load_potential
from designer_app.properties.adsorbates import ADSORBATES, placed
from designer_app.properties.slabs import cut_slabs
from designer_app.properties.surface_barriers import surface_barrier
from designer_app.properties.surface_sites import distinct_sites, surface_sites

LATTICE = 3.59
"""A, of copper in EMT."""


@pytest.fixture(scope="module")
def emt():
    return load_potential("ase", "ase.calculators.emt:EMT", Compute())


@pytest.fixture(scope="module")
def ends():
    """H in the two hollows of Cu(111), by name."""
    crystal = structure_from_atoms(bulk("Cu", a=LATTICE))
    slab = cut_slabs(crystal, (1, 1, 1), n_layers=3, spacing=4.5)[0]
    return {
        site.name: placed(ADSORBATES["H"], slab, site.place)
        for site in distinct_sites(surface_sites(slab))
    }


def test_a_hop_and_its_reverse_go_over_the_same_pass(emt, ends):
    forth = surface_barrier(ends["hollow fcc"], ends["ontop"], emt, fmax=0.1)
    back = surface_barrier(ends["ontop"], ends["hollow fcc"], emt, fmax=0.1)
    assert forth.converged
    assert forth.activation.value >= max(forth.reaction_energy, 0.0)
    over = forth.activation.value - forth.reaction_energy
    assert back.activation.value == pytest.approx(over, abs=0.02)  # eV, at this force criterion
    assert "band" in forth.activation.origin
    assert forth.activation.method == "NEB"


def test_ends_that_are_one_place_have_no_pass(emt, ends):
    with pytest.raises(InvalidSpecError):
        surface_barrier(ends["ontop"], ends["ontop"], emt)


def test_ends_of_other_atoms_are_refused(emt, ends):
    start = ends["ontop"]
    with pytest.raises(InvalidSpecError):
        surface_barrier(start, replace(start, numbers=start.numbers[::-1].copy()), emt)
