"""Volcanoes and the lines behind them, against their own algebra."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.properties.scaling import (
    BEP_RELATIONS,
    OOH_OVER_OH,
    activation_energy,
    boltzmann_ratio,
    dissociation_energy,
)
from designer_app.properties.volcano import (
    BEST_CO,
    CORRECTIONS,
    HYDROGEN,
    REACTIONS,
    REVERSIBLE,
    WATER_SPLITTING,
    activity,
    exchange_current,
    oxygen_steps,
    product_of,
    volcano_point,
)
from designer_app.specs.estimates import Estimate

BEST_OXYGEN = (WATER_SPLITTING - OOH_OVER_OH) / 2
"""eV: G_OH at which both ends of the oxygen steps are alike once OOH follows OH."""
energies = st.floats(-3.0, 3.0)


def _known(half=None, **values):
    return {
        key: Estimate(
            key=f"adsorption {key}",
            value=value,
            unit="eV",
            low=None if half is None else value - half,
            high=None if half is None else value + half,
            method="relaxation",
            origin="a test",
            light="amber",
        )
        for key, value in values.items()
    }


# --- hydrogen -----------------------------------------------------------------------------------


def test_hydrogen_evolution_peaks_where_the_free_energy_is_zero():
    peak = volcano_point("m", "her", _known(H=-HYDROGEN.correction))
    assert peak.x == pytest.approx(0.0)
    assert peak.y == pytest.approx(0.0)


@given(energies)
def test_hydrogen_evolution_is_worse_on_both_sides_alike(distance):
    left = volcano_point("m", "her", _known(H=-HYDROGEN.correction - distance))
    right = volcano_point("m", "her", _known(H=-HYDROGEN.correction + distance))
    assert left.y == pytest.approx(right.y)
    assert left.y <= 0.0


def test_the_exchange_current_peaks_at_zero_and_falls_a_decade_in_59_millielectronvolts():
    assert exchange_current(0.0) > exchange_current(0.01)
    assert exchange_current(0.0) > exchange_current(-0.01)
    fall = exchange_current(0.5) - exchange_current(0.5 + 0.05916)
    assert fall == pytest.approx(1.0, abs=1e-3)


# --- oxygen -------------------------------------------------------------------------------------


@given(energies, energies, energies)
def test_the_four_steps_of_water_oxidation_add_up(oh, o, ooh):
    steps = oxygen_steps(np.array(oh), np.array(o), np.array(ooh))
    assert steps.sum() == pytest.approx(WATER_SPLITTING)


@given(energies, energies)
def test_no_surface_is_better_than_scaling_allows(oh, o):
    found = volcano_point("m", "oer", _known(OH=oh, O=o))
    best = REVERSIBLE - OOH_OVER_OH / 2
    assert found.y <= best + 1e-9
    assert volcano_point("m", "orr", _known(OH=oh, O=o)).y <= best + 1e-9


def test_the_best_oxygen_catalyst_has_the_overpotential_of_the_scaling_relation():
    oh = BEST_OXYGEN - CORRECTIONS["OH"].correction
    o = BEST_OXYGEN + OOH_OVER_OH / 2 - CORRECTIONS["O"].correction
    # (3.2 - 2.46) / 2 = 0.37 V, the well-known floor.
    assert volcano_point("m", "oer", _known(OH=oh, O=o)).y == pytest.approx(-0.37)


def test_a_computed_ooh_stands_above_the_scaling():
    scaled = volcano_point("m", "oer", _known(OH=0.8, O=2.3))
    lower = 0.8 + CORRECTIONS["OH"].correction + OOH_OVER_OH - 0.3 - CORRECTIONS["OOH"].correction
    assert volcano_point("m", "oer", _known(OH=0.8, O=2.3, OOH=lower)).y > scaled.y


def test_scaling_is_named_and_widens_the_interval():
    said = activity("m", "orr", _known(half=1e-6, OH=0.8, O=2.3))
    assert said.method == "scaling relation"
    assert "3.2 ± 0.2" in said.reason
    # The step from O2 to OOH decides here, so that the 0.2 eV of the scaling go through: the 90 %
    # interval is 2 x 1.645 x 0.2 V wide, less what other steps cut off.
    assert 0.3 < said.high - said.low < 0.7


def test_no_interval_is_given_where_the_error_of_an_energy_is_not_known():
    """OOH alone decides, and it has none: an interval of the others would be of no width."""
    energies = _known(half=0.3, OH=0.8, O=2.3) | _known(OOH=4.8)
    said = activity("m", "orr", energies)
    assert (said.low, said.high) == (None, None)
    assert "How far OOH may be off is not known" in said.reason


# --- carbon and nitrogen ------------------------------------------------------------------------


@given(energies)
def test_co2_reduction_peaks_at_its_optimum(energy):
    assert volcano_point("m", "co2rr", _known(CO=energy)).y <= 0.0
    assert volcano_point("m", "co2rr", _known(CO=BEST_CO)).y == 0.0


@pytest.mark.parametrize(
    ("h", "co", "product"),
    [(0.1, -0.5, "beyond CO"), (0.3, 0.1, "CO or formate"), (-0.3, -1.5, "hydrogen")],
)
def test_the_product_follows_the_signs(h, co, product):
    said, chance = product_of(_known(half=0.2, H=h, CO=co))
    assert said == product
    assert 0.5 < chance <= 1.0


def test_products_without_intervals_have_no_chance():
    assert math.isnan(product_of(_known(H=0.1, CO=-0.5))[1])


@given(energies, energies, energies)
def test_bounds_without_nh2_are_never_worse_than_the_full_path(n, nh, nh2):
    bound = volcano_point("m", "nrr", _known(N=n, NH=nh)).y
    assert bound >= volcano_point("m", "nrr", _known(N=n, NH=nh, NH2=nh2)).y - 1e-9


def test_a_noble_surface_is_no_good_for_nitrogen():
    # On gold N is 3 eV above N2: no potential helps it to break up.
    gold, ruthenium_like = _known(N=2.7, NH=1.4), _known(N=-0.6, NH=-0.8)
    weak, strong = (volcano_point("m", "nrr", each).y for each in (gold, ruthenium_like))
    assert weak == pytest.approx(-2.7 - CORRECTIONS["N"].correction)
    assert strong > weak


# --- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reaction", REACTIONS)
def test_a_missing_adsorbate_is_named(reaction):
    with pytest.raises(InvalidSpecError) as told:
        volcano_point("m", reaction, {})
    assert REACTIONS[reaction].needs[0] in told.value.reason


def test_an_unknown_reaction_is_refused():
    with pytest.raises(UnknownKeyError):
        volcano_point("m", "oxidation", {})


@given(st.floats(-1.0, 1.0), st.floats(0.01, 0.5))
def test_an_interval_of_the_energy_goes_through(energy, half):
    found = volcano_point("m", "her", _known(half=half, H=energy))
    # The 5th and 95th percentile of 4000 samples scatter by some hundredths of the width.
    assert found.x_high - found.x_low == pytest.approx(2 * half, rel=0.1)
    assert found.y_low <= found.y + 1e-9
    assert found.y_high <= 0.0


def test_the_light_of_a_doubtful_energy_stays_red():
    doubtful = _known(H=0.0)
    doubtful["H"] = Estimate(key="adsorption H", value=0.0, unit="eV", light="red")
    assert activity("m", "her", doubtful).light == "red"


def test_energies_that_tell_nothing_apart_are_red():
    assert activity("m", "her", _known(half=0.3, H=0.0)).light == "amber"
    blurred = activity("m", "her", _known(half=0.7, H=0.0))
    assert blurred.light == "red"
    assert "uncertain" in blurred.reason


# --- lines --------------------------------------------------------------------------------------


@pytest.mark.parametrize("relation", BEP_RELATIONS.values(), ids=BEP_RELATIONS)
@given(first=energies, second=energies)
def test_barriers_rise_with_the_reaction_energy(relation, first, second):
    low, high = sorted((first, second))
    assert relation.barrier(low) <= relation.barrier(high)
    assert relation.barrier(low) >= max(low, 0.0)


def test_a_step_dissociates_more_easily_than_a_terrace():
    energy = _known(N=-0.2)["N"]
    flat, step = (activation_energy(dissociation_energy(energy), key) for key in ("flat", "step"))
    assert step.value < flat.value


def test_errors_of_line_and_energy_add_in_squares():
    wide = activation_energy(dissociation_energy(_known(half=0.2, N=0.0)["N"]), "flat")
    assert wide.value == pytest.approx(2.07)
    assert wide.high is not None
    assert wide.high - wide.value == pytest.approx(math.hypot(0.9 * 0.4, 1.645 * 0.07))


def test_an_unknown_line_is_refused():
    with pytest.raises(UnknownKeyError):
        activation_energy(_known(N=0.0)["N"], "kink")


def test_sixty_millivolts_are_a_decade():
    difference = Estimate(key="over HER", value=0.05916, unit="V", low=0.0, high=0.11832)
    ratio = boltzmann_ratio(difference)
    assert ratio.value == pytest.approx(1.0, abs=1e-3)
    assert ratio.low == pytest.approx(0.0)
    assert ratio.high == pytest.approx(2.0, abs=1e-3)
    assert ratio.key == "log10 ratio over HER"
