"""The job: what it returns and leaves, how it stops and goes on."""

import importlib.metadata
import tomllib
from dataclasses import replace

import numpy as np
import pytest
from ase.io import read

from designer_app.dynamics import recording
from designer_app.errors import (
    BlowUpError,
    InvalidSpecError,
    MissingCellError,
    OverlappingAtomsError,
    WriteFailedError,
)
from designer_app.io.series import read_series
from designer_app.jobs import md
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure


def test_figures_of_a_run(spec_of, tmp_path):
    found = md.run(spec_of(tmp_path, steps=300, ensemble="bussi"), RunControl())
    assert found["steps"] == 300
    assert found["n_frames"] == 61
    assert found["steps_per_s"] > 0
    assert found["mean_temperature_K"] == pytest.approx(60.0, abs=30.0)
    assert found["mean_temperature_error_K"] > 0
    assert abs(found["drift_eV_per_atom_ps"]) < 1e-5
    assert found["trajectory"] == str(tmp_path / recording.TRAJECTORY)


def test_a_run_without_a_folder_leaves_nothing(spec_of, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = md.run(spec_of(), RunControl())
    assert found["trajectory"] is None
    assert list(tmp_path.iterdir()) == []


def test_every_step_is_in_the_series_and_the_last_frame_on_the_screen(spec_of, tmp_path):
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


def test_settings_and_origin_are_beside_the_run(spec_of, tmp_path):
    spec = spec_of(tmp_path, steps=5)
    md.run(spec, RunControl())
    settings = tomllib.loads((tmp_path / recording.SPEC).read_text())
    origin = tomllib.loads((tmp_path / recording.PROVENANCE).read_text())
    assert (settings["ensemble"], settings["temperature"]) == ("langevin", 60.0)
    assert origin["versions"]["torch"] == importlib.metadata.version("torch")
    assert len(origin["model_sha256"]) == 64


def test_given_velocities_are_taken(crystal, spec_of, tmp_path):
    velocities = np.zeros((32, 3))
    velocities[0, 0], velocities[1, 0] = 0.01, -0.01
    spec = spec_of(tmp_path, structure=crystal(velocities=velocities), ensemble="nve", steps=5)
    md.run(spec, RunControl())
    momenta = read(tmp_path / recording.TRAJECTORY, 0).get_momenta()
    np.testing.assert_allclose(momenta, velocities * 39.948, rtol=1e-12)


def test_a_molecule_has_no_pressure(spec_of, tmp_path):
    dimer = Structure(
        np.array([18, 18]), np.array([[0, 0, 0], [3.8, 0, 0.0]]), np.zeros((3, 3)), (False,) * 3
    )
    control = RunControl()
    md.run(spec_of(tmp_path, structure=dimer, ensemble="nve", temperature=20.0), control)
    assert set(control.series.drain()[0]) == set(recording.SCALARS)


def test_a_barostat_without_a_cell_is_refused(crystal, spec_of, tmp_path):
    slab = replace(crystal(), pbc=(True, True, False))
    with pytest.raises(MissingCellError):
        md.run(spec_of(tmp_path, structure=slab, ensemble="npt"), RunControl())


def test_overlapping_atoms_are_refused_before_the_run(crystal, spec_of, tmp_path):
    positions = crystal().positions.copy()
    positions[5] = positions[4] + [0.1, 0.0, 0.0]
    broken = replace(crystal(), positions=positions)
    with pytest.raises(OverlappingAtomsError) as caught:
        md.run(spec_of(tmp_path, structure=broken), RunControl())
    assert (caught.value.first, caught.value.second) == (4, 5)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_out_of_range_is_refused(spec_of):
    with pytest.raises(InvalidSpecError):
        md.run(spec_of(timestep=-1.0), RunControl())


def test_a_blow_up_leaves_the_frames_before_it(spec_of, tmp_path, every_checkpoint):
    spec = spec_of(tmp_path, ensemble="nve", timestep=4.0, checkpoint_interval=5)
    with pytest.raises(BlowUpError):
        md.run(replace(spec, timestep=100.0, temperature=5000.0, steps=1000), RunControl())
    assert read(tmp_path / recording.TRAJECTORY, 0).info["step"] == 0


def test_a_folder_that_cannot_be_written_is_told_before_the_run(spec_of, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(WriteFailedError):
        md.run(spec_of(tmp_path / "file" / "out"), RunControl())
