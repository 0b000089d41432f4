"""The window with its real session: quick jobs and runs go through real workers."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent

from designer_app.io.examples import example
from designer_app.running.messages import JobError
from designer_app.session.job import Job
from designer_app.session.session import Session
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.ui.panels.resume_card import ResumeCard
from designer_app.ui.theme import DARK, LIGHT

LONG_ENOUGH_MS = 90_000
"""A busy machine may take this long to start a worker that imports torch."""


def drop(window, path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(400, 300),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)


def test_a_dropped_file_is_opened_and_described(qtbot, window):
    drop(window, example("NaCl").path)
    with qtbot.waitSignal(window.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass
    formula, headline = window.work.header.texts()
    assert formula == "NaCl"
    assert "Fm-3m" in headline
    assert dict(window.structure.facts.rows())["System"] == "cubic"


def test_a_file_that_is_none_ends_in_a_card_with_a_way_out(qtbot, window, tmp_path):
    path = tmp_path / "leer ä.cif"
    path.write_text("")
    drop(window, path)
    qtbot.waitUntil(lambda: window.work.picture.card is not None, timeout=LONG_ENOUGH_MS)
    card = window.work.picture.card
    assert "leer ä.cif" in card.accessibleDescription()
    assert [button.text() for button in card._buttons] == ["Open another file"]


def test_an_opened_trajectory_can_be_played(qtbot, window, tmp_path):
    path = tmp_path / "run.traj"
    write(path, [Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.7 + 0.1 * n]]) for n in range(6)])
    window.commands.open_path(path)
    player = window.work.player
    qtbot.waitUntil(lambda: len(player._recording) == 6, timeout=LONG_ENOUGH_MS)
    assert player.isVisible()
    with qtbot.waitSignal(player.frame_chosen) as chosen:
        player.go_first()
    assert np.isclose(chosen.args[0].positions[1, 2], 0.7)


def test_keys_reach_the_workspaces(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for number, key in enumerate(
        ("structure", "potentials", "dynamics", "screening", "design"), start=1
    ):
        qtbot.keyClick(
            window, getattr(Qt.Key, f"Key_{number}"), Qt.KeyboardModifier.ControlModifier
        )
        assert window.workspace == key


def test_every_command_has_a_name_and_most_a_key(window):
    assert all(action.text() for action in window.actions_by_key.values())
    keys = [action.shortcut().toString() for action in window.actions_by_key.values()]
    keys = [key for key in keys if key]
    assert len(keys) == len(set(keys))


def test_panes_are_cycled_by_key(qtbot, window):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.rail.project.setFocus()
    before = window.focusWidget()
    window.cycle_panes()
    assert window.focusWidget() is not before


def test_the_theme_switches_and_is_remembered(window):
    window.commands.switch_scheme()
    assert window.theme.tokens is DARK
    assert window.session.settings.get("theme") == "dark"
    window.commands.switch_scheme()
    assert window.theme.tokens is LIGHT


def test_a_run_is_shown_live_stopped_extended_and_kept_when_the_window_closes(
    qtbot, qapp, window, argon
):
    window.commands.open_path(argon)
    with qtbot.waitSignal(window.session.bonds_changed, timeout=LONG_ENOUGH_MS):
        pass
    window.show_workspace("dynamics")
    spec = MDSpec(potential="lennard-jones", temperature=30.0, steps=10**6, checkpoint_interval=10)
    window.dynamics.set_spec(spec)
    window.dynamics.ask_run()
    table = window.runs._table
    qtbot.waitUntil(lambda: len(table) > 50, timeout=LONG_ENOUGH_MS)
    assert len(window.runs._recording) > 0
    assert not window.dynamics.run.isEnabled()
    window.actions_by_key["stop"].trigger()
    qtbot.waitUntil(lambda: not window.runs.is_busy, timeout=LONG_ENOUGH_MS)
    assert "Extend" in window.dynamics.outcome()
    before = len(table)
    window.actions_by_key["extend"].trigger()
    qtbot.waitUntil(lambda: len(table) > before + 20, timeout=LONG_ENOUGH_MS)

    window.close()
    assert not window.isVisible()
    again = Session()
    try:
        with qtbot.waitSignal(again.interrupted_found) as found:
            again.start()
        assert found.args[0][0].title == "MD argon"
    finally:
        again.close()


def test_a_held_run_tells_one_progress_in_bar_jobs_curves_and_frames(qtbot, window, argon):
    window.commands.open_path(argon)
    with qtbot.waitSignal(window.session.bonds_changed, timeout=LONG_ENOUGH_MS):
        pass
    window.show_workspace("dynamics")
    window.dynamics.set_spec(MDSpec(potential="lennard-jones", temperature=30.0, steps=10**5))
    window.runs.pump.note_painting(1e6)  # as on a machine that paints slowly: no turn is due
    window.dynamics.ask_run()
    runs = window.runs
    qtbot.waitUntil(lambda: len(runs._recording) > 5, timeout=LONG_ENOUGH_MS)
    window.dynamics.ask_pause()
    qtbot.wait(300)
    row = window.work.jobs._rows[-1]
    assert runs.job.state == "paused"
    assert row._bar.value() == window.status._bar.value() == round(runs.job.progress.done / 100)
    assert "left" not in window.status._numbers.text()
    newest = runs._recording[len(runs._recording) - 1].step
    assert runs.job.progress.done == pytest.approx(newest, rel=0.05, abs=100)
    assert len(runs._table) > 0
    window.dynamics.ask_stop()
    qtbot.waitUntil(lambda: not runs.is_busy, timeout=LONG_ENOUGH_MS)


def test_the_window_process_imports_nothing_heavy(tmp_path):
    report = tmp_path / "start.json"
    words = ["-m", "designer_app", "gui", "--exit-after", "4", "--report-start", str(report)]
    done = subprocess.run([sys.executable, *words], check=False, timeout=120, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(report.read_text())
    assert told["imported_before_paint"] == []
    assert told["heavy"] == []


def test_a_run_whose_worker_died_is_resumed_from_its_card(qtbot, window, monkeypatch):
    asked = []
    monkeypatch.setattr(window.runs, "run_md", asked.append)
    spec = MDSpec(steps=500, out=window.session.project.folder / "runs" / "0001-md")
    job = Job(1, "md", spec, "MD argon")
    error = JobError("WorkerDiedError", {"exit_code": -9, "while_doing": "md"}, "died")
    window.errors.show_failed_run(error, job)
    card = window.work.picture.card
    assert [button.text() for button in card._buttons] == ["Resume", "Start again"]
    card._buttons[0].click()
    assert asked == [replace(spec, resume=True)]
    assert window.work.picture.card is None


def test_an_interrupted_run_is_still_offered_beside_a_file_that_is_opened(qtbot, window):
    run = window.session.project.runs.begin("md", "MD argon")
    window.session.interrupted_found.emit([run])
    window.commands.open_path(example("NaCl").path)
    with qtbot.waitSignal(window.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass
    card = window.work.picture.card
    assert isinstance(card, ResumeCard)

    spec = MDSpec(steps=4321, temperature=77.0)
    window.session.run_continued.emit(Job(1, "md", spec, run.title))
    assert window.work.picture.card is None
    shown = window.dynamics.spec()
    assert (shown.steps, shown.temperature) == (4321, 77.0)


def test_a_blown_up_run_offers_half_the_time_step(window):
    spec = MDSpec(timestep=4.0, steps=100)
    error = JobError(
        "BlowUpError",
        {"step": 3, "temperature_K": 9e9, "last_good_step": 2, "reason": "temperature"},
        "hot",
    )
    window.errors.show_failed_run(error, Job(1, "md", spec, "MD argon"))
    window.work.picture.card._buttons[0].click()
    shown = window.dynamics.form.spec()
    assert (shown.timestep, shown.steps) == (2.0, 200)
    assert window.workspace == "dynamics"


def test_a_step_far_too_long_is_mended_at_once_not_by_half(window):
    lithium = Structure(
        numbers=np.array([3]), positions=np.zeros((1, 3)), cell=np.eye(3), pbc=(True,) * 3
    )
    spec = MDSpec(timestep=20.0, steps=100, structure=lithium)
    error = JobError(
        "BlowUpError",
        {"step": 1, "temperature_K": 9e9, "last_good_step": 0, "reason": "temperature"},
        "hot",
    )
    window.errors.show_failed_run(error, Job(1, "md", spec, "MD Li"))
    button = window.work.picture.card._buttons[0]
    assert button.text() == "Use 2 fs"
    button.click()
    shown = window.dynamics.form.spec()
    assert (shown.timestep, shown.steps) == (2.0, 1000)


def test_an_exception_that_no_one_caught_ends_on_a_card(window):
    window.errors.report_unexpected(ValueError, ValueError("a bug"), None)
    card = window.work.picture.card
    assert "Your structures and finished results are safe." in card.accessibleDescription()
    assert "a bug" in card.details()
