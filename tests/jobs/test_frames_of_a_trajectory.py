import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from designer_app.errors import FileUnreadableError
from designer_app.jobs.frames import run
from designer_app.running.control import RunControl
from designer_app.specs.documents import FramesSpec


@pytest.fixture
def trajectory(tmp_path):
    path = tmp_path / "run.traj"
    frames = [
        Atoms("H2", positions=[[0, 0, 0], [0, 0, 0.7 + 0.1 * n]], info={"step": 5 * n,
              "time_fs": 2.5 * n})
        for n in range(8)
    ]  # fmt: skip
    write(path, frames)
    return path


def test_all_frames_come_with_their_steps_and_times(trajectory):
    found = run(FramesSpec(path=trajectory), RunControl())
    assert found["positions"].shape == (8, 2, 3)
    assert found["steps"] == [5 * n for n in range(8)]
    assert found["times_fs"][-1] == 17.5
    assert np.isclose(found["positions"][3, 1, 2], 1.0)


def test_a_long_trajectory_is_thinned_evenly(trajectory):
    found = run(FramesSpec(path=trajectory, max_bytes=100), RunControl())
    assert found["steps"] == [0, 10, 20, 30]


def test_a_file_without_frames_is_refused(tmp_path):
    path = tmp_path / "empty.traj"
    path.write_bytes(b"")
    with pytest.raises(FileUnreadableError):
        run(FramesSpec(path=path), RunControl())
