"""Targets of a design: the axis, rarity in words, rows, and what contradicts itself."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel

from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied, purpose_named
from designer_app.specs.design_targets import PROPERTIES, Target, target_from
from designer_app.specs.distributions import Distribution
from designer_app.ui.design.target_checks import target_cautions
from designer_app.ui.design.target_row import TargetRow
from designer_app.ui.design.target_scale import Scale, heights, scale_of
from designer_app.ui.design.target_slider import ABOUT, HIGH, LOW, TargetSlider
from designer_app.ui.design.target_words import rarity_kind, rarity_text, target_text
from designer_app.ui.design.targets_page import TargetsPage
from designer_app.ui.number_editor import THIN

CATHODE = applied(purpose_named("li-cathode"), DesignSpec())


def spread(key="energy_density", values=None, family="electrode"):
    values = np.linspace(0.0, 1000.0, 1001) if values is None else values
    return Distribution(
        key=key,
        family=family,
        ion="Li",
        unit=PROPERTIES[key].unit,
        origin="made up for a test",
        n=999,
        quantiles=np.quantile(values, np.linspace(0, 1, 201)),
    )


def unknown(_key):
    return None


@pytest.fixture
def row(qtbot, theme):
    made = TargetRow("energy_density", theme)
    qtbot.addWidget(made)
    made.set_known(spread())
    made.set_target(Target(key="energy_density", low=600.0))
    made.resize(960, 90)
    made.show()
    return made


@pytest.fixture
def page(qtbot, theme):
    made = TargetsPage(theme)
    qtbot.addWidget(made)
    made.set_spec(CATHODE)
    made.resize(1000, 700)
    made.show()
    return made


# --- the axis ---


@given(st.sampled_from(sorted(PROPERTIES)), st.floats(0.0, 1.0))
def test_a_place_on_the_axis_is_found_again_within_a_step(key, place):
    scale = scale_of(PROPERTIES[key], None, None)
    again = scale.place(scale.value(place))
    room = 0.05 / math.log10(scale.high / scale.low) if scale.is_log else scale.stride
    assert abs(again - place) <= room


def test_a_target_beyond_the_axis_makes_it_longer():
    scale = scale_of(PROPERTIES["voltage"], Target(key="voltage", low=8.0), None)
    assert scale.high == 8.0


def test_bars_are_as_high_as_materials_are_many():
    bars = heights(spread(), Scale(0.0, 2000.0), 20)
    assert np.allclose(bars[:10], 1.0, atol=0.02)
    assert np.all(bars[10:] < 0.02)


def test_one_bin_far_above_the_others_does_not_hide_them():
    gaps = np.concatenate([np.zeros(600), np.linspace(0.5, 8.0, 401)])
    bars = heights(spread("band_gap", gaps), scale_of(PROPERTIES["band_gap"], None, None), 20)
    assert bars[0] == 1.0
    assert np.median(bars[2:]) > 0.3


# --- words ---


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("energy_density=600..", "Energy density at least 600~Wh/kg"),
        ("e_above_hull=..0.05", "Energy above hull at most 0.05~eV/atom"),
        ("voltage=2..4.6", "Voltage between 2.0 and 4.6~V"),
        ("adsorption_free_energy=-0.2", "Adsorption free energy about \N{MINUS SIGN}0.2~eV"),
        (
            "ionic_conductivity=..3e-9",
            "Ionic conductivity at most 3\N{MULTIPLICATION SIGN}10⁻⁹~S/cm",
        ),
        ("ionic_conductivity=1e-4..", "Ionic conductivity at least 10⁻⁴~S/cm"),
    ],
)
def test_a_target_is_said_as_people_say_it(text, said):
    assert target_text(target_from(text)) == said.replace("~", THIN)


@pytest.mark.parametrize(
    ("low", "part", "kind"),
    [
        (200.0, "80~% of known electrodes are like this", "muted"),
        (700.0, "30~% of known electrodes reach this", "muted"),
        (950.0, "Ambitious: the top 5~%", "muted"),
        (980.0, "This is the top 2~% of known electrodes; tail targets rarely hold", "warn"),
        (1200.0, "the models must guess", "warn"),
    ],
)
def test_the_rarer_a_target_the_plainer_the_warning(low, part, kind):
    target = Target(key="energy_density", low=low)
    assert part.replace("~", THIN) in rarity_text(target, spread())
    assert rarity_kind(target, spread()) == kind


# --- a row ---


def test_a_row_says_how_rare_its_target_is(row):
    assert row.rarity.text().startswith("40")


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("most", Target(key="energy_density", high=600.0)),
        ("about", Target(key="energy_density", about=600.0)),
        ("between", Target(key="energy_density", low=600.0, high=660.0)),
    ],
)
def test_another_way_of_meaning_keeps_the_number(row, mode, wanted):
    row.mode.set_value(mode)
    row.mode.edited.emit()
    assert row.target() == wanted


def test_a_row_that_is_off_asks_for_nothing_and_remembers_its_numbers(row):
    row.switch.click()
    assert row.target() is None
    row.switch.click()
    assert row.target() == Target(key="energy_density", low=600.0)


def test_an_empty_range_is_told_beside_it(row):
    row.set_target(Target(key="energy_density", low=100.0, high=200.0))
    row.low.setText("300")
    row.low.edited.emit()
    assert "above the upper" in row.rarity.text()


def test_dragging_a_handle_moves_the_number(qtbot, row):
    slider = row.slider
    start = slider.place_of(LOW).toPoint()
    with qtbot.waitSignal(row.edited):
        qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(slider, start + QPoint(40, 0))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton)
    assert row.target().low > 600.0
    assert row.low.value() == row.target().low


def test_arrow_keys_move_the_handle_and_space_takes_the_other(qtbot, theme):
    slider = TargetSlider(PROPERTIES["voltage"], theme)
    qtbot.addWidget(slider)
    slider.set_target(Target(key="voltage", low=2.0, high=4.0))
    moved = []
    slider.moved.connect(moved.append)
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    qtbot.keyClick(slider, Qt.Key.Key_Space)
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert moved[0].low > 2.0
    assert moved[-1].high < 4.0


def test_one_end_cannot_be_pushed_past_the_other(qtbot, theme):
    slider = TargetSlider(PROPERTIES["voltage"], theme)
    qtbot.addWidget(slider)
    slider.set_target(Target(key="voltage", low=2.0, high=4.0))
    moved = []
    slider.moved.connect(moved.append)
    qtbot.keyClick(slider, Qt.Key.Key_End)
    assert (moved[-1].low, moved[-1].high) == (4.0, 4.0)
    assert slider.place_of(HIGH) == slider.place_of(LOW)


def test_a_target_about_a_value_has_one_handle(qtbot, theme):
    slider = TargetSlider(PROPERTIES["adsorption_free_energy"], theme)
    qtbot.addWidget(slider)
    slider.set_target(Target(key="adsorption_free_energy", about=0.0))
    assert abs(slider.place_of(ABOUT).x() - slider.width() / 2) < 1.0


# --- the page ---


def test_rows_of_the_purpose_are_there_with_its_usual_targets_on(page):
    assert [key for key, row in page.rows.items() if row.is_on] == [
        "energy_density",
        "voltage",
        "e_above_hull",
    ]
    assert not page.rows["price"].is_on


def test_an_edited_row_is_in_the_spec_as_text(qtbot, page):
    row = page.rows["energy_density"]
    row.low.selectAll()
    qtbot.keyClicks(row.low, "700")
    assert page.spec().targets[0] == "energy_density=700.."


def test_a_weight_is_in_the_spec(page):
    weight = page.rows["voltage"].weight
    weight.set_value("2")
    weight.edited.emit()
    assert "voltage=2..4.6*2" in page.spec().targets


def test_another_property_comes_as_a_row_that_is_on(page):
    page.add_property("bulk_modulus")
    assert page.rows["bulk_modulus"].is_on
    assert any(each.startswith("bulk_modulus=") for each in page.spec().targets)


def test_asking_for_nothing_stops_and_offers_the_usual_targets(qtbot, page):
    for row in list(page.rows.values()):
        if row.is_on:
            row.switch.click()
    assert not page.isComplete()
    page._on_notice_acted("0")
    assert page.isComplete()
    assert page.spec().targets == purpose_named("li-cathode").targets


# --- what is wrong ---


def test_more_energy_than_voltage_times_charge_stops_with_the_nearest_possible():
    targets = ("energy_density=900..", "voltage=2..4", "capacity=..200", "e_above_hull=..0.05")
    spec = replace(CATHODE, targets=targets)
    (caution,) = target_cautions(spec, unknown)
    assert caution.stops
    assert "800" in caution.text
    mended = replace(spec, **dict(caution.changes))
    assert target_cautions(mended, unknown) == ()


def test_energy_that_takes_more_charge_than_electrodes_store_is_told_with_the_nearest():
    spec = replace(CATHODE, targets=("energy_density=1900..", "voltage=2..4.6"))
    known = {"capacity": spread("capacity", np.linspace(0.0, 400.0, 401))}
    (caution,) = [each for each in target_cautions(spec, known.get) if "mAh/g" in each.text]
    assert "takes 413 mAh/g" in caution.text
    assert not caution.stops
    mended = replace(spec, **dict(caution.changes))
    assert not [each for each in target_cautions(mended, known.get) if "mAh/g" in each.text]


def test_less_energy_than_voltage_times_charge_stops_too():
    targets = ("energy_density=..100", "voltage=3..4", "capacity=200..", "e_above_hull=..0.05")
    (caution,) = target_cautions(replace(CATHODE, targets=targets), unknown)
    assert caution.stops
    assert "600" in caution.text


def test_a_target_beyond_all_data_is_told_with_one_that_is_not():
    spec = replace(
        CATHODE, targets=("energy_density=1400..", "voltage=2..4.6", "e_above_hull=..0.05")
    )
    known = {"energy_density": spread()}
    (caution,) = target_cautions(spec, known.get)
    assert not caution.stops
    assert dict(caution.changes)["targets"][0] == "energy_density=950.."


@pytest.mark.parametrize(
    ("targets", "word"),
    [
        (("energy_density=600..", "e_above_hull=..0.05"), "6 V"),
        (("energy_density=600..", "voltage=2..4.6"), "stability"),
        (("energy_density=600..", "voltage=2..4.6", "e_above_hull=..-0.1"), "below the hull"),
    ],
)
def test_wishes_that_lead_astray_are_told_and_mended(targets, word):
    spec = replace(CATHODE, targets=targets)
    (caution,) = target_cautions(spec, unknown)
    assert word in caution.text
    assert target_cautions(replace(spec, **dict(caution.changes)), unknown) == ()


def test_a_conductivity_of_sodium_stops_until_it_is_dropped():
    spec = replace(applied(purpose_named("electrolyte"), DesignSpec()), ion="Na")
    (caution,) = target_cautions(spec, unknown)
    assert caution.stops
    assert "nothing tells what Na does" in caution.text
    mended = replace(spec, **dict(caution.changes))
    assert [each.key for each in mended.wanted()] == ["band_gap", "e_above_hull"]
    assert target_cautions(mended, unknown) == ()


def test_a_conductivity_of_sodium_alone_offers_lithium():
    spec = DesignSpec(purpose="electrolyte", ion="Na", targets=("ionic_conductivity=1e-4..",))
    caution = target_cautions(spec, unknown)[0]
    assert dict(caution.changes) == {"ion": "Li"}


def test_a_catalyst_target_says_what_is_adsorbed(page):
    for reaction, adsorbed in (("HER", "H"), ("OER", "OH"), ("NRR", "N")):
        spec = DesignSpec(purpose="catalyst", reaction=reaction, charge="off")
        page.set_spec(spec)
        told = [each.text() for each in page.rows["adsorption_free_energy"].findChildren(QLabel)]
        assert f"of {adsorbed} on the surface" in told
