import numpy as np
import pytest

from designer_app.dynamics.statistics import Record
from designer_app.dynamics.summary import (
    averaged_over,
    bath_temperature,
    settled_doubt,
    too_short,
    unsettled,
)
from designer_app.specs.md import MDSpec

FREEDOMS = 81.0
"""Of 28 atoms whose centre of mass rests: 300 K scatter by 47 K."""


def means(kelvin, error):
    return {"mean_temperature_K": kelvin, "mean_temperature_error_K": error}


def test_a_mean_far_from_the_bath_is_called_too_short():
    told = settled_doubt(MDSpec(temperature=600.0), means(490.0, 10.0), FREEDOMS)
    assert "110 K from the bath" in told
    assert "more steps" in told


@pytest.mark.parametrize(("kelvin", "error"), [(590.0, 2.0), (520.0, 30.0), (500.0, None)])
def test_a_mean_within_its_error_is_not(kelvin, error):
    assert settled_doubt(MDSpec(temperature=600.0), means(kelvin, error), FREEDOMS) == ""


def record_of(temperatures):
    record = Record(("time_fs", "temperature_K"))
    for step, kelvin in enumerate(temperatures):
        record.append((float(step), float(kelvin)))
    return record


def correlated(n, steps):
    """A temperature that forgets itself within so many steps."""
    rng, keep = np.random.default_rng(0), np.exp(-1.0 / steps)
    found = [0.0]
    for _ in range(n - 1):
        found.append(keep * found[-1] + np.sqrt(1.0 - keep**2) * rng.normal())
    return 300.0 + 30.0 * np.array(found)


def test_a_run_of_few_correlation_times_is_too_short_for_its_error():
    assert unsettled(record_of(correlated(250, steps=50.0))) == ("temperature",)
    assert unsettled(record_of(correlated(20_000, steps=50.0))) == ()


def test_what_has_no_error_or_does_not_change_is_not_called_too_short():
    assert unsettled(record_of(correlated(20, steps=50.0))) == ()
    assert unsettled(record_of(np.full(200, 300.0))) == ()


def test_averages_leave_out_the_first_fifth():
    assert averaged_over(record_of(np.zeros(101))) == pytest.approx(80.0)


def test_quantities_that_have_not_settled_are_told_together():
    assert too_short(()) == ""
    told = too_short(("temperature", "pressure", "volume"))
    assert "the error of temperature, pressure and volume still grows" in told


def test_a_bath_has_one_temperature_only_where_it_is_kept():
    assert bath_temperature(MDSpec(temperature=600.0)) == 600.0
    assert bath_temperature(MDSpec(ensemble="nve")) is None
    assert bath_temperature(MDSpec(temperature_end=900.0)) is None


@pytest.mark.parametrize("spec", [MDSpec(ensemble="nve"), MDSpec(temperature_end=900.0)])
def test_without_a_constant_bath_there_is_nothing_to_reach(spec):
    assert settled_doubt(spec, means(150.0, 1.0), FREEDOMS) == ""
