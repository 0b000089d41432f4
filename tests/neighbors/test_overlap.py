import pytest
import torch

from designer_app.errors import OverlappingAtomsError
from designer_app.neighbors.overlap import check_distances
from designer_app.neighbors.pairs import NeighborList
from designer_app.state import AtomicState


def _pair_at(distance, offset=0):
    """Two hydrogen atoms, after `offset` systems of one helium atom each."""
    n = offset + 2
    positions = torch.zeros(n, 3, dtype=torch.float64)
    positions[-1, 0] = distance
    state = AtomicState(
        numbers=torch.tensor([2] * offset + [1, 1]),
        positions=positions,
        cell=torch.zeros(offset + 1, 3, 3, dtype=torch.float64),
        pbc=torch.zeros(offset + 1, 3, dtype=torch.bool),
        system_idx=torch.tensor([*range(offset), offset, offset]),
        masses=torch.ones(n, dtype=torch.float64),
        fixed=torch.zeros(n, dtype=torch.bool),
    )
    neighbors = NeighborList(
        first=torch.tensor([offset]),
        second=torch.tensor([offset + 1]),
        shifts=torch.zeros(1, 3, dtype=torch.int64),
        cutoff=5.0,
        half=True,
    )
    return state, neighbors


def test_atoms_on_top_of_each_other_are_named_with_their_distance():
    with pytest.raises(OverlappingAtomsError) as raised:
        check_distances(*_pair_at(0.2))
    assert raised.value.facts() == {
        "first": 0,
        "second": 1,
        "distance_A": 0.2,
        "elements": "(H and H)",
    }


def test_overlapping_atoms_are_counted_in_their_own_structure():
    with pytest.raises(OverlappingAtomsError) as raised:
        check_distances(*_pair_at(0.2, offset=3))
    assert (raised.value.first, raised.value.second) == (0, 1)


def test_a_hydrogen_molecule_is_not_an_overlap():
    check_distances(*_pair_at(0.74))


def test_atoms_without_pairs_are_far_enough_apart():
    state, neighbors = _pair_at(9.0)
    empty = torch.zeros(0, dtype=torch.int64)
    check_distances(
        state, NeighborList(empty, empty, torch.zeros(0, 3, dtype=torch.int64), 5.0, half=True)
    )
    assert neighbors.n_pairs == 1
