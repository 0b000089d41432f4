import numpy as np
import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.neighbors.build import build_neighbors
from designer_app.nn.edges import edge_graph
from designer_app.nn.scatter import Segments, edges_of_atoms, gathered, segment_sum, summed
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

INDEX = torch.tensor([2, 0, 0, 3, 2, 2])
"""Unsorted, and segments 1 and 4 of 5 are empty."""


def test_a_sum_over_segments_is_the_sum_of_their_weighted_rows():
    rows, weights = torch.randn(6, 3, dtype=torch.float64), torch.rand(6, dtype=torch.float64)
    expected = torch.zeros(5, 3, dtype=torch.float64).index_add(0, INDEX, rows * weights[:, None])
    found = segment_sum(rows, Segments.of(INDEX, 5), weights)
    torch.testing.assert_close(found, expected)


def test_gathering_repeats_the_value_of_the_segment():
    values = torch.randn(5, 3)
    assert torch.equal(gathered(values, Segments.of(INDEX, 5)), values[INDEX])


def test_gradients_of_both_are_those_of_finite_differences():
    segments, weights = Segments.of(INDEX, 5), torch.rand(6, dtype=torch.float64)
    values = torch.randn(5, 2, dtype=torch.float64, requires_grad=True)
    rows = torch.randn(6, 2, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda x: gathered(x, segments), (values,))
    assert gradcheck(lambda x: segment_sum(x, segments, weights), (rows,))


def test_gather_and_sum_can_be_differentiated_twice():
    segments = Segments.of(INDEX, 5)
    values = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    rows = torch.randn(6, 2, 3, dtype=torch.float64, requires_grad=True)
    assert gradgradcheck(lambda x: gathered(x, segments).square(), (values,))
    assert gradgradcheck(lambda x: summed(x, segments).square(), (rows,))


def test_edges_of_atoms_are_found_without_sorting():
    rng = np.random.default_rng(0)
    cell = np.array([[3.0, 0.2, 0.0], [0.0, 2.5, 0.4], [0.5, 0.0, 2.8]])
    structure = Structure(np.array([3, 8, 3]), rng.random((3, 3)) @ cell, cell, (True, True, True))
    state = state_from_structures([structure], torch.device("cpu"))
    graph = edge_graph(state, build_neighbors(state, 4.0, half=False), 4.0, torch.float64)
    assert torch.equal(graph.vectors[graph.reverse], -graph.vectors)
    rows = torch.randn(graph.n_edges, 2)
    for found, index in zip(edges_of_atoms(graph), (graph.first, graph.second), strict=True):
        expected = torch.zeros(3, 2).index_add(0, index, rows)
        torch.testing.assert_close(summed(rows, found), expected)
