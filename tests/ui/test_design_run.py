"""The run, candidates and report pages with runs that lie in a project, and with jobs."""

from dataclasses import replace

import numpy as np
import pytest

from designer_app.io.design_store import DesignStore
from designer_app.io.examples import example
from designer_app.io.structures import read_document
from designer_app.running.control import Progress
from designer_app.running.messages import JobError
from designer_app.session.designs import DISCARDED, KEPT
from designer_app.session.job import Job
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_purposes import applied as for_purpose
from designer_app.specs.design_purposes import purpose_named
from designer_app.specs.design_rows import (
    STAGES,
    CandidateDetail,
    Check,
    Contribution,
    Hazard,
    Ingredient,
    LatentMap,
    Neighbour,
)
from designer_app.specs.documents import ReadSpec
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import settings_of
from designer_app.specs.screen_rows import FAILS, LOST, PASSES, ScreenRow, funnel_of
from designer_app.ui.design.criteria import subject_of
from designer_app.ui.design.report_page import _short
from designer_app.ui.design.time_left import Outlook

PATIENCE_MS = 60_000
SPEC = DesignSpec(targets=("voltage=3..4", "e_above_hull=..0.05"), seeds=3, threads=1)
THIN = "\N{NARROW NO-BREAK SPACE}"


def estimate(key, value, unit, method):
    return Estimate(key=key, value=value, unit=unit, error=0.1, method=method, origin="a model")


def rows():
    best = (
        estimate("voltage", 3.9, "V", "learned head"),
        estimate("voltage", 3.4, "V", "relaxation"),
        estimate("e_above_hull", 0.01, "eV/atom", "relaxation"),
    )
    return [
        ScreenRow(id="00000", formula="LiFePO4", n_atoms=28, stage="shortlist", verdict=PASSES,
                  estimates=best, score=-0.1),
        ScreenRow(id="00001", formula="LiMnPO4", stage="checked", verdict=FAILS,
                  failing=("voltage",), estimates=best[:1], score=-0.4),
        ScreenRow(id="00002", formula="LiO2", stage="balanced", verdict=LOST,
                  reason="charges do not balance"),
    ]  # fmt: skip


DETAIL = CandidateDetail(
    id="00000",
    ingredients=(Ingredient(formula="Li2CO3", name="lithium carbonate", mass_g=0.2342),),
    synthesis_note="CO2 leaves as gas.",
    hazards=(Hazard(subject="Li", sentence="Harmful if swallowed.", source="GHS"),),
    neighbours=(Neighbour(source="mp-1", formula="LiCoPO4", why="Fe instead of Co", distance=1.0),),
    contributions=(
        Contribution(property_key="voltage", choice="olivine", change=0.3),
        Contribution(property_key="voltage", choice="Fe in the octahedral slot", change=-0.1),
    ),
    disorder="It may be an ordering of a disordered phase.",
    checks=(Check(name="shaken supercell", value=0.0, unit="eV/atom", holds=True, sentence="ok"),),
    pattern=((17.1, 40.0, "020"), (35.6, 100.0, "311")),
    seen="Many olivines.",
)


@pytest.fixture
def run(window):
    """A finished design in the project."""
    project = window.session.project
    made = project.runs.begin("design", "Design a Li-ion cathode")
    made.settings.update(settings_of(SPEC))
    store = DesignStore(made.folder)
    store.write_map(
        LatentMap(x=(0.0, 1.0, 2.0), y=(0.0, 1.0, 0.5), names=("LiCoO2", "LiNiO2", "NaCl"),
                  colour_key="voltage", colour=(3.9, 4.0, float("nan")),
                  targets=("voltage", "e_above_hull"), explained=0.4)
    )  # fmt: skip
    for moved in (0.0, 0.5):
        places = np.array([[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]]) + moved
        store.add_snapshot(places, np.array([[3.1, 0.1], [3.5, 0.0], [4.2, 0.2]]), 3)
    store.append(rows())
    document = read_document(ReadSpec(path=example("LiFePO4").path))
    store.add_candidates([("00000", document.structure(), "a decode")])
    store.write_detail(DETAIL)
    store.write_result({"n_shortlist": 1, "n_hits": 1, "verdict": "One meets all."})
    (made.folder / "report.html").write_text("<html>all</html>")
    (made.folder / "report.pdf").write_bytes(b"%PDF-1.4")
    project.runs.note(made)
    return made


@pytest.fixture
def design(qtbot, window, run):
    """The Design workspace with that run open."""
    window.show_workspace("design")
    window.design.open_run(run.folder)
    qtbot.waitUntil(lambda: window.design.watch.result is not None, timeout=PATIENCE_MS)
    return window.design


def page(design, key):
    design.wizard.go_to(key)
    return design.wizard.page_of(key)


def job(number=901, spec=SPEC, folder=None):
    made = Job(number, "design", spec, "Design a Li-ion cathode", folder)
    made.begin()
    return made


def died():
    return JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "design"}, "died")


# --- run ---


def test_an_earlier_run_is_shown_with_funnel_map_and_best(qtbot, design):
    shown = page(design, "run")
    qtbot.waitUntil(lambda: len(shown.map.population()) == 3, timeout=PATIENCE_MS)
    assert shown.funnel.counts() == funnel_of(rows(), STAGES)
    assert shown.best.formula.text() == "LiFePO₄"
    assert len(shown.map.known()) == 3
    assert shown.map.population()[0] == pytest.approx([0.5, 0.5])
    assert shown.lead.text() == "One meets all."


def test_predictions_of_the_search_lie_behind_the_candidates(qtbot, design):
    shown = page(design, "run")
    qtbot.waitUntil(lambda: len(shown.map.population()) == 3, timeout=PATIENCE_MS)
    cloud = shown.scatter._haze.getData()
    assert sorted(np.round(cloud[1], 6)) == pytest.approx([3.1, 3.5, 4.2])


def test_the_best_candidate_turns_in_sight_only(qtbot, design):
    shown = page(design, "run")
    assert shown.best.preview._turning.isActive()
    design.wizard.go_to("candidates")
    assert not shown.best.preview._turning.isActive()


def test_a_run_of_other_answers_says_so_and_offers_to_search_anew(design):
    shown = page(design, "run")
    assert not shown.is_of_other_answers
    shown.set_spec(DesignSpec(targets=("voltage=2..3",)))
    assert shown.is_of_other_answers
    assert "earlier answers" in shown.notices.texts()[0]


def test_stopping_is_acknowledged_at_once_and_what_is_done_stays(design, run):
    started = job(folder=run.folder)
    design.watch.show_job(started)
    shown = page(design, "run")
    shown.stop.click()
    assert shown.heading.text() == "Stopping"
    assert not shown.stop.isEnabled()
    started.on_cancelled()
    assert shown.heading.text() == "Stopped"
    assert shown.go_on.isVisibleTo(shown)


def test_a_stopped_run_with_a_result_can_go_on_too(design, run):
    started = job(folder=run.folder)
    design.watch.show_job(started)
    started.cancel()
    started.on_succeeded(None)
    assert design.watch.was_stopped
    assert design.watch.can_go_on


def test_pausing_and_resuming_is_one_button(design, run):
    started = job(folder=run.folder)
    design.watch.show_job(started)
    shown = page(design, "run")
    shown.pause.click()
    assert (started.state, shown.pause.text()) == ("paused", "Resume")
    shown.pause.click()
    assert (started.state, shown.pause.text()) == ("running", "Pause")
    started.cancel()
    started.on_cancelled()


def test_an_error_of_the_run_becomes_a_card(design, run):
    started = job(folder=run.folder)
    design.watch.show_job(started)
    started.on_failed(died())
    assert design.page.card is not None
    assert page(design, "run").heading.text() == "Failed"


def test_a_run_that_is_no_longer_shown_is_no_longer_heard_of(design, run):
    first, second = job(901, folder=run.folder), job(902)
    design.watch.show_job(first)
    design.watch.show_job(second)
    first.on_failed(died())
    assert design.watch.is_busy
    assert design.watch.error is None
    second.cancel()
    second.on_cancelled()


def test_progress_follows_the_stage_that_the_run_tells(design, run):
    started = job(folder=run.folder)
    design.watch.show_job(started)
    started.control.series.append({"stage": 6})
    started.control.progress_slot.put(Progress(5, 10, "Relaxing"))
    started.look()
    assert design.watch.stage == "Relaxed"
    assert "Relaxing" in page(design, "run").lead.text()
    started.cancel()
    started.on_cancelled()


# --- time left ---


def test_the_time_left_falls_from_stage_to_stage():
    outlook = Outlook(DesignSpec())
    seen = []
    for stage, done in ((0, 0), (0, 300), (6, 0), (6, 60), (8, 6), (9, 5), (10, 0)):
        outlook.note(stage, done, {0: 300, 6: 60, 8: 12, 9: 10}.get(stage, 1), None)
        seen.append(outlook.seconds_left)
    assert seen == sorted(seen, reverse=True)
    assert outlook.share > 0.9


def test_a_slow_computer_makes_what_follows_longer():
    calm, slow = Outlook(DesignSpec()), Outlook(DesignSpec())
    calm.note(6, 30, 60, None)
    slow.note(6, 30, 60, 600.0)
    assert slow.seconds_left > 2 * calm.seconds_left


# --- candidates ---


def test_predicted_and_computed_stand_side_by_side(qtbot, design):
    shown = page(design, "candidates")
    qtbot.waitUntil(lambda: len(shown.numbers.texts()) == 2, timeout=PATIENCE_MS)
    lines = {line[0]: line[1:] for line in shown.numbers.texts()}
    assert lines["Voltage"][1:] == [f"3.90 ± 0.10{THIN}V", f"3.40 ± 0.10{THIN}V"]
    assert lines["Above hull"][1] == ""


def test_a_card_tells_all_that_was_kept_of_a_candidate(qtbot, design):
    shown = page(design, "candidates")
    qtbot.waitUntil(lambda: shown._detail is not None, timeout=PATIENCE_MS)
    texts = [each.text() for each in shown.findChildren(type(shown.lead))]
    assert "lithium carbonate" in texts
    assert f"0.2342{THIN}g" in texts
    assert "HAZARDS (NOT A SAFETY ASSESSMENT)" in texts
    assert "Fe instead of Co" in texts
    assert DETAIL.disorder in shown.head.notices.texts()
    assert len(shown.pattern.profile()) > 100


def test_the_structure_in_front_is_the_one_of_the_row(qtbot, design):
    shown = page(design, "candidates")
    qtbot.waitUntil(lambda: shown.preview.structure is not None, timeout=PATIENCE_MS)
    assert len(shown.preview.structure) == 28


def test_what_is_kept_and_discarded_decides_about_the_shortlist(qtbot, design):
    shown = page(design, "candidates")
    shown.choose("00001")
    shown.head.keep.click()
    shown.choose("00000")
    shown.head.discard.click()
    assert [row.id for row in design.watch.shortlist()] == ["00001"]
    assert design.watch.marks == {"00001": KEPT, "00000": DISCARDED}
    shown.head.discard.click()
    assert [row.id for row in design.watch.shortlist()] == ["00000", "00001"]


def test_the_shortlist_stands_in_the_order_that_the_run_told(qtbot, design):
    watch = design.watch
    watch.mark("00001", KEPT)
    assert [row.id for row in watch.shortlist()] == ["00000", "00001"]
    watch.result = replace(watch.result, shortlist=("00001", "00000"))
    assert [row.id for row in watch.shortlist()] == ["00001", "00000"]
    assert watch.best().id == "00001"


def test_two_chosen_rows_are_compared(qtbot, design):
    shown = page(design, "candidates")
    qtbot.waitUntil(lambda: shown.list.model.rowCount() == 3, timeout=PATIENCE_MS)
    shown.list.view.clearSelection()
    for line in range(2):
        shown.list.toggle(line)
    lines = {line[0]: line[1:] for line in shown.compare.texts()}
    assert lines[""] == ["LiFePO₄", "LiMnPO₄"]


def test_a_candidate_without_details_says_when_there_are_some(qtbot, design):
    shown = page(design, "candidates")
    shown.choose("00001")
    assert shown.making._message.isVisibleTo(shown.making)


# --- report ---


def test_the_report_page_shows_the_shortlist_and_writes_files(qtbot, design, tmp_path):
    page(design, "candidates")
    shown = page(design, "report")
    qtbot.waitUntil(lambda: shown.texts() == ["LiFePO4"], timeout=PATIENCE_MS)
    told = [each.text() for each in shown.findChildren(type(shown.lead))]
    assert "Voltage (V)" in told
    assert "3.40 ±\N{NO-BREAK SPACE}0.10" in told
    wanted = {"pdf": "a.pdf", "html": "a.html", "csv": "a.csv", "cif": "cif", "vasp": "vasp"}
    for kind, name in wanted.items():
        shown.write(kind, tmp_path / name)
    qtbot.waitUntil(lambda: all((tmp_path / each).exists() for each in wanted.values()))
    assert (tmp_path / "a.html").read_text() == "<html>all</html>"
    qtbot.waitUntil(lambda: any((tmp_path / "vasp").iterdir()), timeout=PATIENCE_MS)


def test_facts_of_a_run_are_short_enough_to_read():
    assert _short(f"chgnet 0.3.0 ({'d14ab7c0f093' * 5})") == "chgnet 0.3.0 (d14ab7c0f093)"
    assert _short("2026-11-23T12:00:00+00:00").startswith("2026-11-2")
    assert _short("3") == "3"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("li-cathode", "a Li-ion cathode"),
        ("anode", "an anode"),
        ("her", "a catalyst for hydrogen evolution"),
        ("own", "a material"),
    ],
)
def test_a_run_is_named_after_what_is_designed(key, said):
    assert subject_of(for_purpose(purpose_named(key), DesignSpec())) == said


def test_a_candidate_goes_to_dynamics(qtbot, window, design):
    shown = page(design, "candidates")
    qtbot.waitUntil(lambda: shown.row() is not None, timeout=PATIENCE_MS)
    shown.head.heat.click()
    qtbot.waitUntil(lambda: window.workspace == "dynamics", timeout=PATIENCE_MS)
    assert window.session.document.name == "LiFePO4"
