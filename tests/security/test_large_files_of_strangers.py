"""Files in a stranger's project that the window reads take no more memory than they are long."""

import numpy as np
import pytest

from designer_app.errors import FileUnreadableError, ModelUnreadableError
from designer_app.io import parity, small_files
from designer_app.io.parity import read_parity
from designer_app.io.potential_cards import POTENTIAL_CARD, read_potential_card
from designer_app.specs.training_progress import PARITY_FILE


def points(n_atoms, n_components=9):
    n = len(n_atoms)
    return {
        "energy_reference": np.zeros(n), "energy_predicted": np.zeros(n),
        "force_reference": np.zeros(n_components), "force_predicted": np.ones(n_components),
        "stress_reference": np.zeros((n, 6)), "stress_predicted": np.zeros((n, 6)),
        "n_atoms": np.array(n_atoms), "frame_source": np.zeros(n, dtype=int),
        "frame_index": np.arange(n), "frame_tag": np.zeros(n, dtype=int),
        "numbers": np.full(n_components // 3, 14), "sources": np.array(["si.xyz"]),
        "tags": np.array(["bulk"]),
    }  # fmt: skip


def test_points_as_a_training_writes_them_are_read(tmp_path):
    np.savez(tmp_path / PARITY_FILE, **points([2, 1]))
    found = read_parity(tmp_path / PARITY_FILE)
    assert found.force.n_all == 9
    assert [frame[1] for frame in found.frames] == [0, 1]


def test_packed_points_are_not_unpacked(tmp_path):
    np.savez_compressed(tmp_path / PARITY_FILE, **points([1_000_000], 3_000_000))
    with pytest.raises(FileUnreadableError, match="packed"):
        read_parity(tmp_path / PARITY_FILE)


@pytest.mark.parametrize("n_atoms", [[10**12], [-1, 4], [2**62, 2**62, 2**62, 2**62, 3]])
def test_more_atoms_than_there_are_forces_are_not_laid_out(tmp_path, n_atoms):
    np.savez(tmp_path / PARITY_FILE, **points(n_atoms))
    with pytest.raises(FileUnreadableError, match="three components"):
        read_parity(tmp_path / PARITY_FILE)


def test_a_huge_file_of_points_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.setattr(parity, "_LARGEST", 1000)
    np.savez(tmp_path / PARITY_FILE, **points([2, 1]))
    with pytest.raises(FileUnreadableError, match="more points"):
        read_parity(tmp_path / PARITY_FILE)


def test_a_huge_card_is_not_read(tmp_path):
    with (tmp_path / POTENTIAL_CARD).open("wb") as file:
        file.truncate(small_files.LARGEST + 1)
    with pytest.raises(ModelUnreadableError, match="far larger"):
        read_potential_card(tmp_path)
