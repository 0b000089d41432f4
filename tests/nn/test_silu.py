"""silu with two derivatives of its own, and denormal numbers."""

import torch
from torch.autograd import gradcheck, gradgradcheck

from designer_app.nn.denormals import without_denormals
from designer_app.nn.silu import silu


def _numbers(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(5)
    return 3 * torch.randn(*shape, generator=generator, dtype=torch.float64)


def test_its_derivatives_are_those_of_finite_differences():
    x = _numbers(4, 7).requires_grad_()
    assert gradcheck(silu, (x, 1.7))
    assert gradgradcheck(silu, (x, 1.7))


def test_derivatives_of_rows_that_lie_apart_are_right_too():
    x = _numbers(6, 4).requires_grad_()
    assert gradgradcheck(lambda each: silu(each.T[1:]), (x,))


def test_compiled_and_composed_bend_the_same(monkeypatch):
    x = _numbers(30).requires_grad_()

    def bend() -> torch.Tensor:
        (slope,) = torch.autograd.grad(silu(x).sin().sum(), x, create_graph=True)
        return torch.autograd.grad(slope.square().sum(), x)[0]

    found = bend()
    monkeypatch.setattr("designer_app.nn.silu.HAS_COMPILER", False)
    torch.testing.assert_close(found, bend(), rtol=1e-12, atol=1e-12)


def test_its_values_are_those_of_torch():
    x = _numbers(50).float()
    torch.testing.assert_close(silu(x), torch.nn.functional.silu(x), rtol=0, atol=0)


def test_large_numbers_have_finite_second_derivatives():
    x = torch.tensor([-1e4, -90.0, 0.0, 90.0, 1e4], requires_grad=True)
    (slope,) = torch.autograd.grad(silu(x).sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), x)
    torch.testing.assert_close(slope, torch.tensor([0.0, 0.0, 0.5, 1.0, 1.0]))
    torch.testing.assert_close(bend, torch.tensor([0.0, 0.0, 0.5, 0.0, 0.0]))


def test_tiny_numbers_are_zero_inside_and_themselves_after():
    tiny = torch.tensor(1e-40)
    with without_denormals():
        assert float((tiny * 1.0).view(torch.int32)) == 0
    assert float((tiny * 1.0).view(torch.int32)) != 0
