"""Which metals of a catalyst acid takes away, at the potential of its reaction."""

import pytest

from designer_app.design.details.dissolving import dissolving


def test_metals_far_below_hydrogen_are_named_the_least_noble_first():
    told = dissolving({"Al": 1, "Y": 1, "Ni": 1}, "HER")
    assert "Y (-2.4 V) and Al (-1.7 V) dissolve" in told
    assert "leave one of Ni" in told


@pytest.mark.parametrize("amounts", [{"Ni": 2, "W": 1}, {"Pt": 3, "Ni": 1}, {"Cu": 1, "Au": 1}])
def test_metals_that_bear_hydrogen_evolution_in_acid_are_not_marked(amounts):
    assert dissolving(amounts, "HER") == ""


def test_nickel_is_lost_where_oxygen_is_reduced():
    told = dissolving({"Pt": 3, "Ni": 1}, "ORR")
    assert "Ni (-0.3 V) dissolves" in told
    assert "one of Pt" in told


def test_nothing_is_said_of_oxides_and_sulfides():
    assert dissolving({"Mo": 1, "S": 2}, "HER") == ""
    assert dissolving({"La": 1, "Co": 1, "O": 3}, "OER") == ""
