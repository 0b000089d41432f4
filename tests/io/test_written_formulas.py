import pytest
from pymatgen.core import Composition

from designer_app.io.formulas import as_written, written, written_in


@pytest.mark.parametrize(
    ("reduced", "chemists"),
    [
        ("Na3V2P3O12", "Na3V2(PO4)3"),
        ("Na3V2P2O8F3", "Na3V2(PO4)2F3"),
        ("Ca5P3ClO12", "Ca5(PO4)3Cl"),
        ("Na3MnPCO7", "Na3Mn(PO4)(CO3)"),
        ("Na2Fe2S3O12", "Na2Fe2(SO4)3"),
        ("Na2MnSi2O6", "Na2Mn(SiO3)2"),
        ("Fe2Mo3O12", "Fe2(MoO4)3"),
        ("CaN2O6", "Ca(NO3)2"),
        ("Ba3Cr2O8", "Ba3(CrO4)2"),
        ("ZrS2O8", "Zr(SO4)2"),
        ("KFeC6N6", "KFe(CN)6"),
        ("NiPt3", "Pt3Ni"),
    ],
)
def test_polyanions_are_grouped_and_noble_metals_lead_their_alloys(reduced, chemists):
    assert as_written(reduced) == chemists


@pytest.mark.parametrize(
    "same",
    ["LiMn2O4", "MgCr2O4", "Li2MnSiO4", "LiFePO4", "Li6CuB4S10", "Na2FeP2O7", "FeC2O4", "Li6PS5Cl",
     "Ni2W", "LaNi5", "CoPt", "LiNi0.5Mn1.5O4", "Li2VMo2O8", "Pt", "LiFeSO4F"],
)  # fmt: skip
def test_what_has_no_such_groups_stays(same):
    assert as_written(same) == same


@pytest.mark.parametrize("same", ["K2S2O8", "K4P2O8", "Na2C2O6", "Na2S2O6"])
def test_peroxides_and_dithionates_are_not_written_as_plain_oxoanions(same):
    assert as_written(same) == same


@pytest.mark.parametrize("text", ["Na3V2P2O8F3", "Na3MnPCO7", "NiPt3", "KFeC6N6"])
def test_no_atom_is_lost_in_writing(text):
    assert Composition(as_written(text)) == Composition(text)


def test_formulas_in_a_sentence_are_written_and_its_other_words_are_not():
    said = "best: Na3V2P3O12. As 0.37 Li2O (fluorite-OLi2) in 3 of 5 (NiPt3); In C2/c, Na3V2(PO4)3."
    told = (
        "best: Na₃V₂(PO₄)₃. As 0.37 Li₂O (fluorite-OLi2) in 3 of 5 (Pt₃Ni); In C2/c, Na₃V₂(PO₄)₃."
    )
    assert written_in(said) == told


@pytest.mark.parametrize("said", ["", "two  spaces", "... (;) No. 3"])
def test_sentences_without_formulas_stay(said):
    assert written_in(said) == said


def test_a_written_formula_has_its_counts_lowered():
    assert written("Na3V2P2O8F3") == "Na₃V₂(PO₄)₂F₃"
