"""`bench md-chgnet`: constant-energy dynamics against the `chgnet` package's own, steps per second.

Same crystals, weights, velocities (600 K) and time step (1 fs), one thread, pair lists and graphs
included. Blocks of ours and of theirs alternate in one process; a ratio is taken of each pair of
neighbouring blocks. Two rows a crystal: compiled kernels, and pure torch as on machines without
numba. The package always computes stress and magnetic moments too; ours computes what dynamics
asks for.
"""

import contextlib
import io
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from ase import Atoms
from ase.build import bulk

from designer_app.compiled import HAS_COMPILER
from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.io.documents import structure_from_atoms
from designer_app.io.examples import example
from designer_app.potentials.chgnet import CHGNetPotential
from designer_app.potentials.chgnet import load as load_chgnet
from designer_app.state import MDState, set_threads, state_from_structures
from designer_app.units import FS

TEMPERATURE, SEED = 600.0, 11
BLOCKS = 5
_WARM_UP = 3
"""Steps before the clock starts: compiling, first pages of memory."""
# (name, cells of the example along each axis, our steps in a block, the package's)
_CASES = (
    ("LiFePO4", (1, 1, 1), 30, 5),
    ("LiFePO4", (2, 2, 2), 6, 2),
    ("Si", (2, 2, 2), 40, 6),
    ("LiMn2O4", (1, 1, 1), 20, 4),
)
_QUICK = (("Si", (1, 1, 1), 20, 5),)


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """Two rows a crystal: steps/s of both programs, and their ratio with its spread."""
    compute = Compute(device="cpu", dtype="float32", threads=1)
    set_threads(compute)
    potential = load_chgnet("0.3.0", compute)
    assert isinstance(potential, CHGNetPotential)
    calculator = _package_calculator()
    for name, cells, our_steps, their_steps in _QUICK if quick else _CASES:
        atoms = _crystal(name, cells)
        say(f"{name}, {len(atoms)} atoms")
        runs = {kernels: _Ours(atoms, potential, kernels) for kernels in _kernels()}
        theirs = _Theirs(runs["torch"].atoms(atoms), calculator)
        speeds: dict[str, list[tuple[float, float]]] = {kernels: [] for kernels in runs}
        for _ in range(BLOCKS):
            for kernels, run in runs.items():
                pair = our_steps / run.seconds(our_steps), their_steps / theirs.seconds(their_steps)
                speeds[kernels].append(pair)
        for kernels, pairs in speeds.items():
            ratios = [mine / other for mine, other in pairs]
            yield {
                "crystal": name,
                "atoms": len(atoms),
                "kernels": kernels,
                "ours steps/s": statistics.median(mine for mine, _ in pairs),
                "chgnet steps/s": statistics.median(other for _, other in pairs),
                "ratio": statistics.median(ratios),
                "ratio min": min(ratios),
                "ratio max": max(ratios),
                "energy change meV/atom": 1000.0 * runs[kernels].drift(),
            }


def _kernels() -> tuple[str, ...]:
    return ("numba", "torch") if HAS_COMPILER else ("torch",)


def _crystal(name: str, cells: tuple[int, int, int]) -> Atoms:
    from ase.io import read

    if name == "Si":
        return bulk("Si", cubic=True).repeat(cells)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ASE on settings of space groups
        atoms = read(example(name).path)
    assert isinstance(atoms, Atoms)
    return atoms.repeat(cells)


class _Ours:
    """A run of the program's own engine that goes on where it stopped."""

    def __init__(self, atoms: Atoms, potential: CHGNetPotential, kernels: str) -> None:
        self._potential, self._kernels = potential, kernels
        self._integrator = NVE(dt=1.0 * FS)
        self._evaluate = ForceField(potential, self._integrator.wants)
        start = state_from_structures([structure_from_atoms(atoms)], torch.device("cpu"))
        self._choose()
        self._state: MDState = begin(
            start_state(start, TEMPERATURE, SEED), self._integrator, self._evaluate
        )
        self._velocities = (self._state.momenta / self._state.masses[:, None]).numpy().copy()
        self.seconds(_WARM_UP)
        self._energy = self._total()

    def _choose(self) -> None:
        self._potential.use_kernels({"kernels": self._kernels})

    def atoms(self, like: Atoms) -> Atoms:
        """The start of this run as an ASE object."""
        atoms = like.copy()
        atoms.set_velocities(self._velocities)
        return atoms

    def seconds(self, steps: int) -> float:
        """Time of so many steps."""
        self._choose()
        began = time.perf_counter()
        for state in simulate(
            self._state, self._potential, self._integrator, steps, evaluate=self._evaluate
        ):
            self._state = state
        return time.perf_counter() - began

    def drift(self) -> float:
        """Change of the total energy since the warm-up, eV/atom."""
        return (self._total() - self._energy) / self._state.n_atoms

    def _total(self) -> float:
        return float(self._integrator.conserved(self._state))


class _Theirs:
    """A run of the package's `MolecularDynamics` that goes on where it stopped."""

    def __init__(self, atoms: Atoms, calculator: Any) -> None:
        from chgnet.model.dynamics import MolecularDynamics

        with _quiet():
            self._run = MolecularDynamics(
                atoms, model=calculator, ensemble="nve", timestep=1.0, use_device="cpu"
            )
        self.seconds(_WARM_UP)

    def seconds(self, steps: int) -> float:
        """Time of so many steps."""
        with _quiet():
            began = time.perf_counter()
            self._run.run(steps)
            return time.perf_counter() - began


def _package_calculator() -> Any:
    """The package's calculator on the CPU."""
    with _quiet():
        from chgnet.model.dynamics import CHGNetCalculator

        return CHGNetCalculator(use_device="cpu", on_isolated_atoms="ignore")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the package's prints and warnings out of the table."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
