"""Features of compositions, sites and frameworks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.properties.features import (
    PROPERTIES,
    STATISTICS,
    composition_features,
    composition_names,
    element_table,
)
from designer_app.properties.heads.ionic_features import (
    COLUMNS,
    anions_of,
    cell_volume,
    ionic_features,
)
from designer_app.properties.heads.redox_features import redox_features
from designer_app.properties.heads.surface_features import sites_of, surface_features

CUBE = (13.0, 13.0, 13.0, 90.0, 90.0, 90.0)
ROUNDING = 1e-9
"""Sums of the same numbers in another order."""


@pytest.fixture(scope="module")
def table():
    return element_table()


@given(st.permutations(["Li", "La", "Zr", "O"]))
def test_the_order_of_a_formula_does_not_matter(order):
    known = element_table()
    amounts = {"Li": 7.0, "La": 3.0, "Zr": 2.0, "O": 12.0}
    shuffled = {each: amounts[each] for each in order}
    for found, wanted in (
        (composition_features(shuffled, known), composition_features(amounts, known)),
        (
            ionic_features(shuffled, 230, CUBE, known),
            ionic_features(amounts, 230, CUBE, known),
        ),
    ):
        np.testing.assert_allclose(found, wanted, rtol=ROUNDING, atol=ROUNDING)


def test_the_element_table_is_the_same_each_time(table):
    np.testing.assert_array_equal(table.values, element_table().values)


def test_each_feature_has_a_name(table):
    assert len(composition_features({"Pt": 1.0}, table)) == len(composition_names())
    assert len(composition_names()) == len(PROPERTIES) * len(STATISTICS)
    assert len(ionic_features({"Li": 3.0, "N": 1.0}, 191, CUBE, table)) == len(COLUMNS)


def test_an_element_alone_has_no_deviation(table):
    found = composition_features({"Fe": 2.0}, table).reshape(len(STATISTICS), -1)
    np.testing.assert_allclose(found[1], 0.0, atol=ROUNDING)
    np.testing.assert_allclose(found[2], found[3])


def test_values_that_nobody_knows_leave_finite_features(table):
    assert np.isfinite(composition_features({"He": 1.0, "O": 2.0}, table)).all()


def test_the_volume_of_a_cube_is_its_edge_cubed():
    assert cell_volume(CUBE) == pytest.approx(13.0**3)


def test_iron_in_its_phosphate_is_reduced_from_three_to_two(table):
    found = redox_features({"Fe": 1.0, "P": 1.0, "O": 4.0}, "Li", 0.0, 1.0, table)
    assert found[6:8] == pytest.approx([3.0, 2.0])


def test_a_framework_may_be_written_doubled(table):
    once = redox_features({"Co": 1.0, "O": 2.0}, "Li", 0.0, 1.0, table)
    twice = redox_features({"O": 4.0, "Co": 2.0}, "Li", 0.0, 2.0, table)
    np.testing.assert_allclose(once, twice, rtol=ROUNDING, atol=ROUNDING)


def test_a_pure_metal_has_top_bridge_and_two_hollows():
    assert sites_of({"Pt": 1.0}) == [
        ("top", ("Pt",), ""),
        ("bridge", ("Pt", "Pt"), ""),
        ("hollow", ("Pt", "Pt", "Pt"), "FCC"),
        ("hollow", ("Pt", "Pt", "Pt"), "HCP"),
    ]


def test_the_minority_of_an_alloy_has_no_neighbour_of_its_kind():
    assert not any(atoms.count("Ni") > 1 for _, atoms, _ in sites_of({"Pt": 3.0, "Ni": 1.0}))


def test_site_features_do_not_depend_on_how_the_alloy_is_written(table):
    one = surface_features({"Pt": 3.0, "Ni": 1.0}, "top", ("Ni",), "", table)
    other = surface_features({"Ni": 2.0, "Pt": 6.0}, "top", ("Ni",), "", table)
    np.testing.assert_allclose(one[:-1], other[:-1], rtol=ROUNDING, atol=ROUNDING)


def test_broken_amounts_are_the_same_in_a_cell_and_its_formula(table):
    column = COLUMNS.index("broken amounts")
    once = {"Li": 6.4, "La": 3.0, "Zr": 1.4, "Ta": 0.6, "O": 12.0}
    found = [
        ionic_features({each: n * times for each, n in once.items()}, 230, CUBE, table)[column]
        for times in (1, 8)
    ]
    assert found[0] == pytest.approx(found[1])
    assert found[0] > 0


def test_phosphorus_is_the_anion_where_there_is_no_other():
    assert anions_of({"Li": 3.0, "P": 1.0}) == {"P": 1.0}
    assert anions_of({"Li": 3.0, "P": 1.0, "O": 4.0}) == {"O": 4.0}
    assert not anions_of({"Li": 1.0, "Al": 1.0})


def test_soft_anions_have_a_lower_electronegativity(table):
    column = COLUMNS.index("electronegativity of anions")
    sulfide = ionic_features({"Li": 2.0, "S": 1.0}, 225, CUBE, table)
    oxide = ionic_features({"Li": 2.0, "O": 1.0}, 225, CUBE, table)
    assert sulfide[column] < oxide[column]
