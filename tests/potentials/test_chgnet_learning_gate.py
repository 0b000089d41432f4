"""The gate of CHGNet that learns: one pass for each derivative."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.potentials.chgnet import learning_gate
from designer_app.potentials.chgnet.learning_gate import gated
from designer_app.potentials.chgnet.network import Gate


@pytest.fixture
def inputs() -> tuple[torch.Tensor, ...]:
    """Rows of core and gate, bias, gamma and beta."""
    generator = torch.Generator().manual_seed(3)

    def some(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()

    return some(2, 3, 64), some(2, 64), some(2, 64), some(2, 64)


def _of_all(y, bias, gamma, beta):
    return gated(y, Gate(bias, gamma, beta))


def test_its_derivatives_are_those_of_finite_differences(inputs):
    assert gradcheck(_of_all, inputs, fast_mode=True)
    assert gradgradcheck(_of_all, inputs, fast_mode=True)


def test_compiled_and_composed_learn_the_same(inputs, monkeypatch):
    """Values, slopes, and the slopes of a loss on slopes."""

    def everything() -> list[torch.Tensor]:
        said = _of_all(*inputs)
        (slope,) = torch.autograd.grad(said.sin().sum(), inputs[0], create_graph=True)
        loss = slope.square().sum() + said.sum()
        return [said, slope, *torch.autograd.grad(loss, inputs)]

    found = everything()
    monkeypatch.setattr(learning_gate, "HAS_COMPILER", False)
    for ours, plain in zip(found, everything(), strict=True):
        torch.testing.assert_close(ours, plain, rtol=1e-10, atol=1e-10)


def test_rows_that_lie_apart_learn_the_same(inputs):
    y, *gate = inputs

    def loss(rows: torch.Tensor) -> torch.Tensor:
        said = gated(rows, Gate(*gate))
        (slope,) = torch.autograd.grad(said.sin().sum(), y, create_graph=True)
        return slope.square().sum()

    apart = torch.stack([y[0], y[1]], dim=2).movedim(2, 0)
    (ours,) = torch.autograd.grad(loss(apart), y)
    (plain,) = torch.autograd.grad(loss(y), y)
    torch.testing.assert_close(ours, plain)


def test_rows_of_any_shape_keep_it(inputs):
    y, *gate = (each.detach() for each in inputs)
    wide = y.view(2, 3, 1, 64).expand(2, 3, 2, 64)
    torch.testing.assert_close(gated(wide, Gate(*gate))[:, 1], gated(y, Gate(*gate)))
