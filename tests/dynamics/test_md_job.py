"""The job: what it returns and leaves, how it stops and goes on."""

import importlib.metadata
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ase.io import read

from designer_app.dynamics import recording
from designer_app.dynamics.checkpoint import NAMES, newest_checkpoint
from designer_app.errors import (
    BlowUpError,
    Cancelled,
    InvalidSpecError,
    MissingCellError,
    OverlappingAtomsError,
    ResumeError,
    UnsupportedElementError,
    WriteFailedError,
)
from designer_app.io.series import read_series
from designer_app.jobs import md
from designer_app.running.control import RunControl
from designer_app.specs.md import ENSEMBLES, MDSpec
from designer_app.specs.structure import Structure

FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
KEYS = [key for key, _ in ENSEMBLES]
MATTER = {"lennard-jones": (18, 5.4, 60.0), "morse": (29, 3.65, 600.0)}
"""Potential: atomic number, lattice constant in A, temperature in K."""


def crystal(number=18, lattice=5.4, repeats=2, **given):
    corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    positions = ((corners[:, None] + FCC).reshape(-1, 3)) * lattice
    cell = np.eye(3) * lattice * repeats
    return Structure(np.full(len(positions), number), positions, cell, (True,) * 3, **given)


def rock_salt():
    sodium, chlorine = crystal(11, 5.64, repeats=1), crystal(17, 5.64, repeats=1)
    positions = np.vstack([sodium.positions, chlorine.positions + np.array([2.82, 0.0, 0.0])])
    return Structure(np.repeat([11, 17], 4), positions, sodium.cell, sodium.pbc)


def spec_of(out=None, potential="lennard-jones", **changes):
    number, lattice, temperature = MATTER.get(potential, MATTER["lennard-jones"])
    usual = {
        "structure": crystal(number, lattice),
        "potential": potential,
        "temperature": temperature,
        "timestep": 4.0,
        "steps": 60,
        "frame_interval": 5,
        "checkpoint_interval": 20,
        "threads": 1,
        "device": "cpu",
        "out": out,
    }
    return MDSpec(**(usual | changes))


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


@pytest.fixture
def every_checkpoint(monkeypatch):
    monkeypatch.setattr(recording, "LEAST_SECONDS", -1.0)


def assert_same_run(first, second):
    """Frames and rows equal to the last bit."""
    frames, others = (read(folder / recording.TRAJECTORY, ":") for folder in (first, second))
    assert [one.info for one in frames] == [other.info for other in others]
    for one, other in zip(frames, others, strict=True):
        for name in ("positions", "momenta"):
            assert np.array_equal(one.arrays[name], other.arrays[name])
        assert np.array_equal(one.cell, other.cell)
        assert one.get_potential_energy() == other.get_potential_energy()
    rows, other_rows = ((folder / recording.SERIES).read_text() for folder in (first, second))
    assert rows == other_rows


@pytest.mark.parametrize("ensemble", KEYS)
@pytest.mark.parametrize(("potential", "how"), [("lennard-jones", Stopped), ("morse", Cancelled)])
def test_a_resumed_run_is_bitwise_the_one_never_stopped(
    ensemble, potential, how, tmp_path, every_checkpoint
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
def test_a_resumed_run_of_chgnet_is_bitwise_too(ensemble, dtype, tmp_path, every_checkpoint):
    """The kernels that a measurement chose are those of the first part."""
    changes = {"ensemble": ensemble, "dtype": dtype, "steps": 12, "frame_interval": 3}
    rocksalt = {"structure": rock_salt(), "temperature": 900.0, "timestep": 2.0}
    spec = spec_of(
        tmp_path / "whole", potential="chgnet", checkpoint_interval=4, **changes, **rocksalt
    )
    md.run(spec, RunControl())
    parts = replace(spec, out=tmp_path / "parts")
    with pytest.raises(Stopped):
        md.run(parts, StopsAt(8, Stopped))
    md.run(replace(parts, resume=True), RunControl())
    assert_same_run(spec.out, parts.out)


@pytest.mark.parametrize("ensemble", ["bussi", "npt"])
def test_a_resumed_run_of_an_ensemble_of_potentials_is_bitwise_too(
    ensemble, tmp_path, every_checkpoint
):
    changes = {
        "model": "morse:girifalco-weizer+chgnet:0.3.0",
        "structure": crystal(29, 3.65, repeats=1),
        "ensemble": ensemble,
        "steps": 12,
        "frame_interval": 3,
    }
    spec = spec_of(tmp_path / "whole", "ensemble", checkpoint_interval=4, **changes)
    md.run(spec, RunControl())
    parts = replace(spec, out=tmp_path / "parts")
    with pytest.raises(Stopped):
        md.run(parts, StopsAt(8, Stopped))
    assert md.run(replace(parts, resume=True), RunControl())["resumed_from_step"] == 8
    assert_same_run(spec.out, parts.out)


def test_a_bitwise_continuation_leaves_frames_alone(tmp_path, every_checkpoint, monkeypatch):
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


def test_any_other_continuation_cuts_back_to_its_checkpoint(tmp_path, every_checkpoint):
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
def test_a_run_that_ended_can_be_extended(ensemble, tmp_path):
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


def test_resuming_a_finished_run_changes_nothing(tmp_path):
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
        {"structure": crystal(lattice=5.41)},
        {"frame_interval": 7},
    ],
)
def test_another_run_is_not_continued(change, tmp_path):
    spec = spec_of(tmp_path, steps=10)
    md.run(spec, RunControl())
    with pytest.raises((ResumeError, UnsupportedElementError)):
        md.run(replace(spec, resume=True, steps=20, **change), RunControl())


def test_resume_starts_where_no_checkpoint_was_reached(tmp_path):
    found = md.run(spec_of(tmp_path, steps=10, resume=True), RunControl())
    assert (found["steps"], found["resumed_from_step"]) == (10, None)


def test_nothing_to_resume_is_told(tmp_path):
    with pytest.raises(ResumeError):
        md.run(spec_of(tmp_path, structure=None, resume=True), RunControl())


def test_a_torn_checkpoint_falls_back_to_the_other(tmp_path, every_checkpoint):
    spec = spec_of(tmp_path)
    md.run(spec, RunControl())
    newest = max((tmp_path / name for name in NAMES), key=lambda path: path.stat().st_mtime_ns)
    newest.write_bytes(newest.read_bytes()[:-100])
    found = md.run(replace(spec, resume=True), RunControl())
    assert found["resumed_from_step"] == 60
    whole = spec_of(tmp_path / "whole")
    md.run(whole, RunControl())
    assert_same_run(tmp_path, whole.out)


def test_damaged_checkpoints_are_not_called_absent(tmp_path):
    for name in NAMES:
        (tmp_path / name).write_bytes(b"torn")
    with pytest.raises(ResumeError, match="checkpoints are damaged"):
        md.run(spec_of(tmp_path, structure=None, resume=True), RunControl())


def test_every_earlier_run_is_kept_aside(tmp_path):
    results = [md.run(spec_of(tmp_path, steps=steps), RunControl()) for steps in (10, 20, 30)]
    assert results[0]["previous_run"] is None
    kept = [Path(result["previous_run"]) for result in results[1:]]
    assert [folder.name for folder in kept] == ["previous-1", "previous-2"]
    frames = [len(read(folder / recording.TRAJECTORY, ":")) for folder in (*kept, tmp_path)]
    assert frames == [3, 5, 7]


def test_a_run_set_aside_can_still_be_resumed(tmp_path):
    first = spec_of(tmp_path, steps=10)
    md.run(first, RunControl())
    kept = md.run(spec_of(tmp_path, steps=20), RunControl())["previous_run"]
    again = md.run(replace(first, out=Path(kept), steps=15, resume=True), RunControl())
    assert again["resumed_from_step"] == 10


def test_folders_of_earlier_runs_that_were_deleted_are_not_numbered_again(tmp_path):
    (tmp_path / "previous-7").mkdir()
    (tmp_path / recording.SERIES).write_text("earlier", encoding="utf-8")
    assert recording.set_aside(tmp_path) == tmp_path / "previous-8"


def test_figures_of_a_run(tmp_path):
    found = md.run(spec_of(tmp_path, steps=300, ensemble="bussi"), RunControl())
    assert found["steps"] == 300
    assert found["n_frames"] == 61
    assert found["steps_per_s"] > 0
    assert found["mean_temperature_K"] == pytest.approx(60.0, abs=30.0)
    assert found["mean_temperature_error_K"] > 0
    assert abs(found["drift_eV_per_atom_ps"]) < 1e-5
    assert found["trajectory"] == str(tmp_path / recording.TRAJECTORY)


def test_a_run_without_a_folder_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = md.run(spec_of(), RunControl())
    assert found["trajectory"] is None
    assert list(tmp_path.iterdir()) == []


def test_every_step_is_in_the_series_and_the_last_frame_on_the_screen(tmp_path):
    control = RunControl()
    md.run(spec_of(tmp_path), control)
    rows = control.series.drain()
    assert [row["step"] for row in rows] == list(range(61))
    assert set(rows[0]) == set(recording.SCALARS_OF_A_CELL)
    frame = control.frames.take()
    assert (frame.step, frame.time_fs) == (60, 240.0)
    assert frame.positions.dtype == np.float32
    assert control.progress_slot.take().done == 60
    assert read_series(tmp_path / recording.SERIES)["total_eV"].tolist() == [
        row["total_eV"] for row in rows
    ]


def test_settings_and_origin_are_beside_the_run(tmp_path):
    spec = spec_of(tmp_path, steps=5)
    md.run(spec, RunControl())
    settings = tomllib.loads((tmp_path / recording.SPEC).read_text())
    origin = tomllib.loads((tmp_path / recording.PROVENANCE).read_text())
    assert (settings["ensemble"], settings["temperature"]) == ("langevin", 60.0)
    assert origin["versions"]["torch"] == importlib.metadata.version("torch")
    assert len(origin["model_sha256"]) == 64


def test_given_velocities_are_taken(tmp_path):
    velocities = np.zeros((32, 3))
    velocities[0, 0], velocities[1, 0] = 0.01, -0.01
    spec = spec_of(tmp_path, structure=crystal(velocities=velocities), ensemble="nve", steps=5)
    md.run(spec, RunControl())
    momenta = read(tmp_path / recording.TRAJECTORY, 0).get_momenta()
    np.testing.assert_allclose(momenta, velocities * 39.948, rtol=1e-12)


def test_a_molecule_has_no_pressure(tmp_path):
    dimer = Structure(
        np.array([18, 18]), np.array([[0, 0, 0], [3.8, 0, 0.0]]), np.zeros((3, 3)), (False,) * 3
    )
    control = RunControl()
    md.run(spec_of(tmp_path, structure=dimer, ensemble="nve", temperature=20.0), control)
    assert set(control.series.drain()[0]) == set(recording.SCALARS)


def test_a_barostat_without_a_cell_is_refused(tmp_path):
    slab = replace(crystal(), pbc=(True, True, False))
    with pytest.raises(MissingCellError):
        md.run(spec_of(tmp_path, structure=slab, ensemble="npt"), RunControl())


def test_overlapping_atoms_are_refused_before_the_run(tmp_path):
    positions = crystal().positions.copy()
    positions[5] = positions[4] + [0.1, 0.0, 0.0]
    broken = replace(crystal(), positions=positions)
    with pytest.raises(OverlappingAtomsError) as caught:
        md.run(spec_of(tmp_path, structure=broken), RunControl())
    assert (caught.value.first, caught.value.second) == (4, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_out_of_range_is_refused():
    with pytest.raises(InvalidSpecError):
        md.run(spec_of(timestep=-1.0), RunControl())


def test_a_blow_up_leaves_the_frames_before_it(tmp_path, every_checkpoint):
    spec = spec_of(tmp_path, ensemble="nve", timestep=4.0, checkpoint_interval=5)
    with pytest.raises(BlowUpError):
        md.run(replace(spec, timestep=100.0, temperature=5000.0, steps=1000), RunControl())
    assert read(tmp_path / recording.TRAJECTORY, 0).info["step"] == 0


def test_a_folder_that_cannot_be_written_is_told_before_the_run(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailedError):
        md.run(spec_of(tmp_path / "file" / "out"), RunControl())


def test_a_disk_that_fills_up_ends_the_run_with_its_checkpoints(
    tmp_path, every_checkpoint, monkeypatch
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


RUNS = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from test_md_job import long_spec
from designer_app.jobs import md
from designer_app.running.control import RunControl
md.run(long_spec(Path(sys.argv[2]), sys.argv[3], resume=True), RunControl())
"""


def long_spec(out, ensemble, **changes):
    return spec_of(out, ensemble=ensemble, steps=1500, checkpoint_interval=50, **changes)


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


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize(
    ("ensemble", "n_kills"),
    [("langevin", 2), pytest.param("npt", 20, marks=pytest.mark.slow)],
)
def test_kills_lose_no_finished_frame(ensemble, n_kills, tmp_path):
    chance = random.Random(ensemble)
    parts = tmp_path / "parts"
    for _ in range(n_kills):
        if killed_once(parts, ensemble, chance):
            shutil.rmtree(parts)
    md.run(long_spec(parts, ensemble, resume=True), RunControl())
    whole = long_spec(tmp_path / "whole", ensemble)
    md.run(whole, RunControl())
    assert_same_run(parts, whole.out)
