"""Shared, partly occupied and split sites."""

import numpy as np
import pytest

from designer_app.errors import DisorderedStructureError
from designer_app.io.disorder import disordered_sites, is_whole, marked, split_positions
from designer_app.specs.structure import Structure
from designer_app.state import check_computable


def cell_of(positions, numbers=None):
    positions = np.array(positions, dtype=float)
    return Structure(
        numbers=np.full(len(positions), 3) if numbers is None else np.array(numbers),
        positions=positions,
        cell=np.eye(3) * 5.0,
        pbc=(True, True, True),
    )


@pytest.mark.parametrize(
    ("shares", "whole"),
    [
        ({"Li": 1.0}, True),
        ({"Li": 0.9995}, True),
        ({"Li": 0.98}, False),
        ({"Li": 0.5, "Na": 0.5}, False),
        ({"Li": 1.2}, False),
    ],
)
def test_a_whole_site_holds_one_species_up_to_rounding(shares, whole):
    assert is_whole(shares) is whole


def test_disorder_is_counted_and_told_in_words():
    structure = cell_of([(0, 0, 0), (2.5, 0, 0)], [28, 8])
    found = marked(structure, ({"Ni": 0.4, "Mn": 0.35, "Co": 0.25}, {"O": 1.0}))
    assert found.disordered_sites == 1
    assert found.disorder_example == "Ni 0.40 Mn 0.35 Co 0.25 at (0, 0, 0)"


def test_a_disordered_structure_is_not_computed():
    structure = marked(cell_of([(0, 0, 0)]), ({"Li": 0.3},))
    with pytest.raises(DisorderedStructureError) as caught:
        check_computable(structure)
    assert caught.value.sites == 1


def test_whole_sites_clear_the_mark():
    structure = marked(cell_of([(0, 0, 0)]), ({"Li": 0.3},))
    assert marked(structure, ({"Li": 1.0},)).disordered_sites == 0
    assert disordered_sites([{"Li": 1.0}]) == []


def test_split_positions_are_found_across_the_cell_border():
    structure = cell_of([(0.1, 0, 0), (4.9, 0, 0), (2.5, 2.5, 2.5)])
    shares = ({"Li": 0.5}, {"Li": 0.5}, {"Li": 1.0})
    assert split_positions(structure, shares) == [(0, 1, pytest.approx(0.2))]
    whole = ({"Li": 1.0},) * 3
    assert split_positions(structure, whole) == []
