"""`bench core-shell-speed`: polarisable MgO of growing size, and its charges on a mesh.

CPU seconds on one thread: of energy and forces of rattled ions whose shells start at their cores,
and of a step of 1 fs at 600 K, with shells that start where the last steps lead and everything
else a step needs. Ions that take their waves from a mesh are compared with Ewald's exact sum.
"""

import statistics
import time
from collections.abc import Callable, Iterator

import torch
from ase import Atoms
from ase.build import bulk

from designer_app.cli.benches.core_shell import structure_of
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
_WARM, _STEPS = 6, 10
_MESH = 1
_EXACT = 10**9
"""Ions from which on the mesh is used."""


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One size after the other."""
    set_threads(Compute(device="cpu", threads=1))
    for repeats in (1,) if quick else (1, 2, 3, 4, 6):
        atoms = bulk("MgO", "rocksalt", a=4.24, cubic=True) * (repeats, repeats, repeats)
        say(f"{len(atoms)} ions")
        yield _row(atoms)


def _row(atoms: Atoms) -> dict[str, object]:
    potential = load("mgo-gale", Compute(device="cpu"))
    on_mesh = len(atoms) >= potential.mesh_from
    step = _step(potential, _state(atoms))
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
        "CPU s/step": round(step, 4),
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


def _step(potential: CoreShell, state: AtomicState) -> float:
    integrator = NVE(dt=1.0 * FS)
    evaluate = ForceField(potential, integrator.wants)
    start = begin(start_state(state, 600.0, 1), integrator, evaluate)
    took: list[float] = []
    began = time.process_time()
    for _ in simulate(start, potential, integrator, _WARM + _STEPS, evaluate=evaluate):
        took.append(time.process_time() - began)
        began = time.process_time()
    return statistics.median(took[_WARM:])
