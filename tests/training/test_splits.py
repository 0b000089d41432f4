import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.errors import InvalidSpecError
from designer_app.training.splits import (
    amounts_in,
    grouped_folds,
    reduced_formula,
    share_of,
    split_of,
)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("LiFePO4", "Li4Fe4P4O16"),
        ("Ca(OH)2", "H2CaO2"),
        ("Li0.5CoO2", "LiCo2O4"),
        ("Li 2 O", "OLi2"),
        ("Al2(SO4)3", "Al2S3O12"),
    ],
)
def test_one_composition_has_one_share_however_it_is_written(written, same):
    assert reduced_formula(written) == reduced_formula(same)
    assert share_of(written) == share_of(same)


def test_shares_do_not_change_between_versions():
    # The first 7 bytes of sha256("LiFePO4"), sha256("NaCl"): models already trained rely on them.
    assert share_of("LiFePO4") == int("60064c641c29c6", 16) / 2.0**56
    assert share_of("NaCl") == int("dbcd6d34e827bc", 16) / 2.0**56


def test_a_tenth_of_all_formulas_is_for_testing_and_a_tenth_for_validation():
    formulas = [f"Li{a}Fe{b}O{c}" for a in range(1, 30) for b in range(1, 30) for c in (7, 11)]
    names = [split_of(each) for each in {reduced_formula(each) for each in formulas}]
    expected = 0.1 * len(names)
    spread = 4 * np.sqrt(0.09 * len(names))  # four standard deviations of a binomial count
    assert abs(names.count("test") - expected) < spread
    assert abs(names.count("validation") - expected) < spread


@pytest.mark.parametrize("text", ["", "LiXx", "Li)2", "(LiO", "Li-Fe", "2"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(InvalidSpecError):
        share_of(text)


def test_brackets_multiply_out():
    assert amounts_in("Mg(Al2(SO4)3)2") == {"Mg": 1, "Al": 4, "S": 6, "O": 24}


@given(st.lists(st.integers(0, 12), min_size=20, max_size=80), st.integers(0, 3))
def test_folds_keep_groups_together_and_hold_each_row_out_once(groups, seed):
    groups = [*groups, *range(100, 105)]
    held = []
    for training, test in grouped_folds(groups, 5, seed):
        assert {groups[row] for row in training}.isdisjoint(groups[row] for row in test)
        assert len(training) + len(test) == len(groups)
        held.extend(test.tolist())
    assert sorted(held) == list(range(len(groups)))


def test_fewer_groups_than_folds_are_refused():
    with pytest.raises(InvalidSpecError):
        list(grouped_folds(["a", "a", "b"], 3))
