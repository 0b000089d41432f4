"""Fitting a network: it learns, tells how it goes, keeps the best, and says what went wrong."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.errors import (
    InvalidSpecError,
    OutOfMemoryError,
    TrainingDivergedError,
)
from designer_app.io.potential_cards import PotentialCard
from designer_app.io.series import read_series
from designer_app.running.control import RunControl
from designer_app.specs.training_progress import (
    COLUMNS,
    PARITY_ARRAYS,
    PARITY_FILE,
    PLAN_FILE,
    SERIES_FILE,
)
from designer_app.training import loop, network_model
from designer_app.training.frames import SplitFrames, StoppedFitError
from designer_app.training.network_training import FORCES_ALONE, NO_MOMENTS, fit
from designer_app.weights.potential_cards import write_potential

ONE_BATCH, BATCHES_AN_EPOCH = 1, 4


def test_a_network_learns_the_forces_of_another_potential(copper_frames, tiny_training):
    control = RunControl()
    fit(copper_frames, tiny_training(epochs=40), control)
    rows = control.series.drain()
    assert rows[-1]["force_validation_meV_A"] < 0.5 * rows[0]["force_validation_meV_A"]


def test_equal_seeds_train_equal_networks(copper_frames, tiny_training, tmp_path, same_arrays):
    spec = tiny_training(epochs=2)
    first = fit(copper_frames, spec, RunControl())
    again = fit(copper_frames, replace(spec, out=tmp_path / "again"), RunControl())
    assert same_arrays(first.arrays, again.arrays)


def test_other_seeds_train_other_networks(copper_frames, tiny_training, tmp_path, same_arrays):
    spec = tiny_training(epochs=1)
    first = fit(copper_frames, spec, RunControl())
    other = fit(copper_frames, replace(spec, out=tmp_path / "other", seed=1), RunControl())
    assert not same_arrays(first.arrays, other.arrays)


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


# --- what goes wrong ---


def test_a_loss_that_is_no_number_stops_and_keeps_the_best(
    copper_frames, tiny_training, monkeypatch, acting_at
):
    monkeypatch.setattr(loop, "MOST_SKIPPED", 2)
    control = acting_at(
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
