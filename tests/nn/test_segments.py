import torch
from torch.autograd import gradcheck

from designer_app.nn.segments import Segments, gathered, segment_sum

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
