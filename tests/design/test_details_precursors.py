"""What is weighed in: balances exactly, or says why nothing is named."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer_app.design.details.precursors import molar_mass, recipe
from designer_app.io.formulas import amounts_in

ROUNDING = 1e-9
"""g: masses are sums of a few products of doubles."""


def names(formula: str) -> set[str]:
    return {each.formula for each in recipe(amounts_in(formula)).ingredients}


@pytest.mark.parametrize(
    ("formula", "ingredients"),
    [
        ("LiFePO4", {"Li2CO3", "FeC2O4·2H2O", "NH4H2PO4"}),
        ("LiCoO2", {"Li2CO3", "Co3O4"}),
        ("Li4Ti5O12", {"Li2CO3", "TiO2"}),
        ("LiVPO4F", {"LiF", "V2O3", "NH4H2PO4"}),
        ("Li6PS5Cl", {"Li2S", "P2S5", "LiCl"}),
        ("Li10GeP2S12", {"Li2S", "GeS2", "P2S5"}),
        ("Li7La3Zr2O12", {"Li2CO3", "La2O3", "ZrO2"}),
        ("Li3YCl6", {"LiCl", "YCl3"}),
        ("LiFeSO4F", {"LiF", "FeSO4·7H2O"}),
        ("Pt3Ni", {"Pt", "Ni"}),
        ("CuInSe2", {"Cu", "In", "Se"}),
    ],
)
def test_classical_materials_are_made_from_their_usual_precursors(
    formula: str, ingredients: set[str]
):
    assert names(formula) == ingredients


def test_lithium_titanate_is_weighed_in_as_by_hand():
    masses = {each.formula: each.mass_g for each in recipe(amounts_in("Li4Ti5O12")).ingredients}
    product = molar_mass({"Li": 4, "Ti": 5, "O": 12})
    assert math.isclose(masses["Li2CO3"], 2 * molar_mass({"Li": 2, "C": 1, "O": 3}) / product)
    assert math.isclose(masses["TiO2"], 5 * molar_mass({"Ti": 1, "O": 2}) / product)


_CATIONS = st.dictionaries(
    st.sampled_from(["Li", "Na", "Mg", "Al", "Ti", "V", "Mn", "Fe", "Ni", "Cu", "P", "Si", "W"]),
    st.integers(1, 6),
    min_size=1,
    max_size=4,
)
_ANIONS = st.dictionaries(
    st.sampled_from(["O", "S", "F", "Cl", "N"]), st.integers(1, 12), min_size=1, max_size=2
)


@given(_CATIONS, _ANIONS)
def test_mass_is_conserved_whatever_the_product(cations: dict[str, int], anions: dict[str, int]):
    found = recipe({element: float(n) for element, n in {**cations, **anions}.items()})
    if found.ingredients:
        weighed = sum(each.mass_g for each in found.ingredients)
        assert abs(weighed - sum(grams for _, grams in found.gases) - 1.0) < ROUNDING
        assert all(each.mass_g > 0 for each in found.ingredients)
    else:
        assert found.note.startswith("No precursors: ")


def test_amounts_do_not_depend_on_the_size_of_the_cell():
    once, four = (recipe({"Li": n, "Mn": 2.0 * n, "O": 4.0 * n}) for n in (1.0, 4.0))
    assert once == four


def test_what_leaves_and_what_air_gives_is_said():
    note = recipe(amounts_in("LiCoO2")).note
    assert "g CO2 leaves as gas" in note
    assert "g of oxygen are taken up: fire in air or oxygen." in note
    assert "losses on firing, as of Li, are not in it" in note


def test_iron_two_is_fired_without_air():
    assert "Under argon" in recipe(amounts_in("LiFePO4")).note


def test_mixed_valence_is_met_by_two_sources_and_not_by_air_where_air_would_spoil_them():
    assert names("LiV2O4") == {"Li2CO3", "V2O3", "V2O5"}


@pytest.mark.parametrize(
    ("formula", "because"),
    [
        ("NiF4", "balances its oxidation states"),
        ("KAr", "holds Ar"),
        ("LiH", "hydrogen"),
        ("Na2FeCO5", "carbonate"),
    ],
)
def test_where_nothing_sensible_exists_it_says_so(formula: str, because: str):
    found = recipe(amounts_in(formula))
    assert found.ingredients == ()
    assert because in found.note
