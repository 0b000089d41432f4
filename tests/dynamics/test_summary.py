import pytest

from designer_app.dynamics.summary import settled_doubt
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


@pytest.mark.parametrize("spec", [MDSpec(ensemble="nve"), MDSpec(temperature_end=900.0)])
def test_without_a_constant_bath_there_is_nothing_to_reach(spec):
    assert settled_doubt(spec, means(150.0, 1.0), FREEDOMS) == ""
