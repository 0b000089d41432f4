"""The loss of a batch, its errors, and labels that are not known."""

import math

import numpy as np
import pytest
import torch

from designer_app.graphs.pyg import Data
from designer_app.potentials.base import Prediction
from designer_app.training.loss import ROUNDED, ErrorSums, LossWeights, loss_of
from designer_app.training.schedule import LAST, WeightAverage, rate_factor
from designer_app.units import GPA

WEIGHTS = LossWeights(energy=1.0, forces=10.0, stress=2.0, unit=2.0)
NAN = math.nan


def batch(energy=(1.0, 5.0), force=0.0, stress=0.0):
    """Two systems, of two and one atoms, in cells of 8 A^3."""
    return Data(
        batch=torch.tensor([0, 0, 1]),
        energy=torch.tensor(energy, dtype=torch.float64),
        forces=torch.full((3, 3), force, dtype=torch.float64),
        stress=torch.full((2, 3, 3), stress, dtype=torch.float64),
        cell=(2.0 * torch.eye(3, dtype=torch.float64)).repeat(2, 1, 1),
    )


def said(energy=(1.0, 5.0), force=0.0, stress=None):
    return Prediction(
        energy=torch.tensor(energy, dtype=torch.float64, requires_grad=True),
        forces=torch.full((3, 3), force, dtype=torch.float64),
        stress=None if stress is None else torch.full((2, 3, 3), stress, dtype=torch.float64),
    )


def rounded(length):
    """What an error of this length in eV costs."""
    return np.sqrt((length / WEIGHTS.unit) ** 2 + ROUNDED**2) - ROUNDED


def test_the_loss_adds_energies_forces_and_virials_in_its_unit():
    loss, _ = loss_of(said((2.0, 6.0), 0.5, 0.25), batch(), WEIGHTS)
    energy = (rounded(1 / np.sqrt(2)) + rounded(1.0)) / 2
    force = rounded(0.5 * np.sqrt(3))
    virial = (rounded(3 * 0.25 * 8 / 2) + rounded(3 * 0.25 * 8)) / 2
    assert float(loss.detach()) == pytest.approx(energy + 10 * force + 2 * virial)


def test_a_perfect_prediction_costs_nothing_and_pulls_nowhere():
    prediction = said()
    loss, _ = loss_of(prediction, batch(), WEIGHTS)
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert prediction.energy.grad.tolist() == [0.0, 0.0]


def test_the_epoch_has_the_loss_of_its_only_batch():
    loss, sums = loss_of(said((2.0, 6.0), 0.5, 0.25), batch(), WEIGHTS)
    assert sums.loss(WEIGHTS) == pytest.approx(float(loss.detach()))


def test_errors_are_told_in_units_of_the_laboratory():
    _, sums = loss_of(said((2.0, 6.0), 0.5, 0.25), batch(), WEIGHTS)
    assert sums.energy_mae == pytest.approx(750.0)
    assert sums.force_mae == pytest.approx(500.0)
    assert sums.stress_mae == pytest.approx(0.25 / GPA)


def test_labels_that_are_not_known_take_no_part():
    loss, sums = loss_of(said((3.0, 6.0), 0.5), batch(energy=(NAN, 5.0), force=NAN), WEIGHTS)
    assert float(loss.detach()) == pytest.approx(rounded(1.0))
    assert (sums.n_energies, sums.n_forces) == (1, 0)


def test_labels_that_are_not_known_leave_gradients_finite():
    prediction = said((3.0, 6.0))
    loss, _ = loss_of(prediction, batch(energy=(NAN, 5.0)), WEIGHTS)
    loss.backward()
    assert torch.isfinite(prediction.energy.grad).all()
    assert prediction.energy.grad[0] == 0.0


def test_an_epoch_without_labels_has_no_loss():
    assert math.isnan(ErrorSums().loss(WEIGHTS))


def test_the_rate_rises_then_falls_to_almost_nothing():
    rates = [rate_factor(share) for share in (0.0, 0.02, 0.5, 1.0)]
    assert rates[0] < rates[1] == pytest.approx(1.0)
    assert rates[2] < rates[1]
    assert rates[3] == pytest.approx(LAST)


def test_the_average_of_weights_that_stand_still_is_the_weights():
    module = torch.nn.Linear(2, 2)
    average = WeightAverage(module, 0.99)
    for _ in range(5):
        average.follow(module)
    assert torch.allclose(average.weights["weight"], module.weight)


def test_early_weights_are_soon_forgotten():
    module = torch.nn.Linear(1, 1, bias=False)
    average = WeightAverage(module, 0.99)
    with torch.no_grad():
        module.weight.add_(1.0)
    start = average.weights["weight"].clone()
    for _ in range(10):
        average.follow(module)
    assert float((average.weights["weight"] - start).abs()) > 0.9
