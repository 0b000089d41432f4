"""Targets as people write them, and purposes with their defaults."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.design.representation.library import load_library
from designer_app.errors import InvalidSpecError
from designer_app.explanations import explain_exception
from designer_app.specs.design import FAMILIES, DesignSpec
from designer_app.specs.design_purposes import PURPOSES, Purpose, applied, purpose_named, purpose_of
from designer_app.specs.design_targets import (
    PROPERTIES,
    Target,
    in_words,
    target_from,
    targets_from,
)

_KEYS = st.sampled_from(sorted(PROPERTIES))
_NUMBERS = st.integers(-10_000, 10_000).map(lambda n: n / 100)
_WEIGHTS = st.sampled_from([0.0, 0.5, 1.0, 2.0, 10.0])


@st.composite
def targets(draw: st.DrawFn) -> Target:
    key, weight = draw(_KEYS), draw(_WEIGHTS)
    low, high = sorted([draw(_NUMBERS), draw(_NUMBERS)])
    kind = draw(st.sampled_from(["about", "between", "least", "most"]))
    if kind == "about":
        return Target(key=key, about=low, weight=weight)
    return Target(
        key=key,
        low=-math.inf if kind == "most" else low,
        high=math.inf if kind == "least" else high,
        weight=weight,
    )


@given(targets())
def test_a_target_written_and_read_again_is_the_same(target: Target):
    assert target_from(target.text()) == target


@given(targets(), st.floats(0.01, 10.0))
def test_bounds_hold_what_was_asked(target: Target, wide: float):
    low, high = target.bounds(wide)
    assert low <= high
    if target.about is not None:
        assert low < target.about < high


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("voltage=2..4.6", Target(key="voltage", low=2.0, high=4.6)),
        (" voltage = 2 .. 4.6 * 2 ", Target(key="voltage", low=2.0, high=4.6, weight=2.0)),
        ("ionic_conductivity=1e-4..", Target(key="ionic_conductivity", low=1e-4)),
        ("voltage=0..1", Target(key="voltage", low=0.0, high=1.0)),
        ("adsorption_free_energy=-.1", Target(key="adsorption_free_energy", about=-0.1)),
        ("own:hardness=5..", Target(key="own:hardness", low=5.0)),
    ],
)
def test_targets_are_read_as_people_write_them(text: str, target: Target):
    assert target_from(text) == target


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("voltage", "write name=min..max"),
        ("voltage=", "write name=min..max"),
        ("voltage=a..b", "write name=min..max"),
        ("volts=3..4", "there is no property “volts”"),
        ("voltage=5..3", "the lower end is above the upper one"),
        ("voltage=..", "give an end of the range"),
        ("voltage=3..4*-1", "the weight must not be negative"),
    ],
)
def test_what_is_no_target_is_refused_with_a_sentence(text: str, because: str):
    with pytest.raises(InvalidSpecError) as refused:
        target_from(text)
    assert because in str(explain_exception(refused.value).sentence)


def test_a_property_has_one_target():
    with pytest.raises(InvalidSpecError):
        targets_from(("voltage=2..", "voltage=..4"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("energy_density=600..", "energy density at least 600 Wh/kg"),
        ("voltage=..4", "voltage at most 4 V"),
        ("voltage=2..4", "voltage 2 to 4 V"),
        ("adsorption_free_energy=0", "adsorption free energy about 0 eV"),
        ("own:hardness=5..", "hardness at least 5"),
    ],
)
def test_targets_are_said_in_words(text: str, words: str):
    assert in_words(target_from(text)) == words


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda each: each.key)
def test_a_purpose_applied_is_recognised_again(purpose: Purpose):
    assert purpose_of(applied(purpose, DesignSpec())) == purpose


@pytest.mark.parametrize("purpose", PURPOSES, ids=lambda each: each.key)
def test_targets_of_purposes_are_offered_and_lie_on_their_sliders(purpose: Purpose):
    for target in targets_from(purpose.targets):
        known = PROPERTIES[target.key]
        assert target.key in purpose.offered
        assert not known.purposes or dict(purpose.changes)["purpose"] in known.purposes
        ends = (target.low, target.high, target.about)
        assert all(known.low <= end <= known.high for end in ends if end and math.isfinite(end))


def test_without_targets_those_of_the_purpose_are_taken():
    assert DesignSpec().wanted() == targets_from(purpose_named("li-cathode").targets)


def test_an_ion_without_a_card_falls_back_to_its_purpose():
    assert purpose_of(DesignSpec(purpose="electrolyte", ion="Na")).key == "electrolyte"


def test_the_families_that_the_help_names_are_those_of_the_library():
    assert load_library().families == FAMILIES
