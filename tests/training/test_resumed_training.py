"""A training that is stopped or killed goes on as if it never had been."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from designer_app.errors import Cancelled, ResumeError
from designer_app.io.series import read_series
from designer_app.running.control import RunControl
from designer_app.specs.training_progress import CHECKPOINT_FILE, SERIES_FILE
from designer_app.training.epoch_judge import _row
from designer_app.training.frames import SplitFrames, StoppedFitError
from designer_app.training.loss import ErrorSums, LossWeights
from designer_app.training.network_training import fit, hash_of
from designer_app.training.progress import Progress, Schedule

ONE_BATCH, BATCHES_AN_EPOCH = 1, 4


@pytest.mark.parametrize(("n_learned", "is_told"), [(3, False), (5, True), (10, True)])
def test_errors_on_few_training_frames_of_an_epoch_cut_off_are_not_told(n_learned, is_told):
    weights = LossWeights(energy=1.0, forces=1.0, stress=0.0, unit=1.0)
    progress = Progress(
        schedule=Schedule(epochs=1, batch_size=1, learning_rate=1e-3, seconds=1.0, averaging=0.9,
                          patience=0, weights=weights, seed=0),
        n_frames=10, batch_size=1, sums=ErrorSums(forces=2.0, n_forces=4),
    )  # fmt: skip
    row = _row(progress, ErrorSums(), 1e-3, n_learned)
    assert np.isfinite(row["force_train_meV_A"]) == is_told


def test_a_stopped_training_hands_out_its_best(copper_frames, tiny_training, acting_at):
    control = acting_at(2 * BATCHES_AN_EPOCH + 1, RunControl.cancel)
    with pytest.raises(StoppedFitError) as stopped:
        fit(copper_frames, tiny_training(), control)
    assert isinstance(stopped.value.cause, Cancelled)
    assert stopped.value.fitted.training["epochs"] == 2


def test_a_training_stopped_before_its_first_epoch_has_nothing(
    copper_frames, tiny_training, acting_at
):
    with pytest.raises(Cancelled):
        fit(copper_frames, tiny_training(), acting_at(ONE_BATCH, RunControl.cancel))


@pytest.mark.parametrize("at", [ONE_BATCH, 2 * BATCHES_AN_EPOCH + 2])
def test_a_stopped_training_goes_on_as_if_it_never_stopped(
    copper_frames, tiny_training, tmp_path, at, acting_at, same_arrays
):
    spec = tiny_training()
    whole = fit(copper_frames, spec, RunControl())
    halved = replace(spec, out=tmp_path / "halved")
    with pytest.raises((Cancelled, StoppedFitError)):
        fit(copper_frames, halved, acting_at(at, RunControl.cancel))
    resumed = fit(copper_frames, replace(halved, resume=True), RunControl())
    assert same_arrays(resumed.arrays, whole.arrays)
    losses = [read_series(s.out / SERIES_FILE)["loss_train"].tolist() for s in (spec, halved)]
    assert losses[0] == losses[1]


_KILLED = """
import os, pickle, sys
from designer_app.running.control import RunControl
from designer_app.training import loop, network_model
from designer_app.training.network_training import fit, hash_of

class Killed(RunControl):
    left = 10
    def checkpoint(self):
        self.left -= 1
        if not self.left:
            os._exit(9)  # as SIGKILL: nothing is flushed, nothing is written
loop.BETWEEN_CHECKPOINTS = 0.0
with open(sys.argv[1], "rb") as file:
    frames, spec = pickle.load(file)
fit(frames, spec, Killed())
"""


def test_a_killed_training_goes_on_from_its_checkpoint(
    copper_frames, tiny_training, tmp_path, same_arrays
):
    import pickle

    spec = tiny_training()
    given = tmp_path / "given"
    killed = replace(spec, out=tmp_path / "killed")
    given.write_bytes(pickle.dumps((copper_frames, killed)))
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(given)], check=False)
    assert ended.returncode == 9
    resumed = fit(copper_frames, replace(killed, resume=True), RunControl())
    assert same_arrays(resumed.arrays, fit(copper_frames, spec, RunControl()).arrays)


def test_a_checkpoint_holds_no_code(copper_frames, tiny_training):
    spec = tiny_training(epochs=1)
    fit(copper_frames, spec, RunControl())
    state = torch.load(spec.out / CHECKPOINT_FILE, weights_only=True)
    assert state["epoch"] == 1


def test_a_damaged_checkpoint_is_told_as_such(copper_frames, tiny_training):
    spec = tiny_training(epochs=1)
    fit(copper_frames, spec, RunControl())
    path = spec.out / CHECKPOINT_FILE
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ResumeError):
        fit(copper_frames, replace(spec, resume=True), RunControl())


@pytest.mark.parametrize("about", [{"frames": "1234"}, {"plan": {"a": 1}}, None])
def test_a_checkpoint_of_another_kind_of_potential_is_told_as_such(
    copper_frames, tiny_training, about
):
    spec = tiny_training(epochs=1, resume=True)
    spec.out.mkdir()
    torch.save({"format": 1, "about": about}, spec.out / CHECKPOINT_FILE)
    with pytest.raises(ResumeError, match="another kind of potential"):
        fit(copper_frames, spec, RunControl())


def test_other_frames_are_not_gone_on_with(copper_frames, tiny_training):
    spec = tiny_training(epochs=1)
    fit(copper_frames, spec, RunControl())
    fewer = SplitFrames(copper_frames.train[1:], copper_frames.validation)
    with pytest.raises(ResumeError):
        fit(fewer, replace(spec, resume=True), RunControl())


@pytest.mark.parametrize("changed", [{"force_weight": 1000.0}, {"energy_weight": 0.0}])
def test_losses_of_other_weights_are_not_gone_on_with(copper_frames, tiny_training, changed):
    spec = tiny_training(epochs=1)
    fit(copper_frames, spec, RunControl())
    with pytest.raises(ResumeError):
        fit(copper_frames, replace(spec, resume=True, **changed), RunControl())


def test_other_cells_and_stresses_make_other_frames(copper_frames):
    frame = copper_frames.train[0]
    stretched = replace(frame, structure=replace(frame.structure, cell=1.1 * frame.structure.cell))
    turned = replace(frame, stress=-frame.stress)
    assert len({hash_of([each]) for each in (frame, stretched, turned)}) == 3


def test_a_finished_training_can_be_prolonged(copper_frames, tiny_training):
    spec = tiny_training(epochs=2)
    fit(copper_frames, spec, RunControl())
    longer = fit(copper_frames, replace(spec, resume=True, epochs=4), RunControl())
    assert longer.training["epochs"] == 4
