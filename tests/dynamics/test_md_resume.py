"""Stopped, killed and damaged runs of molecular dynamics go on to the same end."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ase.io import read

from designer_app.dynamics import recording
from designer_app.dynamics.checkpoint import NAMES, newest_checkpoint
from designer_app.errors import (
    Cancelled,
    ResumeError,
    UnsupportedElementError,
    WriteFailedError,
)
from designer_app.io.series import read_series
from designer_app.jobs import md
from designer_app.running.control import RunControl
from designer_app.specs.md import ENSEMBLES
from designer_app.specs.structure import Structure

KEYS = [key for key, _ in ENSEMBLES]


def rock_salt(crystal):
    sodium, chlorine = crystal(11, 5.64, repeats=1), crystal(17, 5.64, repeats=1)
    positions = np.vstack([sodium.positions, chlorine.positions + np.array([2.82, 0.0, 0.0])])
    return Structure(np.repeat([11, 17], 4), positions, sodium.cell, sodium.pbc)


class Stopped(BaseException):
    """Stands for a kill: nothing may be done any more."""


class StopsAt(RunControl):
    """Stops the job at its n-th checkpoint."""

    def __init__(self, n_calls, how=Cancelled):
        super().__init__()
        self.left, self.how = n_calls, how

    def checkpoint(self):
        super().checkpoint()
        self.left -= 1
        if self.left < 0:
            raise self.how


@pytest.mark.parametrize("ensemble", KEYS)
@pytest.mark.parametrize(("potential", "how"), [("lennard-jones", Stopped), ("morse", Cancelled)])
def test_a_resumed_run_is_bitwise_the_one_never_stopped(
    spec_of, assert_same_run, ensemble, potential, how, tmp_path, every_checkpoint
):
    """Cancelled: a checkpoint at the last step. Stopped: frames and rows beyond the checkpoint."""
    spec = spec_of(tmp_path / "whole", potential, ensemble=ensemble, pressure=0.01)
    md.run(spec, RunControl())
    parts = replace(spec, out=tmp_path / "parts")
    with pytest.raises(how):
        md.run(parts, StopsAt(random.Random(ensemble).randrange(22, 59), how))
    found = md.run(replace(parts, resume=True), RunControl())
    assert 0 < found["resumed_from_step"] < 60
    assert_same_run(spec.out, parts.out)
    last, other = (newest_checkpoint(each.out, torch.device("cpu")).state for each in (spec, parts))
    assert torch.equal(last.positions, other.positions)
    assert all(torch.equal(last.extended[name], other.extended[name]) for name in last.extended)


@pytest.mark.parametrize("ensemble", KEYS)
@pytest.mark.parametrize("dtype", ["float64", pytest.param("float32", marks=pytest.mark.slow)])
def test_a_resumed_run_of_chgnet_is_bitwise_too(
    crystal, spec_of, assert_same_run, ensemble, dtype, tmp_path, every_checkpoint
):
    """The kernels that a measurement chose are those of the first part."""
    changes = {"ensemble": ensemble, "dtype": dtype, "steps": 12, "frame_interval": 3}
    rocksalt = {"structure": rock_salt(crystal), "temperature": 900.0, "timestep": 2.0}
    spec = spec_of(
        tmp_path / "whole", potential="chgnet", checkpoint_interval=4, **changes, **rocksalt
    )
    md.run(spec, RunControl())
    parts = replace(spec, out=tmp_path / "parts")
    with pytest.raises(Stopped):
        md.run(parts, StopsAt(8, Stopped))
    md.run(replace(parts, resume=True), RunControl())
    assert_same_run(spec.out, parts.out)


@pytest.mark.parametrize(
    ("potential", "ensemble"), [("ensemble", "bussi"), ("ensemble", "npt"), ("delta", "npt")]
)
def test_a_resumed_run_of_several_potentials_together_is_bitwise_too(
    crystal, spec_of, assert_same_run, potential, ensemble, tmp_path, every_checkpoint
):
    changes = {
        "model": "morse:girifalco-weizer+chgnet:0.3.0",
        "structure": crystal(29, 3.65, repeats=1),
        "ensemble": ensemble,
        "steps": 12,
        "frame_interval": 3,
    }
    spec = spec_of(tmp_path / "whole", potential, checkpoint_interval=4, **changes)
    md.run(spec, RunControl())
    parts = replace(spec, out=tmp_path / "parts")
    with pytest.raises(Stopped):
        md.run(parts, StopsAt(8, Stopped))
    assert md.run(replace(parts, resume=True), RunControl())["resumed_from_step"] == 8
    assert_same_run(spec.out, parts.out)


def test_a_bitwise_continuation_leaves_frames_alone(
    spec_of, tmp_path, every_checkpoint, monkeypatch
):
    spec = spec_of(tmp_path)
    with pytest.raises(Stopped):
        md.run(spec, StopsAt(58, Stopped))
    written = []
    write = recording.TrajectoryWriter.write
    monkeypatch.setattr(
        recording.TrajectoryWriter,
        "write",
        lambda self, frame: (written.append(frame.step), write(self, frame)),
    )
    found = md.run(replace(spec, resume=True), RunControl())
    assert found["resumed_from_step"] == 40
    assert written == [60]


def test_any_other_continuation_cuts_back_to_its_checkpoint(spec_of, tmp_path, every_checkpoint):
    spec = spec_of(tmp_path)
    with pytest.raises(Stopped):
        md.run(spec, StopsAt(58, Stopped))
    control = StopsAt(1)
    with pytest.raises(Cancelled):
        md.run(replace(spec, resume=True, dtype="float64"), control)
    steps = [atoms.info["step"] for atoms in read(tmp_path / recording.TRAJECTORY, ":")]
    assert steps == list(range(0, 41, 5))
    assert read_series(tmp_path / recording.SERIES)["step"][-1] <= 41


@pytest.mark.parametrize("ensemble", ["langevin", "npt-mtk"])
def test_a_run_that_ended_can_be_extended(spec_of, assert_same_run, ensemble, tmp_path):
    """The ramp stays the one of the first run, so both ways give the same bits."""
    ramp = {"temperature": 40.0, "temperature_end": 60.0}
    spec = spec_of(tmp_path / "parts", ensemble=ensemble, steps=30, **ramp)
    md.run(spec, RunControl())
    md.run(replace(spec, steps=60, resume=True), RunControl())
    again = spec_of(tmp_path / "again", ensemble=ensemble, steps=30, **ramp)
    md.run(again, RunControl())
    md.run(replace(again, steps=45, resume=True, structure=None), RunControl())
    md.run(replace(again, steps=60, resume=True), RunControl())
    assert_same_run(spec.out, again.out)


def test_resuming_a_finished_run_changes_nothing(spec_of, tmp_path):
    spec = spec_of(tmp_path, steps=20)
    md.run(spec, RunControl())
    before = (tmp_path / recording.TRAJECTORY).read_bytes()
    found = md.run(replace(spec, resume=True), RunControl())
    assert (found["steps"], found["resumed_from_step"]) == (20, 20)
    assert (tmp_path / recording.TRAJECTORY).read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 61.0},
        {"ensemble": "nve"},
        {"potential": "morse"},
        {"frame_interval": 7},
    ],
)
def test_another_run_is_not_continued(spec_of, change, tmp_path):
    spec = spec_of(tmp_path, steps=10)
    md.run(spec, RunControl())
    with pytest.raises((ResumeError, UnsupportedElementError)):
        md.run(replace(spec, resume=True, steps=20, **change), RunControl())


def test_a_run_of_another_crystal_is_not_continued(crystal, spec_of, tmp_path):
    spec = spec_of(tmp_path, steps=10)
    md.run(spec, RunControl())
    with pytest.raises(ResumeError):
        md.run(replace(spec, resume=True, steps=20, structure=crystal(lattice=5.41)), RunControl())


def test_resume_starts_where_no_checkpoint_was_reached(spec_of, tmp_path):
    found = md.run(spec_of(tmp_path, steps=10, resume=True), RunControl())
    assert (found["steps"], found["resumed_from_step"]) == (10, None)


def test_nothing_to_resume_is_told(spec_of, tmp_path):
    with pytest.raises(ResumeError):
        md.run(spec_of(tmp_path, structure=None, resume=True), RunControl())


def test_a_torn_checkpoint_falls_back_to_the_other(
    spec_of, assert_same_run, tmp_path, every_checkpoint
):
    spec = spec_of(tmp_path)
    md.run(spec, RunControl())
    newest = max((tmp_path / name for name in NAMES), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[:-100])
    found = md.run(replace(spec, resume=True), RunControl())
    assert found["resumed_from_step"] == 60
    whole = spec_of(tmp_path / "whole")
    md.run(whole, RunControl())
    assert_same_run(tmp_path, whole.out)


def test_damaged_checkpoints_are_not_called_absent(spec_of, tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(ResumeError, match="checkpoints are damaged"):
        md.run(spec_of(tmp_path, structure=None, resume=True), RunControl())


def test_every_earlier_run_is_kept_aside(spec_of, tmp_path):
    results = [md.run(spec_of(tmp_path, steps=steps), RunControl()) for steps in (10, 20, 30)]
    assert results[0]["previous_run"] is None
    kept = [Path(result["previous_run"]) for result in results[1:]]
    assert [folder.name for folder in kept] == ["previous-1", "previous-2"]
    frames = [len(read(folder / recording.TRAJECTORY, ":")) for folder in (*kept, tmp_path)]
    assert frames == [3, 5, 7]


def test_a_run_set_aside_can_still_be_resumed(spec_of, tmp_path):
    first = spec_of(tmp_path, steps=10)
    md.run(first, RunControl())
    kept = md.run(spec_of(tmp_path, steps=20), RunControl())["previous_run"]
    again = md.run(replace(first, out=Path(kept), steps=15, resume=True), RunControl())
    assert again["resumed_from_step"] == 10


def test_folders_of_earlier_runs_that_were_deleted_are_not_numbered_again(tmp_path):
    (tmp_path / "previous-7").mkdir()
    (tmp_path / recording.SERIES).write_text("earlier", encoding="utf-8")
    assert recording.set_aside(tmp_path) == tmp_path / "previous-8"


def test_a_disk_that_fills_up_ends_the_run_with_its_checkpoints(
    spec_of, assert_same_run, tmp_path, every_checkpoint, monkeypatch
):
    """The 3rd checkpoint meets a full disk; the run goes on from the 2nd once there is room."""
    from designer_app.dynamics import checkpoint
    from designer_app.io.atomic_write import atomic_write

    written = []

    def fails_at_the_third(path, content, **given):
        written.append(path)
        if len(written) == 3:
            raise WriteFailedError(str(path), "No space left on device")
        atomic_write(path, content, **given)

    monkeypatch.setattr(checkpoint, "atomic_write", fails_at_the_third)
    spec = spec_of(tmp_path / "parts")
    with pytest.raises(WriteFailedError):
        md.run(spec, RunControl())
    found = md.run(replace(spec, resume=True), RunControl())
    assert found["resumed_from_step"] == 20
    whole = spec_of(tmp_path / "whole")
    md.run(whole, RunControl())
    assert_same_run(spec.out, whole.out)


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(
    ("ensemble", "n_kills"),
    [("langevin", 2), pytest.param("npt", 20, marks=pytest.mark.slow)],
)
def test_kills_lose_no_finished_frame(spec_of, assert_same_run, ensemble, n_kills, tmp_path):
    chance = random.Random(ensemble)
    parts = tmp_path / "parts"
    for _ in range(n_kills):
        if killed_once(parts, ensemble, chance):
            shutil.rmtree(parts)
    md.run(spec_of(parts, ensemble=ensemble, resume=True, **LONG), RunControl())
    whole = spec_of(tmp_path / "whole", ensemble=ensemble, **LONG)
    md.run(whole, RunControl())
    assert_same_run(parts, whole.out)


LONG = {"steps": 1500, "checkpoint_interval": 50}
RUNS = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from conftest import md_spec
from designer_app.jobs import md
from designer_app.running.control import RunControl
changes = {"steps": 1500, "checkpoint_interval": 50, "resume": True}
md.run(md_spec(Path(sys.argv[2]), ensemble=sys.argv[3], **changes), RunControl())
"""


def killed_once(out, ensemble, chance):
    """Start or continue a run in a process of its own, and kill it; whether it had ended."""
    script = [sys.executable, "-c", RUNS, str(Path(__file__).parent), str(out), ensemble]
    process = subprocess.Popen(script, env={**os.environ, "OMP_NUM_THREADS": "1"})
    trajectory = out / recording.TRAJECTORY
    before = trajectory.stat().st_size if trajectory.exists() else 0
    while process.poll() is None and not (
        trajectory.exists() and trajectory.stat().st_size > before
    ):
        time.sleep(0.002)
    time.sleep(chance.uniform(0.0, 0.3))
    finished = steps_there(trajectory)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = steps_there(trajectory)
    assert kept[: len(finished)] == finished
    assert kept == list(range(0, 5 * len(kept), 5))
    return process.returncode == 0


def steps_there(trajectory):
    return [atoms.info["step"] for atoms in read(trajectory, ":")]
