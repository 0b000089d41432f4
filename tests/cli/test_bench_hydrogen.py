"""The bench of alloys for hydrogen evolution."""

import pytest

from designer_app.cli.benches import hydrogen
from designer_app.screening.masks import Masks
from designer_app.training.published.adsorption import Adsorption
from designer_app.training.published.hydrogen import read_hydrogen
from designer_app.training.splits import formula_of

FREE_ENERGIES = {"SnPd2": 0.07, "AgPd": -0.15, "GaAu": 0.54}
"""eV, made up."""


@pytest.fixture
def split():
    return hydrogen.Withheld((), FREE_ENERGIES)


def test_no_system_of_elements_is_both_learned_from_and_withheld(data_folder):
    rows = [each for each in read_hydrogen(data_folder) if len(each.amounts) > 1]
    for found in hydrogen.withheld(data_folder):
        held = [each for each in rows if formula_of(each.amounts) in found.free_energies]
        assert held
        assert not {frozenset(each.amounts) for each in held} & {
            frozenset(each.amounts) for each in found.known
        }


def test_every_alloy_is_withheld_once(data_folder):
    alloys = {formula_of(e.amounts) for e in read_hydrogen(data_folder) if len(e.amounts) > 1}
    held = [each for found in hydrogen.withheld(data_folder) for each in found.free_energies]
    assert sorted(held) == sorted(alloys)


def test_hydrogen_is_a_quarter_of_an_electronvolt_less_bound_as_a_free_energy():
    row = Adsorption("H", {"Pt": 1.0}, "", ("Pt",), "", -0.27)
    assert hydrogen.free_energy(row) == pytest.approx(-0.03)


def test_a_search_may_only_find_alloys_of_its_list():
    limits = hydrogen.Among(masks=Masks({}), charge="off", formulas=frozenset({"SnPd2"}))
    assert not limits.reason({"Sn": 2.0, "Pd": 4.0})
    assert limits.reason({"Sn": 1.0, "Pd": 1.0})


def test_the_share_in_the_window_counts_what_was_chosen(split):
    row = hydrogen._row("by hand", 2, [(split, ["SnPd2", "AgPd"])])
    assert str(row["in the window"]).startswith("0.50 [")
    assert row["mean distance from 0, eV"] == pytest.approx(0.11)


def test_only_the_first_of_each_list_are_counted(split):
    row = hydrogen._row("by hand", 1, [(split, ["SnPd2", "AgPd"])])
    assert row["alloys"] == 1
    assert str(row["in the window"]).startswith("1.00")


def test_alloys_of_one_system_are_drawn_together():
    together = hydrogen.Withheld((), {"AgPd": 0.0, "Ag3Pd": 0.0, "AgPd3": 0.0, "GaAu": 0.5})
    apart = hydrogen.Withheld((), {"AgPd": 0.0, "SnPd2": 0.0, "CuPd": 0.0, "GaAu": 0.5})
    intervals = [
        hydrogen.interval([(each, list(each.free_energies))], None) for each in (together, apart)
    ]
    assert intervals[0][0] < intervals[1][0]


@pytest.mark.slow
def test_the_search_proposes_withheld_alloys_alone(data_folder):
    found = list(hydrogen.rows(True, print, data_folder))
    ways = {row["way"] for row in found}
    assert ways == {"latent search", "ranked by the trees", "random"}
