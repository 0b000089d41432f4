"""Screenings of a project: going on with an earlier run, finding files, writing structures."""

import threading

import numpy as np
import pytest

from designer_app.errors import FileUnreadableError, UnsafeFileError
from designer_app.io.screen_store import ScreenStore
from designer_app.project.runs import Runs
from designer_app.session.run_keeper import RunKeeper
from designer_app.session.screenings import Screenings
from designer_app.specs.fields import settings_of
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

PATIENCE_MS = 30_000
LIF = Structure(
    numbers=np.array([3, 9]),
    positions=np.array([[0.0, 0.0, 0.0], [2.0, 2.0, 2.0]]),
    cell=np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]]),
    pbc=(True, True, True),
    name="LiF",
)


@pytest.fixture
def screenings(jobs):
    return Screenings(jobs, RunKeeper(jobs))


@pytest.fixture
def run(tmp_path):
    """A run that was given one file and one structure, and was cut off."""
    runs = Runs(tmp_path / "runs")
    made = runs.begin("screen", "Screen LiF")
    store = ScreenStore(made.folder)
    store.begin({"paths": ["a.cif"], "n_structures": 1})
    store.append([ScreenRow(id="00000", formula="a"), ScreenRow(id="00001", formula="LiF")])
    store.add_candidates([("00001", LIF, "LiF as given")])
    return made


def with_settings(run, **changes):
    run.settings.update({**settings_of(ScreenSpec()), **changes})
    return run


def test_an_earlier_run_goes_on_with_what_it_was_given(qtbot, screenings, run):
    with qtbot.waitSignal(screenings.went_on, timeout=PATIENCE_MS) as told:
        screenings.go_on(with_settings(run))
    spec = told.args[0].spec
    assert (spec.paths, spec.resume, spec.out) == (("a.cif",), True, run.folder)
    assert [each.name for each in spec.structures] == ["LiF"]


def test_a_run_that_is_asked_twice_to_go_on_goes_on_once(qtbot, screenings, jobs, run):
    with qtbot.waitSignal(screenings.went_on, timeout=PATIENCE_MS):
        screenings.go_on(with_settings(run))
        screenings.go_on(run)
    assert len(jobs.submitted) == 1


def test_a_run_whose_structures_were_never_kept_fails_with_a_reason(qtbot, screenings, run):
    (run.folder / "candidates.jsonl").unlink()
    with qtbot.waitSignal(screenings.went_on, timeout=PATIENCE_MS) as told:
        screenings.go_on(with_settings(run))
    job = told.args[0]
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error.kind == "ResumeError"


def test_a_run_that_imports_code_asks_for_trust_first(screenings, jobs, run):
    with pytest.raises(UnsafeFileError):
        screenings.go_on(with_settings(run, potential="ase", model="some.module:Calculator"))
    assert not jobs.submitted


def test_files_are_looked_for_outside_the_windows_thread(qtbot, screenings, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "designer_app.session.screenings.structure_files",
        lambda *_args: seen.append(threading.current_thread()) or [],
    )
    with qtbot.waitSignal(screenings.find_files([tmp_path]).succeeded, timeout=PATIENCE_MS):
        pass
    assert seen != [threading.main_thread()]


def test_structures_are_written_under_names_that_stay_in_the_folder(
    qtbot, screenings, run, tmp_path
):
    rows = [ScreenRow(id="00001", formula="../../LiF?"), ScreenRow(id="00000", formula="lost")]
    job = screenings.write_structures(run.folder, rows, tmp_path / "out")
    with qtbot.waitSignal(job.succeeded, timeout=PATIENCE_MS):
        pass
    (written,) = (tmp_path / "out").iterdir()
    assert written.name == "00001-_.._LiF_.cif"


def test_a_structure_file_outside_the_run_is_not_read(qtbot, screenings, jobs, run, tmp_path):
    (tmp_path / "secret.cif").write_text("data_")
    row = ScreenRow(id="00009", formula="LiF", structure_file="../../secret.cif")
    job = screenings.structure(run.folder, row)
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS) as told:
        pass
    assert told.args[0].kind == FileUnreadableError.__name__
    assert not jobs.submitted
