"""Slabs: thick enough, wide enough, and still the crystal that they were cut from."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, fcc111, graphene, molecule

from designer_app.errors import InvalidSpecError, MissingCellError
from designer_app.io.documents import structure_from_atoms
from designer_app.properties.plane_lattices import shortest_vector
from designer_app.properties.slabs import (
    MAX_ATOMS,
    check_bulk,
    cut_slabs,
    miller_from_text,
)

ROUNDING = 1e-6
"""A: standard cells are written with so many digits."""


def _cut(atoms, text, **settings):
    return cut_slabs(structure_from_atoms(atoms), miller_from_text(text), **settings)


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("111", (1, 1, 1)),
        ("1-10", (1, -1, 0)),
        (" 0 0 2 ", (0, 0, 1)),
        ("1,-1,0", (1, -1, 0)),
        ("10-10", (1, 0, 0)),
        ("0001", (0, 0, 1)),
        ("(2 1 1)", (2, 1, 1)),
    ],
)
def test_miller_indices_are_read_in_every_usual_way(text, indices):
    assert miller_from_text(text) == indices


@pytest.mark.parametrize("text", ["", "11", "000", "abc", "1 1", "1111", "12 0 0", "1.5 0 0"])
def test_nonsense_indices_are_refused(text):
    with pytest.raises(InvalidSpecError):
        miller_from_text(text)


def test_a_metal_gets_exactly_the_layers_asked_for():
    (slab,) = _cut(bulk("Pt"), "111", n_layers=6)
    assert slab.n_layers == 6


def test_an_open_face_gets_more_layers_until_it_is_a_crystal():
    (slab,) = _cut(bulk("Cu"), "110", n_layers=3)
    assert np.ptp(slab.structure.positions[:, 2]) >= 5.0


def test_layers_are_as_far_apart_as_in_the_crystal():
    a = 3.92
    (slab,) = _cut(bulk("Pt", a=a), "111")
    heights = np.unique(slab.structure.positions[:, 2].round(5))
    np.testing.assert_allclose(np.diff(heights), a / np.sqrt(3.0), atol=1e-4)


def test_there_is_vacuum_above():
    (slab,) = _cut(bulk("Pt"), "111", vacuum=15.0)
    thickness = np.ptp(slab.structure.positions[:, 2])
    assert slab.structure.cell[2, 2] - thickness == pytest.approx(15.0, abs=1e-3)


def test_the_lower_half_is_held():
    (slab,) = _cut(bulk("Pt"), "111", n_layers=4)
    z = slab.structure.positions[:, 2]
    np.testing.assert_array_equal(slab.structure.fixed, z < np.median(z))


@pytest.mark.parametrize("spacing", [2.0, 5.0, 7.0, 9.0])
def test_images_are_at_least_as_far_apart_as_asked(spacing):
    (slab,) = _cut(bulk("Pt"), "111", spacing=spacing)
    assert shortest_vector(*slab.structure.cell[:2]) >= spacing - 1e-3


def test_the_smallest_cell_of_the_plane_is_found():
    (slab,) = _cut(bulk("Pt", a=3.92), "111", spacing=2.0)
    assert len(slab.structure) == slab.n_layers
    assert slab.area == pytest.approx(np.sqrt(3.0) / 4.0 * 3.92**2, rel=1e-4)


def test_a_compound_keeps_its_composition():
    crystal = bulk("NaCl", "rocksalt", a=5.64)
    (slab,) = _cut(crystal, "100", spacing=2.0)
    assert (slab.structure.numbers == 11).sum() == (slab.structure.numbers == 17).sum()
    assert slab.n_bulk_cells * len(crystal) == pytest.approx(len(slab.structure))


def test_every_termination_of_a_compound_is_cut():
    perovskite = Atoms(
        "SrTiO3",
        scaled_positions=[(0, 0, 0), (0.5,) * 3, (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)],
        cell=[3.9] * 3,
        pbc=True,
    )
    tops = {slab.termination for slab in _cut(perovskite, "100", spacing=2.0)}
    assert tops == {"SrO", "TiO2"}


def test_the_cell_of_the_crystal_does_not_matter():
    small = _cut(bulk("Cu", a=3.6), "111")[0]
    large = _cut(bulk("Cu", a=3.6, cubic=True) * (1, 2, 1), "111")[0]
    assert len(small.structure) == len(large.structure)
    np.testing.assert_allclose(small.area, large.area, rtol=1e-5)


def test_a_molecule_cannot_be_cut():
    with pytest.raises(MissingCellError):
        check_bulk(structure_from_atoms(molecule("H2O")))


@pytest.mark.parametrize("atoms", [fcc111("Pt", (2, 2, 3), vacuum=8.0), graphene(vacuum=6.0)])
def test_a_slab_or_a_sheet_is_not_cut_again(atoms):
    atoms.pbc = True
    with pytest.raises(InvalidSpecError):
        check_bulk(structure_from_atoms(atoms))


@pytest.mark.parametrize("text", ["543", "987"])
def test_planes_too_close_for_layers_are_refused_at_once(text):
    with pytest.raises(InvalidSpecError) as told:
        _cut(bulk("Cu"), text)
    assert "Å apart" in told.value.reason


def test_a_slab_beyond_the_limit_is_refused():
    with pytest.raises(InvalidSpecError) as told:
        _cut(bulk("Cu"), "111", spacing=30.0, n_layers=20)
    assert str(MAX_ATOMS) in told.value.reason
