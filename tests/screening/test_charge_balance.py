"""Neutral compositions by common oxidation states."""

import pytest

from designer_app.screening.charge_balance import balanced


@pytest.mark.parametrize(
    ("amounts", "states"),
    [
        ({"Li": 1, "Fe": 1, "P": 1, "O": 4}, {"Fe": 2.0, "P": 5.0}),
        ({"Fe": 1, "P": 1, "O": 4}, {"Fe": 3.0}),
        ({"Li": 1, "Co": 1, "O": 2}, {"Co": 3.0}),
        ({"Li": 3, "P": 1, "S": 4}, {"P": 5.0, "S": -2.0}),
        ({"Li": 2, "C": 1, "O": 3}, {"C": 4.0}),
        ({"Na": 3, "Cl": 1, "O": 1}, {"Cl": -1.0}),
        ({"Li": 4, "Ti": 5, "O": 12}, {"Ti": 4.0}),
        ({"Ca": 3, "N": 2}, {"N": -3.0}),
    ],
)
def test_common_materials_are_balanced_with_the_charges_of_textbooks(amounts, states):
    found = balanced(amounts, "strict")
    assert found is not None
    assert {each: found.states[each] for each in states} == states


def test_one_metal_may_have_two_valences():
    found = balanced({"Li": 1, "Mn": 2, "O": 4}, "strict")
    assert found is not None
    assert (found.states["Mn"], found.mixed) == (pytest.approx(3.5), "Mn")


@pytest.mark.parametrize(
    "amounts", [{"Li": 1, "O": 2}, {"Na": 1, "Cl": 2}, {"Li": 1, "Al": 1, "O": 4}, {"O": 1, "F": 1}]
)
def test_what_no_common_charges_make_neutral_is_refused(amounts):
    assert balanced(amounts, "strict") is None


def test_metals_alone_need_no_balance():
    found = balanced({"Pt": 3, "Ni": 1}, "strict")
    assert found is not None
    assert found.sentence == "element or alloy, without charges"


def test_the_loose_rule_takes_what_the_strict_one_refuses():
    cuprate = {"La": 1, "Ni": 1, "F": 2, "O": 2}  # Ni+3 with La+3 is neutral only with Ni at +3
    assert balanced(cuprate, "loose") is not None
    assert balanced({"Na": 1, "Cl": 2}, "loose") is None
    assert balanced({"Na": 1, "Cl": 2}, "off") is not None


def test_all_charges_together_are_neutral():
    amounts = {"Li": 2, "Ni": 1, "Mn": 3, "O": 8}
    found = balanced(amounts, "strict")
    assert found is not None
    assert sum(found.states[each] * amount for each, amount in amounts.items()) == pytest.approx(0)
