import numpy as np
import pytest
import torch

from designer_app.errors import OverlappingAtomsError
from designer_app.neighbors.overlap import check_overlaps
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures


def _pair_at(distance, number=1, edge=9.0):
    """Two atoms of an element in a periodic box, the second one cell away."""
    positions = np.array([[1.0, 2.0, 3.0], [1.0 + distance + edge, 2.0, 3.0]])
    return Structure(np.array([number, number]), positions, edge * np.eye(3), (True,) * 3)


def _checked(*structures):
    check_overlaps(state_from_structures(structures, torch.device("cpu")))


def test_atoms_on_top_of_each_other_are_named_with_their_distance():
    with pytest.raises(OverlappingAtomsError) as raised:
        _checked(_pair_at(0.2))
    assert raised.value.facts() == {
        "first": 0,
        "second": 1,
        "distance_A": 0.2,
        "elements": "(H and H)",
    }


def test_overlapping_atoms_are_counted_in_their_own_structure():
    with pytest.raises(OverlappingAtomsError) as raised:
        _checked(_pair_at(2.0), _pair_at(2.0), _pair_at(0.2))
    assert (raised.value.first, raised.value.second) == (0, 1)


def test_the_deepest_overlap_of_a_batch_is_told():
    with pytest.raises(OverlappingAtomsError) as raised:
        _checked(_pair_at(0.3), _pair_at(0.3, number=55))
    assert raised.value.elements == "(Cs and Cs)"


@pytest.mark.parametrize(("number", "closest"), [(1, 0.5), (18, 0.636), (55, 1.464)])
def test_heavier_atoms_must_be_farther_apart(number, closest):
    """0.3 times twice the covalent radius of Ar, 1.06 A, and Cs, 2.44 A; H has the least of all."""
    _checked(_pair_at(closest + 0.01, number))
    with pytest.raises(OverlappingAtomsError):
        _checked(_pair_at(closest - 0.01, number))


def test_an_atom_that_overlaps_its_own_image_is_found():
    with pytest.raises(OverlappingAtomsError) as raised:
        _checked(
            _pair_at(0.8, edge=1.6),
            Structure(
                np.array([18]), np.zeros((1, 3)), np.diag([0.4, 5.0, 5.0]), (True, False, False)
            ),
        )
    assert (raised.value.first, raised.value.second) == (0, 0)


@pytest.mark.parametrize("distance", [0.74, 9.0 / 2])
def test_molecules_and_lone_atoms_do_not_overlap(distance):
    _checked(_pair_at(distance))
