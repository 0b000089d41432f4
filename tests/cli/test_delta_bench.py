import importlib.util

import pytest

from designer_app.cli.benches import delta

needs_tblite = pytest.mark.skipif(
    importlib.util.find_spec("tblite") is None, reason="tblite is not installed"
)


@pytest.fixture
def shortest(monkeypatch):
    """The bench with so few steps that only its workings are seen."""
    for name, value in (("QUICK_STEPS", 2), ("QUICK_TEST", 2), ("BATCH_SIZE", 2)):
        monkeypatch.setattr(delta, name, value)
    arms = tuple(
        delta.Arm(name=arm.name, n_labels=arm.n_labels // 25, baseline=arm.baseline)
        for arm in delta.ARMS[:2]
    )
    monkeypatch.setattr(delta, "ARMS", arms)
    monkeypatch.setattr(delta, "KEPT_BACK", 0.25)


@needs_tblite
def test_the_bench_tells_a_way_to_learn_a_row(shortest, data_folder, tmp_path):
    said = []
    rows = list(delta.rows(True, said.append, data_folder, tmp_path))
    assert [row["labels"] for row in rows] == [0, 4, 20]
    assert all(row["forces, meV/A"] > 0 for row in rows)
    assert said[0].startswith("delta-4-0")


@needs_tblite
def test_trainings_that_are_there_are_told_again(shortest, data_folder, tmp_path):
    first = list(delta.rows(True, lambda _: None, data_folder, tmp_path))
    weights = (tmp_path / "delta-4-0" / "weights.safetensors").stat().st_mtime_ns
    again = list(delta.rows(True, lambda _: None, data_folder, tmp_path))
    assert again == first
    assert (tmp_path / "delta-4-0" / "weights.safetensors").stat().st_mtime_ns == weights
