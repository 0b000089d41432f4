"""Single points of proposals, and what is learned from them within a search."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.design.heads.ensemble import load_design_heads
from designer_app.design.heads.labels import NO_ION
from designer_app.design.representation.library import known_tokens
from designer_app.design.search.judging import PointJudge, Points, scaled
from designer_app.design.search.learning import heads_after, labels_of
from designer_app.design.search.objective import goals_of
from designer_app.design.search.ranking import (
    ALLOYS,
    Gains,
    by_heads,
    by_points,
    by_settled,
    estimates_of,
    gains_of,
    merged,
    scores,
)
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.screening.reference.table import load_reference
from designer_app.specs.design_targets import targets_from

STORED = 2e-3
"""eV/atom: positions of reference crystals are kept in 65536ths of a cell."""

VOLTS = np.full(40, 3.0)
OF_PARABOLA = 0.03
"""Energies are no parabola over a tenth of the volume."""
SETTLED = 0.01
"""Of what is taken off after a few steps."""
IN_SINGLE = 1e-5
"""Of products in float32."""


@pytest.fixture(scope="module")
def judge():
    table = load_reference()
    assert table is not None
    return PointJudge(load_potential("chgnet"), table)


@pytest.fixture(scope="module")
def layered(judge):
    return judge.table.by_source("example-LiCoO2").structure()


def test_a_reference_crystal_lies_where_its_table_says(judge, layered):
    said = judge.judged([layered], "", RunControl())
    phase = judge.table.by_source("example-LiCoO2")
    apart = judge.distance(layered, phase.energy)
    assert said.e_above_hull[0] == pytest.approx(apart, abs=STORED)
    assert np.isnan(said.voltage[0])


def test_the_voltage_of_a_host_as_it_stands_is_near_the_relaxed_one(judge, layered):
    said = judge.judged([layered], "Li", RunControl())
    assert 3.3 < said.voltage[0] < 4.4  # relaxed 3.5 V; the host as it stands is less stable


def test_single_points_replace_what_heads_say(search_kit):
    table = search_kit.known.rows(np.arange(3))
    goals = goals_of(targets_from(("e_above_hull=..0.05",)), search_kit.heads.keys)
    learned = by_heads(search_kit.heads.bound(["e_above_hull"]), table)
    points = Points(np.array([0.0, 0.4, np.nan]), np.full(3, np.nan))
    said = by_points(learned, points, "a judge")
    score = scores(goals, [learned, said], 3)
    assert score[0] > np.log(0.9)
    assert score[1] < np.log(0.3)
    assert score[2] == scores(goals, [learned], 3)[2]
    assert [each.method for each in estimates_of([learned, said], 0)] == [
        "learned head",
        "single point",
    ]


def test_an_energy_density_is_shown_as_wide_as_its_voltage_times_its_capacity(search_kit):
    table = search_kit.known.rows(np.arange(40))
    said = by_heads(search_kit.heads.bound(("energy_density", "voltage", "capacity")), table)
    rows = np.flatnonzero(said.numbers["capacity"][0] > 0)
    assert len(rows)
    for row in rows.tolist():
        shown = {each.key: each for each in estimates_of([said], row)}
        charge = shown["capacity"].value
        ends = [(each.low, each.high) for each in (shown["energy_density"], shown["voltage"])]
        assert ends[0] == pytest.approx(charge * np.array(ends[1]), rel=IN_SINGLE)


def test_a_free_energy_is_as_doubtful_as_the_adsorption_energy_it_stands_on():
    heads = load_design_heads()
    table, _ = known_tokens(heads.library)
    alloys = table.rows(np.arange(2))
    said = by_heads(heads.bound(("adsorption_free_energy",), reaction="HER"), alloys)
    least = heads.cards["adsorption H"].held_out_error
    assert least > 0.1  # eV
    assert (said.numbers["adsorption_free_energy"][1] > least).all()


@pytest.mark.parametrize(
    "keys", [("energy_density",), ("energy_density", "capacity"), ("capacity", "energy_density")]
)
def test_an_energy_density_is_as_doubtful_as_its_voltage_in_any_order(search_kit, keys):
    table = search_kit.known.rows(np.arange(40))
    said = by_heads(search_kit.heads.bound(keys), table).numbers["energy_density"]
    numbers = by_heads(search_kit.heads.bound(["voltage", "capacity"]), table).numbers
    doubt = numbers["voltage"][1] * numbers["capacity"][0]
    assert doubt.max() > 0.0
    assert said[1] == pytest.approx(doubt, rel=IN_SINGLE)


def test_labels_from_single_points_name_the_ion_they_speak_of(search_kit):
    table = search_kit.known.rows(np.arange(3))
    learned = by_heads(search_kit.heads.bound(["voltage"]), table)
    distances = np.array([0.1, np.nan, 0.2])
    with_ion = by_points(learned, Points(distances, np.array([3.0, np.nan, 3.5])), "")
    without = by_points(learned, Points(distances, np.full(3, np.nan)), "")
    assert labels_of(search_kit.heads, table, with_ion, "Li").ion.tolist() == [0, 0]
    assert labels_of(search_kit.heads, table, without, "Li").ion.tolist() == [NO_ION, NO_ION]


def test_too_few_labels_leave_the_heads_as_they_are_and_say_why(search_kit):
    table = search_kit.known.rows(np.arange(2))
    learned = by_heads(search_kit.heads.bound(["e_above_hull"]), table)
    said = by_points(learned, Points(np.array([0.1, 0.2]), np.full(2, np.nan)), "")
    told = heads_after(search_kit.heads, table, said, "", 0, RunControl())
    assert "too few" in str(told)


def test_a_few_steps_take_off_most_of_what_a_wrong_volume_costs(judge, layered):
    swollen = scaled(layered, 1.06)
    made = judge.judged([layered, swollen], "Li", RunControl())
    settled = judge.settled([layered, swollen], "Li", RunControl())
    assert made.e_above_hull[1] > made.e_above_hull[0] + 0.03
    assert settled.e_above_hull[1] < 0.3 * made.e_above_hull[1]
    assert settled.voltage[0] < made.voltage[0]  # the host relaxes too


@pytest.mark.parametrize("wrong", [0.9, 1.0, 1.1])
def test_an_alloy_is_put_at_the_volume_of_lowest_energy(judge, wrong):
    nickel = judge.table.by_source("element-Ni").structure()  # relaxed
    (found,) = judge.best_volumes([scaled(nickel, wrong ** (1 / 3))], RunControl())
    assert found == pytest.approx(nickel.volume, rel=OF_PARABOLA)


def test_a_volume_that_cannot_be_computed_stays(judge, layered):
    strange = replace(layered, numbers=np.array([3, 85, 8, 8]))  # no potential knows astatine
    (found,) = judge.best_volumes([strange], RunControl())
    assert found == pytest.approx(strange.volume)


def test_crystals_that_cannot_be_computed_have_no_settled_numbers(judge, layered):
    strange = replace(layered, numbers=np.array([3, 85, 8, 8]))  # no potential knows astatine
    settled = judge.settled([strange, layered], "", RunControl())
    assert not np.isfinite(settled.e_above_hull[0])
    assert np.isfinite(settled.e_above_hull[1])


def test_a_search_measures_what_relaxation_changes_in_its_own_proposals():
    made = Points(np.concatenate([np.linspace(-0.04, 0.04, 20), np.linspace(0.1, 1.0, 20)]), VOLTS)
    fallen = 0.02 + 0.8 * np.where(made.e_above_hull > 0.05, made.e_above_hull, 0.0)
    gains = gains_of(made, Points(made.e_above_hull - fallen, VOLTS - 0.2), Gains())
    assert gains.always == pytest.approx(0.02, abs=SETTLED)
    assert gains.drop == pytest.approx(0.8, abs=SETTLED)
    assert gains.volts == pytest.approx(0.2, abs=0.05)  # hosts relax a little further
    few = Points(made.e_above_hull[:5], VOLTS[:5])
    assert gains_of(few, Points(np.zeros(5), VOLTS[:5]), ALLOYS) == ALLOYS


def test_near_the_hull_relaxation_takes_off_as_much_on_both_sides(search_kit):
    table = search_kit.known.rows(np.arange(2))
    learned = by_heads(search_kit.heads.bound(["e_above_hull"]), table)
    points = Points(np.array([-0.02, 0.0]), np.full(2, np.nan))
    mean, error = by_points(learned, points, "").numbers["e_above_hull"]
    assert (points.e_above_hull - mean) == pytest.approx([Gains().always] * 2)
    assert error == pytest.approx([Gains().always_error] * 2)


def test_brief_relaxations_count_more_than_single_points(search_kit):
    table = search_kit.known.rows(np.arange(2))
    learned = by_heads(search_kit.heads.bound(["e_above_hull", "voltage"]), table)
    nothing = np.full(2, np.nan)
    made = by_points(learned, Points(np.array([0.5, 0.5]), nothing), "")
    settled = by_settled(learned, Points(np.array([0.1, np.nan]), nothing), "")
    mean, error = merged([learned, made, settled]).numbers["e_above_hull"]
    assert mean[0] < 0.1 < mean[1]
    assert error[0] < error[1]
