import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.neighbors.triplets import EdgeRows, permuted

RAGGED = torch.tensor([0, 0, 0, 2, 3, 3])
"""Atom 1 has no edge."""
EVEN = torch.tensor([0, 0, 1, 1, 2, 2])
kinds = pytest.mark.parametrize("first", [RAGGED, EVEN])


def edges_of(first):
    return torch.randn(6, 2, dtype=torch.float64, requires_grad=True)


@kinds
def test_rows_hold_the_edges_of_each_atom(first):
    rows, values = EdgeRows.of(first, 4), torch.randn(6, 2)
    together = rows.rows(values)
    for atom in range(4):
        mine = values[first == atom]
        assert torch.equal(together[atom, : len(mine)], mine)
        assert not together[atom, len(mine) :].any()


@kinds
def test_edges_come_back_from_their_rows(first):
    rows, values = EdgeRows.of(first, 4), torch.randn(6, 2)
    assert torch.equal(rows.flat(rows.rows(values)), values)


@kinds
def test_sums_are_those_over_the_edges_of_each_atom(first):
    values = torch.randn(6, 2)
    expected = torch.zeros(4, 2).index_add(0, first, values)
    torch.testing.assert_close(EdgeRows.of(first, 4).sums(values), expected)


@kinds
def test_edges_know_what_their_atom_carries(first):
    values = torch.randn(4, 3)
    assert torch.equal(EdgeRows.of(first, 4).of_atoms(values), values[first])


@kinds
def test_each_place_names_its_edge(first):
    rows = EdgeRows.of(first, 4)
    named = rows.edges[rows.edges < 6]
    assert torch.equal(named, torch.arange(6))


def test_a_graph_without_edges_has_rows_of_no_width():
    rows = EdgeRows.of(torch.zeros(0, dtype=torch.int64), 3)
    assert rows.rows(torch.zeros(0, 2)).shape == (3, 0, 2)
    assert torch.equal(rows.sums(torch.zeros(0, 2)), torch.zeros(3, 2))


@kinds
def test_rows_and_reversals_can_be_differentiated_twice(first):
    rows, reverse = EdgeRows.of(first, 4), torch.tensor([3, 2, 1, 0, 5, 4])
    ways = (rows.rows, lambda x: rows.flat(rows.rows(x) ** 2), lambda x: permuted(x**2, reverse))
    for way in ways:
        assert gradcheck(way, (edges_of(first),))
        assert gradgradcheck(way, (edges_of(first),))
