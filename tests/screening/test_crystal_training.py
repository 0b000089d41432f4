from dataclasses import replace

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.io.documents import structure_from_atoms
from designer_app.jobs.train import run as train_job
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.build import finished
from designer_app.screening.crystal_gnn.ensemble import CrystalEnsemble, ensemble_in
from designer_app.screening.crystal_gnn.graphs import crystal_graphs
from designer_app.screening.crystal_gnn.heads import HEADS, KEYS, fitted, unfitted
from designer_app.screening.crystal_gnn.judging import auc, platt
from designer_app.screening.crystal_gnn.labels import LabelledGraphs
from designer_app.screening.crystal_gnn.network import NetworkSize
from designer_app.screening.crystal_gnn.training import (
    MaskedLoss,
    MemberTraining,
    TrainingSettings,
)
from designer_app.specs.train import TrainSpec
from designer_app.weights.cards import read_model, write_model

SETTINGS = TrainingSettings(
    size=NetworkSize(hidden=16, n_layers=2, readout=16, outputs=len(HEADS)),
    epochs=4,
    batch_edges=60,
    learning_rate=1e-2,
    averaging=0.9,
    half_precision=False,
)
ALKALI, HALOGENS = ("Li", "Na", "K", "Rb", "Cs"), ("F", "Cl", "Br", "I")


def _rock_salts():
    """Rock salts with a made-up energy that grows with the lattice constant."""
    structures, energies = [], []
    for i, metal in enumerate(ALKALI):
        for j, halogen in enumerate(HALOGENS):
            for step in range(4):
                a = 4.2 + 0.4 * i + 0.5 * j + 0.1 * step
                structures.append(structure_from_atoms(bulk(metal + halogen, "rocksalt", a=a)))
                energies.append(-3.0 + 0.3 * a)
    return structures, np.array(energies)


@pytest.fixture(scope="module")
def data():
    structures, energies = _rock_salts()
    labels = np.full((len(structures), len(HEADS)), np.nan, dtype=np.float32)
    labels[:, KEYS.index("formation_energy")] = energies
    hull = np.linspace(0.0, 0.2, len(structures))
    labels[:, KEYS.index("e_above_hull")] = hull
    labels[:, KEYS.index("stability")] = hull <= 0.05
    labels[::2, KEYS.index("band_gap")] = 1.0
    split = np.array([(0, 0, 0, 1, 2)[n % 5] for n in range(len(structures))], dtype=np.int8)
    origin = np.array([n % 3 == 0 for n in range(len(structures))], dtype=np.int8)
    return LabelledGraphs(crystal_graphs(structures), labels, split, origin)


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    training = MemberTraining(data, SETTINGS, 5, tmp_path_factory.mktemp("member") / "m.pt")
    training.run(RunControl())
    return training


@pytest.fixture(scope="module")
def folder(trained, data, tmp_path_factory, module_monkeypatch):
    module_monkeypatch.setattr("designer_app.screening.crystal_gnn.build.FEWEST", 5)
    module_monkeypatch.setattr("designer_app.screening.crystal_gnn.build.SETTINGS", SETTINGS)
    module_monkeypatch.setattr(
        "designer_app.screening.crystal_gnn.build.data_sets", lambda _folder: ()
    )
    out = tmp_path_factory.mktemp("ensemble")
    members = [trained.average, trained.network]
    finished(out, out, data, members, trained.scaling, (5, 6))
    return out


@pytest.fixture(scope="module")
def module_monkeypatch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_training_brings_the_loss_down(trained):
    losses = [loss for loss, _error in trained.history]
    assert losses[-1] < 0.7 * losses[0]


def test_a_stopped_training_goes_on_to_the_same_weights(data, tmp_path, trained):
    """All that chance decides is drawn from (seed, epoch), so a stop leaves no trace."""

    class _StopAfterTwo(RunControl):
        def checkpoint(self):
            if stopped.epoch == 2:
                raise KeyboardInterrupt

    path = tmp_path / "member.pt"
    stopped = MemberTraining(data, SETTINGS, 5, path)
    with pytest.raises(KeyboardInterrupt):
        stopped.run(_StopAfterTwo())
    resumed = MemberTraining(data, SETTINGS, 5, path)
    resumed.run(RunControl())
    for one, other in zip(resumed.average.parameters(), trained.average.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_checkpoint_of_other_settings_is_not_taken_up(data, tmp_path):
    path = tmp_path / "member.pt"
    first = MemberTraining(data, SETTINGS, 5, path)
    first.epoch = 3
    first.save()
    other = MemberTraining(data, replace(SETTINGS, learning_rate=1e-3), 5, path)
    other.restore()
    assert other.epoch == 0


def test_missing_labels_move_nothing():
    labels = np.random.default_rng(0).random((6, len(HEADS))).astype(np.float32)
    labels[:, 3] = np.nan
    labels[2] = np.nan
    loss = MaskedLoss(HEADS, labels)
    found = torch.randn(6, len(HEADS), requires_grad=True)
    loss(found, torch.from_numpy(labels)).backward()
    assert torch.isfinite(found.grad).all()
    assert (found.grad[:, 3] == 0).all()
    assert (found.grad[2] == 0).all()
    assert (found.grad[0, :3] != 0).all()


@pytest.mark.parametrize("row", HEADS, ids=KEYS)
def test_labels_come_back_from_what_is_fitted(row):
    if row.scale == "logit":
        assert unfitted(row, np.array([0.0])) == 0.5
        return
    values = np.array([1.0, 1.5, 3.0])
    np.testing.assert_allclose(unfitted(row, fitted(row, values)), values)


def test_the_command_trains_anew_and_takes_up_what_is_there(data, tmp_path, monkeypatch):
    class _Rows:
        def graphs(self, _control):
            return data

    where = "designer_app.screening.crystal_gnn.build"
    monkeypatch.setattr(f"{where}.labelled_structures", lambda _folder, _control: _Rows())
    monkeypatch.setattr(f"{where}.data_sets", lambda _folder: ())
    monkeypatch.setattr(f"{where}.SETTINGS", replace(SETTINGS, epochs=1))
    monkeypatch.setattr(f"{where}.MEMBERS", 2)
    monkeypatch.setattr(f"{where}.FEWEST", 5)
    spec = TrainSpec(model="crystal-gnn", out=tmp_path, data=tmp_path, threads=1)
    first = train_job(spec, RunControl())
    kept = (tmp_path / "member-0.pt").stat().st_mtime_ns
    again = train_job(replace(spec, resume=True), RunControl())
    assert again["weights_sha256"] == first["weights_sha256"]
    assert (tmp_path / "member-0.pt").stat().st_mtime_ns == kept
    assert [row["head"] for row in first["heads"]][:3] == list(KEYS[:3])


def test_written_weights_answer_as_before(folder):
    structures, _ = _rock_salts()
    ensemble = ensemble_in(folder)
    again = CrystalEnsemble(*_written_again(ensemble, folder))
    one, other = ensemble.predict(structures[:5]), again.predict(structures[:5])
    for key, found in one.items():
        assert np.array_equal(found.mean, other[key].mean)


def _written_again(ensemble, folder):
    card, arrays = read_model(folder)
    write_model(folder, card, arrays)
    return read_model(folder)


def test_heads_with_too_few_labels_are_not_given(folder):
    found = ensemble_in(folder).predict(_rock_salts()[0][:2])
    assert "formation_energy" in found
    assert "heat_capacity" not in found


def test_intervals_hold_the_mean_and_chances_lie_between_0_and_1(folder):
    found = ensemble_in(folder).predict(_rock_salts()[0][:9])
    for each in found.values():
        assert (each.low <= each.mean).all()
        assert (each.mean <= each.high).all()
    assert (found["stability"].low >= 0).all()
    assert (found["stability"].high <= 1).all()


def test_an_element_nobody_learned_of_is_refused_and_the_others_are_not(folder):
    unknown = structure_from_atoms(bulk("Fe", "bcc", a=2.87))
    known = _rock_salts()[0][0]
    ensemble = ensemble_in(folder)
    refused = ensemble.refusals([known, unknown])
    assert refused[0] is None
    assert refused[1] is not None
    assert "Fe" in str(refused[1].facts())


def test_rare_elements_turn_the_light_amber(folder):
    ensemble = ensemble_in(folder)
    structures = _rock_salts()[0][:2]
    covered = ensemble.coverage(structures, ensemble.predict(structures))
    assert [each.light for each in covered] == ["amber", "amber"]
    assert "Li" in covered[0].reason


def test_predictions_do_not_hang_on_their_company(folder):
    structures = _rock_salts()[0][:6]
    ensemble = ensemble_in(folder)
    together = ensemble.predict(structures)["formation_energy"].mean
    alone = [ensemble.predict([each])["formation_energy"].mean[0] for each in structures]
    # single precision
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_the_area_under_the_curve_counts_pairs_in_order():
    truth = np.array([True, False, True, False, False])
    score = np.array([3.0, 3.0, 2.0, 1.0, 0.0])
    assert auc(truth, score) == pytest.approx((2.5 + 2.0) / 6)


def test_platt_scaling_finds_the_chances_that_made_the_outcomes():
    generator = np.random.default_rng(1)
    logits = generator.normal(0.0, 2.0, 20_000)
    outcomes = generator.random(20_000) < 1.0 / (1.0 + np.exp(-(0.5 * logits + 0.3)))
    # three standard errors of a fit to 20,000 outcomes
    np.testing.assert_allclose(platt(logits, outcomes.astype(float)), [0.5, 0.3], atol=0.06)
