"""Masks: which elements are left out, and that every number names its source."""

from dataclasses import replace

import pytest

from designer_app.errors import InvalidSpecError
from designer_app.io.element_limits import abundance, element_table, price
from designer_app.screening.masks import masks_of
from designer_app.specs.design import DesignSpec
from designer_app.specs.screen import ScreenSpec


def test_every_price_names_a_source_that_is_told():
    table = element_table()
    assert all(row["source"] in table["sources"] for row in table["price"].values())


def test_every_hazard_names_a_source_that_is_told():
    table = element_table()
    assert all(set(why) <= table["sources"].keys() for why in table["hazard"].values())


def test_only_listed_elements_are_allowed():
    assert masks_of(ScreenSpec(elements="Li, Fe P;O")).allowed == {"Li", "Fe", "P", "O"}


def test_an_excluded_element_is_refused_with_its_reason():
    masks = masks_of(ScreenSpec(exclude="Fe"))
    assert masks.reason(["Li", "Fe", "O"]) == "element not allowed: Fe is excluded"
    assert masks.reason(["Li", "O"]) == ""


def test_no_cobalt_and_no_toxic_elements():
    allowed = masks_of(ScreenSpec(no_cobalt=True, no_toxic=True)).allowed
    assert not allowed & {"Co", "Cd", "Pb", "Hg", "As", "Be", "Tl", "U"}
    assert {"Fe", "Mn", "O"} <= allowed


def test_the_working_ion_is_kept_whatever_it_costs():
    masks = masks_of(ScreenSpec(cheap=True, max_price=10.0, abundant=True, min_abundance=50.0))
    assert price("Li") > 10.0
    assert "Li" in masks.allowed
    assert not masks.allowed & {"Co", "Pt", "Ge", "Se"}


def test_an_element_without_a_price_is_not_cheap():
    assert price("Ar") == float("inf")
    assert abundance("O") > abundance("Fe") > abundance("Pt") > 0


@pytest.mark.parametrize(
    "said", [{"elements": "Li Xx"}, {"exclude": "Li", "ion": "Li"}, {"elements": "Na O"}]
)
def test_masks_that_cannot_be_meant_are_refused(said):
    with pytest.raises(InvalidSpecError):
        masks_of(ScreenSpec(**said))


def test_sulfur_is_abundant_and_lutetium_is_not():
    allowed = masks_of(ScreenSpec(abundant=True, min_abundance=10.0)).allowed
    assert "S" in allowed
    assert not allowed & {"Lu", "Ru", "Tc"}


@pytest.mark.parametrize("spec", [ScreenSpec(), DesignSpec(purpose="own", ion="Li")])
def test_radioactive_elements_are_left_out_unless_they_are_named(spec):
    radioactive = {"Tc", "Pm", "Po", "Th", "U", "Pu", "Lr"}
    assert not masks_of(spec).allowed & radioactive
    assert "Bi" in masks_of(spec).allowed
    assert masks_of(replace(spec, include="Th U")).allowed & radioactive == {"Th", "U"}
    assert "U" in masks_of(replace(spec, elements="Li U O")).allowed
    assert masks_of(spec).reason(["Tc"]) == "element not allowed: Tc is radioactive"


def test_a_radioactive_element_that_must_be_in_is_let_in():
    assert "Th" in masks_of(DesignSpec(purpose="own", require="Th")).allowed
