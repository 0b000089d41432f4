"""Files of a stranger: each would leave a mark, if anything in it were ever run."""

import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import torch


class Mischief:
    """Unpickled by a trusting program, it touches a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


class _Marking(torch.nn.Module):
    def forward(self, positions: torch.Tensor) -> torch.Tensor:
        torch._assert(positions.dim() == 2, "positions")
        return positions.sum()


@pytest.fixture
def mark(tmp_path):
    """The file that must never appear."""
    return tmp_path / "mark"


def _pickle(path, mischief):
    path.write_bytes(pickle.dumps(mischief))


def _old_pickle(path, mischief):
    path.write_bytes(pickle.dumps(mischief, protocol=0))


def _torch(path, mischief, new=True):
    held = {"state_dict": {"w": torch.arange(6.0).reshape(2, 3)}, "config": mischief}
    torch.save(held, path, _use_new_zipfile_serialization=new)


def _legacy_torch(path, mischief):
    _torch(path, mischief, new=False)


def _zip_with_code(path, mischief):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("__main__.py", f"open({str(mischief.path)!r}, 'w')")
        archive.writestr("model/data.pkl", pickle.dumps(mischief))


def _torchscript(path, _):
    torch.jit.script(_Marking()).save(str(path))


def _pt2(path, _):
    saved = path.with_suffix(".pt2")
    torch.export.save(torch.export.export(_Marking(), (torch.zeros(3, 3),)), saved)
    saved.rename(path)


def _joblib(path, mischief):
    joblib.dump(mischief, path, compress=3)


def _plain_joblib(path, mischief):
    joblib.dump([mischief, np.zeros(4)], path)


def _object_arrays(path, mischief):
    with path.open("wb") as file:
        np.savez(file, w=np.array([mischief], dtype=object))


def _sibling_pickle(path, mischief):
    path.mkdir()
    (path / "potential.json").write_text('{"format": 1, "weights": "weights.pkl"}')
    for name in ("weights.pkl", "weights.safetensors", "trust.pkl", "checkpoint.pt"):
        _pickle(path / name, mischief)


ROADS = {
    "pickle": _pickle,
    "old pickle": _old_pickle,
    "torch": _torch,
    "legacy torch": _legacy_torch,
    "zip with code": _zip_with_code,
    "torchscript": _torchscript,
    "pt2": _pt2,
    "joblib": _joblib,
    "plain joblib": _plain_joblib,
    "object arrays": _object_arrays,
    "sibling pickle": _sibling_pickle,
}
"""How each kind of malicious file is written."""


@pytest.fixture
def strangers_file(tmp_path, mark):
    """A malicious file by the road it takes."""

    def make(road):
        path = tmp_path / f"model {road}"
        ROADS[road](path, Mischief(mark))
        assert not mark.exists()
        return path

    return make


@pytest.fixture(params=ROADS)
def road(request):
    return request.param


@pytest.fixture
def in_fresh_python():
    """Run lines in a Python of their own, in an environment that trusts everybody."""

    def run(lines, **environment):
        return subprocess.run(
            [sys.executable, "-c", lines],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run
