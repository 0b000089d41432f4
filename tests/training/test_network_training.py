"""Fitting a network: it learns, it stops and goes on as if it never had, and it keeps the best."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.errors import (
    Cancelled,
    InvalidSpecError,
    OutOfMemoryError,
    ResumeError,
    TrainingDivergedError,
)
from designer_app.io.potential_cards import PotentialCard
from designer_app.io.series import read_series
from designer_app.running.control import RunControl
from designer_app.specs.training_progress import (
    CHECKPOINT_FILE,
    COLUMNS,
    PARITY_ARRAYS,
    PARITY_FILE,
    PLAN_FILE,
    SERIES_FILE,
)
from designer_app.training import loop, network_model
from designer_app.training.epoch_judge import _row
from designer_app.training.frames import SplitFrames, StoppedFitError
from designer_app.training.loss import ErrorSums, LossWeights
from designer_app.training.network_training import FORCES_ALONE, NO_MOMENTS, fit, hash_of
from designer_app.training.progress import Progress, Schedule
from designer_app.weights.potential_cards import write_potential

ONE_BATCH, BATCHES_AN_EPOCH = 1, 4


class Counting(RunControl):
    """Does something at one of its checkpoints."""

    def __init__(self, at, action):
        super().__init__()
        self.left, self.action = at, action

    def checkpoint(self):
        self.left -= 1
        if self.left == 0:
            self.action(self)
        super().checkpoint()


def same(first, second):
    return first.keys() == second.keys() and all(
        np.array_equal(first[name], second[name]) for name in first
    )


def test_a_network_learns_the_forces_of_another_potential(copper_frames, tiny_training):
    control = RunControl()
    fit(copper_frames, tiny_training(epochs=40), control)
    rows = control.series.drain()
    assert rows[-1]["force_validation_meV_A"] < 0.5 * rows[0]["force_validation_meV_A"]


def test_equal_seeds_train_equal_networks(copper_frames, tiny_training, tmp_path):
    spec = tiny_training(epochs=2)
    first = fit(copper_frames, spec, RunControl())
    again = fit(copper_frames, replace(spec, out=tmp_path / "again"), RunControl())
    assert same(first.arrays, again.arrays)


def test_other_seeds_train_other_networks(copper_frames, tiny_training, tmp_path):
    spec = tiny_training(epochs=1)
    first = fit(copper_frames, spec, RunControl())
    other = fit(copper_frames, replace(spec, out=tmp_path / "other", seed=1), RunControl())
    assert not same(first.arrays, other.arrays)


# --- what it tells ---


def test_every_epoch_is_a_row_for_the_window_and_in_the_file(copper_frames, tiny_training):
    control, spec = RunControl(), tiny_training(epochs=3)
    fit(copper_frames, spec, control)
    told = control.series.drain()
    assert [row["epoch"] for row in told] == [1, 2, 3]
    assert set(told[0]) == set(COLUMNS)
    kept = read_series(spec.out / SERIES_FILE)
    assert kept["force_validation_meV_A"].tolist() == [r["force_validation_meV_A"] for r in told]


def test_a_training_keeps_the_plan_that_it_goes_by(copper_frames, tiny_training):
    spec = tiny_training(epochs=2)
    fitted = fit(copper_frames, spec, RunControl())
    told = json.loads((spec.out / PLAN_FILE).read_text(encoding="utf-8"))
    assert dict(told) == fitted.training["plan"]


def test_the_parity_points_are_the_validation_frames(copper_frames, tiny_training):
    spec = tiny_training(epochs=1)
    control = RunControl()
    fit(copper_frames, spec, control)
    with np.load(spec.out / PARITY_FILE) as points:
        assert set(points.files) == set(PARITY_ARRAYS)
        energies = [frame.energy / len(frame) for frame in copper_frames.validation]
        assert points["energy_reference"] == pytest.approx(energies)
        off = np.abs(points["force_predicted"] - points["force_reference"]).mean()
    told = control.series.drain()[-1]["force_validation_meV_A"]
    assert 1e3 * off == pytest.approx(told)


def test_the_kept_weights_are_those_of_the_best_epoch(copper_frames, tiny_training):
    control = RunControl()
    fitted = fit(copper_frames, tiny_training(epochs=8, learning_rate=0.3), control)
    losses = [row["loss_validation"] for row in control.series.drain()]
    assert fitted.training["best_epoch"] == 1 + int(np.argmin(losses))
    assert fitted.training["loss_validation"] == min(losses)


@pytest.fixture
def energy_weights(monkeypatch):
    """Those of each step, as they are taken."""
    true, told = loop.loss_of, []

    def telling(said, batch, weights):
        told.append(weights.energy)
        return true(said, batch, weights)

    monkeypatch.setattr(loop, "loss_of", telling)
    return told


def test_energies_weigh_little_at_first_and_whole_in_the_second_half(
    copper_frames, tiny_training, energy_weights
):
    told, spec = energy_weights, tiny_training(epochs=4)
    fit(copper_frames, spec, RunControl())
    assert told[0] < 0.2 * spec.energy_weight
    assert told == sorted(told)
    assert set(told[2 * BATCHES_AN_EPOCH :]) == {spec.energy_weight}


def test_without_forces_to_learn_energies_weigh_all_from_the_start(
    copper_frames, tiny_training, energy_weights
):
    bare = SplitFrames(
        tuple(replace(each, forces=None) for each in copper_frames.train),
        tuple(replace(each, forces=None) for each in copper_frames.validation),
    )
    spec = tiny_training(epochs=2)
    fit(bare, spec, RunControl())
    assert set(energy_weights) == {spec.energy_weight}


def test_a_fine_tuning_weighs_energies_whole_from_the_start(
    copper_frames, tiny_training, energy_weights, tmp_path
):
    first = fit(copper_frames, tiny_training(epochs=1), RunControl())
    card = PotentialCard(
        family="schnet", title="copper", settings=first.settings, elements=("Cu",),
        cutoff=first.cutoff, references_eV=first.references,
    )  # fmt: skip
    write_potential(tmp_path / "first", card, first.arrays)
    energy_weights.clear()
    spec = tiny_training(epochs=2, start=tmp_path / "first", options=())
    fit(copper_frames, spec, RunControl())
    assert set(energy_weights) == {spec.energy_weight}


def test_patience_ends_a_training_that_makes_no_progress(copper_frames, tiny_training):
    spec = tiny_training(epochs=500, learning_rate=0.5, patience=2, force_weight=0.0)
    fitted = fit(copper_frames, spec, RunControl())
    assert fitted.training["epochs"] - fitted.training["best_epoch"] == 2


def test_patience_does_not_begin_before_energies_have_their_whole_weight(
    copper_frames, tiny_training
):
    """Half of 20 epochs: the 10th ends where they have it."""
    spec = tiny_training(epochs=20, learning_rate=0.0, averaging=0.0, patience=2)
    fitted = fit(copper_frames, spec, RunControl())
    assert fitted.training["best_epoch"] == 1
    assert fitted.training["epochs"] == 9 + 2


def test_a_time_limit_ends_a_training(copper_frames, tiny_training):
    spec = tiny_training(epochs=1_000_000, max_minutes=0.5 / 60)
    control = RunControl()
    fitted = fit(copper_frames, spec, control)
    assert 1 <= fitted.training["epochs"] < 1_000_000
    assert control.series.drain()[-1]["learning_rate"] < 0.1 * spec.learning_rate


# --- stopped, killed, gone on with ---


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


def test_a_stopped_training_hands_out_its_best(copper_frames, tiny_training):
    control = Counting(2 * BATCHES_AN_EPOCH + 1, RunControl.cancel)
    with pytest.raises(StoppedFitError) as stopped:
        fit(copper_frames, tiny_training(), control)
    assert isinstance(stopped.value.cause, Cancelled)
    assert stopped.value.fitted.training["epochs"] == 2


def test_a_training_stopped_before_its_first_epoch_has_nothing(copper_frames, tiny_training):
    with pytest.raises(Cancelled):
        fit(copper_frames, tiny_training(), Counting(ONE_BATCH, RunControl.cancel))


@pytest.mark.parametrize("at", [ONE_BATCH, 2 * BATCHES_AN_EPOCH + 2])
def test_a_stopped_training_goes_on_as_if_it_never_stopped(
    copper_frames, tiny_training, tmp_path, at
):
    spec = tiny_training()
    whole = fit(copper_frames, spec, RunControl())
    halved = replace(spec, out=tmp_path / "halved")
    with pytest.raises((Cancelled, StoppedFitError)):
        fit(copper_frames, halved, Counting(at, RunControl.cancel))
    resumed = fit(copper_frames, replace(halved, resume=True), RunControl())
    assert same(resumed.arrays, whole.arrays)
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


def test_a_killed_training_goes_on_from_its_checkpoint(copper_frames, tiny_training, tmp_path):
    import pickle

    spec = tiny_training()
    given = tmp_path / "given"
    killed = replace(spec, out=tmp_path / "killed")
    given.write_bytes(pickle.dumps((copper_frames, killed)))
    ended = subprocess.run([sys.executable, "-c", _KILLED, str(given)], check=False)
    assert ended.returncode == 9
    resumed = fit(copper_frames, replace(killed, resume=True), RunControl())
    assert same(resumed.arrays, fit(copper_frames, spec, RunControl()).arrays)


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


# --- what goes wrong ---


def test_a_loss_that_is_no_number_stops_and_keeps_the_best(
    copper_frames, tiny_training, monkeypatch
):
    monkeypatch.setattr(loop, "MOST_SKIPPED", 2)
    control = Counting(
        2 * BATCHES_AN_EPOCH + 1, lambda _: monkeypatch.setattr(loop, "loss_of", bad)
    )
    true = loop.loss_of

    def bad(*args):
        loss, sums = true(*args)
        return loss * float("nan"), sums

    with pytest.raises(StoppedFitError) as stopped:
        fit(copper_frames, tiny_training(), control)
    assert isinstance(stopped.value.cause, TrainingDivergedError)
    assert stopped.value.cause.best_epoch == stopped.value.fitted.training["best_epoch"] > 0


def test_a_single_step_that_is_no_number_is_left_out(copper_frames, tiny_training, monkeypatch):
    true = loop.loss_of
    calls = []

    def bad_once(*args):
        calls.append(args)
        loss, sums = true(*args)
        return loss * (float("nan") if len(calls) == 2 else 1.0), sums

    monkeypatch.setattr(loop, "loss_of", bad_once)
    fitted = fit(copper_frames, tiny_training(epochs=2), RunControl())
    assert fitted.training["epochs"] == 2
    assert all(np.isfinite(each).all() for each in fitted.arrays.values())


def test_a_loss_without_weights_is_refused(copper_frames, tiny_training):
    spec = tiny_training(energy_weight=0.0, force_weight=0.0, stress_weight=0.0)
    with pytest.raises(InvalidSpecError):
        fit(copper_frames, spec, RunControl())


def starving(module, most):
    """A step that runs out of memory for more frames at once than that."""
    true = module._step

    def step(self, batch):
        if batch["cell"].shape[0] > most:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ...")
        true(self, batch)

    return step


def test_used_up_memory_halves_the_batch(copper_frames, tiny_training, monkeypatch):
    monkeypatch.setattr(loop.Training, "_step", starving(loop.Training, 1))
    fitted = fit(copper_frames, tiny_training(epochs=1), RunControl())
    assert fitted.training["batch_size"] == 1


def test_memory_that_does_not_hold_one_frame_is_told(copper_frames, tiny_training, monkeypatch):
    monkeypatch.setattr(loop.Training, "_step", starving(loop.Training, 0))
    with pytest.raises(OutOfMemoryError):
        fit(copper_frames, tiny_training(epochs=1), RunControl())


def test_other_errors_are_not_taken_for_used_up_memory(copper_frames, tiny_training, monkeypatch):
    def wrong(_self, _batch):
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(loop.Training, "_step", wrong)
    with pytest.raises(RuntimeError, match="shapes"):
        fit(copper_frames, tiny_training(epochs=1), RunControl())


def test_no_frames_are_told(tiny_training):
    with pytest.raises(InvalidSpecError):
        fit(SplitFrames((), ()), tiny_training(), RunControl())


@pytest.mark.parametrize("missing", ["energy", "forces", "stress"])
def test_frames_without_a_label_are_learned_from(copper_frames, tiny_training, missing):
    frames = [replace(frame, **{missing: None}) for frame in copper_frames.train]
    one = (*frames[:-1], copper_frames.train[-1])
    for train in (tuple(frames), one):
        out = Path(f"{tiny_training().out}-{len({f.energy for f in train})}-{train is one}")
        fitted = fit(
            SplitFrames(train, copper_frames.validation),
            tiny_training(epochs=1, out=out),
            RunControl(),
        )
        assert all(np.isfinite(each).all() for each in fitted.arrays.values())


def test_without_validation_frames_the_last_epoch_is_kept(copper_frames, tiny_training):
    fitted = fit(SplitFrames(copper_frames.train, ()), tiny_training(epochs=3), RunControl())
    assert fitted.training["best_epoch"] == 3


def test_one_frame_is_enough_to_learn_from(copper_frames, tiny_training):
    fitted = fit(SplitFrames(copper_frames.train[:1], ()), tiny_training(epochs=2), RunControl())
    assert fitted.training["epochs"] == 2


def test_an_element_of_the_validation_frames_alone_is_refused(copper_frames, tiny_training):
    one = copper_frames.validation[0]
    numbers = np.array([29, 29, 29, 47])
    silver = replace(one, structure=replace(one.structure, numbers=numbers))
    with pytest.raises(InvalidSpecError, match="Ag is in the validation frames"):
        fit(SplitFrames(copper_frames.train, (silver,)), tiny_training(), RunControl())


def test_magnetic_moments_that_were_not_learned_are_told(copper_frames, tiny_training):
    train = tuple(replace(frame, magmoms=np.ones(4)) for frame in copper_frames.train)
    frames = SplitFrames(train, copper_frames.validation)
    assert NO_MOMENTS in fit(frames, tiny_training(epochs=1), RunControl()).notes


def test_apple_gpus_are_left_to_others(copper_frames, tiny_training, monkeypatch):
    monkeypatch.setattr(network_model, "compute_device", lambda _: torch.device("mps"))
    fitted = fit(copper_frames, tiny_training(epochs=1, device="auto"), RunControl())
    assert fitted.training["epochs"] == 1
    with pytest.raises(InvalidSpecError):
        fit(copper_frames, tiny_training(epochs=1, device="mps"), RunControl())


def test_a_training_on_forces_alone_says_what_its_energies_are(copper_frames, tiny_training):
    train = tuple(replace(frame, energy=None) for frame in copper_frames.train)
    frames = SplitFrames(train, copper_frames.validation)
    assert FORCES_ALONE in fit(frames, tiny_training(epochs=1), RunControl()).notes
