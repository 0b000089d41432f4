import threading

import pytest
from PySide6.QtCore import QEvent

from designer_app.session.preferences import FILE
from designer_app.session.session import Session
from designer_app.ui.main_window import MainWindow
from designer_app.ui.theme import Theme

ARGON = """32
Lattice="10.52 0 0 0 10.52 0 0 0 10.52" Properties=species:S:1:pos:R:3 pbc="T T T"
"""


@pytest.fixture(scope="module", autouse=True)
def collecting_here(window_collects):
    """All tests here have widgets or threads."""


@pytest.fixture(params=["light"])
def theme(qapp, request):
    made = Theme(qapp, request.param)
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.fixture
def window(qtbot, qapp, folders_of_the_user):
    settings = folders_of_the_user / "settings"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / FILE).write_text('preload = false\ntheme = "light"\nthreads = 1\n')
    made = MainWindow(Session(), Theme(qapp, "light"))
    made.show()
    made.session.start()
    made.finish_start()
    yield made
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.setStyleSheet("")
    left = [each.name for each in threading.enumerate() if each is not threading.main_thread()]
    assert not [name for name in left if "worker" in name.lower()], "threads were left running"


@pytest.fixture
def argon(tmp_path):
    sites = [(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)]
    cells = [(i, j, k) for i in range(2) for j in range(2) for k in range(2)]
    rows = [
        " ".join(["Ar", *(f"{5.26 * (a + b):.4f}" for a, b in zip(cell, site, strict=True))])
        for cell in cells
        for site in sites
    ]
    path = tmp_path / "argon.extxyz"
    path.write_text(ARGON + "\n".join(rows) + "\n", encoding="utf-8")
    return path
