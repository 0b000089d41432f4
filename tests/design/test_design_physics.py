"""When a computed slab bears out what was learned of a catalyst."""

import math

import pytest

from designer_app.design.physics import slab_check
from designer_app.specs.estimates import Estimate

LEARNED = 0.01
"""eV, made up, as the numbers below."""


def free_energy(value: float, error: float | None = 0.21) -> Estimate:
    return Estimate(key="adsorption_free_energy", value=value, unit="eV", error=error)


@pytest.mark.parametrize(("slab", "agrees"), [(-0.19, True), (0.20, True), (-0.43, False)])
def test_a_slab_agrees_within_its_stated_error(slab: float, agrees: bool) -> None:
    assert slab_check(free_energy(slab), LEARNED, "H").holds is agrees


def test_a_slab_of_unknown_error_agrees_within_half_an_electronvolt() -> None:
    assert slab_check(free_energy(-0.43, None), LEARNED, "H").holds
    assert not slab_check(free_energy(-0.53, None), LEARNED, "H").holds


def test_a_slab_without_a_number_does_not_agree() -> None:
    found = slab_check(free_energy(math.nan), LEARNED, "H")
    assert not found.holds
    assert "On no site" in found.sentence


def test_the_sentence_tells_both_distances() -> None:
    told = slab_check(free_energy(-0.43), LEARNED, "H").sentence
    assert "-0.43 eV, 0.44 eV from what was learned" in told
    assert "off by 0.21 eV on average" in told
