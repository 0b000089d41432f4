"""The bench of GAPs: rows of ours, and an empty column where there is no peer."""

import pytest

from designer_app.cli.benches import train_gap


@pytest.mark.slow
def test_without_a_peer_our_column_stands_alone(data_folder, monkeypatch):
    monkeypatch.setattr(train_gap, "_peer_python", lambda _named: None)
    said = list(train_gap.rows(True, lambda _text: None, data_folder))
    assert [row["unit"] for row in said] == ["CPU s", "meV/atom", "meV/A", "CPU ms"]
    assert all(row["ours"] > 0 and row["gap_fit and quippy"] is None for row in said)


def test_a_named_python_is_the_peer(tmp_path):
    assert train_gap._peer_python(tmp_path / "python") == str(tmp_path / "python")
