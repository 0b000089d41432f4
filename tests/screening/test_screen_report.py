"""What a screening run leaves to read: HTML that needs nothing else, and a harmless table."""

import csv
import re

import pytest

from designer_app.io.screen_table import csv_text, escaped
from designer_app.screening.report import report_html
from designer_app.screening.report_drawings import hull_drawing
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import DiagramPhase, HullOrigin, PhaseDiagram
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import (
    FAILS,
    LOST,
    PASSES,
    ScreenResult,
    ScreenRow,
    failing_counts,
    funnel_of,
    ranked,
)

HULL = Estimate(
    key="e_above_hull", value=0.012, unit="eV/atom", method="relaxation", origin="set <1>"
)
STABILITY = Estimate(key="stability", value=0.7, unit="", low=0.5, high=0.9, error=0.1)


def _result(*rows: ScreenRow) -> ScreenResult:
    return ScreenResult(
        rows=tuple(ranked(rows)),
        funnel=funnel_of(rows),
        failing_counts=failing_counts(rows),
        n_passing=sum(row.verdict == PASSES for row in rows),
        origin=(("potential", "chgnet 0.3.0 (1a2b3c)"), ("seed", "0")),
        warnings=("The hull is small.",),
    )


MISSES = ScreenRow(
    id="00001",
    formula="LiFePO4",
    stage="rules",
    verdict=FAILS,
    failing=("stability",),
    estimates=(HULL, STABILITY),
    made_from="=cmd|'/c calc'!A0",
)
BROKEN = ScreenRow(id="00002", formula="@x", verdict=LOST, reason="unreadable: <broken>")


@pytest.fixture
def text() -> str:
    return report_html(ScreenSpec(), _result(MISSES, BROKEN))


def test_the_report_loads_nothing_from_elsewhere(text: str):
    assert not re.search(r"(src|href|url)\s*[=(]", text)
    assert "<script" not in text
    assert "@import" not in text


def test_text_of_files_cannot_become_markup(text: str):
    assert "<broken>" not in text
    assert "set &lt;1&gt;" in text


def test_where_nothing_passes_the_best_is_shown_with_what_it_misses(text: str):
    assert "None of 2 candidates meets all criteria" in text
    assert "misses stability" in text
    assert "stability by 1" in text


def test_every_number_stands_with_interval_error_and_origin(text: str):
    for said in ("0.5 … 0.9 (90 %)", "0.1", "relaxation; set &lt;1&gt;"):
        assert said in text


def test_settings_provenance_and_warnings_are_told(text: str):
    for said in ("Ionic conductivity above", "chgnet 0.3.0 (1a2b3c)", "The hull is small."):
        assert said in text


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_escaped(begin: str):
    assert escaped(f"{begin}1+1") == f"'{begin}1+1"


def test_numbers_stay_numbers():
    assert escaped(-0.5) == "-0.5"
    assert escaped(float("nan")) == ""


def test_the_table_holds_every_row_and_number():
    lines = list(csv.DictReader(csv_text([MISSES, BROKEN]).splitlines()))
    assert [line["id"] for line in lines] == ["00001", "00002"]
    assert lines[0]["made from"].startswith("'=")
    assert float(lines[0]["e_above_hull"]) == HULL.value
    assert lines[1]["e_above_hull"] == ""


def test_a_binary_hull_is_drawn_with_its_phases():
    origin = HullOrigin(potential="p", model_sha256="h", reference_set="s", correction="none")
    phases = tuple(
        DiagramPhase(formula=name, source="x", shares=shares, formation_energy=e, e_above_hull=0.0)
        for name, shares, e in (("Na", (1.0, 0.0), 0.0), ("Cl", (0.0, 1.0), 0.0))
    )
    salt = DiagramPhase(
        formula="NaCl", source="", shares=(0.5, 0.5), formation_energy=-2.0, e_above_hull=0.0,
        is_candidate=True,
    )  # fmt: skip
    drawing = hull_drawing(
        PhaseDiagram(
            elements=("Na", "Cl"), phases=(*phases, salt), tie_lines=((0, 2), (1, 2)), regions=(),
            origin=origin,
        )
    )  # fmt: skip
    assert drawing.count("<circle") == 3
    assert "NaCl" in drawing
