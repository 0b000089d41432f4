import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from designer_app.errors import FileUnreadableError, WriteFailedError
from designer_app.io.trajectory import (
    TrajectoryFrame,
    TrajectoryReader,
    TrajectoryWriter,
    index_path,
    steps_of,
)


def frame(step, n_atoms=4):
    return TrajectoryFrame(
        step=step,
        time_fs=2.0 * step,
        numbers=np.full(n_atoms, 3),
        positions=np.full((n_atoms, 3), float(step)),
        cell=np.eye(3) * (5.0 + step),
        pbc=(True, True, True),
        momenta=np.full((n_atoms, 3), 0.5),
        energy=-float(step),
        forces=np.full((n_atoms, 3), 0.25),
        stress=np.arange(9.0).reshape(3, 3) + np.arange(9.0).reshape(3, 3).T,
        masses=np.full(n_atoms, 6.015),
        fixed=np.arange(n_atoms) == 0,
    )


def written(path, steps, **given):
    with TrajectoryWriter(path, **given) as writer:
        for step in steps:
            writer.write(frame(step))
    return path


@pytest.fixture
def path(tmp_path):
    return tmp_path / "Ω trajectory.traj"


def test_ase_reads_all_that_was_written(path):
    atoms = read(written(path, [0, 10, 20]), index=1)
    wanted = frame(10)
    assert atoms.info == {"step": 10, "time_fs": 20.0}
    np.testing.assert_array_equal(atoms.positions, wanted.positions)
    np.testing.assert_array_equal(atoms.cell, wanted.cell)
    np.testing.assert_array_equal(atoms.get_momenta()[1:], wanted.momenta[1:])
    np.testing.assert_array_equal(atoms.get_masses(), wanted.masses)
    np.testing.assert_array_equal(atoms.get_stress(voigt=False), wanted.stress)
    np.testing.assert_array_equal(atoms.get_forces(apply_constraint=False), wanted.forces)
    assert atoms.get_potential_energy() == wanted.energy
    assert atoms.constraints[0].index.tolist() == [0]


@pytest.mark.parametrize("n_before", [1, 2, 42, 43, 100])
def test_frames_are_appended_across_every_growth_of_the_table(n_before, path):
    written(path, range(n_before))
    written(path, range(n_before, n_before + 50))
    assert [each.info["step"] for each in read(path, ":")] == list(range(n_before + 50))


@pytest.mark.parametrize("n_kept", [0, 1, 2, 41, 42, 43, 60])
def test_later_frames_are_dropped_and_written_again(n_kept, path):
    written(path, range(60))
    with TrajectoryWriter(path, keep_until=n_kept - 1) as writer:
        assert writer.last_step == n_kept - 1
        for step in range(n_kept, 70):
            writer.write(frame(step))
    assert [each.info["step"] for each in read(path, ":")] == list(range(70))
    assert steps_of(path) == list(range(70))


@pytest.mark.parametrize("torn", [1, 7, 100, 500])
def test_a_partly_written_last_frame_is_cut_off(torn, path):
    written(path, [0, 10])
    whole = path.read_bytes()
    written(path, [20])
    grown = path.read_bytes()
    header = whole[:48]
    path.write_bytes(header + grown[48 : len(whole) + torn])
    with TrajectoryWriter(path) as writer:
        assert writer.last_step == 10
    assert path.stat().st_size <= len(whole)
    assert [each.info["step"] for each in read(path, ":")] == [0, 10]


@pytest.mark.parametrize("n_bytes", [0, 20, 48])
def test_a_file_that_never_got_a_frame_begins_anew(n_bytes, path):
    whole = written(path, [0]).read_bytes()
    path.write_bytes(whole[:n_bytes])
    assert len(read(written(path, [0, 1]), ":")) == 2


@pytest.mark.parametrize("spoiled", [None, b"", b"\x05", np.array([7, 7, 7], "<i8").tobytes()])
def test_an_index_that_does_not_fit_is_made_anew(spoiled, path):
    written(path, [0, 10, 20])
    index_path(path).unlink()
    if spoiled is not None:
        index_path(path).write_bytes(spoiled)
    assert steps_of(path) == [0, 10, 20]


def test_a_reader_gives_frames_by_number_with_their_steps(path):
    with TrajectoryReader(written(path, [0, 5, 10])) as reader:
        assert len(reader) == 3
        assert reader.steps.tolist() == [0, 5, 10]
        assert reader.atoms(-1).positions[0, 0] == 10.0


def test_frames_of_other_programs_count_as_their_number(path):
    from ase import Atoms
    from ase.io import write

    write(path, [Atoms("He"), Atoms("He")])
    assert steps_of(path) == [0, 1]


@pytest.mark.parametrize("content", [b"", b"not a trajectory", b"\x80\x04pickle"])
def test_what_is_no_trajectory_is_refused(content, path):
    path.write_bytes(content)
    with pytest.raises(FileUnreadableError):
        TrajectoryReader(path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailedError):
        TrajectoryWriter(tmp_path / "file" / "trajectory.traj")


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, sys.argv[2])
from test_trajectory import frame
from designer_app.errors import WriteFailedError
from designer_app.io.trajectory import TrajectoryWriter
writer = TrajectoryWriter(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, resource.RLIM_INFINITY))
try:
    for step in range(100):
        writer.write(frame(step, n_atoms=20))
except WriteFailedError:
    print(len(writer))
"""


@pytest.mark.skipif(os.name != "posix", reason="a limit on file sizes stands for a full disk")
def test_a_full_disk_leaves_whole_frames(path):
    told = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    n_whole = int(told.stdout)
    assert 3 < n_whole < 100
    assert [each.info["step"] for each in read(path, ":")] == list(range(n_whole))
    with TrajectoryWriter(path) as writer:
        writer.write(frame(n_whole, n_atoms=20))
    assert len(read(path, ":")) == n_whole + 1
