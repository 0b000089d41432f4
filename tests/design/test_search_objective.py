import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy.stats import norm

from designer_app.design.search.objective import goals_of, loss_of, score_of
from designer_app.errors import InvalidSpecError
from designer_app.specs.design_targets import PROPERTIES, targets_from

ROUNDING = 1e-9
"""ln of chances near 1 in float64."""


@dataclass
class Said:
    mean: torch.Tensor
    spread: torch.Tensor


def goal(text):
    return goals_of(targets_from((text,)), list(PROPERTIES))[0]


def loss(text, mean, spread=0.0):
    found = goal(text)
    said = {found.key: Said(torch.tensor([float(mean)]), torch.tensor([float(spread)]))}
    return float(loss_of([found], said))


def test_a_one_sided_target_costs_nothing_beyond_its_end():
    assert loss("energy_density=600..", 900.0) == 0.0
    assert loss("energy_density=600..", 500.0) > loss("energy_density=600..", 590.0) > 0.0


def test_a_target_about_a_value_costs_on_both_sides():
    assert loss("voltage=3.4", 3.2) == pytest.approx(loss("voltage=3.4", 3.6), rel=1e-5)
    assert loss("voltage=3.4", 3.4) == 0.0


def test_doubt_costs_even_where_the_mean_is_inside():
    assert loss("voltage=2..4", 3.0, 0.3) > loss("voltage=2..4", 3.0, 0.0)


def test_a_weight_multiplies_the_loss():
    assert loss("voltage=4..*2", 3.0) == pytest.approx(2.0 * loss("voltage=4..", 3.0))


def test_a_conductivity_counts_in_decades():
    assert loss("ionic_conductivity=1e-4..", -4.0) == 0.0
    assert loss("ionic_conductivity=1e-4..", -5.0) == pytest.approx(1.5)  # 2 wide, Huber


@pytest.mark.parametrize(("mean", "error"), [(500.0, 60.0), (700.0, 200.0), (100.0, 30.0)])
def test_chances_are_those_of_a_normal_distribution(mean, error):
    found = goal("energy_density=600..800")
    chance = norm.sf(600, mean, error) - norm.sf(800, mean, error)
    said = found.log_chance(np.array([mean]), np.array([error]))[0]
    assert math.isclose(said, math.log(chance), rel_tol=1e-6)


def test_an_exact_number_inside_has_a_chance_of_one():
    said = goal("capacity=150..").log_chance(np.array([170.0]), np.array([0.0]))
    assert said[0] == pytest.approx(0.0, abs=ROUNDING)


def test_scores_sum_over_targets():
    goals = goals_of(targets_from(("voltage=2..4", "e_above_hull=..0.05")), list(PROPERTIES))
    both = {
        "voltage": (np.array([3.9]), np.array([0.3])),
        "e_above_hull": (np.array([0.06]), np.array([0.02])),
    }
    parts = [each.log_chance(*both[each.key])[0] for each in goals]
    assert score_of(goals, both)[0] == pytest.approx(sum(parts))


def test_a_target_that_nothing_predicts_is_refused_with_what_is():
    with pytest.raises(InvalidSpecError, match="those here predict voltage"):
        goals_of(targets_from(("capacity=100..",)), ["voltage"])


def test_a_logarithmic_target_below_zero_is_refused():
    with pytest.raises(InvalidSpecError, match="always above 0"):
        goal("ionic_conductivity=..0")
