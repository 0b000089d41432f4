"""The bench of trainings, in small."""

from dataclasses import replace

import pytest

from designer_app.cli.benches import train
from designer_app.specs.trainable import TRAINABLE
from designer_app.training import plans

TINY = ("n_features=8", "n_filters=8", "n_interactions=1")


@pytest.fixture
def small(monkeypatch):
    epochs = (replace(train.EPOCHS[0], options=TINY, peer=lambda _c, _f: 2.0, peer_name="other"),)
    size = {"n_features": 8, "n_filters": 8, "n_interactions": 1, "cutoff": 3.0}
    monkeypatch.setattr(plans, "SIZES", {"schnet": (size,)})
    monkeypatch.setattr(train, "EPOCHS", epochs)
    monkeypatch.setattr(train, "TRAINED", (("schnet", "Si"),))
    monkeypatch.setattr(train, "QUICK_MINUTES", 1.0 / 60.0)
    monkeypatch.setattr(train, "_QUICK_FRAMES", 8)


def test_every_case_names_a_family_and_a_data_set():
    assert {case.model for case in train.EPOCHS} <= set(TRAINABLE)
    assert {name for _, name in train.TRAINED} <= set(train.DATA)


def test_rows_hold_ours_the_peer_and_the_ratio(data_folder, small, tmp_path):
    found = list(train.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    epoch, energy, forces = found
    assert epoch["ratio"] == pytest.approx(epoch["ours"] / 2.0)
    assert energy["unit"] == "meV/atom"
    assert forces["ratio"] == pytest.approx(forces["ours"] / forces["peer"])


def test_kept_trainings_are_not_done_again(data_folder, small, tmp_path, monkeypatch):
    monkeypatch.setattr(train, "EPOCHS", ())
    first = list(train.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    monkeypatch.setattr(train.train_potential, "run", None)
    again = list(train.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    assert again == first
