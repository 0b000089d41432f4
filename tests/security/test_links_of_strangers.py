"""Links in a folder that came from somebody else: nothing is written to where they lead."""

import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write

from designer_app.cli.main import main
from designer_app.errors import ProjectRefusedError, WriteFailedError
from designer_app.io.potential_cards import BASELINE_FOLDER, POTENTIAL_CARD, POTENTIAL_WEIGHTS
from designer_app.io.series import SeriesWriter
from designer_app.io.trajectory import TrajectoryWriter, index_path
from designer_app.jobs import train_potential
from designer_app.project import Project
from designer_app.project.runs import Runs
from designer_app.running.control import RunControl
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.specs.training_progress import (
    CHECKPOINT_FILE,
    PARITY_FILE,
    PLAN_FILE,
    SERIES_FILE,
)
from designer_app.trust.judging import TRUST_FILE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
OWN = "a file of the user's own"


@pytest.fixture
def victim(tmp_path):
    path = tmp_path / "victim"
    path.write_text(OWN)
    return path


def led_away(path, victim):
    """Put a link in place of a file."""
    path.unlink(missing_ok=True)
    path.symlink_to(victim)


@pytest.fixture(scope="module")
def labels(tmp_path_factory):
    frames = []
    for seed in range(12):
        atoms = bulk("Cu", cubic=True)
        atoms.rattle(0.1, rng=np.random.default_rng(seed))
        atoms.calc = EMT()
        energy, forces = atoms.get_potential_energy(), atoms.get_forces()
        atoms.calc = SinglePointCalculator(atoms, energy=energy, forces=forces)
        frames.append(atoms)
    path = tmp_path_factory.mktemp("labels") / "copper.xyz"
    write(path, frames)
    return path


@pytest.fixture
def spec(labels, tmp_path):
    sizes = ("n_features=8", "n_filters=8", "n_interactions=1", "cutoff=4.0")
    return TrainPotentialSpec(
        data=(labels,), model="schnet", out=tmp_path / "out", preset="custom", epochs=1,
        batch_size=4, options=sizes, threads=1,
    )  # fmt: skip


@pytest.fixture
def trained(spec):
    """A finished training, and a text of the stranger's in what it goes on with."""
    train_potential.run(spec, RunControl())
    path = spec.out / CHECKPOINT_FILE
    state = torch.load(path, weights_only=True)
    state["about"]["plan"]["lines"] = [("x", "$(a command)")]
    torch.save(state, path)
    return spec.out


REPLACED = (PLAN_FILE, PARITY_FILE, POTENTIAL_CARD, POTENTIAL_WEIGHTS)


def test_a_training_that_goes_on_replaces_the_links_in_its_folder(trained, victim):
    for name in (*REPLACED, TRUST_FILE):
        led_away(trained / name, victim)
        led_away(trained / f"{name}.bak", victim)
    assert main(["train", "--out", str(trained), "--resume", "--epochs", "2"]) == 0
    assert victim.read_text() == OWN
    assert not [name for name in REPLACED if (trained / name).is_symlink()]


def test_a_checkpoint_that_is_a_link_is_read_and_not_written_through(trained, tmp_path):
    elsewhere = tmp_path / "elsewhere.pt"
    (trained / CHECKPOINT_FILE).rename(elsewhere)
    before = elsewhere.read_bytes()
    led_away(trained / CHECKPOINT_FILE, elsewhere)
    assert main(["train", "--out", str(trained), "--resume", "--epochs", "2"]) == 0
    assert elsewhere.read_bytes() == before


def test_curves_are_not_appended_to_what_a_link_leads_to(trained, victim, capsys):
    led_away(trained / SERIES_FILE, victim)
    assert main(["train", "--out", str(trained), "--resume", "--epochs", "2"]) != 0
    assert "it is a link" in capsys.readouterr().err
    assert victim.read_text() == OWN


@pytest.mark.parametrize(
    "name", [BASELINE_FOLDER, f"{BASELINE_FOLDER}/mine.toml", "member-0", "member-1"]
)
def test_a_training_begins_in_no_folder_that_leads_elsewhere(name, spec, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (spec.out / name).parent.mkdir(parents=True)
    (spec.out / name).symlink_to(elsewhere)
    with pytest.raises(WriteFailedError, match="link"):
        train_potential.run(replace(spec, members=2), RunControl())
    assert not list(elsewhere.iterdir())


def test_a_project_that_is_opened_writes_through_no_link(tmp_path, victim):
    project = Project.create(tmp_path / "a.designer")
    run = project.runs.begin("md", "MD")
    Runs(project.runs.folder).note(replace(run, state="running"))
    project.close()
    record = next(run.folder.iterdir())
    told = record.read_text()
    victim.write_text(told)
    led_away(record, victim)
    Project.open(project.folder).close()
    assert victim.read_text() == told


def test_a_project_whose_lock_is_a_link_is_not_taken(tmp_path, victim):
    project = Project.create(tmp_path / "a.designer")
    project.close()
    led_away(project.folder / "in-use.lock", victim)
    assert Project.open(project.folder).is_read_only
    assert victim.read_text() == OWN


def test_a_run_that_goes_on_appends_to_no_link(tmp_path, victim):
    led_away(tmp_path / "series.csv", victim)
    with pytest.raises(WriteFailedError, match="link"):
        SeriesWriter(tmp_path / "series.csv", ("step",))
    for path in (tmp_path / "run.traj", index_path(tmp_path / "run.traj")):
        led_away(path, victim)
        with pytest.raises(WriteFailedError, match="link"):
            TrajectoryWriter(tmp_path / "run.traj")
        path.unlink()
    assert victim.read_text() == OWN


@pytest.mark.parametrize("name", ["structures", "runs", "results.db"])
def test_a_project_of_which_a_part_is_a_link_is_not_opened(tmp_path, name):
    folder = tmp_path / "a.designer"
    Project.create(folder).close()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(ProjectRefusedError, match=f"“{name}” is a link"):
        Project.open(folder)
    assert not list(elsewhere.iterdir())


def test_a_run_that_is_a_link_is_none_of_the_project(tmp_path):
    project = Project.create(tmp_path / "a.designer")
    run = project.runs.begin("md", "MD")
    project.runs.note(replace(run, state="running"))
    moved = run.folder.rename(tmp_path / "moved")
    run.folder.symlink_to(moved)
    told = (moved / "run.toml").read_text()
    project.runs.mark_interrupted()
    assert not project.runs.all()
    assert (moved / "run.toml").read_text() == told
    project.close()
