"""Molecular dynamics of one structure: start or resume, run, record."""

import time
from contextlib import closing
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.dynamics.engines import Engine, check_engine, device_of, engine_for
from designer_app.dynamics.learned_region import LearnedRegion
from designer_app.dynamics.recording import (
    PROVENANCE,
    SERIES,
    SPEC,
    Rhythm,
    RunFolder,
    frame_for_file,
    frame_for_screen,
    set_aside,
)
from designer_app.dynamics.runs import Run, facts_of, provenance_of, ready_run
from designer_app.dynamics.simulation import Guard
from designer_app.dynamics.statistics import Record
from designer_app.dynamics.summary import (
    averaged_over,
    averages,
    bath_temperature,
    settled_doubt,
    too_short,
    unsettled,
)
from designer_app.errors import BlowUpError, Cancelled, NotFiniteError, WriteFailedError
from designer_app.io.potential_cards import families
from designer_app.io.series import read_series
from designer_app.io.toml import write_toml
from designer_app.jobs.trust import doubts_of_training, knowledge_of
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.specs.fields import check_spec, settings_of
from designer_app.specs.md import MDSpec
from designer_app.specs.suitability import doubt
from designer_app.state import MDState, compute_device, set_threads

SCREEN_INTERVAL = 1.0 / 30.0
"""Seconds between what is sent to the screen."""
MOST_ROWS = 512
"""Rows that wait for the next such moment."""
NOT_CONSERVED = (
    "The forces of this potential are not the gradient of its energy: energy is not conserved, and "
    "the atoms may slowly heat or cool. A thermostat hides it; NVE does not."
)


def run(spec: MDSpec, control: RunControl) -> dict[str, Any]:
    """Figures of the run by name; trajectory, series and checkpoints are in `spec.out`.

    A run that was cancelled or killed goes on with `resume`, from its newest checkpoint and up to
    `steps` of all, which may be more than before; without `structure` it takes the folder's.
    An earlier run in the folder is otherwise moved into a numbered folder in it, and told of.
    """
    check_spec(spec)
    check_engine(spec)
    if spec.out is not None:
        _check_writable(spec.out)
    compute = Compute(device_of(spec), spec.dtype, spec.threads)
    set_threads(compute)
    device = compute_device(compute)
    control.progress(0, spec.steps, "Loading the potential")
    potential = load_potential(spec.potential, spec.model, compute)
    control.checkpoint()
    ready = ready_run(spec, potential, device)
    with closing(engine_for(ready)) as engine:
        recorder = _Recorder(ready, engine, control)
        try:
            last = _advance(ready, engine, recorder)
        finally:
            recorder.close()
    return recorder.result(last)


def _advance(ready: Run, engine: Engine, recorder: "_Recorder") -> MDState:
    """The state after the last step; one that is cancelled leaves its checkpoint."""
    state = ready.state
    try:
        if not ready.is_resumed:
            recorder.take(state)
        for state in engine.states(recorder.guard):
            recorder.take(state)
            recorder.wait_while_paused()
    except (BlowUpError, NotFiniteError):
        recorder.look_back(state)
        raise
    except Cancelled:
        recorder.finish(state)
        raise
    recorder.finish(state)
    return state


class _Recorder:
    """Sends what happens to the screen and to the files, when it is due."""

    def __init__(self, ready: Run, engine: Engine, control: RunControl) -> None:
        self._run, self._spec, self._control = ready, ready.spec, control
        self.guard = Guard.for_device(ready.state.device, ready.spec.max_temperature)
        self._meter = engine.meter
        of_cell = [name for name in ("pressure_GPa", "volume_A3") if name in self._meter.columns]
        self._record = Record(("time_fs", "temperature_K", "conserved_eV", *of_cell))
        self._previous: Path | None = None
        known = knowledge_of(ready.spec.potential, ready.spec.model)
        numbers = ready.state.numbers.tolist()
        self._region = LearnedRegion(ready.potential, known, numbers, control.log)
        self._folder = None if ready.spec.out is None else self._open(ready.spec.out)
        self._warnings: list[str] = []
        if ready.spec.structure is not None:
            parts = families(ready.spec.potential, ready.spec.model)
            self._warn(doubt(ready.spec.potential, ready.spec.structure, parts))
        if not ready.evaluate.potential.conservative:
            self._warn(NOT_CONSERVED)
        self._warn(known.lost)
        for doubtful in doubts_of_training(ready.spec.potential, ready.spec.model):
            self._warn(doubtful)
        self._began = self._sent = time.perf_counter()
        self._paused = 0.0

    def _open(self, out: Path) -> RunFolder:
        spec, ready = self._spec, self._run
        if not ready.is_resumed:
            self._set_aside(out)
        rhythm = Rhythm(
            frame_interval=spec.frame_interval, checkpoint_interval=spec.checkpoint_interval
        )
        folder = RunFolder(
            out, self._meter.columns, rhythm, facts_of(ready), keep_until=ready.keeps_until
        )
        write_toml(out / SPEC, settings_of(spec), backup=False)
        write_toml(out / PROVENANCE, provenance_of(ready), backup=False)
        resumed_at = ready.state.step if ready.is_resumed else None
        self._region.keep_in(out, until=ready.keeps_until, resumed_at=resumed_at)
        if ready.is_resumed:
            columns = read_series(out / SERIES)
            done = columns["step"] <= ready.state.step
            for row in zip(*(columns[name][done] for name in self._record.names), strict=True):
                self._record.append(row)
        return folder

    def _warn(self, sentence: str) -> None:
        if sentence:
            self._warnings.append(sentence)
            self._control.log.warning("%s", sentence)

    def _set_aside(self, out: Path) -> None:
        self._previous = set_aside(out)
        if self._previous is not None:
            self._control.log.warning(
                "“%s” held an earlier run, which was moved to “%s”; "
                "--resume would have continued it instead.",
                out,
                self._previous,
            )

    def take(self, state: MDState) -> None:
        """Measure a state, and pass on what is due."""
        self._meter.measure(state)
        self._region.look_if_due(state, self._spec.timestep, self._seconds())
        due = time.perf_counter() - self._sent > SCREEN_INTERVAL
        if due or len(self._meter) >= MOST_ROWS:
            self._send(state)
        folder = self._folder
        if folder is not None:
            if folder.frame_is_due(state.step):
                folder.trajectory.write(frame_for_file(state, self._spec.timestep))
            if folder.checkpoint_is_due(state.step):
                self._flush()
                self._check(state)
                folder.write_checkpoint(state, self._run.evaluate)

    def _check(self, state: MDState) -> None:
        """Raise where the state is no longer physical, which the guard may not have seen yet."""
        good = max(state.step - self.guard.interval, self._run.state.step)
        self.guard.check(state, self._run.integrator.dt, self._run.potential.key, good)

    def wait_while_paused(self) -> None:
        """Give the user the word; raises `Cancelled`."""
        before = time.perf_counter()
        self._control.checkpoint()
        self._paused += time.perf_counter() - before

    def finish(self, state: MDState) -> None:
        """Leave the last state behind."""
        self._region.look(state, self._spec.timestep)
        self._send(state)
        if self._folder is not None:
            self._folder.write_checkpoint(state, self._run.evaluate)

    def look_back(self, state: MDState) -> None:
        """Say of a run that came to a bad end where it left what its potential knows."""
        self._region.look(state, self._spec.timestep)
        found = self._region.summary()
        if found is not None and found["n_outside"]:
            self._control.log.warning("%s", found["sentence"])

    def close(self) -> None:
        """Write the rows that wait, and close the files."""
        self._region.close()
        if self._folder is not None:
            try:
                self._flush()
            finally:
                self._folder.close()

    def _send(self, state: MDState) -> None:
        self._flush()
        self._control.frames.put(frame_for_screen(state, self._spec.timestep))
        words, trust = self._words(state), self._region.report()
        self._control.progress(state.step, self._spec.steps, words, trust)
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
        done = state.step - self._run.state.step
        if not done:
            return "Starting"
        rate = done / self._seconds()
        left = (self._spec.steps - state.step) / rate
        return f"{rate:.3g} steps/s, {_clock(left)} left"

    def result(self, state: MDState) -> dict[str, Any]:
        """Figures of the run by name."""
        potential, folder = self._run.potential, self._folder
        seconds, done = self._seconds(), state.step - self._run.state.step
        found = averages(self._record, state)
        short = unsettled(self._record)
        self._warn(settled_doubt(self._spec, found, self._meter.freedoms) or too_short(short))
        return {
            "engine": self._spec.engine,
            "ensemble": self._spec.ensemble,
            "potential": potential.key,
            "model": potential.model,
            "model_sha256": potential.model_sha256,
            "n_atoms": state.n_atoms,
            "steps": state.step,
            "resumed_from_step": self._run.state.step if self._run.is_resumed else None,
            "steps_per_s": done / seconds if done else 0.0,
            "wall_time_s": seconds,
            **found,
            "bath_temperature_K": bath_temperature(self._spec),
            "averaged_fs": averaged_over(self._record),
            "unsettled": list(short),
            "trajectory": None if folder is None else str(folder.trajectory.path),
            "series": None if folder is None else str(folder.series.path),
            "n_frames": 0 if folder is None else len(folder.trajectory),
            "trust": self._region.summary(),
            "warnings": list(self._warnings),
            "previous_run": None if self._previous is None else str(self._previous),
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
