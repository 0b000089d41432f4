"""What a run leaves: rows of scalars, frames, checkpoints, and how they go on after a stop.

Order decides what a kill can cost. Frames and rows reach the disk before the checkpoint that
follows them, so a checkpoint never knows of a frame that is not there. A bitwise continuation
leaves what is there and writes only later steps; any other first cuts back to its checkpoint.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from designer_app.dynamics.checkpoint import NAMES, Checkpoint, write_checkpoint
from designer_app.dynamics.integrators import FREEDOMS, Integrator
from designer_app.dynamics.learned_region import REGION
from designer_app.dynamics.observables import kinetic_energy
from designer_app.dynamics.observables import pressure as pressure_of
from designer_app.dynamics.simulation import ForceField
from designer_app.elements import STANDARD_MASSES
from designer_app.errors import WriteFailedError
from designer_app.io.series import SeriesWriter
from designer_app.io.trajectory import TrajectoryFrame, TrajectoryWriter, index_path
from designer_app.running.channels import Frame
from designer_app.state import MDState
from designer_app.units import GPA, KB

TRAJECTORY = "trajectory.traj"
SERIES = "series.csv"
SPEC = "spec.toml"
PROVENANCE = "provenance.toml"
PREVIOUS = "previous"
"""Folders in the run's folder that keep the files of earlier runs: previous-1, previous-2..."""
LEAST_SECONDS = 0.5
"""Checkpoints of a fast run are at least so far apart: each waits for the disk."""

SCALARS = (
    "step",
    "time_fs",
    "potential_eV",
    "kinetic_eV",
    "total_eV",
    "conserved_eV",
    "temperature_K",
)
SCALARS_OF_A_CELL = (*SCALARS, "pressure_GPa", "volume_A3")


class Meter:
    """Rows of scalars, measured on the device and brought to the host in blocks."""

    def __init__(self, state: MDState, integrator: Integrator, timestep_fs: float) -> None:
        self._integrator = integrator
        self._timestep_fs = timestep_fs
        self._freedoms = float(state.extended[FREEDOMS][0])
        self._has_pressure = state.stress is not None
        self._steps: list[int] = []
        self._measured: list[Tensor] = []

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the scalars, the step first."""
        return SCALARS_OF_A_CELL if self._has_pressure else SCALARS

    @property
    def freedoms(self) -> float:
        """Degrees of freedom that carry the temperature."""
        return self._freedoms

    def __len__(self) -> int:
        return len(self._steps)

    def measure(self, state: MDState) -> None:
        """Note the scalars of a state; nothing waits for the device."""
        values = [state.energy, kinetic_energy(state), self._integrator.conserved(state)]
        if self._has_pressure:
            values += [pressure_of(state), state.volume]
        self._steps.append(state.step)
        self._measured.append(torch.cat(values))

    def rows(self) -> list[dict[str, float]]:
        """What was measured since the last call."""
        if not self._steps:
            return []
        table = torch.stack(self._measured).tolist()
        rows = [self._row(step, values) for step, values in zip(self._steps, table, strict=True)]
        self._steps, self._measured = [], []
        return rows

    def _row(self, step: int, values: list[float]) -> dict[str, float]:
        potential, kinetic, conserved, *of_cell = values
        temperature = 2.0 * kinetic / (self._freedoms * KB)
        row: dict[str, float] = dict(
            zip(
                SCALARS,
                (
                    step,
                    step * self._timestep_fs,
                    potential,
                    kinetic,
                    potential + kinetic,
                    conserved,
                    temperature,
                ),
                strict=True,
            )
        )
        if of_cell:
            row |= {"pressure_GPa": of_cell[0] / GPA, "volume_A3": of_cell[1]}
        return row


@dataclass(frozen=True, kw_only=True)
class Rhythm:
    """When something is written."""

    frame_interval: int
    """Steps between frames in the trajectory."""
    checkpoint_interval: int
    """Steps between checkpoints."""


class RunFolder:
    """The files of a run in its folder."""

    def __init__(
        self,
        folder: Path,
        columns: tuple[str, ...],
        rhythm: Rhythm,
        facts: dict[str, Any],
        *,
        keep_until: int | None = None,
    ) -> None:
        """Open for writing; frames and rows of steps after `keep_until` are dropped."""
        self.folder = folder
        self._rhythm = rhythm
        self._facts = facts
        self._last_checkpoint = -np.inf
        self.trajectory = TrajectoryWriter(folder / TRAJECTORY, keep_until)
        self.series = SeriesWriter(folder / SERIES, columns, keep_until)

    def frame_is_due(self, step: int) -> bool:
        """Whether this step belongs into the trajectory and is not there yet."""
        return step % self._rhythm.frame_interval == 0 and step > self.trajectory.last_step

    def checkpoint_is_due(self, step: int) -> bool:
        """Whether this step should be one that the run can go on from."""
        waited = time.monotonic() - self._last_checkpoint
        return step % self._rhythm.checkpoint_interval == 0 and waited > LEAST_SECONDS

    def write_checkpoint(self, state: MDState, evaluate: ForceField) -> None:
        """Make everything so far durable, then the state itself."""
        self.trajectory.sync()
        self.series.sync()
        facts = {**self._facts, "kernel_choice": evaluate.potential.kernel_choice()}
        write_checkpoint(self.folder, Checkpoint.of(state, evaluate, facts))
        self._last_checkpoint = time.monotonic()

    def close(self) -> None:
        """Close the files."""
        with suppress(WriteFailedError):  # each write that mattered has been checked
            self.trajectory.close()
        self.series.close()


def set_aside(folder: Path) -> Path | None:
    """Where the files of an earlier run in this folder were moved to; None where there was none.

    Each run gets a folder of its own, so that none replaces another.
    Raises `WriteFailedError` where the folder cannot be written to.
    """
    trajectory = folder / TRAJECTORY
    names = (TRAJECTORY, index_path(trajectory).name, SERIES, REGION, SPEC, PROVENANCE, *NAMES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = [name for name in names if (folder / name).exists()]
        if not present:
            return None
        kept = _next_previous(folder)
        for name in present:
            (folder / name).rename(kept / name)
    except OSError as error:
        raise WriteFailedError(str(folder), error.strerror or str(error)) from error
    return kept


def _next_previous(folder: Path) -> Path:
    """A new, empty folder, numbered after all that are there."""
    taken = [each.name.removeprefix(f"{PREVIOUS}-") for each in folder.glob(f"{PREVIOUS}-*")]
    last = max((int(number) for number in taken if number.isdecimal()), default=0)
    kept = folder / f"{PREVIOUS}-{last + 1}"
    kept.mkdir()
    return kept


def frame_for_screen(state: MDState, timestep_fs: float) -> Frame:
    """The picture of a state."""
    return Frame(
        step=state.step,
        time_fs=state.step * timestep_fs,
        positions=state.positions.cpu().to(torch.float32).numpy(),
        cell=state.cell[0].cpu().to(torch.float64).numpy(),
    )


def frame_for_file(state: MDState, timestep_fs: float) -> TrajectoryFrame:
    """All of a state that a trajectory keeps."""

    def host(tensor: Tensor) -> Any:
        return tensor.cpu().to(torch.float64).numpy()  # in this order: mps has no doubles

    numbers = state.numbers.cpu().numpy()
    masses = host(state.masses)
    is_standard = np.allclose(masses, STANDARD_MASSES[numbers], rtol=1e-6, atol=0.0)
    periodic = state.pbc[0].tolist()
    return TrajectoryFrame(
        step=state.step,
        time_fs=state.step * timestep_fs,
        numbers=numbers,
        positions=host(state.positions),
        cell=host(state.cell[0]),
        pbc=(periodic[0], periodic[1], periodic[2]),
        momenta=host(state.momenta),
        energy=float(state.energy[0]),
        forces=host(state.forces),
        stress=None if state.stress is None else host(state.stress[0]),
        masses=None if is_standard else masses,
        fixed=state.fixed.cpu().numpy(),
    )
