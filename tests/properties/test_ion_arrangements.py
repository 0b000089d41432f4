"""Sites and arrangements of ions in lattices whose answer is known."""

import numpy as np
import pytest
from ase.spacegroup import crystal

from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.io.structures import read_document
from designer_app.properties.intercalation import ladder_of
from designer_app.properties.ion_arrangements import arranged
from designer_app.properties.ion_sites import ROOM, ion_sites, pair_distances, site_permutations
from designer_app.properties.working_ions import is_ion, repeated
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec
from designer_app.specs.voltage import VoltageSpec

PLACE_A = 0.15
"""How far a corner of the Voronoi cells may be from the ideal centre of its octahedron."""


def chain(n):
    """Lithium in a row of `n` equal cells of a cubic host."""
    atoms = crystal(
        ["Li", "Ti", "O"],
        [(0.5, 0.5, 0.5), (0, 0, 0), (0.5, 0, 0)],
        spacegroup=221,
        cellpar=[4.0, 4.0, 4.0, 90, 90, 90],
    )
    row = atoms.repeat((n, 1, 1))
    return structure_from_atoms(row, "row")


def all_alike(several):
    return [0.0] * len(several)


def shown(structure, n_ions, **settings):
    sites = ion_sites(structure, "Li", with_voids=False)
    defaults = {"nearest": 0.0, "wanted": 50, "seed": 0, "energies": all_alike}
    given = {**defaults, **settings}
    return arranged(structure, "Li", sites, n_ions, control=RunControl(), **given)


@pytest.mark.parametrize(("n", "count"), [(4, 2), (5, 2), (6, 3), (8, 4)])
def test_two_ions_in_a_ring_of_sites_have_as_many_distances_as_half_the_ring(n, count):
    assert len(shown(chain(n), 2).structures) == count


def test_every_permutation_of_the_sites_is_one_of_the_lattice():
    structure = chain(5)
    sites = ion_sites(structure, "Li", with_voids=False)
    lengths = pair_distances(sites, structure.cell)
    permutations = site_permutations(structure, "Li", sites)
    assert len(permutations) == 10  # five steps along the ring, and each reversed
    for each in permutations:
        np.testing.assert_allclose(lengths[each][:, each], lengths, atol=1e-6)


def test_the_energy_decides_where_not_all_are_wanted():
    def energies(several):
        def nearest(structure):
            return pair_distances(structure.positions[is_ion(structure, "Li")], structure.cell)

        return [float(nearest(each)[0, 1]) for each in several]

    found = shown(chain(6), 2, wanted=1, energies=energies)
    (chosen,) = found.structures
    lithium = chosen.positions[is_ion(chosen, "Li")]
    assert pair_distances(lithium, chosen.cell)[0, 1] == pytest.approx(4.0)
    assert "ranked by energy" in found.searched


def test_annealing_is_the_same_for_the_same_seed():
    structure = repeated(chain(6), 3)
    first, second = (shown(structure, 9, wanted=2, seed=3) for _ in range(2))
    assert "least repulsion" in first.searched
    for one, other in zip(first.structures, second.structures, strict=True):
        np.testing.assert_array_equal(one.positions, other.positions)


def test_the_void_between_the_layers_is_where_lithium_was():
    layers = crystal(
        ["Ti", "S"],
        [(0, 0, 0), (1 / 3, 2 / 3, 0.25)],
        spacegroup=164,
        cellpar=[3.41, 3.41, 5.70, 90, 90, 120],
    )
    structure = structure_from_atoms(layers, "TiS2")
    sites = ion_sites(structure, "Li", with_voids=True)
    octahedron = np.array([0.0, 0.0, 0.5]) @ structure.cell
    assert np.linalg.norm(sites - octahedron, axis=1).min() < PLACE_A


def test_lithium_fills_a_titanate_as_rock_salt():
    # Ohzuku et al., J. Electrochem. Soc. 142 (1995) 1431: all 16c sites filled, 8a empty.
    spinel = read_document(ReadSpec(path=example("Li4Ti5O12").path)).structure()
    spec = VoltageSpec(structure=spinel, insert=6)
    ladder = ladder_of(spec, all_alike, RunControl())
    spinel_first, rock_salt = ladder.compositions
    assert (spinel_first.x, rock_salt.x) == (4.0, 7.0)
    full = rock_salt.structures[0]
    lithium = full.positions[is_ion(full, "Li")]
    assert len(lithium) == 14
    assert pair_distances(lithium, full.cell).min() >= ROOM["Li"][1]
    oxygen = full.positions[full.numbers == 8]
    apart = (lithium[:, None] - oxygen[None]) @ np.linalg.inv(full.cell)
    near = np.zeros(len(lithium), dtype=int)
    for shift in np.ndindex(3, 3, 3):
        lengths = np.linalg.norm(
            (apart - np.rint(apart) + np.array(shift) - 1) @ full.cell, axis=-1
        )
        near += (lengths < 2.5).sum(axis=1)
    assert (near == 6).all()  # tetrahedral 8a would have four
