"""What is known to be dangerous: each sentence with its source, for what is really there."""

from designer_app.design.details.hazards import hazards_of
from designer_app.design.details.precursors import recipe
from designer_app.io.formulas import amounts_in
from designer_app.io.toml import read_toml
from designer_app.resources import resource
from designer_app.specs.design_rows import Hazard


def hazards(formula: str) -> dict[str, Hazard]:
    amounts = amounts_in(formula)
    return {each.subject: each for each in hazards_of(amounts, recipe(amounts))}


def test_nickel_oxides_are_named_with_the_entry_of_the_regulation():
    found = hazards("LiNiO2")["Ni"]
    assert "may cause cancer by inhalation (H350i)" in found.sentence
    assert found.source == "Regulation (EC) No 1272/2008, Annex VI, 028-003-00-2"


def test_sulfides_are_named_but_sulfates_are_not():
    assert "sulfide" in hazards("Li6PS5Cl")
    assert "sulfide" not in hazards("Li2FeS2O8")


def test_phosphates_are_no_phosphides():
    assert "phosphide" not in hazards("LiFePO4")


def test_alloys_have_the_hazards_of_metals_not_of_oxides():
    assert "nickel powder" in hazards("Pt3Ni")["Ni"].sentence


def test_poisonous_gases_of_the_firing_are_named():
    assert "carbon monoxide, leaves on firing" in hazards("LiFePO4")


def test_elements_without_a_stable_isotope_are_called_radioactive():
    assert "Radioactive" in hazards("ThO2")["Th"].sentence


def test_every_row_has_known_statements_and_one_source():
    table = read_toml(resource("data/hazards.toml"))
    statements = table.pop("statements")
    for rows in table.values():
        for row in rows.values():
            assert set(row["says"]) <= statements.keys()
            assert ("index" in row) != ("source" in row)
