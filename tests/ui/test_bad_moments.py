"""What may go wrong around a window: nothing is lost, and a card says what to do."""

import errno
import os
from contextlib import suppress

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QEvent

from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.session.session import Session
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.ui.main_window import MainWindow
from designer_app.ui.theme import Theme

LONG_ENOUGH_MS = 90_000
ATOM = Structure(
    numbers=np.array([3]), positions=np.zeros((1, 3)), cell=3.0 * np.eye(3), pbc=(True, True, True)
)


def start_run(qtbot, window, path):
    window.commands.open_path(path)
    with qtbot.waitSignal(window.session.bonds_changed, timeout=LONG_ENOUGH_MS):
        pass
    window.show_workspace("dynamics")
    spec = MDSpec(potential="lennard-jones", temperature=30.0, steps=10**6, checkpoint_interval=10)
    window.dynamics.set_spec(spec)
    window.dynamics.ask_run()
    table = window.runs._table
    qtbot.waitUntil(lambda: len(table) > 50, timeout=LONG_ENOUGH_MS)


def buttons(window):
    return [button.text() for button in window.work.picture.card._buttons]


def test_a_worker_that_is_killed_in_mid_run_is_replaced_and_the_run_goes_on(qtbot, window, argon):
    start_run(qtbot, window, argon)
    folder = window.runs.job.folder
    psutil.Process(window.session.links["compute"].pid).kill()
    qtbot.waitUntil(lambda: window.work.picture.card is not None, timeout=LONG_ENOUGH_MS)
    assert buttons(window) == ["Resume", "Start again"]
    assert "Traceback" not in window.work.picture.card.accessibleDescription()
    qtbot.waitUntil(lambda: window.session.links["compute"].is_alive, timeout=LONG_ENOUGH_MS)

    window.work.picture.card._buttons[0].click()
    job = window.runs.job
    assert job.folder == folder
    qtbot.waitUntil(lambda: len(window.runs._table) > 20, timeout=LONG_ENOUGH_MS)
    window.runs.cancel()
    qtbot.waitUntil(lambda: not window.runs.is_busy, timeout=LONG_ENOUGH_MS)
    assert job.state == "cancelled"


def test_the_status_line_tells_device_and_threads_once_the_worker_has_worked(qtbot, window, argon):
    assert window.status.worker == "Warming up"
    start_run(qtbot, window, argon)
    assert window.status.worker == "Computing"
    window.runs.cancel()
    qtbot.waitUntil(lambda: "1 thread" in window.status.worker, timeout=LONG_ENOUGH_MS)
    qtbot.waitUntil(lambda: window.status.worker.endswith("ready"), timeout=LONG_ENOUGH_MS)
    assert [job.key for job in window.session.jobs.jobs] == ["md"]


@pytest.fixture
def homeless(qtbot, qapp, folders_of_the_user):
    """A window whose project folder cannot be made: a file is in its place."""
    projects = folders_of_the_user / "projects"
    with suppress(OSError):
        projects.rmdir()
    projects.touch()
    made = MainWindow(Session(), Theme(qapp, "light"))
    made.show()
    made.session.start()
    made.finish_start()
    yield made
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.setStyleSheet("")


def test_without_a_writable_project_a_card_says_so_and_structures_still_open(qtbot, homeless):
    card = homeless.work.picture.card
    assert card is not None
    assert "Traceback" not in card.accessibleDescription()
    card.closed.emit()
    homeless.commands.open_path(example("NaCl").path)
    with qtbot.waitSignal(homeless.session.facts_changed, timeout=LONG_ENOUGH_MS):
        pass
    assert homeless.work.header.texts()[0] == "NaCl"
    assert homeless.work.picture.card is None


def test_a_full_disk_while_saving_ends_in_a_card(qtbot, window, tmp_path, monkeypatch):
    def full(*_given, **_named):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    window.session.set_document(Document.from_structure(ATOM, made_by="test"))
    monkeypatch.setattr("designer_app.io.writing.write_document", full)
    window.session.save_structure(tmp_path / "a.cif")
    qtbot.waitUntil(lambda: window.work.picture.card is not None, timeout=LONG_ENOUGH_MS)
    assert "No space left" in window.work.picture.card.accessibleDescription()
