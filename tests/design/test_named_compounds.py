"""Names of well-known compounds by formula."""

import pytest

from designer_app.design.details.named_compounds import formula_amounts, named_compound
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.toml import read_toml
from designer_app.resources import resource


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("Na3V2P3O12", "NASICON Na3V2(PO4)3"),
        ("Na3MnPCO7", "sidorenkite Na3MnPCO7"),
        ("NaFePO4", "olivine or maricite NaFePO4"),
        ("Nb3Sn", "A15 Nb3Sn"),
        ("Sn2Nb6", "A15 Nb3Sn"),
        ("Li2MnNiO4", "layered oxide LiNi0.5Mn0.5O2"),
    ],
)
def test_a_formula_has_the_name_that_chemists_know(formula, name):
    assert named_compound(formula) == name


@pytest.mark.parametrize("formula", ["", "Li3Cr2FeO6", "SnNb4"])
def test_a_formula_that_no_textbook_has_has_no_name(formula):
    assert named_compound(formula) is None


def test_every_named_formula_is_of_elements_and_stands_once_under_its_name():
    for name, formulas in read_toml(resource("data/named-compounds.toml")).items():
        assert len(formulas) == len(set(formulas)), name
        for formula in formulas:
            assert set(formula_amounts(formula)) <= set(ATOMIC_NUMBERS), formula
