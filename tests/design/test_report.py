"""What a design leaves to read: whole, harmless, in HTML and PDF, with files that open again."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from designer_app.design.report import HTML, PDF, TABLE, write_reports
from designer_app.design.report.content import title_of
from designer_app.design.report.crystal_picture import crystal_picture
from designer_app.design.report.numbers import pairs_of, wilson
from designer_app.design.report.pictures import parity_picture
from designer_app.io.structures import read_document
from designer_app.resources import resource
from designer_app.screening.pictures import Disc, Label
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_estimates import predicted, verified
from designer_app.specs.design_rows import (
    Arm,
    CandidateDetail,
    Check,
    Contribution,
    DesignResult,
    Hazard,
    Ingredient,
    Neighbour,
)
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, FunnelCount, ScreenRow
from designer_app.specs.structure import Structure

GUESS = Estimate(
    key="voltage", value=3.1, unit="V", error=0.5, method="learned head", origin="design-heads <1>"
)
TRUTH = Estimate(
    key="voltage", value=3.42, unit="V", low=3.1, high=3.7, method="relaxation", origin="chgnet"
)
HULL = Estimate(key="e_above_hull", value=0.012, unit="eV/atom", method="relaxation")
GOOD = ScreenRow(
    id="00007", formula="LiFePO4", space_group="Pnma (62)", stage="shortlist", verdict=PASSES,
    estimates=(GUESS, HULL, TRUTH), made_from="=钴酸锂 <b>without Co</b>", light="green",
    decomposition="0.5 Li3PO4 (x) + 0.5 Fe (y)", warnings=("The hull is thin.",),
)  # fmt: skip
POOR = replace(GOOD, id="00008", verdict=FAILS, failing=("voltage",), light="amber")
DETAIL = CandidateDetail(
    id="00007",
    structure_type="olivine",
    named="NASICON Na3V2(PO4)3",
    dissolving="In acid Sc dissolves.",
    ingredients=(Ingredient(formula="FeC2O4·2H2O", name="iron(II) oxalate", mass_g=1.1403),),
    synthesis_note="By stoichiometry only.",
    hazards=(Hazard(subject="Li", sentence="Harmful <so>.", source="Annex VI, 003"),),
    neighbours=(Neighbour(source="mp-1", formula="LiMnPO4", why="Mn for Fe", distance=1.0),),
    contributions=(Contribution(property_key="voltage", choice="olivine", change=0.3),),
    disorder="Fe and Mn may share sites.",
    checks=(Check(name="shaken", value=2.0, unit="meV/atom", holds=True, sentence="It holds."),),
    pattern=((20.0, 100.0, "1 0 1"), (35.0, 40.0, "3 1 1")),
    seen="The models saw 312 olivines.",
)
LOSSES = FunnelCount(stage="valid", entered=9, passed=7, lost_reasons=(("too close <x>", 2),))
RESULT = DesignResult(
    rows=(GOOD, POOR, ScreenRow(id="00009", formula="@x", verdict=LOST)),
    funnel=(FunnelCount(stage="made", entered=9, passed=9), LOSSES),
    n_shortlist=2,
    n_hits=1,
    arms=(
        Arm(strategy="mix", n_candidates=9, n_relaxed=100, n_hits=60),
        Arm(strategy="random", n_candidates=9, n_relaxed=100, n_hits=5),
    ),
    verdict="1 of 2 meets all targets.",
    warnings=("A tail target.",),
    origin=(("potential", "chgnet 0.3.0 (1a2b3c)"), ("seed", "0")),
)


@pytest.fixture(scope="module")
def olivine() -> Structure:
    return read_document(ReadSpec(path=resource("examples/LiFePO4.cif"))).structure()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, olivine: Structure) -> Path:
    found = tmp_path_factory.mktemp("design")
    structures = {"00007": olivine, "00008": olivine}
    write_reports(found, DesignSpec(), RESULT, {"00007": DETAIL}, structures)
    return found


@pytest.fixture(scope="module")
def text(folder: Path) -> str:
    return (folder / HTML).read_text(encoding="utf-8")


def test_the_report_loads_nothing_from_elsewhere(text: str):
    assert not re.search(r"(src|href|url)\s*[=(]", text)
    assert "<script" not in text


def test_text_of_files_cannot_become_markup(text: str):
    for danger in ("<b>", "<so>", "<x>", "heads <1>"):
        assert danger not in text
    assert "钴酸锂 &lt;b&gt;without Co&lt;/b&gt;" in text


def test_the_title_says_in_words_what_was_asked():
    asked = DesignSpec(targets=("energy_density=600..", "voltage=2..4.6", "e_above_hull=..0.05"))
    assert title_of(asked) == (
        "Li-ion cathode: energy density at least 600 Wh/kg, voltage 2 to 4.6 V, "
        "energy above hull at most 50 meV/atom"
    )


@pytest.mark.parametrize(
    "said",
    [
        "1 of 2 meets all targets.",
        "A tail target.",
        "voltage 3.1 ± 0.5 V (learned head",
        "3.10 … 3.70",
        "12 meV/atom above",
        "misses voltage",
        "Share of hits among what each strategy proposed",
        "too close &lt;x&gt;",
        "FeC₂O₄·2H₂O",
        "1.1403 g",
        "Annex VI, 003",
        "Not a safety assessment",
        "Fe and Mn may share sites.",
        "It holds.",
        "Mn for Fe",
        "olivine",
        "The models saw 312 olivines.",
        "0.5 Li₃PO₄ (x) + 0.5 Fe (y)",
        "chgnet 0.3.0 (1a2b3c)",
        "not that nobody has made it",
        "olivine, Pnma",
        "is known: NASICON Na₃V₂(PO₄)₃",
        "In acid Sc dissolves.",
        "metals of it dissolve in acid",
        "3.60 g/cm³",
    ],
)
def test_all_that_is_known_of_a_candidate_and_a_run_is_told(text: str, said: str):
    assert said in text


def test_the_pdf_is_whole_and_embeds_its_letters(folder: Path):
    content = (folder / PDF).read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"DejaVuSans" in content
    assert b"/FontFile2" in content


def test_every_candidate_has_a_page_of_its_own(text: str, folder: Path):
    assert text.count("<section>") == RESULT.n_shortlist + 1
    pages = len(re.findall(rb"/Type /Page\b", (folder / PDF).read_bytes()))
    assert pages >= RESULT.n_shortlist + 2


def test_no_cell_of_the_table_is_a_formula_of_a_spreadsheet(folder: Path):
    lines = list(csv.DictReader((folder / TABLE).read_text(encoding="utf-8").splitlines()))
    assert lines[0]["made from"].startswith("'=")
    assert lines[2]["formula"] == "'@x"


def test_a_run_without_any_candidate_still_has_a_report(tmp_path: Path):
    nothing = DesignResult(
        rows=(), funnel=(LOSSES,), n_shortlist=0, n_hits=0, verdict="Nothing was left at valid."
    )
    path = write_reports(tmp_path, DesignSpec(), nothing, {}, {})
    said = path.read_text(encoding="utf-8")
    assert "No candidate reached the shortlist." in said
    assert "Nothing was left at valid." in said


@pytest.mark.parametrize(
    ("estimates", "is_told"), [((GUESS, TRUTH), False), ((TRUTH, GUESS), True)]
)
def test_a_computed_value_that_only_checks_is_told(tmp_path: Path, estimates, is_told):
    result = replace(RESULT, rows=(replace(GOOD, estimates=estimates),))
    path = write_reports(tmp_path, DesignSpec(targets=("voltage=3..4",)), result, {}, {})
    said = path.read_text(encoding="utf-8")
    assert ("Voltage: a candidate meets the target where the predicted" in said) == is_told


def test_a_guess_and_a_computed_value_are_told_apart():
    assert predicted(GOOD, "voltage") == GUESS
    assert verified(GOOD, "voltage") == TRUTH
    assert verified(replace(GOOD, estimates=(GUESS,)), "voltage") is None


def test_a_single_point_of_an_unrelaxed_crystal_is_the_better_guess_but_no_verification():
    point = replace(TRUTH, value=3.3, method="single point")
    row = replace(GOOD, estimates=(GUESS, point))
    assert predicted(row, "voltage") == point
    assert verified(row, "voltage") is None


def test_the_interval_of_no_hits_does_not_end_at_zero():
    low, high = wilson(0, 10)
    assert low == 0.0
    assert high == pytest.approx(0.278, abs=1e-3)  # Wilson 1927, 95 %


def test_points_lie_on_the_diagonal_where_prediction_and_truth_agree():
    rows = [
        replace(GOOD, id=str(n), estimates=(replace(GUESS, value=n), replace(TRUTH, value=n)))
        for n in (1.0, 2.0, 3.0)
    ]
    picture = parity_picture("Voltage", "V", pairs_of(rows, "voltage"), (2.0, 4.6))
    assert picture is not None
    dots = [mark for mark in picture.marks if isinstance(mark, Disc)]
    slope = (dots[2].y - dots[0].y) / (dots[2].x - dots[0].x)
    assert (dots[1].y - dots[0].y) / (dots[1].x - dots[0].x) == pytest.approx(slope)


def test_a_drawn_crystal_has_a_legend_of_its_elements(olivine: Structure):
    labels = {mark.text for mark in crystal_picture(olivine).marks if isinstance(mark, Label)}
    assert labels == {"Li", "Fe", "P", "O"}


def test_atoms_in_front_are_painted_over_those_behind():
    cell = 5.0 * np.eye(3)
    behind_and_front = np.array([[2.5, 4.0, 2.5], [2.5, 1.0, 2.5]])
    pair = Structure(np.array([11, 17]), behind_and_front, cell, (True, True, True))
    painted = [m.title for m in crystal_picture(pair).marks if isinstance(m, Disc) and m.title]
    assert len(painted) == 2
    mirrored = Structure(np.array([17, 11]), behind_and_front, cell, (True, True, True))
    other = [m.title for m in crystal_picture(mirrored).marks if isinstance(m, Disc) and m.title]
    assert painted == other[::-1]
