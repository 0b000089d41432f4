from dataclasses import replace

import numpy as np
import psutil
import pytest

from designer_app.errors import UnsafeFileError
from designer_app.io.documents import Document
from designer_app.io.examples import example
from designer_app.io.toml import write_toml
from designer_app.project import Project
from designer_app.resources import resource
from designer_app.session import job_manager
from designer_app.session.recent import Recent
from designer_app.session.session import Session
from designer_app.specs.md import MDSpec
from designer_app.specs.relax import RelaxSpec

PATIENCE_MS = 60_000
"""For what takes a second, on a machine that may be very busy."""


@pytest.fixture
def session(qapp):
    made = Session()
    made.settings.set("preload", False)
    made.links["compute"]._warm = ()
    yield made
    made.close()


@pytest.fixture
def started(session):
    session.start()
    return session


def _opened(qtbot, session, path):
    session.open_file(path)
    _until(qtbot, lambda: not session.is_opening and None not in (session.facts, session.bonds))


def _until(qtbot, fact):
    qtbot.waitUntil(fact, timeout=PATIENCE_MS)


def test_a_file_is_opened_looked_at_and_remembered(qtbot, started):
    path = resource("examples") / "NaCl.cif"
    _opened(qtbot, started, path)
    assert started.document.name
    assert started.facts["space_group_number"] == 225
    assert started.bonds["pairs"].shape[1] == 2
    assert started.recent_files() == [path]
    assert not started.is_opening


def test_a_file_that_cannot_be_read_is_told_and_what_is_open_stays(qtbot, started, tmp_path):
    _opened(qtbot, started, resource("examples") / "Si.cif")
    (tmp_path / "empty.cif").touch()
    with qtbot.waitSignal(started.open_failed, timeout=PATIENCE_MS) as told:
        started.open_file(tmp_path / "empty.cif")
    assert told.args[0].kind == "FileUnreadableError"
    assert started.document.name
    assert len(started.recent_files()) == 1
    assert not started.is_opening


def test_only_the_last_of_two_files_is_shown(qtbot, started):
    shown = []
    started.document_changed.connect(lambda document: shown.append(len(document)))
    started.open_file(resource("examples") / "Li10GeP2S12.cif")
    with qtbot.waitSignal(started.facts_changed, timeout=PATIENCE_MS):
        started.open_file(resource("examples") / "Si.cif")
    assert shown == [8]


def test_an_unknown_example_is_told(qtbot, started):
    with qtbot.waitSignal(started.open_failed) as told:
        started.open_example("unobtainium")
    assert told.args[0].kind == "UnknownKeyError"


def test_the_first_start_shows_an_example_and_the_second_what_was_open(qtbot, session):
    session.start()
    with qtbot.waitSignal(session.document_changed, timeout=PATIENCE_MS):
        session.open_last()
    assert session.document.name == example("LiFePO4").key
    _opened(qtbot, session, resource("examples") / "Si.cif")
    session.close()
    again = Session()
    again.links["compute"]._warm = ()
    again.start()
    with qtbot.waitSignal(again.document_changed, timeout=PATIENCE_MS):
        again.open_last()
    assert again.document.name == "Si"
    np.testing.assert_allclose(
        again.document.structure().positions, session.document.structure().positions, atol=1e-8
    )
    again.close()


def test_saving_tells_where_and_a_refusal_tells_why(qtbot, started, tmp_path):
    _opened(qtbot, started, resource("examples") / "NaCl.cif")
    with qtbot.waitSignal(started.saved, timeout=PATIENCE_MS) as told:
        started.save_structure(tmp_path / "mine.cif")
    assert told.args == [tmp_path / "mine.cif"]
    (tmp_path / "blocked").touch()
    with qtbot.waitSignal(started.save_failed, timeout=PATIENCE_MS) as refused:
        started.save_structure(tmp_path / "blocked" / "mine.cif")
    assert refused.args[0].kind == "WriteFailedError"


def test_a_program_without_a_place_for_projects_still_works(qtbot, session, folders_of_the_user):
    (folders_of_the_user / "projects").write_text("a file, no folder")
    with qtbot.waitSignal(session.save_failed):
        session.start()
    _opened(qtbot, session, resource("examples") / "Si.cif")
    assert session.project is None


def test_another_project_brings_its_structure(qtbot, started, tmp_path):
    _opened(qtbot, started, resource("examples") / "NaCl.cif")
    _until(qtbot, lambda: started.project.kept() is not None)
    started.save_project_as(tmp_path / "Salts.designer")
    assert started.project.name == "Salts"
    _opened(qtbot, started, resource("examples") / "Si.cif")
    Project.create(tmp_path / "Empty.designer").close()
    started.open_project(tmp_path / "Empty.designer")
    assert started.project.name == "Empty"
    with qtbot.waitSignal(started.open_failed) as told:
        started.open_project(tmp_path)
    assert told.args[0].kind == "ProjectRefusedError"


def test_an_autosave_that_fails_is_told_once(qtbot, started):
    folder = started.project.folder / "structures"
    folder.write_text("a file, no folder")
    with qtbot.waitSignal(started.save_failed, timeout=PATIENCE_MS) as told:
        started.open_example("NaCl")
    assert told.args[0].kind == "WriteFailedError"
    with qtbot.assertNotEmitted(started.save_failed):
        _opened(qtbot, started, resource("examples") / "Si.cif")
    folder.unlink()


def test_recent_files_that_the_system_refuses_to_look_at_are_left_out(tmp_path):
    names = [str(tmp_path / ("x" * 300)), str(resource("examples") / "Si.cif")]
    write_toml(tmp_path / "recent.toml", {"files": names, "project": names[0]})
    recent = Recent(tmp_path / "recent.toml")
    assert [path.name for path in recent.files] == ["Si.cif"]
    assert recent.project is None


# --- runs: the bodies of jobs are exchanged for small ones, the way to them is real -------------


@pytest.fixture
def runs(started, monkeypatch):
    """The session, with jobs that need no potential; `given` are the specs they were asked for."""
    given = []

    def remote(key, spec, link):
        if key in ("read", "inspect", "bonds"):
            return lambda control: link.run(key, spec, control)

        def work(control):
            given.append(spec)
            if key == "order":
                return {"documents": [Document.from_structure(spec.structure, made_by="order")]}
            if key == "relax":
                moved = replace(spec.structures[0], positions=spec.structures[0].positions + 0.1)
                row = {"structure": moved, "energy_eV": -7.0, "error": None}
                return {**row, "potential": "chgnet", "structures": [row]}
            (spec.out / "checkpoint-a.safetensors").write_bytes(b"x")
            if spec.structure is not None:
                spec_atoms = Document.from_structure(spec.structure, made_by="open").atoms()
                spec_atoms.write(spec.out / "trajectory.traj")
            control.progress(1, spec.steps)
            while spec.steps > 1000:
                control.checkpoint()
            return {"steps": spec.steps, "mean_temperature_K": 301.5, "potential": "chgnet"}

        return work

    monkeypatch.setattr(job_manager, "remote", remote)
    started.given = given
    return started


def test_a_run_starts_from_what_is_open_and_ends_in_the_project(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    job = runs.run_md(MDSpec(steps=5, seed=4))
    _until(qtbot, lambda: bool(runs.project.results.rows()))
    assert job.state == "succeeded"
    (spec,) = runs.given
    assert len(spec.structure) == 8
    assert spec.out == runs.project.folder / "runs" / "0001-md"
    (run,) = runs.project.runs.all()
    assert (run.state, run.settings["seed"], run.result["steps"]) == ("succeeded", 4, 5)
    (row,) = runs.project.results.rows()
    assert (row.formula, row.values["mean_temperature_K"]) == ("Si8", 301.5)
    assert (row.provenance["seed"], row.provenance["potential"]) == (4, "chgnet")


def test_a_relaxed_structure_becomes_what_is_open(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    before = runs.document.structure().positions
    with qtbot.waitSignal(runs.document_changed, timeout=PATIENCE_MS):
        runs.run_relax(RelaxSpec())
    np.testing.assert_allclose(runs.document.structure().positions, before + 0.1)
    assert runs.document.provenance.made_by == "relax"


def test_an_ordered_cell_becomes_what_is_open(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    with qtbot.waitSignal(runs.document_changed, timeout=PATIENCE_MS):
        runs.make_ordered()
    assert runs.document.provenance.made_by == "order"


def test_an_ordered_cell_does_not_push_away_what_was_opened_meanwhile(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    other = runs.document.renamed("another")
    runs.make_ordered()
    job = runs.jobs.jobs[-1]
    runs.set_document(other)
    _until(qtbot, lambda: job.is_over)
    assert runs.document is other


def test_figures_that_cannot_be_kept_are_told(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    (runs.project.folder / "results.db").write_bytes(b"no database" * 1000)
    with qtbot.waitSignal(runs.save_failed, timeout=PATIENCE_MS) as told:
        runs.run_relax(RelaxSpec())
    assert told.args[0].kind == "FileUnreadableError"


def test_a_run_that_is_closed_in_its_middle_is_offered_next_time(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    job = runs.run_md(MDSpec(steps=10**6))
    _until(qtbot, lambda: job.progress is not None)
    runs.close()
    again = Session()
    again.links["compute"]._warm = ()
    with qtbot.waitSignal(again.interrupted_found) as told:
        again.start()
    ((run,),) = told.args
    assert run.title == "MD Si"
    with qtbot.waitSignal(again.run_continued, timeout=PATIENCE_MS) as continued:
        again.continue_run(run)
    (going_on,) = continued.args
    assert (going_on.spec.resume, going_on.spec.out) == (True, run.folder)
    assert going_on.spec.steps == 10**6
    again.close()


def _cut_off(qtbot, runs, name):
    """A run of an example that the end of the program would have cut off."""
    _opened(qtbot, runs, resource("examples") / f"{name}.cif")
    job = runs.run_md(MDSpec(steps=10**6))
    _until(qtbot, lambda: job.progress is not None)
    with qtbot.waitSignal(job.cancelled, timeout=PATIENCE_MS):
        job.cancel()
    (run,) = runs.project.runs.all()
    return runs.project.runs.note(replace(run, state="interrupted"))


def test_a_run_that_goes_on_brings_its_own_structure(qtbot, runs):
    run = _cut_off(qtbot, runs, "Si")
    _opened(qtbot, runs, resource("examples") / "NaCl.cif")
    with qtbot.waitSignal(runs.run_continued, timeout=PATIENCE_MS) as told:
        runs.continue_run(run)
    (job,) = told.args
    assert set(runs.document.structure().numbers) == {14}
    assert (runs.document.name, runs.document.n_frames, job.title) == ("Si", 1, "MD Si")
    assert runs.recent_files()[0].name == "NaCl.cif"
    job.cancel()


def test_the_project_tells_that_a_run_goes_on(qtbot, runs):
    run = _cut_off(qtbot, runs, "Si")
    told = []
    runs.runs.noted.connect(lambda: told.append(runs.project.runs.at(run.folder).state))
    with qtbot.waitSignal(runs.run_continued, timeout=PATIENCE_MS) as continued:
        runs.continue_run(run)
    assert told[0] == "running"
    continued.args[0].cancel()


def test_a_run_whose_structure_is_lost_does_not_go_on(qtbot, runs):
    run = _cut_off(qtbot, runs, "Si")
    run.trajectory.unlink()
    with qtbot.waitSignal(runs.open_failed, timeout=PATIENCE_MS):
        runs.continue_run(run)
    assert [each.key for each in runs.jobs.jobs if each.key == "md"] == ["md"]


def test_a_run_that_the_user_stopped_is_not_offered(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    job = runs.run_md(MDSpec(steps=10**6))
    _until(qtbot, lambda: job.progress is not None)
    with qtbot.waitSignal(job.cancelled, timeout=PATIENCE_MS):
        job.cancel()
    assert [run.state for run in runs.project.runs.all()] == ["cancelled"]
    assert runs.project.runs.to_continue() == []


@pytest.mark.parametrize(
    ("potential", "model"),
    [
        ("ase", "os:system"),
        ("ensemble", "chgnet:0.3.0+ase:os:system"),
        ("ensemble", "morse+ ase:os:system"),
        ("script", "model.pth"),
    ],
)
def test_a_run_that_imports_code_goes_on_only_when_trusted(qtbot, runs, potential, model):
    run = _cut_off(qtbot, runs, "Si")
    run = replace(run, settings={"potential": potential, "model": model})
    with pytest.raises(UnsafeFileError):
        runs.continue_run(run)
    with qtbot.waitSignal(runs.run_continued, timeout=PATIENCE_MS) as told:
        runs.continue_run(run, is_trusted=True)
    assert told.args[0].spec.model == model


def test_a_run_of_a_newer_program_fails_with_a_sentence(qtbot, runs):
    run = replace(runs.project.runs.begin("md", "MD"), settings={"warp": 9})
    told = []
    runs.run_continued.connect(told.append)
    runs.continue_run(run)
    (job,) = told
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS):
        pass
    assert job.error.kind == "InvalidSpecError"


def test_a_project_that_cannot_take_a_run_fails_the_run(qtbot, runs):
    _opened(qtbot, runs, resource("examples") / "Si.cif")
    (runs.project.folder / "runs").write_text("a file, no folder")
    job = runs.run_md(MDSpec(steps=5))
    with qtbot.waitSignal(job.failed, timeout=PATIENCE_MS):
        pass
    assert job.error.kind == "WriteFailedError"
    assert runs.jobs.jobs[-1] is job
    (runs.project.folder / "runs").unlink()


def test_closing_ends_the_workers(qtbot, started):
    _opened(qtbot, started, resource("examples") / "Si.cif")
    pid = started.links["quick"].pid
    started.close()
    assert not psutil.pid_exists(pid)
    free = Project.open(started.project.folder)
    assert not free.is_read_only
    free.close()
