import math

import numpy as np
import pytest

from designer_app.dynamics import statistics
from designer_app.dynamics.statistics import Record, mean_and_error, slope


def correlated(n, tau, seed=0):
    """A Gaussian process of unit variance whose memory decays with tau."""
    generator = np.random.default_rng(seed)
    keep = math.exp(-1.0 / tau)
    values = np.empty(n)
    values[0] = generator.normal()
    for i, noise in enumerate(generator.normal(size=n - 1), start=1):
        values[i] = keep * values[i - 1] + math.sqrt(1.0 - keep**2) * noise
    return values


@pytest.mark.parametrize("tau", [0.1, 20.0])
def test_the_error_of_a_mean_knows_of_memory(tau):
    """Theory: sqrt((1 + c) / (1 - c) / n) with c = exp(-1/tau)."""
    n, keep = 20_000, math.exp(-1.0 / tau)
    told = mean_and_error(correlated(n, tau))[1]
    assert told == pytest.approx(math.sqrt((1 + keep) / (1 - keep) / n), rel=0.35)


def test_few_values_have_no_error():
    mean, error = mean_and_error(np.array([1.0, 3.0]))
    assert mean == 2.0
    assert math.isnan(error)
    assert math.isnan(mean_and_error(np.array([]))[0])


def test_the_slope_of_a_line():
    times = np.linspace(0.0, 7.0, 50)
    assert slope(times, 3.0 - 0.25 * times) == pytest.approx(-0.25)
    assert math.isnan(slope(times[:1], times[:1]))


def test_a_long_record_is_thinned_and_keeps_mean_and_slope(monkeypatch):
    monkeypatch.setattr(statistics, "_MOST_POINTS", 64)
    record = Record(("time", "value"))
    for step in range(1000):
        record.append((float(step), 2.0 * step + 1.0))
    times, values = record.column("time"), record.column("value")
    assert 32 <= len(times) < 64
    assert slope(times, values) == pytest.approx(2.0)
    np.testing.assert_allclose(values, 2.0 * times + 1.0)
