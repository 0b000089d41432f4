"""The bench of errors on frames kept back, in small."""

import pytest

from designer_app.cli.benches import held_out
from designer_app.cli.benches.train import DATA
from designer_app.io.potential_cards import shipped_folder


@pytest.fixture
def small(monkeypatch):
    quick = {"preset": "custom", "options": ("n_sparse=20",), "n_train": 10}
    recipe = held_out.Recipe(model="gap", data="Si", settings=quick)
    monkeypatch.setattr(held_out, "RECIPES", (recipe,))
    monkeypatch.setattr(held_out, "_QUICK_FRAMES", 2)


def test_every_shipped_potential_is_judged():
    shipped = {each.name for each in shipped_folder().iterdir() if each.is_dir()}
    assert shipped == {model for _, model, _ in held_out.SHIPPED}


@pytest.mark.parametrize(
    ("family", "data", "figures"),
    [
        ("nequip", "ethanol", "NequIP 0.0444 / 2.8"),
        ("gemnet", "ethanol", "GemNet-T - / 3.6"),
        ("schnet", "ethanol", "SchNet, on MD17 0.385 / 16.9"),
        ("gap", "Mo", "qSNAP 2.77 / 184"),
    ],
)
def test_what_is_published_of_the_same_family_stands_beside_ours(family, data, figures):
    (found,) = DATA[data].published_of(family)
    assert held_out._told(found) == figures


def test_rows_hold_errors_and_how_long_was_trained(data_folder, small, tmp_path):
    found = list(held_out.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    assert [row["potential"] for row in found][-1] == "gap, trained now"
    assert all(row["frames"] == 2 for row in found)
    assert all(0.0 < float(str(row["forces, meV/A"])) < 1000.0 for row in found)
    assert all(float(str(row["trained for, min"])) > 0.0 for row in found)


def test_what_is_kept_is_not_trained_again(data_folder, small, tmp_path, monkeypatch):
    first = list(held_out.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    monkeypatch.setattr(held_out.train_potential, "run", None)
    again = list(held_out.rows(quick=True, say=lambda _: None, data=data_folder, keep=tmp_path))
    assert again == first
