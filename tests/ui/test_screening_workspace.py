"""A chemist's tour through Screening, with the real session, its workers and a real screening."""

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from designer_app.io.examples import example
from designer_app.io.screen_store import ScreenStore
from designer_app.project import Project
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.session import Session
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import settings_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import PASSES, ScreenRow, funnel_of

LONG_ENOUGH_MS = 280_000
"""A busy machine may take this long to make, relax and place a few candidates."""


def drop(window, *paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(400, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def past_run(window, rows, settings=None):
    """A screening of the project that was stopped, as its folder tells it."""
    project = window.session.project
    run = project.runs.begin("screen", "Screen LiFePO4")
    store = ScreenStore(run.folder)
    store.begin(settings or {})
    store.append(rows)
    return run


def open_lifepo4(qtbot, window):
    window.commands.open_path(example("LiFePO4").path)
    with qtbot.waitSignal(window.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass


def tour(qtbot, window, tmp_path, *, candidates, relaxed):
    """Open LiFePO4, ask what else it could be, screen, stop, go on, read the hull, export, open."""
    open_lifepo4(qtbot, window)
    window.structure.what_else.click()
    assert window.workspace == "screening"
    screening = window.screening
    screening.search.sources.count.set_value(candidates)
    screening.search.form.editor("relax_best").set_value(relaxed)
    screening.search.form.editor("physics_best").set_value(0)
    window.actions_by_key["run"].trigger()
    assert screening.is_busy
    results = screening.page.results
    qtbot.waitUntil(lambda: len(results.list.model.table) > 0, timeout=LONG_ENOUGH_MS)
    window.actions_by_key["stop"].trigger()
    qtbot.waitUntil(lambda: not screening.is_busy, timeout=LONG_ENOUGH_MS)
    assert screening.job.state == "cancelled"
    screening.search.go_on.click()
    qtbot.waitUntil(lambda: not screening.is_busy, timeout=LONG_ENOUGH_MS)
    assert screening.job.state == "succeeded", screening.job.error
    qtbot.waitUntil(lambda: screening.search.outcome() != "", timeout=LONG_ENOUGH_MS)

    table = results.list.model.table
    assert len(table) > candidates // 2
    assert results.funnel.counts() == funnel_of(table.rows)
    relaxed_rows = [row for row in table.rows if row.estimate("e_above_hull") is not None]
    assert relaxed_rows

    best = relaxed_rows[0]
    results.list.choose(best.id)
    hull, _ = results.make_plots()
    qtbot.waitUntil(
        lambda: hull.diagram is not None and any(each.is_candidate for each in hull.diagram.phases),
        timeout=LONG_ENOUGH_MS,
    )
    assert any(best.formula == each.formula for each in hull.diagram.phases)
    qtbot.waitUntil(lambda: results.preview.structure is not None, timeout=LONG_ENOUGH_MS)
    assert len(results.preview.structure) == best.n_atoms

    report, sheet = tmp_path / "report.html", tmp_path / "table.csv"
    for kind, path in (("report", report), ("csv", sheet)):
        screening.shown.exporter.export(kind, path)
        qtbot.waitUntil(path.exists, timeout=LONG_ENOUGH_MS)
    assert best.formula in report.read_text(encoding="utf-8")
    with sheet.open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(table)

    screening.panel.candidate.open.click()
    qtbot.waitUntil(lambda: window.workspace == "structure", timeout=LONG_ENOUGH_MS)
    assert window.session.document.name == best.formula
    return screening


def test_a_chemists_tour_from_an_open_crystal_to_a_report(qtbot, window, tmp_path):
    screening = tour(qtbot, window, tmp_path, candidates=6, relaxed=1)
    run = window.session.project.runs.all()[-1]
    assert (run.key, run.state) == ("screen", "succeeded")
    assert run.result["n_rows"] == len(screening.page.results.list.model.table)


@pytest.mark.slow
def test_a_chemists_tour_through_two_hundred_candidates(qtbot, window, tmp_path):
    tour(qtbot, window, tmp_path, candidates=200, relaxed=8)


def test_dropped_files_and_folders_become_candidates(qtbot, window, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "broken.cif").write_text("data_\nloop_\n")
    (folder / "NaCl.cif").write_bytes(example("NaCl").path.read_bytes())
    window.show_workspace("screening")
    drop(window, folder)
    search = window.screening.search
    qtbot.waitUntil(lambda: len(search.sources.files) == 2, timeout=LONG_ENOUGH_MS)
    search._choose_preset("stability")
    assert search.run.isEnabled()
    assert [Path(path).name for path in search.spec().paths] == ["NaCl.cif", "broken.cif"]


def test_an_earlier_screening_opens_from_the_project_tree(qtbot, window):
    estimate = Estimate(key="e_above_hull", value=0.01, unit="eV/atom", method="relaxation")
    rows = [
        ScreenRow(id="00000", formula="LiFePO4", stage="rules", verdict=PASSES,
                  estimates=(estimate,), score=1.0),
        ScreenRow(id="00001", formula="LiMnPO4", stage="network"),
    ]  # fmt: skip
    spec = ScreenSpec(stability=0.5, threads=1)
    run = past_run(window, rows, settings_of(spec))
    window.session.project.runs.note(run)
    window.tree.open_asked.emit(run.folder)
    screening = window.screening
    assert window.workspace == "screening"
    qtbot.waitUntil(lambda: screening.search.outcome() != "", timeout=LONG_ENOUGH_MS)
    assert screening.search.outcome() == "1 of 2 passes all rules; the best is LiFePO₄."
    assert screening.page.results.list.in_front().id == "00000"


def test_a_screening_cut_off_with_the_program_is_offered_and_goes_on(qtbot, window):
    run = past_run(window, [ScreenRow(id="00000", formula="LiFePO4")])
    window.session.runs.project.runs.note(run)
    window.close()
    again = Session()
    try:
        with qtbot.waitSignal(again.interrupted_found) as found:
            again.start()
        assert found.args[0][0].title == "Screen LiFePO4"
    finally:
        again.close()


def test_an_error_of_a_run_ends_on_a_card_in_the_workspace(window):
    window.show_workspace("screening")
    error = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "screen"}, "died")
    window.screening.shown.failed.emit(error)
    card = window.screening.page.card
    assert [button.text() for button in card._buttons] == ["Resume", "Start again"]
    assert window.workspace == "screening"


def test_a_run_that_is_no_longer_shown_is_no_longer_heard_of(window):
    window.show_workspace("screening")
    screening = window.screening
    shown = [Job(number, "screen", ScreenSpec(), f"Screen {number}") for number in (901, 902)]
    for job in shown:
        job.begin()
        screening.shown.watch(job)
    died = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "screen"}, "died")
    shown[0].on_failed(died)
    assert screening.page.card is None
    assert screening.is_busy
    shown[1].on_failed(died)
    assert screening.page.card is not None
    assert not screening.is_busy


def test_results_leave_with_their_project(window, tmp_path):
    run = past_run(window, [ScreenRow(id="00000", formula="LiFePO4")], settings_of(ScreenSpec()))
    window.session.project.runs.note(run)
    window.tree.open_asked.emit(run.folder)
    page = window.screening.page
    window.session.save_project_as(tmp_path / "copy.designer")
    assert page.shows_work
    assert window.screening.shown.folder.is_relative_to(window.session.project.folder)
    other = Project.create(tmp_path / "other.designer")
    other.close()
    window.session.open_project(other.folder)
    assert not page.shows_work


def test_comparing_takes_the_width_of_picture_and_plot(qtbot, window):
    window.show_workspace("screening")
    screening = window.screening
    estimate = Estimate(key="voltage", value=3.4, unit="V", method="learned head")
    results = screening.page.results
    results.list.begin({})
    results.list.put(
        [
            ScreenRow(id="00000", formula="LiFePO4", estimates=(estimate,)),
            ScreenRow(id="00001", formula="LiMnPO4"),
        ]
    )
    results.list.refresh()
    screening.page.show_work()
    for line in range(2):
        results.list.toggle(line)
    assert screening.panel.candidate.compare.isEnabled()
    screening.panel.candidate.compare.click()
    assert not results.preview.isVisible()
    lines = {line[0]: line[1:] for line in results.compare.texts()}
    assert lines["Voltage"] == ["3.40\N{NARROW NO-BREAK SPACE}V", ""]
