import numpy as np
import pytest
import torch

from designer_app.design.representation.library import known_tokens
from designer_app.design.representation.soft import certain
from designer_app.design.search.feasible import (
    check_left,
    check_targets,
    doubts_of,
    most_capacity,
)
from designer_app.design.search.limits import limits_of
from designer_app.design.search.pool import amounts_of_row
from designer_app.design.search.restricting import restricted
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_targets import targets_from

ROUNDING = 1.00001
"""Capacities in float32."""


def limits(elements=""):
    return limits_of(DesignSpec(elements=elements))


def impossible(*texts, elements=""):
    return doubts_of(targets_from(texts), limits(elements)).impossible


def test_targets_that_can_be_met_raise_no_doubt_of_being_possible():
    check_targets(targets_from(("energy_density=600..", "voltage=2..4.6")), limits())


def test_an_energy_density_above_voltage_times_capacity_is_refused_with_the_nearest():
    (told,) = impossible("energy_density=900..", "voltage=..4", "capacity=..200")
    assert told.endswith("the nearest possible is 800 Wh/kg.")


def test_an_energy_density_below_voltage_times_capacity_is_refused():
    (told,) = impossible("energy_density=..100", "voltage=3..", "capacity=100..")
    assert "nearest possible is 300 Wh/kg" in told


@pytest.mark.parametrize("asked", ["capacity=1000..", "energy_density=4000.."])
def test_more_than_the_elements_can_store_is_refused(asked):
    (told,) = impossible(asked, elements="Li Fe P O")
    assert "nearest possible" in told


def test_an_energy_density_beyond_all_known_is_told_with_the_charge_it_takes_and_the_nearest():
    targets = targets_from(("energy_density=3000..", "voltage=2..4.6"))
    doubts = doubts_of(targets, limits())
    assert doubts.impossible == ()
    takes, beyond = doubts.unlikely
    assert "takes 652 mAh/g" in takes
    assert "at that voltage" in takes
    assert "none of the" in beyond


def test_more_than_any_elements_store_at_the_highest_voltage_is_refused():
    (told,) = impossible("energy_density=4500..", "voltage=2..4.6")
    assert "nearest possible energy density" in told


def test_elements_that_nothing_oxidises_are_told_of():
    (told,) = impossible("capacity=50..", elements="Li Mg P O")
    assert "Allow a metal of several valences" in told


@pytest.mark.parametrize("elements", ["Li Fe P O", "Li Mn O", "Li Ti S", "Li V P O F"])
def test_no_known_crystal_stores_more_than_the_bound(search_kit, elements):
    found = limits(elements)
    known, _ = known_tokens(search_kit.library)
    numbers = [0, *(ATOMIC_NUMBERS[each] for each in elements.split())]
    rows = np.flatnonzero(np.isin(known.elements, numbers).all(axis=1))
    kept = [
        row
        for row in rows.tolist()
        if not found.reason(amounts_of_row(search_kit.library, known, row))
    ]
    soft = certain(known.rows(np.array(kept)), torch.as_tensor(search_kit.library.slot_counts))
    stored = search_kit.heads(soft, ("capacity",))["capacity"].mean
    assert 0 < float(stored.max()) <= most_capacity(found) * ROUNDING


def test_a_conductivity_of_ions_that_no_head_saw_is_refused():
    found = limits_of(DesignSpec(purpose="electrolyte", ion="Mg"))
    with pytest.raises(InvalidSpecError, match="nothing tells what Mg does"):
        check_targets(targets_from(("ionic_conductivity=1e-4..",)), found)


def test_voltages_that_no_electrolyte_bears_are_refused():
    assert "nearest possible is 6 V" in impossible("voltage=7..")[0]


def test_a_price_below_the_cheapest_element_is_refused():
    assert "cheapest of the allowed elements" in impossible("price=..0.01")[0]


def test_check_raises_the_first_sentence():
    with pytest.raises(InvalidSpecError, match="below 0 does not exist"):
        check_targets(targets_from(("band_gap=..-1",)), limits())


def test_a_reason_ends_without_the_stop_that_its_sentence_brings():
    with pytest.raises(InvalidSpecError) as raised:
        check_targets(targets_from(("band_gap=..-1",)), limits())
    assert not raised.value.reason.endswith(".")


def test_a_family_with_larger_cells_than_allowed_tells_how_many_atoms_it_needs(search_kit):
    found = limits_of(DesignSpec(families=("garnet",), max_atoms=40))
    with pytest.raises(InvalidSpecError, match="has 80 atoms: allow that many"):
        check_left(found, restricted(found, search_kit.library), search_kit.library)


def test_an_unknown_family_is_refused_with_those_known(search_kit):
    found = limits_of(DesignSpec(families=("no such thing",)))
    with pytest.raises(InvalidSpecError, match="there is no such family"):
        check_left(found, restricted(found, search_kit.library), search_kit.library)


def test_elements_that_fit_no_structure_say_what_to_loosen(search_kit):
    found = limits_of(DesignSpec(elements="Li Na"))
    with pytest.raises(InvalidSpecError, match="allow more elements"):
        check_left(found, restricted(found, search_kit.library), search_kit.library)


def test_a_cathode_without_a_metal_of_several_valences_is_told_what_it_lacks(search_kit):
    found = limits_of(DesignSpec(elements="Li Mg Al P O"))
    with pytest.raises(InvalidSpecError, match="allow a metal of several valences"):
        check_left(found, restricted(found, search_kit.library), search_kit.library)
