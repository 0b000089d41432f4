"""Faces that Tasker calls type 3, and those that he does not (doi:10.1088/0022-3719/12/22/036)."""

import pytest
from ase.build import bulk
from ase.spacegroup import crystal

from designer_app.io.documents import structure_from_atoms
from designer_app.properties.slab_polarity import is_polar, polarization
from designer_app.properties.slabs import cut_slabs

LIF = bulk("LiF", "rocksalt", a=4.03)
PEROVSKITE = crystal(
    ["Sr", "Ti", "O"],
    [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
    spacegroup=221,
    cellpar=[3.905, 3.905, 3.905, 90, 90, 90],
)


def _slabs(atoms, miller):
    return cut_slabs(structure_from_atoms(atoms), miller, spacing=3.0)


@pytest.mark.parametrize(
    ("atoms", "miller", "expected"),
    [
        (LIF, (1, 0, 0), False),
        (LIF, (1, 1, 0), False),
        (LIF, (1, 1, 1), True),
        (PEROVSKITE, (1, 0, 0), False),
        (PEROVSKITE, (1, 1, 0), True),
        (PEROVSKITE, (1, 1, 1), True),
    ],
    ids=["LiF 100", "LiF 110", "LiF 111", "SrTiO3 100", "SrTiO3 110", "SrTiO3 111"],
)
def test_the_charges_of_the_layers_tell_polar_faces(atoms, miller, expected):
    assert {is_polar(slab) for slab in _slabs(atoms, miller)} == {expected}


def test_both_sides_of_a_polar_slab_have_opposite_dipoles():
    one, other = (polarization(slab) for slab in _slabs(LIF, (1, 1, 1)))
    assert one == pytest.approx(-other)


def test_a_metal_is_not_polar():
    assert not any(is_polar(slab) for slab in _slabs(bulk("Cu"), (1, 1, 1)))
