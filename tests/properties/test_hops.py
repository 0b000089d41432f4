import numpy as np
import pytest
from ase.build import bulk
from ase.geometry import minkowski_reduce

from designer_app.errors import InvalidSpecError
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.jobs import read
from designer_app.properties.hops import ends_of, hop_kinds, leads_somewhere, repeats_for
from designer_app.running.control import RunControl
from designer_app.specs.documents import ReadSpec


@pytest.fixture(scope="module")
def olivine():
    return read.run(ReadSpec(path=example("LiFePO4").path), RunControl()).structure()


def _copper(cubic=True):
    return structure_from_atoms(bulk("Cu", a=3.6, cubic=cubic), "Cu")


def test_all_nearest_hops_of_a_cubic_metal_are_one_kind():
    (kind,) = hop_kinds(_copper(), "Cu", 3.0)
    assert len(kind.images) == 4 * 12
    assert kind.length == pytest.approx(3.6 / np.sqrt(2))


@pytest.mark.parametrize("cubic", [True, False])
def test_kinds_of_hops_do_not_depend_on_the_cell(cubic):
    lengths = [kind.length for kind in hop_kinds(_copper(cubic), "Cu", 3.7)]
    assert lengths == pytest.approx([3.6 / np.sqrt(2), 3.6])


def test_a_hop_over_another_site_is_left_out():
    lengths = [kind.length for kind in hop_kinds(_copper(), "Cu", 5.2)]
    assert not any(length == pytest.approx(3.6 * np.sqrt(2)) for length in lengths)


def test_an_image_of_a_hop_is_where_its_operation_takes_the_representative(olivine):
    inverse = np.linalg.inv(olivine.cell)
    fractions = olivine.positions @ inverse
    for kind in hop_kinds(olivine, "Li", 5.0):
        own = np.array([fractions[kind.first], fractions[kind.second] + kind.cell])
        for (first, second, cell), image in kind.images.items():
            moved = own @ image.rotation.T + image.translation
            moved = moved[::-1] if image.is_reversed else moved
            expected = np.array([fractions[first], fractions[second] + cell])
            assert (moved - expected) @ olivine.cell == pytest.approx(0.0, abs=0.01)


def test_the_shortest_hop_of_olivine_leads_along_b(olivine):
    kinds = hop_kinds(olivine, "Li", 3.5)
    assert [kind.length for kind in kinds] == pytest.approx([3.0], abs=0.1)
    assert leads_somewhere(olivine, kinds)


def test_hops_are_added_until_they_lead_somewhere():
    sparse = structure_from_atoms(bulk("NaCl", "rocksalt", a=5.64, cubic=True))
    (kind,) = hop_kinds(sparse, "Na", 2.0)
    assert kind.length == pytest.approx(5.64 / np.sqrt(2))


def test_nothing_leads_anywhere_without_hops():
    assert not leads_somewhere(_copper(), [])


@pytest.mark.parametrize("cubic", [True, False])
def test_images_of_a_vacancy_are_as_far_apart_as_asked(cubic):
    cell = _copper(cubic).cell
    repeats = repeats_for(cell, 8.0, 1)
    reduced, _ = minkowski_reduce(cell * np.array(repeats)[:, None])
    assert np.linalg.norm(reduced, axis=1).min() >= 8.0


def test_a_supercell_of_too_many_atoms_is_refused():
    with pytest.raises(InvalidSpecError) as told:
        repeats_for(_copper().cell, 25.0, 4)
    assert told.value.field == "separation"


def test_the_ends_of_a_hop_differ_by_the_place_of_one_ion(olivine):
    (kind,) = hop_kinds(olivine, "Li", 3.5)
    start, end = ends_of(olivine, kind, (1, 2, 2))
    assert len(start) == len(end) == 4 * len(olivine) - 1
    moved = np.linalg.norm(end.positions - start.positions, axis=1)
    assert moved[:-1].max() == 0.0
    assert moved[-1] == pytest.approx(kind.length)
    assert start.numbers[-1] == 3


def test_the_vacancy_is_where_the_ion_goes(olivine):
    """With the ion at both ends the crystal is whole again: no two atoms are on one place."""
    (kind,) = hop_kinds(olivine, "Li", 3.5)
    start, end = ends_of(olivine, kind, (1, 2, 2))
    whole = np.vstack([start.positions, end.positions[-1:]])
    fractions = whole @ np.linalg.inv(start.cell)
    apart = fractions[:, None] - fractions[None]
    apart -= np.rint(apart)
    distances = np.linalg.norm(apart @ start.cell, axis=-1) + 9.0 * np.eye(len(whole))
    assert distances.min() > 1.4  # P-O, the shortest bond
