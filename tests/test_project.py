import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from designer_app import project as project_module
from designer_app.errors import FileUnreadableError, ProjectRefusedError, WriteFailedError
from designer_app.explanations import explain_exception
from designer_app.io.documents import Document
from designer_app.io.structures import read_document
from designer_app.io.toml import read_toml, write_toml
from designer_app.project import FORMAT, Project
from designer_app.provenance import Provenance
from designer_app.specs.documents import ReadSpec
from designer_app.specs.fields import settings_of, spec_from_settings
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure


@pytest.fixture
def project(tmp_path):
    made = Project.create(tmp_path / "Kathoden Ü.designer")
    yield made
    made.close()


def _rock_salt(**given):
    return Structure(
        numbers=np.array([11, 17]),
        positions=np.array([[0.0, 0, 0], [2.82, 0, 0]]),
        cell=np.array([[0, 2.82, 2.82], [2.82, 0, 2.82], [2.82, 2.82, 0]]),
        pbc=(True, True, True),
        name="NaCl",
        **given,
    )


# --- hostile folders ----------------------------------------------------------------------------


def test_a_file_in_the_way_of_a_project_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ProjectRefusedError):
        Project.create(tmp_path / "file")


def test_a_folder_that_the_system_refuses_is_told(tmp_path):
    with pytest.raises(ProjectRefusedError):
        Project.open(tmp_path / ("x" * 300))
    with pytest.raises(ProjectRefusedError):
        Project.create(tmp_path / ("x" * 300))


@pytest.mark.parametrize("url", ["../../other.json", "mysql://host/base", "/etc/passwd"])
def test_a_project_cannot_send_its_results_to_another_file(url, project):
    project.close()
    head = read_toml(project.folder / "project.toml")
    write_toml(project.folder / "project.toml", {**head, "results": url})
    with pytest.raises(ProjectRefusedError, match="PostgreSQL"):
        Project.open(project.folder)


def test_a_project_that_cannot_be_brought_up_to_date_stays_free(project, monkeypatch):
    project.close()
    head = read_toml(project.folder / "project.toml")
    write_toml(project.folder / "project.toml", {**head, "format": 0})

    def fails(_folder, _head):
        raise WriteFailedError("project.toml", "No space left on device")

    monkeypatch.setitem(project_module.MIGRATIONS, 0, fails)
    with pytest.raises(WriteFailedError):
        Project.open(project.folder)
    monkeypatch.setitem(project_module.MIGRATIONS, 0, lambda _folder, old: old)
    again = Project.open(project.folder)
    assert not again.is_read_only
    again.close()


def test_a_damaged_unnamed_project_is_passed_over(folders_of_the_user):
    first = Project.scratch()
    first.close()
    for path in first.folder.glob("project.toml*"):
        path.write_text("no [toml", encoding="utf-8")
    second = Project.scratch()
    assert second.folder != first.folder
    second.close()


def test_a_project_is_not_copied_into_itself(project):
    with pytest.raises(ProjectRefusedError, match="inside"):
        project.copied_to(project.folder / "runs" / "copy.designer")


@pytest.mark.parametrize("line", ["settings = 5", "result = [1]", "title = 3"])
def test_a_record_of_the_wrong_shape_is_no_run(line, project):
    project.runs.note(replace(project.runs.begin("md", "MD"), state="running"))
    record = next(project.runs.folder.glob("*/run.toml"))
    name = line.partition(" ")[0]
    kept = [
        each
        for each in record.read_text(encoding="utf-8").splitlines()
        if not each.startswith((name, f"[{name}]"))
    ]
    record.write_text("\n".join([line, *kept]), encoding="utf-8")
    assert project.runs.all() == []


# --- the folder --------------------------------------------------------------------------------


def test_a_new_project_can_be_opened_again(tmp_path):
    Project.create(tmp_path / "A.designer").close()
    again = Project.open(tmp_path / "A.designer")
    assert again.name == "A"
    assert not again.is_read_only
    again.close()


def test_a_folder_with_something_else_is_not_taken(tmp_path):
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(ProjectRefusedError, match="something else"):
        Project.create(tmp_path)
    with pytest.raises(ProjectRefusedError, match="no project"):
        Project.open(tmp_path)


def test_a_project_of_a_newer_program_is_refused_with_a_sentence(project):
    write_toml(project.folder / "project.toml", {"format": FORMAT + 1})
    project.close()
    with pytest.raises(ProjectRefusedError) as caught:
        Project.open(project.folder)
    sentence = explain_exception(caught.value).sentence
    assert "newer version" in sentence
    assert "Nothing in it was changed" in sentence


def test_a_project_of_an_older_format_is_brought_up_to_date(project, monkeypatch):
    project.close()
    monkeypatch.setattr(project_module, "FORMAT", FORMAT + 2)
    steps = {
        FORMAT: lambda folder, head: {**head, "colour": folder.name[:8]},
        FORMAT + 1: lambda _folder, head: {**head, "tint": head["colour"]},
    }
    monkeypatch.setattr(project_module, "MIGRATIONS", steps)
    Project.open(project.folder).close()
    head = read_toml(project.folder / "project.toml")
    assert (head["format"], head["tint"]) == (FORMAT + 2, "Kathoden")
    assert read_toml(project.folder / "project.toml.bak")["format"] == FORMAT


def test_an_older_format_nobody_knows_is_refused(project):
    write_toml(project.folder / "project.toml", {"format": 0})
    project.close()
    with pytest.raises(ProjectRefusedError, match="format 0"):
        Project.open(project.folder)


@pytest.mark.parametrize("content", [b"", b"format = 'one'", b"\xff\x00", b"format = "])
def test_a_damaged_head_is_refused_and_its_backup_used_where_there_is_one(project, content):
    project.close()
    head = project.folder / "project.toml"
    good = head.read_bytes()
    head.write_bytes(content)
    with pytest.raises(ProjectRefusedError, match="damaged"):
        Project.open(project.folder)
    (project.folder / "project.toml.bak").write_bytes(good)
    Project.open(project.folder).close()


def test_a_second_window_may_only_read(project):
    second = Project.open(project.folder)
    assert second.is_read_only
    assert f"process {os.getpid()}" in second.holder
    project.close()
    third = Project.open(project.folder)
    assert not third.is_read_only
    third.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_crash_leaves_no_lock_behind(project):
    project.close()
    program = f"""
import os, signal
from pathlib import Path
from designer_app.project import Project
project = Project.open(Path({str(project.folder)!r}))
assert not project.is_read_only
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], check=False)
    assert done.returncode == -signal.SIGKILL
    again = Project.open(project.folder)
    assert not again.is_read_only
    again.close()


def test_two_windows_without_a_project_get_two(folders_of_the_user):
    first, second = Project.scratch(), Project.scratch()
    assert (first.name, second.name) == ("Unnamed", "Unnamed 2")
    assert folders_of_the_user in first.folder.parents
    first.close()
    second.close()
    third = Project.scratch()
    assert third.name == "Unnamed"
    third.close()


def test_a_copy_under_another_name_holds_everything(project, tmp_path):
    project.keep(Document.from_structure(_rock_salt(), made_by="open"))
    copy = project.copied_to(tmp_path / "B.designer")
    assert copy.name == "B"
    assert not copy.is_read_only
    assert copy.kept() is not None
    copy.close()


# --- structures --------------------------------------------------------------------------------


def test_what_is_open_comes_back(project):
    velocities = np.array([[0.01, 0, 0], [0, -0.02, 0]])
    structure = _rock_salt(velocities=velocities, magmoms=np.array([0.0, 1.0]))
    path = project.keep(Document.from_structure(structure, made_by="open"))
    assert project.kept() == path
    assert project.kept_name() == "NaCl"
    found = read_document(ReadSpec(path=path)).structure()
    np.testing.assert_allclose(found.positions, structure.positions, atol=1e-8)
    np.testing.assert_allclose(found.cell, structure.cell, atol=1e-8)
    np.testing.assert_allclose(found.velocities, velocities, atol=1e-8)
    assert found.pbc == structure.pbc


def test_shared_sites_survive_saving(project):
    shares = ({"Na": 0.5, "K": 0.5}, {"Cl": 1.0})
    project.keep(Document.from_structure(_rock_salt(), made_by="open"))
    document = Document.from_structure(_rock_salt(), made_by="open", occupancies=shares)
    path = project.keep(document)
    assert project.kept() == path
    found = read_document(ReadSpec(path=path))
    assert found.is_disordered
    assert any(each == {"Na": 0.5, "K": 0.5} for each in found.occupancies)


# --- runs --------------------------------------------------------------------------------------


def test_a_run_is_written_down_with_its_settings(project):
    spec = MDSpec(temperature=600.0, steps=7)
    run = project.runs.begin("md", "MD of NaCl")
    project.runs.note(replace(run, state="succeeded", settings=settings_of(spec)))
    (found,) = project.runs.all()
    assert found.folder.name == "0001-md"
    assert (found.title, found.state) == ("MD of NaCl", "succeeded")
    assert spec_from_settings(MDSpec, found.settings) == spec


def test_runs_are_numbered_in_their_order(project):
    names = [project.runs.begin(key, "").folder.name for key in ("md", "relax", "md")]
    assert names == ["0001-md", "0002-relax", "0003-md"]


@pytest.mark.parametrize("state", ["queued", "running", "paused"])
def test_a_run_cut_off_by_a_crash_is_offered_again(project, state):
    run = project.runs.note(replace(project.runs.begin("md", "MD"), state=state))
    (run.folder / "checkpoint-a.safetensors").write_bytes(b"x")
    project.close()
    again = Project.open(project.folder)
    (found,) = again.runs.to_continue()
    assert (found.folder, found.state) == (run.folder, "interrupted")
    again.close()


def test_a_second_window_does_not_call_a_live_run_interrupted(project):
    project.runs.note(replace(project.runs.begin("md", "MD"), state="running"))
    second = Project.open(project.folder)
    assert second.runs.all()[0].state == "running"


def test_a_run_without_checkpoint_is_not_offered(project):
    project.runs.note(replace(project.runs.begin("relax", "Relax"), state="interrupted"))
    assert project.runs.to_continue() == []


def test_a_damaged_record_hides_no_other_run(project):
    first = project.runs.note(project.runs.begin("md", "first"))
    project.runs.note(project.runs.begin("md", "second"))
    (first.folder / "run.toml").write_bytes(b"\xff")
    assert [run.title for run in project.runs.all()] == ["second"]


def test_arrays_of_a_result_stay_in_its_own_files(project):
    result = {"steps": 5, "drift": 0.25, "forces": np.zeros((3, 3)), "trajectory": "a.traj"}
    project.runs.note(replace(project.runs.begin("md", ""), result=result))
    assert project.runs.all()[0].result == {"steps": 5, "drift": 0.25, "trajectory": "a.traj"}


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="rights do not bind here")
def test_a_folder_that_cannot_be_written_to_is_read_only(project):
    project.close()
    project.folder.chmod(0o500)
    (project.folder / "in-use.lock").chmod(0o400)
    second = Project.open(project.folder)
    assert second.is_read_only
    with pytest.raises(WriteFailedError):
        second.runs.begin("md", "MD")


# --- results -----------------------------------------------------------------------------------


def test_results_keep_their_figures_and_their_origin(project):
    values = {"energy_eV": -27.1, "converged": True, "space_group": "225", "energy": 1.0}
    made = Provenance(made_by="relax", potential="chgnet", seed=3, model_sha256="ab" * 32)
    number = project.results.add(_rock_salt(), values, made)
    (row,) = project.results.rows()
    assert (row.id, row.formula, row.job) == (number, "NaCl", "relax")
    assert row.values == values
    assert row.provenance["potential"] == "chgnet"
    assert row.provenance["seed"] == 3
    np.testing.assert_array_equal(project.results.structure(number).numbers, [11, 17])


def test_results_are_an_open_format(project):
    from ase.db import connect

    project.results.add(_rock_salt(), {"voltage_V": 3.4}, Provenance(made_by="voltage"))
    (row,) = connect(project.folder / "results.db").select("voltage_V>3")
    assert row.toatoms().get_chemical_formula() == "ClNa"


def test_a_project_without_results_has_no_rows_and_makes_no_file(project):
    assert project.results.rows() == []
    assert not (project.folder / "results.db").exists()


def test_results_are_read_while_others_are_written(project):
    made = Provenance(made_by="energy")
    threads = [
        threading.Thread(target=project.results.add, args=(_rock_salt(), {"n": n}, made))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        project.results.rows()
    assert sorted(row.values["n"] for row in project.results.rows()) == [0, 1, 2, 3]


def test_a_damaged_database_is_told_as_such(project):
    (project.folder / "results.db").write_bytes(b"no database at all " * 100)
    with pytest.raises(FileUnreadableError):
        project.results.rows()
