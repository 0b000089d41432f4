"""Intervals that hold what they promise, and the chances that follow from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import InvalidSpecError
from designer_app.specs.estimates import LearnedEstimate
from designer_app.trust.intervals import (
    calibrate,
    conformal_quantile,
    coverage,
    cross_coverage,
)

N = 4000
SAMPLING = 0.02
"""Four standard deviations of a share of 0.9 among 4,000 rows: 4 sqrt(0.9 0.1 / 4000)."""


def _rows(seed):
    """Truth, prediction and spread; errors grow with the spread and are not Gaussian."""
    draw = np.random.default_rng(seed)
    spread = draw.uniform(0.1, 2.0, N)
    mean = draw.normal(size=N)
    return mean + spread * draw.laplace(size=N), mean, spread


def test_intervals_of_fresh_rows_hold_nine_of_ten():
    known = calibrate(*_rows(1))
    truth, mean, spread = _rows(2)
    assert coverage(truth, *known.interval(mean, spread)) == pytest.approx(0.9, abs=SAMPLING)


def test_cross_coverage_judges_each_fold_by_the_others():
    assert cross_coverage(*_rows(3), [row % 5 for row in range(N)]) == pytest.approx(
        0.9, abs=SAMPLING
    )


def test_few_rows_give_the_widest_score_seen():
    assert conformal_quantile(np.array([1.0, 3.0, 2.0])) == 3.0


def test_no_rows_give_no_interval():
    with pytest.raises(InvalidSpecError):
        conformal_quantile(np.array([]))


def _estimate(mean=0.0):
    known = calibrate(*_rows(4))
    return LearnedEstimate(
        key="x", value=mean, unit="eV", distribution=known.distribution(mean, 0.5)
    )


@given(st.floats(-50, 50), st.floats(0, 50))
def test_a_higher_threshold_is_never_more_likely_passed(threshold, more):
    found = _estimate()
    assert found.probability_above(threshold + more) <= found.probability_above(threshold)


def test_half_lies_above_the_middle():
    found = _estimate()
    middle = found.distribution[len(found.distribution) // 2]
    assert found.probability_above(middle) == pytest.approx(0.5, abs=1e-12)


def test_chances_are_never_surer_than_the_rows_behind_them():
    found = _estimate()
    n = len(found.distribution)
    assert found.probability_above(1e9) == pytest.approx(0.5 / n)
    assert found.probability_above(-1e9) == pytest.approx(1 - 0.5 / n)


def test_an_estimate_keeps_the_chance_it_was_asked_for():
    found = _estimate()
    assert found.against(0.3).probability == found.probability_above(0.3)


def test_without_a_distribution_there_is_no_chance():
    assert np.isnan(LearnedEstimate(key="x", value=1.0, unit="eV").probability_above(0.0))
