import math

import pytest

from designer_app.errors import NotFiniteError, RunawayRelaxationError
from designer_app.relaxation.judging import Facts, Goal, is_relaxed, share_done, what_broke

START = Facts(energy=-10.0, fmax=1.0, smax=0.1, cell_force=0.5, volume=100.0)


def _changed(**values):
    return Facts(**{**START.__dict__, **values})


def _what_broke(fact, **settings):
    told = {"n_atoms": 2, "step": 7, "potential": "any", "fix_cell": False} | settings
    return what_broke(START, fact, **told)


def test_forces_and_stress_must_both_be_small():
    goal = Goal(fmax=0.05, smax=0.01)
    assert is_relaxed(_changed(fmax=0.04, smax=0.009), goal)
    assert not is_relaxed(_changed(fmax=0.06, smax=0.009), goal)
    assert not is_relaxed(_changed(fmax=0.04, smax=0.011), goal)


def test_the_stress_does_not_matter_where_the_cell_is_kept():
    assert is_relaxed(_changed(fmax=0.04, smax=math.nan), Goal(fmax=0.05, fix_cell=True))


def test_without_a_limit_of_stress_the_force_on_the_cell_is_compared():
    goal = Goal(fmax=0.05, smax=None)
    assert is_relaxed(_changed(fmax=0.04, smax=9.0, cell_force=0.04), goal)
    assert not is_relaxed(_changed(fmax=0.04, smax=0.0, cell_force=0.06), goal)


@pytest.mark.parametrize("quantity", ["energy", "fmax", "smax"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_number_that_is_none_is_an_error(quantity, value):
    assert isinstance(_what_broke(_changed(**{quantity: value})), NotFiniteError)


def test_no_stress_is_expected_where_the_cell_is_kept():
    assert _what_broke(_changed(smax=math.nan), fix_cell=True) is None


@pytest.mark.parametrize(
    "values",
    [{"volume": 301.0}, {"volume": 33.0}, {"energy": 11.0}, {"energy": -2011.0}],
)
def test_a_cell_or_an_energy_that_runs_away_is_an_error(values):
    found = _what_broke(_changed(**values))
    assert isinstance(found, RunawayRelaxationError)
    assert found.step == 7


@pytest.mark.parametrize("values", [{"volume": 299.0}, {"volume": 34.0}, {"energy": 9.0}])
def test_large_changes_within_reason_are_no_error(values):
    assert _what_broke(_changed(**values)) is None


def test_a_molecule_has_no_volume_to_lose():
    start = _changed(volume=0.0)
    told = {"n_atoms": 2, "step": 0, "potential": "any", "fix_cell": True}
    assert what_broke(start, start, **told) is None


def test_half_the_way_down_is_counted_in_powers_of_ten():
    goal = Goal(fmax=0.01)
    assert share_done(START, _changed(fmax=0.1), goal) == pytest.approx(0.5)
    assert share_done(START, _changed(fmax=2.0), goal) == 0.0
    assert share_done(START, _changed(fmax=0.001), goal) == pytest.approx(1.0)
