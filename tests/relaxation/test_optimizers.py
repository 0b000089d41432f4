"""FIRE and L-BFGS on surfaces whose minimum is known."""

import pytest
import torch

from designer_app.relaxation.fire import Fire
from designer_app.relaxation.lbfgs import LBFGS
from designer_app.relaxation.rows import Rows, regathered

OPTIMIZERS = [Fire, LBFGS]


def _rows(*sizes):
    system = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
    return Rows(system, len(sizes), torch.full((sum(sizes),), 0.2, dtype=torch.float64))


def _minimised(kind, rows, start, surface, steps):
    """Positions after some steps on `surface(x) -> energy of each system`."""
    positions = start
    optimizer = kind.start(torch.zeros_like(start), rows.n_systems)
    for _ in range(steps):
        x = positions.clone().requires_grad_()
        energy = surface(x)
        forces = -torch.autograd.grad(energy.sum(), x)[0]
        optimizer, step = optimizer.step(rows, forces, energy.detach())
        positions = positions + step
    return positions


def _bowls(rows):
    """k x^2 / 2 with force constants from 1 to 50 eV/A^2 in each system."""
    constants = torch.linspace(1.0, 50.0, 3, dtype=torch.float64)
    return lambda x: rows.dot(x, 0.5 * constants * x)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_bowl_is_descended_to_its_bottom(kind):
    rows = _rows(2, 3)
    generator = torch.Generator().manual_seed(1)
    start = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    end = _minimised(kind, rows, start, _bowls(rows), 200)
    assert end.abs().max() < 1e-3


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_no_row_moves_farther_than_its_limit(kind):
    rows = _rows(2)
    forces = torch.full((2, 3), 500.0, dtype=torch.float64)
    optimizer = kind.start(torch.zeros_like(forces), 1)
    _, step = optimizer.step(rows, forces, torch.zeros(1, dtype=torch.float64))
    assert torch.linalg.vector_norm(step, dim=1).max() <= 0.2 + 1e-12


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_system_takes_the_same_steps_alone_and_in_a_batch(kind):
    generator = torch.Generator().manual_seed(2)
    start = torch.randn(5, 3, generator=generator, dtype=torch.float64)
    both, alone = _rows(2, 3), _rows(3)
    together = _minimised(kind, both, start, _bowls(both), 12)[2:]
    single = _minimised(kind, alone, start[2:], _bowls(alone), 12)
    torch.testing.assert_close(together, single, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_system_goes_on_unchanged_when_its_neighbour_leaves_and_another_enters(kind):
    generator = torch.Generator().manual_seed(3)
    start = torch.randn(3, 3, generator=generator, dtype=torch.float64)
    alone = _rows(3)
    whole = _minimised(kind, alone, start, _bowls(alone), 12)
    first = _rows(2, 3)
    positions = torch.cat([torch.ones(2, 3, dtype=torch.float64), start])
    optimizer = kind.start(torch.zeros_like(positions), 2)
    for step_number in range(12):
        if step_number == 5:
            first = _rows(3, 1)
            source = torch.tensor([2, 3, 4, -1])
            optimizer = optimizer.regrouped(source, torch.tensor([1, -1]))
            positions = regathered(positions, source)
        x = positions.clone().requires_grad_()
        energy = _bowls(first)(x)
        forces = -torch.autograd.grad(energy.sum(), x)[0]
        optimizer, step = optimizer.step(first, forces, energy.detach())
        positions = positions + step
    torch.testing.assert_close(positions[:3], whole, rtol=0, atol=1e-12)


def test_lbfgs_finds_the_bottom_of_a_quadratic_in_about_as_many_steps_as_it_has_dimensions():
    rows = _rows(1)
    start = torch.tensor([[0.05, -0.04, 0.03]], dtype=torch.float64)
    end = _minimised(LBFGS, rows, start, _bowls(rows), 12)
    assert end.abs().max() < 1e-6


def test_lbfgs_takes_back_a_step_that_ends_higher():
    rows = _rows(1)
    forces = torch.tensor([[4.0, 0.0, 0.0]], dtype=torch.float64)
    optimizer = LBFGS.start(torch.zeros_like(forces), 1)
    optimizer, step = optimizer.step(rows, forces, torch.tensor([0.0], dtype=torch.float64))
    assert step[0, 0] > 0
    higher = torch.tensor([1.0], dtype=torch.float64)
    optimizer, back = optimizer.step(rows, -3 * forces, higher)
    assert -step[0, 0] < back[0, 0] < 0  # on the near side of the wall, beyond the start
    assert float(optimizer.energy[0]) == 0.0


def test_lbfgs_learns_nothing_from_a_hilltop():
    rows = _rows(1)
    forces = torch.tensor([[1.0, 0.0, 0.0]], dtype=torch.float64)
    optimizer = LBFGS.start(torch.zeros_like(forces), 1)
    zero = torch.tensor([0.0], dtype=torch.float64)
    optimizer, _ = optimizer.step(rows, forces, zero)
    optimizer, step = optimizer.step(rows, 2 * forces, zero - 1.0)  # the force grew on the way
    assert not optimizer.pairs.curvature.any()
    assert step[0, 0] > 0
