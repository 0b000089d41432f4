"""What a candidate's card says of novelty, of namesakes, and of numbers that disagree."""

import pytest
from PySide6.QtWidgets import QLabel

from designer_app.specs.design_rows import CandidateDetail, Check
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import FAILS, PASSES, ScreenRow
from designer_app.ui.design.candidate_head import CandidateHead
from designer_app.ui.design.numbers_page import NumbersPage
from designer_app.ui.screening.candidate_model import verdict_text
from designer_app.ui.screening.columns import KNOWN, column_for, estimate_text
from designer_app.ui.trust_light import TrustLight

NVP = ScreenRow(id="00001", formula="Na3V2P3O12", n_atoms=20, verdict=PASSES, stage="shortlist")
UNSURE = "unsure: learned and computed numbers disagree"


@pytest.fixture
def head(qtbot, theme):
    made = CandidateHead(theme)
    qtbot.addWidget(made)
    return made


def _texts(widget) -> str:
    return "\n".join(each.text() for each in widget.findChildren(QLabel))


def test_a_formula_that_is_well_known_is_named_and_written_with_its_polyanions(head):
    head.show_row(NVP, CandidateDetail(id="00001", named="NASICON Na3V2(PO4)3"))
    assert head.formula.text() == "Na₃V₂(PO₄)₃"
    assert "known: NASICON Na₃V₂(PO₄)₃" in _texts(head)
    assert "before you call this new" in _texts(head)


def test_a_crystal_is_called_not_in_the_reference_set_and_never_new(head):
    head.show_row(NVP, CandidateDetail(id="00001", structure_type="as NaVPO4F (mp-1)"))
    assert "not in the reference set" in _texts(head)
    assert "structure as NaVPO₄F" in _texts(head)
    assert "new" not in _texts(head)


def test_a_crystal_of_our_own_is_told_by_its_kind(head):
    head.show_row(
        ScreenRow(
            id="1", formula="NaVPO4F", made_from="LiVPO4F (textbook-LiVPO4F-tavorite) with Na"
        ),
        None,
    )
    assert "LiVPO₄F (textbook, tavorite) with Na" in _texts(head)


def test_a_known_crystal_is_said_to_be_known(head):
    head.show_row(
        ScreenRow(id="1", formula="LiFePO4", known="mp-19017", verdict=PASSES),
        CandidateDetail(id="1", named="olivine LiFePO4"),
    )
    assert "It is a known crystal: mp-19017" in _texts(head)
    assert "not in the reference set" not in _texts(head)


def test_metals_that_acid_dissolves_are_told(head):
    head.show_row(NVP, CandidateDetail(id="00001", dissolving="Acid dissolves Ni of it."))
    assert "Acid dissolves Ni of it." in _texts(head)


def test_numbers_that_disagree_make_a_catalyst_unsure_and_miss_nothing():
    row = ScreenRow(
        id="1", formula="Ni2W", verdict=FAILS, reason=UNSURE, failing=("agreement of numbers",)
    )
    assert verdict_text(row) == "unsure"
    assert verdict_text(ScreenRow(id="1", formula="Ni2W", verdict=FAILS, failing=("voltage",)))[
        -1:
    ].isdigit()


def test_a_check_that_tells_nothing_is_neither_held_nor_failed(qtbot, theme):
    page = NumbersPage(theme)
    qtbot.addWidget(page)
    check = Check(name="CHGNet r2SCAN", value=0.0, unit="eV/atom", holds=False, is_open=True,
                  sentence="The same phases, another potential.")  # fmt: skip
    page.show_checks([check])
    (light,) = page.findChildren(TrustLight)
    assert light.text() == "tells nothing"


def test_the_charged_state_is_a_column_in_mev():
    found = Estimate(key="charged_above_hull", value=0.077, unit="eV/atom", error=0.02)
    column = column_for(found)
    assert column is KNOWN["charged_above_hull"]
    assert estimate_text(found, column).startswith("77 ± 20")
