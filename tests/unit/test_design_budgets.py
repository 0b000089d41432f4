from dataclasses import replace

import pytest

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import (
    BUDGETS,
    expected_parts,
    expected_seconds,
)
from designer_app.specs.fields import check_spec
from designer_app.specs.presets import applied, preset_named, preset_of


@pytest.mark.parametrize("budget", BUDGETS, ids=lambda each: each.key)
def test_a_spec_with_the_numbers_of_a_budget_has_that_budget(budget):
    spec = applied(budget, DesignSpec())
    check_spec(spec)
    assert preset_of(BUDGETS, spec) == budget.key


def test_the_defaults_are_the_balanced_budget():
    assert preset_of(BUDGETS, DesignSpec()) == "balanced"


def test_own_numbers_are_no_budget():
    assert preset_of(BUDGETS, replace(DesignSpec(), relax_best=61)) == "custom"


def test_a_larger_budget_takes_longer():
    times = [expected_seconds(applied(budget, DesignSpec()), cores=2) for budget in BUDGETS]
    assert times == sorted(times)


def test_the_balanced_budget_takes_ten_minutes_on_two_cores_at_most():
    spec = applied(preset_named(BUDGETS, "balanced"), DesignSpec())
    assert expected_seconds(spec, cores=2) < 600.0


def test_a_second_core_halves_the_relaxations():
    spec = applied(preset_named(BUDGETS, "balanced"), DesignSpec())
    one, two = (dict(expected_parts(spec, cores=n)) for n in (1, 2))
    assert two["Relaxations"] == pytest.approx(one["Relaxations"] / 2)
