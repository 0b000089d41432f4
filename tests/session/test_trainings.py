"""Trainings of a project: going on, reading curves back, finding and copying potentials."""

from pathlib import Path

import numpy as np
import pytest

from designer_app.errors import UnsafeFileError
from designer_app.io.potential_cards import PotentialCard, shipped_folder, write_potential_card
from designer_app.io.user_folders import potentials_folder
from designer_app.project.runs import Runs
from designer_app.running.control import RunControl
from designer_app.session.run_keeper import RunKeeper
from designer_app.session.trainings import Trainings
from designer_app.specs.fields import settings_of
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.training.training_log import tell_plan

PATIENCE_MS = 30_000
CARD = PotentialCard(
    family="schnet", title="SchNet of Si", settings={}, elements=("Si",), cutoff=5.0,
    references_eV={"Si": -0.8},
)  # fmt: skip


@pytest.fixture
def trainings(jobs):
    return Trainings(jobs, RunKeeper(jobs))


@pytest.fixture
def run(tmp_path):
    """A training that was cut off."""
    made = Runs(tmp_path / "runs").begin("train-potential", "Train SchNet on Si")
    spec = TrainPotentialSpec(data=(Path("si.json"),), model="schnet", out=made.folder)
    made.settings.update(settings_of(spec))
    return made


def answer(qtbot, job):
    """What a job comes to."""
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error is None, job.error
    return job.result


def test_a_training_that_was_cut_off_goes_on_with_its_files(qtbot, trainings, run):
    with qtbot.waitSignal(trainings.went_on, timeout=PATIENCE_MS) as told:
        trainings.go_on(run)
    spec = told.args[0].spec
    assert (spec.data, spec.model, spec.resume) == ((Path("si.json"),), "schnet", True)
    assert spec.out == run.folder


@pytest.mark.parametrize(
    "baseline",
    ["ase", "ase:somewhere:Calculator", " ensemble:ase:somewhere:Calculator+morse", "script:a.pth"],
)
def test_a_training_on_a_baseline_that_is_code_waits_for_trust(trainings, run, baseline):
    run.settings["baseline"] = baseline
    with pytest.raises(UnsafeFileError):
        trainings.go_on(run)


def test_the_epochs_of_a_training_are_read_back(qtbot, trainings, tmp_path):
    (tmp_path / "series.csv").write_text("epoch,loss_train,parity\n1,0.5,1\n2,nan,2\n")
    rows = answer(qtbot, trainings.rows(tmp_path))
    assert [row["epoch"] for row in rows] == [1.0, 2.0]
    assert np.isnan(rows[1]["loss_train"])


def test_damaged_points_end_in_an_error_not_in_a_crash(qtbot, trainings, tmp_path):
    (tmp_path / "parity.npz").write_bytes(b"PK\x03\x04 nothing")
    job = trainings.parity(tmp_path)
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error.kind == "FileUnreadableError"


def test_points_that_hold_objects_are_not_unpickled(qtbot, trainings, tmp_path):
    np.savez(tmp_path / "parity.npz", n_atoms=np.array([object()], dtype=object))
    job = trainings.parity(tmp_path)
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error.kind == "FileUnreadableError"


def test_what_a_link_leads_to_is_not_copied(qtbot, trainings, tmp_path, make_link):
    source = tmp_path / "0001-train"
    (source / "baseline").mkdir(parents=True)
    write_potential_card(source, CARD)
    (tmp_path / "secret").write_text("key")
    make_link(source / "baseline" / "table.toml", tmp_path / "secret")
    job = trainings.add(source)
    qtbot.waitUntil(lambda: job.is_over, timeout=PATIENCE_MS)
    assert job.error.kind == "FileUnreadableError"
    assert not list(potentials_folder().rglob("*.*"))


def test_a_copy_is_a_potential_without_its_checkpoints(qtbot, trainings, tmp_path):
    source = tmp_path / "0001-train"
    source.mkdir()
    write_potential_card(source, CARD)
    (source / "weights.safetensors").write_bytes(b"weights")
    (source / "checkpoint.pt").write_bytes(b"state")
    first = answer(qtbot, trainings.add(source))
    second = answer(qtbot, trainings.add(source))
    assert {path.name for path in first.iterdir()} == {"potential.json", "weights.safetensors"}
    assert first.parent == potentials_folder()
    assert second != first
    with qtbot.waitSignal(trainings.listed, timeout=PATIENCE_MS) as told:
        trainings.list_trained()
    own = {folder for folder, _ in told.args[0] if folder.parent != shipped_folder()}
    assert own == {first, second}
    assert trainings.trained[0][1] == CARD


def test_the_plan_of_a_training_is_read_back(qtbot, trainings, tmp_path):
    assert answer(qtbot, trainings.plan(tmp_path)) == []
    tell_plan(tmp_path, (("Epochs", "about 19"), ("Time", "about 4.5 min")), RunControl())
    read = answer(qtbot, trainings.plan(tmp_path))
    assert read == [("Epochs", "about 19"), ("Time", "about 4.5 min")]
