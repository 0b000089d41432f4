import math
from dataclasses import replace

import numpy as np
import pytest

from designer_app.cli.benches import design
from designer_app.cli.benches.design import _table
from designer_app.cli.benches.design.electrodes import Electrode, Electrodes
from designer_app.cli.benches.design.intervals import rate, ratio
from designer_app.cli.benches.design.proposing import (
    ARMS,
    LIMITED,
    PLAIN,
    Proposal,
    dealt,
    is_asked,
    key_of,
    spec_of,
    unlimited,
)
from designer_app.cli.benches.design.trials import Trial
from designer_app.specs.design import STRATEGIES
from designer_app.specs.structure import Structure


def proposal(name):
    structure = Structure(np.array([3]), np.zeros((1, 3)), np.eye(3) * 3.0, (True, True, True))
    return Proposal(name, name, structure, name, "mix")


def test_seeds_take_turns_and_never_one_crystal_twice():
    a, b, c, d = map(proposal, "abcd")
    first, second = dealt([[a, b, c], [a, b, d]], 2)
    assert [each.key for each in first] == ["a", "c"]
    assert [each.key for each in second] == ["b", "d"]


def test_one_crystal_of_two_seeds_counts_once_wherever_its_atoms_are():
    a = proposal("a")
    moved = replace(a, key="moved")
    first, second = dealt([[a], [moved, proposal("b")]], 1)
    assert [each.key for each in (*first, *second)] == ["a", "b"]


def test_hits_are_counted_by_what_is_different_about_them():
    def hit(name, prototype):
        return Trial(
            name, True, True, True, name, frozenset({name}), prototype, same=name + prototype
        )

    none = {(arm.name, 0): [] for arm in ARMS}
    judged = none | {
        ("mix", 0): [hit("A", "p"), hit("B", "p"), hit("A", "q"), Trial("c", True, True, False)],
        ("substitution by judge", 0): [hit("B", "r")],
    }
    rows = {row["arm"]: row for row in _table(judged)}
    told = ("hits", "formulas", "systems", "prototypes", "formulas no substitution has")
    assert [rows["mix"][name] for name in told] == [3, 2, 2, 2, 1]
    assert [rows["substitution by judge"][name] for name in told] == [1, 1, 1, 1, 1]
    assert rows[PLAIN]["relaxations"] == 0


def test_what_relaxes_to_an_earlier_hit_of_its_arm_is_no_hit():
    first = Trial("a", True, True, True, "A", same="a")
    again = replace(first, key="b")
    none = {(arm.name, 0): [] for arm in ARMS}
    rows = {row["arm"]: row for row in _table(none | {("mix", 0): [first], ("mix", 1): [again]})}
    assert (rows["mix"]["relaxations"], rows["mix"]["hits"]) == (2, 1)


def test_electrodes_are_found_again(tmp_path):
    path = tmp_path / "electrodes.json"
    Electrodes(path).keep("a", Electrode(3.4, 640.0))
    assert Electrodes(path).get("a") == Electrode(3.4, 640.0)


def test_nothing_kept_is_told_as_nothing(tmp_path):
    rows = list(design.rows(True, lambda _: None, keep=tmp_path, kept=True))
    assert [row["relaxations"] for row in rows] == [0] * len(ARMS)


def test_an_arm_that_runs_dry_gives_what_it_has():
    a = proposal("a")
    assert [len(each) for each in dealt([[a], [a]], 3)] == [1, 0]


def test_a_share_lies_in_its_interval():
    found = rate([[True, False] * 20, [True, True, False, False] * 10])
    assert found.value == pytest.approx(0.5)
    assert found.low < 0.5 < found.high


def test_a_ratio_of_equal_arms_includes_one():
    groups = [[True, False, False, True] * 10] * 3
    found = ratio(groups, groups)
    assert found.value == pytest.approx(1.0)
    assert found.low < 1.0 < found.high


def test_a_ratio_to_nothing_is_infinite_or_unknown():
    assert ratio([[True] * 9], [[False] * 9]).value == math.inf
    assert math.isnan(ratio([[False] * 9], [[False] * 9]).value)


def test_every_arm_is_compared_with_both_kinds_of_random_decodes():
    low = [Trial(name, True, True, False) for name in "ab"]
    high = [Trial(name, True, False, False) for name in "ab"]
    judged = {(arm.name, 0): low for arm in ARMS} | {(PLAIN, 0): [low[0], high[1]]}
    (row,) = [row for row in _table(judged) if row["arm"] == "mix"]
    assert row[f"below 100 meV / {LIMITED}"].startswith("1 [")
    assert row[f"below 100 meV / {PLAIN}"].startswith("2 [")


def test_plain_decodes_may_be_whatever_the_decoder_likes():
    limits = unlimited(spec_of(0, quick=True))
    assert limits.reason({"Li": 1.0, "Fe": 1.0, "O": 9.0}) == ""
    assert limits.reason({"Na": 1.0, "Co": 1.0}) == ""


@pytest.mark.parametrize(
    ("numbers", "asked"), [([3, 26, 8, 8], True), ([3, 27, 8, 8], False), ([11, 8], False)]
)
def test_plain_decodes_hold_lithium_and_no_cobalt(numbers, asked):
    chosen = np.array(numbers)
    structure = Structure(chosen, np.zeros((len(chosen), 3)), np.eye(3), (True, True, True))
    assert is_asked(structure) is asked


def test_every_strategy_is_an_arm():
    assert {arm.strategy for arm in ARMS} == {key for key, _ in STRATEGIES}


def test_a_crystal_is_known_by_its_atoms_and_places():
    one, other = proposal("a").structure, proposal("b").structure
    assert key_of(one) == key_of(other)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("data_folder")
def test_the_quick_form_judges_every_arm(tmp_path):
    rows = list(design.rows(True, lambda _: None, keep=tmp_path))
    assert [row["arm"] for row in rows] == [arm.name for arm in ARMS]
    assert all(row["relaxations"] == 8 for row in rows if row["arm"] != "retrieval")
    again = list(design.rows(True, lambda _: None, keep=tmp_path))
    assert again == rows
    assert list(design.rows(True, lambda _: None, keep=tmp_path, kept=True)) == rows
