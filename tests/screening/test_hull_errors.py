from itertools import pairwise

import numpy as np
import pytest

from designer_app.screening.hull_errors import (
    LEVELS,
    STABLE,
    as_text,
    errors_of,
    measured,
    shipped_errors,
)
from designer_app.screening.reference.table import load_reference

N = 20_000
SPREAD = 0.03


@pytest.fixture(scope="module")
def errors():
    generator = np.random.default_rng(3)
    computed = generator.uniform(-0.1, 0.3, N)
    return measured(computed, computed + 0.01 + generator.normal(0, SPREAD, N), "abc")


def test_intervals_hold_the_share_that_they_say(errors):
    generator = np.random.default_rng(4)
    computed = generator.uniform(-0.05, 0.2, 4000)
    truth = computed + 0.01 + generator.normal(0, SPREAD, len(computed))
    bounds = np.array([errors.interval(each) for each in computed])
    held = ((truth >= bounds[:, 0]) & (truth <= bounds[:, 1])).mean()
    assert held == pytest.approx(0.9, abs=0.03)  # four times what counting 4,000 leaves open


def test_the_chance_is_that_of_the_errors(errors):
    # normal errors, 10 meV up: half of those 40 meV up lie within 50 meV
    assert errors.chance_within(STABLE - 0.01) == pytest.approx(0.5, abs=0.05)


def test_the_chance_falls_with_the_distance(errors):
    chances = [errors.chance_within(each) for each in np.linspace(-0.1, 0.3, 40)]
    assert all(later <= earlier + 0.02 for earlier, later in pairwise(chances))
    assert (chances[0], chances[-1]) == (1.0, 0.0)


def test_errors_are_kept_as_plain_text(errors):
    assert "quantiles" in as_text(errors)
    assert errors.quantiles.shape == (len(errors.centers), len(LEVELS))


def test_the_shipped_errors_belong_to_the_shipped_reference_set():
    assert shipped_errors().model_sha256 == load_reference("chgnet").header.model_sha256
    assert errors_of("another") is None


def test_a_crystal_on_the_hull_is_probably_stable_and_one_far_above_is_not():
    assert shipped_errors().chance_within(0.0) > 0.9
    assert shipped_errors().chance_within(0.2) < 0.2
