"""Molecular dynamics of one structure: start or resume, run, record."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from designer_app.device import Compute
from designer_app.dynamics.checkpoint import (
    has_checkpoint,
    newest_checkpoint,
    structure_sha256,
)
from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.integrators import Integrator
from designer_app.dynamics.recording import (
    PROVENANCE,
    SERIES,
    SPEC,
    Meter,
    Rhythm,
    RunFolder,
    frame_for_file,
    frame_for_screen,
    set_aside,
)
from designer_app.dynamics.simulation import ForceField, Guard, begin, simulate, start_state
from designer_app.dynamics.statistics import Record, mean_and_error, slope
from designer_app.errors import Cancelled, ResumeError, WriteFailedError
from designer_app.io.series import read_series
from designer_app.io.toml import write_toml
from designer_app.potentials import Potential, load_potential
from designer_app.provenance import now, versions
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec, settings_of
from designer_app.specs.md import MDSpec
from designer_app.state import (
    AtomicState,
    MDState,
    compute_device,
    set_threads,
    state_from_structures,
)

SCREEN_INTERVAL = 1.0 / 30.0
"""Seconds between what is sent to the screen."""
MOST_ROWS = 512
"""Rows that wait for the next such moment."""
EQUILIBRATION = 0.2
"""First part of a run that averages leave out."""
_MAY_CHANGE = frozenset(
    {
        "steps",
        "checkpoint_interval",
        "max_temperature",
        "device",
        "dtype",
        "threads",
        "out",
        "resume",
    }
)
"""Settings that a continued run may change; all others would make it another run."""


@dataclass(frozen=True, eq=False)
class _Run:
    """A simulation that is ready to go on."""

    state: MDState
    integrator: Integrator
    evaluate: ForceField
    ramp_steps: int
    structure_sha256: str
    """Of what the run began from, also where it is continued without it."""
    resumed: bool = False
    is_bitwise: bool = True


def run(spec: MDSpec, control: RunControl) -> dict[str, Any]:
    """Figures of the run by name; trajectory, series and checkpoints are in `spec.out`.

    A run that is cancelled or paused can go on: `resume` continues from the newest checkpoint, up
    to `steps` of all, which may be more than before.
    """
    check_spec(spec)
    if spec.out is not None:
        _check_writable(spec.out)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    device = compute_device(compute)
    control.progress(0, spec.steps, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    started = _resumed(spec, potential, device) or _started(spec, potential, device)
    return _advance(spec, started, control)


def _started(spec: MDSpec, potential: Potential, device: torch.device) -> _Run:
    """A run from its structure."""
    if spec.structure is None:
        raise ResumeError(str(spec.out), "there is no checkpoint in it")
    atoms = state_from_structures([spec.structure], device)
    velocities = None
    if spec.structure.velocities is not None:
        velocities = torch.as_tensor(spec.structure.velocities, dtype=atoms.dtype, device=device)
    integrator = integrator_for(spec)
    evaluate = ForceField(potential, _wants(atoms, potential, integrator))
    state = start_state(atoms, spec.temperature, spec.seed, velocities)
    return _Run(
        begin(state, integrator, evaluate),
        integrator,
        evaluate,
        ramp_steps=spec.steps,
        structure_sha256=structure_sha256(spec.structure),
    )


def _resumed(spec: MDSpec, potential: Potential, device: torch.device) -> _Run | None:
    """The run that is in the folder; None where it is to start or never came to a checkpoint."""
    if not spec.resume or spec.out is None or not has_checkpoint(spec.out):
        return None
    checkpoint = newest_checkpoint(spec.out, device)
    facts = checkpoint.facts
    _check_same_run(spec, potential, facts)
    potential.use_kernels(facts["kernel_choice"] or {})
    integrator = integrator_for(spec, facts["ramp_steps"])
    wants = _wants(checkpoint.state, potential, integrator)
    neighbors = checkpoint.neighbors(potential.cutoff, half=potential.half_list)
    return _Run(
        checkpoint.state,
        integrator,
        ForceField(potential, wants, neighbors),
        ramp_steps=facts["ramp_steps"],
        structure_sha256=facts["structure_sha256"],
        resumed=True,
        is_bitwise=potential.native and facts["machine"] == _machine(spec, device),
    )


def _wants(atoms: AtomicState, potential: Potential, integrator: Integrator) -> frozenset[str]:
    """What is asked at each step: the stress too where there is a cell, for the pressure."""
    has_cell = bool((atoms.pbc.all(dim=1) & (atoms.volume > 0)).all())
    gives_pressure = has_cell and "stress" in potential.gives
    return integrator.wants | (frozenset({"stress"}) if gives_pressure else frozenset())


def _machine(spec: MDSpec, device: torch.device) -> str:
    """What must be equal for a continuation to give the same bits; empty where nothing ensures it.

    One thread of a CPU does: the order of every sum is fixed.
    """
    if device.type != "cpu" or torch.get_num_threads() != 1:
        return f"{device}, not repeatable at {now()}"
    return f"cpu, {spec.dtype}, torch {torch.__version__}"


def _check_same_run(spec: MDSpec, potential: Potential, facts: dict[str, Any]) -> None:
    """Raise `ResumeError` where the checkpoint belongs to another run."""
    then, today = facts["settings"], settings_of(spec)
    for name in sorted((then.keys() | today.keys()) - _MAY_CHANGE):
        if then.get(name) != today.get(name):
            reason = f"its {name} is {then.get(name)}, not {today.get(name)}"
            raise ResumeError(str(spec.out), reason)
    if facts["model_sha256"] != potential.model_sha256:
        raise ResumeError(str(spec.out), "the parameters of the potential have changed since")
    given = None if spec.structure is None else structure_sha256(spec.structure)
    if given not in (None, facts["structure_sha256"]):
        raise ResumeError(str(spec.out), "it started from another structure")


def _advance(spec: MDSpec, start: _Run, control: RunControl) -> dict[str, Any]:
    """Run to the last step; whatever ends it, what is done is on the disk."""
    recorder = _Recorder(spec, start, control)
    guard = Guard.for_device(start.state.device, spec.max_temperature)
    steps = simulate(
        start.state,
        start.evaluate.potential,
        start.integrator,
        spec.steps - start.state.step,
        evaluate=start.evaluate,
        guard=guard,
    )
    state = start.state
    try:
        if not start.resumed:
            recorder.take(state)
        for state in steps:
            recorder.take(state)
            recorder.wait_while_paused()
        recorder.finish(state)
    except Cancelled:
        recorder.finish(state)
        raise
    finally:
        recorder.close()
    return recorder.result(state)


class _Recorder:
    """Sends what happens to the screen and to the files, when it is due."""

    def __init__(self, spec: MDSpec, start: _Run, control: RunControl) -> None:
        self._spec, self._start, self._control = spec, start, control
        self._meter = Meter(start.state, start.integrator, spec.timestep)
        self._record = Record(("time_fs", "temperature_K", "conserved_eV"))
        self._folder = None if spec.out is None else self._open(spec.out)
        self._began = self._sent = time.perf_counter()
        self._paused = 0.0

    def _open(self, out: Path) -> RunFolder:
        spec, start = self._spec, self._start
        if not start.resumed:
            set_aside(out)
        rhythm = Rhythm(
            frame_interval=spec.frame_interval, checkpoint_interval=spec.checkpoint_interval
        )
        facts = _facts(spec, start)
        keep_until = None if start.is_bitwise else start.state.step
        folder = RunFolder(out, self._meter.columns, rhythm, facts, keep_until=keep_until)
        write_toml(out / SPEC, settings_of(spec), backup=False)
        write_toml(out / PROVENANCE, _provenance(spec, start), backup=False)
        if start.resumed:
            columns = read_series(out / SERIES)
            done = columns["step"] <= start.state.step
            for row in zip(*(columns[name][done] for name in self._record.names), strict=True):
                self._record.append(row)
        return folder

    def take(self, state: MDState) -> None:
        """Measure a state, and pass on what is due."""
        self._meter.measure(state)
        due = time.perf_counter() - self._sent > SCREEN_INTERVAL
        if due or len(self._meter) >= MOST_ROWS:
            self._send(state)
        folder = self._folder
        if folder is not None:
            if folder.frame_is_due(state.step):
                folder.trajectory.write(frame_for_file(state, self._spec.timestep))
            if folder.checkpoint_is_due(state.step):
                self._flush()
                folder.write_checkpoint(state, self._start.evaluate)

    def wait_while_paused(self) -> None:
        """Give the user the word; raises `Cancelled`."""
        before = time.perf_counter()
        self._control.checkpoint()
        self._paused += time.perf_counter() - before

    def finish(self, state: MDState) -> None:
        """Leave the last state behind."""
        self._send(state)
        if self._folder is not None:
            self._folder.write_checkpoint(state, self._start.evaluate)

    def close(self) -> None:
        """Write the rows that wait, and close the files."""
        if self._folder is not None:
            try:
                self._flush()
            finally:
                self._folder.close()

    def _send(self, state: MDState) -> None:
        self._flush()
        self._control.frames.put(frame_for_screen(state, self._spec.timestep))
        self._control.progress(state.step, self._spec.steps, self._words(state))
        self._sent = time.perf_counter()

    def _flush(self) -> None:
        rows = self._meter.rows()
        if not rows:
            return
        self._control.series.extend(list(rows))
        for row in rows:
            self._record.append(tuple(row[name] for name in self._record.names))
        if self._folder is not None:
            self._folder.series.extend(rows)

    def _seconds(self) -> float:
        return time.perf_counter() - self._began - self._paused

    def _words(self, state: MDState) -> str:
        done = state.step - self._start.state.step
        if not done:
            return "Starting"
        rate = done / self._seconds()
        left = (self._spec.steps - state.step) / rate
        return f"{rate:.3g} steps/s, {_clock(left)} left"

    def result(self, state: MDState) -> dict[str, Any]:
        """Figures of the run by name."""
        spec, potential = self._spec, self._start.evaluate.potential
        seconds, done = self._seconds(), state.step - self._start.state.step
        temperature, error, drift = self._averages(state)
        found: dict[str, Any] = {
            "ensemble": spec.ensemble,
            "potential": potential.key,
            "model": potential.model,
            "model_sha256": potential.model_sha256,
            "n_atoms": state.n_atoms,
            "steps": state.step,
            "resumed_from_step": self._start.state.step if self._start.resumed else None,
            "steps_per_s": done / seconds if done else 0.0,
            "wall_time_s": seconds,
            "mean_temperature_K": temperature,
            "mean_temperature_error_K": error,
            "drift_eV_per_atom_ps": drift,
            "trajectory": None,
            "n_frames": 0,
        }
        if self._folder is not None:
            found["trajectory"] = str(self._folder.trajectory.path)
            found["series"] = str(self._folder.series.path)
            found["n_frames"] = len(self._folder.trajectory)
        return found

    def _averages(self, state: MDState) -> tuple[float, float | None, float]:
        """Mean temperature in K with its error, and drift in eV per atom and ps."""
        times = self._record.column("time_fs")
        settled = slice(int(EQUILIBRATION * len(times)), None)
        temperature, error = mean_and_error(self._record.column("temperature_K")[settled])
        drift = slope(1e-3 * times, self._record.column("conserved_eV")) / state.n_atoms
        return temperature, None if error != error else error, drift  # noqa: PLR0124 - NaN


def _facts(spec: MDSpec, start: _Run) -> dict[str, Any]:
    """What a continuation must know, as plain data."""
    return {
        "settings": settings_of(spec),
        "structure_sha256": start.structure_sha256,
        "model_sha256": start.evaluate.potential.model_sha256,
        "machine": _machine(spec, start.state.device),
        "ramp_steps": start.ramp_steps,
    }


def _provenance(spec: MDSpec, start: _Run) -> dict[str, Any]:
    """What made the run."""
    potential = start.evaluate.potential
    return {
        "made_by": "md",
        "source": "" if spec.structure is None else spec.structure.name,
        "created": now(),
        "resumed_from_step": start.state.step if start.resumed else None,
        "potential": potential.key,
        "model": potential.model,
        "model_sha256": potential.model_sha256,
        "structure_sha256": start.structure_sha256,
        "seed": spec.seed,
        "device": str(start.state.device),
        "threads": torch.get_num_threads(),
        "versions": versions(),
    }


def _check_writable(out: Path) -> None:
    """Raise `WriteFailedError` where nothing can be put into the folder, before time is spent."""
    probe = out / ".writable"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WriteFailedError(str(out), error.strerror or str(error)) from error


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
