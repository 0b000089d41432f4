"""`bench calculators`: what running other programs' potentials under this engine costs.

Velocity Verlet at constant energy from the same velocities: ours with the potential of our
registry, and ASE's with the calculator that the other program brings. "forces off" is the largest
difference at the start, relative to the largest force. One thread; `peer_program` says how times
are taken.

"script" needs nequip 0.6 in a Python of its own, which DESIGNER_APP_NEQUIP_PYTHON names: it deploys
a model with random weights, which both sides then run. "tight-binding" needs tblite. What is not
there has no row.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from ase import Atoms, units
from ase.build import bulk, molecule
from ase.calculators.calculator import Calculator
from ase.calculators.emt import EMT
from ase.md.verlet import VelocityVerlet
from numpy.typing import NDArray

from designer_app.cli.benches.peer_program import PeerProgram, alternate, arrays_of, told
from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.io.documents import structure_from_atoms
from designer_app.io.trusted_code import distrust, trust
from designer_app.potentials import Potential, load_potential
from designer_app.state import set_threads, state_from_structures
from designer_app.units import FS

VARIABLE = "DESIGNER_APP_NEQUIP_PYTHON"
STEPS, QUICK_STEPS = 40, 5
_TEMPERATURE, _SEED, _CUTOFF = 300.0, 11, 4.0
ONE = Compute("cpu", "float32", 1)


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One potential of another program after the other."""
    set_threads(ONE)
    steps = QUICK_STEPS if quick else STEPS
    copper = _rattled(bulk("Cu", cubic=True).repeat(4))
    say("EMT")
    yield row("ase", "ase.calculators.emt:EMT", copper, EMT(), steps)
    if find_spec("tblite") is not None:
        from tblite.ase import TBLite

        say("GFN1-xTB")
        calculator = TBLite(method="GFN1-xTB", verbosity=0, accuracy=0.1)
        yield row("tight-binding", "GFN1-xTB", molecule("CH3CH2OH"), calculator, steps)
    if os.environ.get(VARIABLE):
        say("a deployed NequIP")
        yield script_row(_rattled(bulk("Si", cubic=True).repeat(2)), steps)


def row(
    key: str, model: str, atoms: Atoms, calculator: Calculator, steps: int
) -> dict[str, object]:
    """Our run and ASE's from the same start."""
    run = Run(load_potential(key, model, ONE), atoms)
    atoms = atoms.copy()
    atoms.set_velocities(run.velocities)
    atoms.calc = calculator
    off = _apart(run.forces, atoms.get_forces())
    theirs = VelocityVerlet(atoms, timestep=1.0 * units.fs)

    def other() -> float:
        began = time.process_time()
        theirs.run(steps)
        return time.process_time() - began

    return _told(key, model, len(atoms), off, alternate(lambda: run.seconds(steps), other), steps)


def script_row(atoms: Atoms, steps: int) -> dict[str, object]:
    """The file that the other program deployed, run by both."""
    structure = structure_from_atoms(atoms)
    with TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        file = folder / "deployed.pth"
        arrays = arrays_of(0, structure) | {"0/velocities": _velocities(atoms)}
        case = {"file": str(file), "symbol": atoms.symbols[0], "cutoff": _CUTOFF}
        case |= {"time_step_fs": 1.0}
        with PeerProgram("nequip_peer.py", VARIABLE, case, arrays, folder) as peer:
            allowed = trust(file)
            try:
                run = Run(load_potential("script", str(file), ONE), atoms)
            finally:
                distrust(allowed)
            off = _apart(run.forces, np.array(peer.said["forces"]))
            for _ in range(2):  # TorchScript compiles itself in its first calls
                run.seconds(steps)
                peer.seconds(f"md {steps}")
            times = alternate(lambda: run.seconds(steps), lambda: peer.seconds(f"md {steps}"))
    return _told("script", "NequIP 0.6", len(atoms), off, times, steps)


@dataclass
class Run:
    """A run of the program's own engine that goes on where it stopped."""

    potential: Potential
    atoms: Atoms

    def __post_init__(self) -> None:
        start = _start(self.atoms)
        self._integrator = NVE(dt=1.0 * FS)
        self._evaluate = ForceField(self.potential, self._integrator.wants)
        self._state = begin(start, self._integrator, self._evaluate)
        self.velocities = _velocities(self.atoms)
        self.forces: NDArray[np.float64] = self._state.forces.numpy().copy()

    def seconds(self, steps: int) -> float:
        """Processor time of so many steps."""
        began = time.process_time()
        for state in simulate(
            self._state, self.potential, self._integrator, steps, evaluate=self._evaluate
        ):
            self._state = state
        return time.process_time() - began


def _start(atoms: Atoms) -> Any:
    state = state_from_structures([structure_from_atoms(atoms)], torch.device("cpu"))
    return start_state(state, _TEMPERATURE, _SEED)


def _velocities(atoms: Atoms) -> NDArray[np.float64]:
    start = _start(atoms)
    return (start.momenta / start.masses[:, None]).numpy()


def _rattled(atoms: Atoms) -> Atoms:
    atoms.rattle(0.05, seed=_SEED)
    return atoms


def _apart(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def _told(
    key: str,
    model: str,
    n_atoms: int,
    off: float,
    times: list[tuple[float, float | None]],
    steps: int,
) -> dict[str, object]:
    return {
        "potential": f"{key}: {model}",
        "atoms": n_atoms,
        "forces off": off,
        **told(times, "ms a step", 1e3 / steps, "its own program"),
    }
