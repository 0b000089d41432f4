import sys

import pytest

from designer_app.session.job_manager import JobManager
from designer_app.ui import preload
from designer_app.ui.preload import NAMES, Preload

LIMIT_MS = 60_000
"""Of imports on a busy computer."""
SCIENCE = ("torch", "pymatgen", "chgnet", "numba")


@pytest.fixture
def jobs(qtbot):
    made = JobManager({})
    yield made
    made.close()


def test_what_workspaces_need_is_imported_ahead_and_no_science(qapp, jobs, qtbot):
    known = {name for name in SCIENCE if name in sys.modules}
    Preload(jobs, jobs).begin()
    qtbot.waitUntil(lambda: all(name in sys.modules for name in NAMES), timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not jobs.running, timeout=LIMIT_MS)
    assert {name for name in SCIENCE if name in sys.modules} == known


def test_the_rest_is_imported_after_a_module_that_fails(qapp, jobs, qtbot, monkeypatch):
    monkeypatch.setattr(preload, "NAMES", ("no_such_module", "stringprep"))
    monkeypatch.delitem(sys.modules, "stringprep", raising=False)
    Preload(jobs, jobs).begin()
    qtbot.waitUntil(lambda: "stringprep" in sys.modules, timeout=LIMIT_MS)
    qtbot.waitUntil(lambda: not jobs.running, timeout=LIMIT_MS)
