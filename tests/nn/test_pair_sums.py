import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.nn import pair_sums
from designer_app.nn.pair_sums import Pairs, add_across, pair_convolution, row_products

PAIRS = Pairs(torch.arange(5), torch.tensor([0, 0, 1, 1, 3]), torch.tensor([1, 3, 1, 3, 3]))
"""Of four atoms: one without neighbours, and two with images of their own."""


@pytest.fixture(params=["compiled", "plain"])
def kernels(request, monkeypatch):
    if request.param == "plain":
        monkeypatch.setattr(pair_sums, "HAS_COMPILER", False)


def inputs():
    generator = torch.Generator().manual_seed(0)
    x, weights = (
        torch.randn(n, 3, dtype=torch.float64, generator=generator).requires_grad_() for n in (4, 5)
    )
    return x, weights


@pytest.mark.usefixtures("kernels")
def test_each_pair_gives_to_both_its_ends():
    x, weights = inputs()
    expected = torch.zeros_like(x)
    for first, second, weight in zip(PAIRS.first, PAIRS.second, weights, strict=True):
        expected[first] += x[second] * weight
        expected[second] += x[first] * weight
    torch.testing.assert_close(pair_convolution(x, weights, PAIRS), expected)


@pytest.mark.usefixtures("kernels")
def test_convolutions_can_be_differentiated_twice():
    assert gradcheck(lambda x, w: pair_convolution(x, w, PAIRS), inputs())
    assert gradgradcheck(lambda x, w: pair_convolution(x, w, PAIRS).square(), inputs())


@pytest.mark.usefixtures("kernels")
def test_row_products_are_sums_over_a_row():
    x, _ = inputs()
    torch.testing.assert_close(row_products(x, 2.0 * x), 2.0 * x.square().sum(dim=1))


@pytest.mark.usefixtures("kernels")
def test_what_crosses_a_pair_is_added_to_what_was_there():
    x, slopes = (each.detach() for each in inputs())
    g, found = 2.0 * x + 1.0, torch.ones(5, dtype=torch.float64)
    add_across(found, g, x, slopes, PAIRS)
    i, j = PAIRS.first, PAIRS.second
    torch.testing.assert_close(found, 1.0 + ((g[i] * x[j] + g[j] * x[i]) * slopes).sum(dim=1))
