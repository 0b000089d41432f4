import os
import pickle
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch

from designer_app.errors import FileUnreadableError, MissingPackageError, UnsafeFileError
from designer_app.provenance import sha256_of
from designer_app.weights.packaged import CHGNET_WEIGHTS, PackagedWeights
from designer_app.weights.reading import read_tensors


class Mischief:
    """Unpickled by a trusting program, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", CHGNET_WEIGHTS)
def test_packaged_weights_are_the_known_files(name: str) -> None:
    packaged = CHGNET_WEIGHTS[name]
    assert sha256_of(packaged.path()) == packaged.sha256


@pytest.mark.parametrize("name", CHGNET_WEIGHTS)
def test_packaged_weights_are_read_without_running_code(name: str) -> None:
    packaged = CHGNET_WEIGHTS[name]
    assert "state_dict" in read_tensors(packaged.path(), packaged.sha256)["model"]


def test_a_file_with_another_hash_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"w": torch.ones(2)}, path)
    with pytest.raises(UnsafeFileError):
        read_tensors(path, "0" * 64)


@pytest.mark.parametrize(
    "save", [torch.save, lambda held, path: path.write_bytes(pickle.dumps(held))]
)
def test_objects_in_a_file_are_not_executed(tmp_path: Path, save) -> None:
    path, touched = tmp_path / "weights.pt", tmp_path / "touched"
    save({"w": Mischief(touched)}, path)
    with pytest.raises(UnsafeFileError):
        read_tensors(path)
    assert not touched.exists()


def test_objects_are_not_executed_where_another_package_disabled_safe_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    path, touched = tmp_path / "weights.pt", tmp_path / "touched"
    torch.save({"w": Mischief(touched)}, path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(UnsafeFileError):
            read_tensors(path)
    assert not touched.exists()


def test_numpy_numbers_of_a_training_history_are_read(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    torch.save({"history": [np.float64(0.5)], "w": torch.ones(2)}, path)
    assert read_tensors(path)["history"] == [0.5]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"not weights at all"])
def test_files_that_hold_no_weights_are_named_as_such(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises((FileUnreadableError, UnsafeFileError)):
        read_tensors(path)


def test_a_missing_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadableError):
        read_tensors(tmp_path / "none.pt")


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(MissingPackageError):
        PackagedWeights("no_such_package_here", "w.pt", "").path()
