"""The shipped heads: what they say, and what they refuse."""

import numpy as np
import pytest

from designer_app.errors import InvalidSpecError, UnknownKeyError
from designer_app.io.structures import read_document
from designer_app.properties.heads import (
    HEADS,
    adsorption_head,
    conductivity_head,
    load_head,
    voltage_head,
)
from designer_app.properties.heads.fine_tuning import OwnRow, correction, fine_tune
from designer_app.properties.heads.redox_features import redox_features
from designer_app.resources import resource
from designer_app.specs.documents import ReadSpec
from designer_app.weights.cards import CARD_FILE, WEIGHTS_FILE, read_model

LGPS = ("Li10GeP2S12", 137, (8.719, 8.719, 12.639, 90.0, 90.0, 90.0))
LARGEST_BYTES = 6_000_000


@pytest.mark.parametrize("key", HEADS)
def test_shipped_weights_are_those_of_their_card(key):
    card, arrays = read_model(resource(f"weights/{key}"))
    assert card.key == key
    assert arrays["elements"].shape[1] == 19


def test_all_heads_together_stay_small():
    files = [resource(f"weights/{key}") / WEIGHTS_FILE for key in HEADS]
    assert sum(each.stat().st_size for each in files) < LARGEST_BYTES


@pytest.mark.parametrize("key", HEADS)
def test_every_shipped_head_was_judged_and_beats_the_mean(key):
    for head in load_head(key).card.heads:
        assert head.held_out_error < head.baseline_error
        assert 0.85 <= head.coverage <= 0.95
        assert head.n_labels >= 300


@pytest.mark.parametrize("key", HEADS)
def test_every_data_set_names_licence_and_hash(key):
    for each in load_head(key).card.data:
        assert each.licence.startswith(("CC-BY-4.0", "MIT"))
        assert len(each.sha256) == 64


def test_no_row_of_the_data_stands_in_the_card():
    for key in HEADS:
        assert (resource(f"weights/{key}") / CARD_FILE).stat().st_size < 40_000


def _estimates():
    return (
        conductivity_head().predict(*LGPS),
        conductivity_head().predict("Li10GeP2S12"),
        voltage_head().predict("FePO4", "Li"),
        voltage_head().predict_volume_change("FePO4", "Li"),
        adsorption_head().predict("OH", "Pt3Ni"),
    )


def test_every_estimate_lies_in_its_interval_and_says_where_it_comes_from():
    for each in _estimates():
        assert each.low < each.value < each.high
        assert each.error > 0
        assert each.origin
        assert each.method.startswith("learned head")
        assert each.light == "green" or each.reason


def test_chances_fall_with_the_threshold():
    for each in _estimates():
        chances = [each.probability_above(x) for x in np.linspace(-12, 8, 60)]
        assert chances == sorted(chances, reverse=True)


def test_a_superionic_conductor_is_told_from_an_insulating_salt():
    fast = conductivity_head().predict(*LGPS)
    slow = conductivity_head().predict("LiBO2")
    assert fast.probability_above(-3.0) > 0.7
    assert slow.probability_above(-3.0) < 0.3


def test_a_family_far_from_all_known_ones_is_red_and_has_a_wide_interval():
    known, new = conductivity_head().predict(*LGPS), conductivity_head().predict("Li3P")
    assert known.light == "green"
    assert new.light == "red"
    assert "no structure family" in new.reason
    assert new.high - new.low > 5.0  # decades
    assert new.high - new.low > 2 * (known.high - known.low)


def test_intervals_hold_for_families_that_were_left_out():
    for head in load_head("conductivity").card.heads:
        for each in head.stricter:
            assert 0.85 <= each.coverage <= 0.95
            assert each.error < each.baseline_error


def test_ordered_lithium_is_averaged_where_that_is_what_was_measured():
    path = resource("examples/Li10GeP2S12.cif")
    structure = read_document(ReadSpec(path=path)).content
    found = conductivity_head().predict_crystal("Li10GeP2S12", structure)
    measured = conductivity_head().predict(*LGPS)
    assert found.value == pytest.approx(measured.value, abs=0.5)
    assert found.light == "amber"
    assert "137" in found.reason


def test_no_leaf_of_the_conductivity_head_stands_for_one_row():
    assert load_head("conductivity").card.settings["rows in a leaf"] >= 2


def test_a_formula_and_its_whole_cell_are_the_same_crystal():
    formula, group, lattice = LGPS
    doubled = conductivity_head().predict("Li20Ge2P4S24", group, lattice)
    assert conductivity_head().predict(formula, group, lattice).value == doubled.value


@pytest.mark.parametrize(
    ("formula", "said"), [("NaCl", "lithium"), ("LiAl", "anion"), ("hello", "LiFePO4")]
)
def test_what_is_no_lithium_electrolyte_is_refused(formula, said):
    with pytest.raises(InvalidSpecError, match=said):
        conductivity_head().predict(formula)


def test_an_element_it_never_saw_lights_red_and_is_named():
    found = conductivity_head().predict("Li3ThCl7")
    assert found.light == "red"
    assert "Th" in found.reason


def test_an_ion_with_too_few_electrodes_has_no_voltage():
    found = voltage_head().predict("FePO4", "Cs")
    assert np.isnan(found.value)
    assert found.reason.startswith("No data")
    assert np.isnan(found.probability_above(3.0))


def test_an_ion_with_larger_errors_has_a_wider_interval():
    head = voltage_head()
    plain = head.voltage.calibration
    for ion, is_wider in (("Li", False), ("K", True)):
        found = head.predict("FePO4", ion)
        row = redox_features({"Fe": 1.0, "P": 1.0, "O": 4.0}, ion, 0.0, 1.0, head.table)
        low, high = plain.interval(*head.voltage.model.predict(row[None]))
        assert (found.high - found.low > 1.2 * float((high - low)[0])) is is_wider


def test_a_pair_is_the_framework_with_its_ions():
    head = voltage_head()
    pair = head.predict_pair("FePO4", "LiFePO4", "Li")
    assert pair.value == pytest.approx(head.predict("FePO4", "Li", after=1.0).value)


@pytest.mark.parametrize(
    ("framework", "ion", "said"),
    [("LiFePO4", "Li", "without"), ("FePO4", "H", "knows"), ("FePO", "Xx", "knows")],
)
def test_frameworks_and_ions_that_cannot_be_are_refused(framework, ion, said):
    with pytest.raises(InvalidSpecError, match=said):
        voltage_head().predict(framework, ion)


def test_two_frameworks_are_no_pair():
    with pytest.raises(InvalidSpecError):
        voltage_head().predict_pair("FePO4", "LiCoO2", "Li")


def test_the_most_stable_site_is_the_lowest():
    head = adsorption_head()
    energies = [each.value for _, each in head.sites("OH", "Cu3Pd")]
    assert head.predict("OH", "Cu3Pd").value == min(energies)


def test_an_adsorbate_without_a_head_is_refused_with_those_there_are():
    with pytest.raises(InvalidSpecError, match="OH"):
        adsorption_head().predict("SO4", "Pt")


def test_a_head_of_no_name_is_refused():
    with pytest.raises(UnknownKeyError):
        load_head("colour")


def test_own_rows_that_are_shifted_are_met_after_tuning():
    head = adsorption_head()
    metals = ("Pt", "Cu", "Ag", "Pd", "Au", "Ir", "Rh")
    rows = [OwnRow(each, "OH", head.predict("OH", each).value + 0.3) for each in metals]
    tuned = fine_tune(head, rows)
    n, before, after = tuned.errors["OH"]
    assert n == len(metals)
    assert before == pytest.approx(0.3)
    assert after < 0.01
    assert tuned.head.predict("OH", "Pt").value == pytest.approx(rows[0].energy, abs=0.02)
    assert tuned.head.predict("CH", "Pt").value == head.predict("CH", "Pt").value


def test_a_few_own_rows_that_are_met_by_chance_do_not_close_the_interval():
    head = adsorption_head()
    metals = ("Pt", "Cu", "Ag", "Pd", "Au")
    rows = [OwnRow(each, "OH", head.predict("OH", each).value + 0.3) for each in metals]
    tuned = fine_tune(head, rows).head.predict("OH", "Rh")
    before = head.predict("OH", "Rh")
    assert tuned.high - tuned.low > 0.3 * (before.high - before.low)
    assert tuned.error < 0.01


def test_the_error_of_the_most_stable_site_is_that_of_most_stable_sites():
    said = adsorption_head().card.head("OH")
    assert adsorption_head().predict("OH", "Pt").error == said.by_group["most stable"][1]
    assert adsorption_head().predict("OH", "Pt", "top").error == said.by_group["top"][1]


def test_too_few_own_rows_are_refused():
    with pytest.raises(InvalidSpecError, match="at least"):
        fine_tune(adsorption_head(), [OwnRow("Pt", "OH", 0.5)])


def test_a_correction_of_what_is_right_already_is_none():
    guess = np.array([0.1, 0.5, 1.0, 1.7])
    shift, stretch = correction(guess, guess)
    assert (shift, stretch) == pytest.approx((0.0, 1.0), abs=1e-12)
