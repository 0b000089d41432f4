"""`bench schnet`: training epochs and dynamics with SchNet against SchNetPack, in one run.

SchNetPack runs in a Python of its own, which the environment variable
DESIGNER_APP_SCHNETPACK_PYTHON names; without one its columns stay empty. Both sides use one thread,
single precision, the same sizes, frames and portions; `peer_program` says how times are taken.

"epoch": one pass over the training frames with its checkpoint; neighbours are known on both sides.
"dynamics": a step of 1 fs at constant energy from the same velocities, with the same weights, lists
of neighbours included; SchNetPack by its ASE calculator with a skin of 0.3 A.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.cli.benches.peer_program import PeerProgram, alternate, arrays_of, told
from designer_app.device import Compute
from designer_app.dynamics.integrators import NVE
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.graphs.dataset import FrameGraphs
from designer_app.io.labels import read_labelled
from designer_app.potentials.network import NetworkPotential
from designer_app.potentials.schnet_weights import from_schnetpack
from designer_app.running.control import RunControl
from designer_app.specs.fields import settings_of
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.networks import SchNetSettings
from designer_app.specs.structure import Structure
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.state import set_threads, state_from_structures
from designer_app.training.frames import SplitFrames
from designer_app.training.loop import Training
from designer_app.training.loss import LossWeights
from designer_app.training.network_model import NetworkModel
from designer_app.training.progress import Schedule
from designer_app.training.published.folder import data_file, data_folder
from designer_app.units import FS

VARIABLE = "DESIGNER_APP_SCHNETPACK_PYTHON"
_SCRIPT, _PEER = "schnetpack_peer.py", "SchNetPack"
_SIZES = ((128, 6), (64, 3))
"""(features and filters, interactions)."""
# (name, file, frames at once)
_DATA = (
    ("ethanol", "potentials/ethanol_rmd17/train.xyz", 10),
    ("Si", "potentials/mlearn_Si/training.json", 4),
)
_QUICK_FRAMES = 40
# (name, repeats of the frame's or crystal's cell, steps in a block)
_DYNAMICS = (("ethanol", 0, 100), ("Si64", 2, 20), ("Si216", 3, 8))
_TEMPERATURE, _SEED = 300.0, 11
SAME = 1e-4
"""eV, relative, and eV/A: rounding of single precision."""


def rows(
    quick: bool, say: Callable[[str], None], data: Path | None = None
) -> Iterator[dict[str, object]]:
    """Epochs of both data sets and sizes, then steps of dynamics."""
    set_threads(Compute("cpu", "float32", 1))
    root = data_folder(data)
    frames = {name: read_labelled([data_file(root, file)]).frames for name, file, _ in _DATA}
    for name, _, batch_size in _DATA:
        some = frames[name][:_QUICK_FRAMES] if quick else frames[name]
        for n, k in _SIZES:
            say(f"epoch of SchNet ({n}, {k}) on {name}")
            yield _epoch_row(name, some, batch_size, _settings(n, k))
    for name, repeats, steps in _DYNAMICS[:2] if quick else _DYNAMICS:
        structure = _silicon(repeats) if repeats else frames["ethanol"][0].structure
        for n, k in _SIZES[:1] if quick else _SIZES:
            say(f"dynamics of {name} with SchNet ({n}, {k})")
            yield from _dynamics_row(name, structure, steps, _settings(n, k))


def _settings(n: int, k: int) -> SchNetSettings:
    return SchNetSettings(n_features=n, n_filters=n, n_interactions=k)


def _silicon(repeats: int) -> Structure:
    from ase.build import bulk

    from designer_app.io.documents import structure_from_atoms

    atoms = bulk("Si", cubic=True).repeat(repeats)
    atoms.rattle(0.05, seed=_SEED)
    return structure_from_atoms(atoms)


# ---------------------------------------------------------------- epochs


def _epoch_row(
    name: str, frames: tuple[LabelledFrame, ...], batch_size: int, settings: SchNetSettings
) -> dict[str, object]:
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        training = _training(frames, batch_size, settings, Path(folder))
        arrays: dict[str, NDArray[Any]] = {}
        for number, frame in enumerate(frames):
            arrays |= arrays_of(number, frame.structure)
            arrays[f"{number}/energy"] = np.array(frame.energy)
            arrays[f"{number}/forces"] = np.asarray(frame.forces)
        case = {**asdict(settings), "frames": len(frames), "batch_size": batch_size}
        with PeerProgram(_SCRIPT, VARIABLE, case, arrays, Path(folder)) as peer:
            times = alternate(lambda: _one_epoch(training), lambda: peer.seconds("epoch"))
    return {
        "what": f"epoch, {len(frames)} frames of {name}, {batch_size} at once",
        "SchNet": f"({settings.n_features}, {settings.n_interactions})",
        **told(times, "s", 1.0, _PEER),
    }


def _training(
    frames: tuple[LabelledFrame, ...], batch_size: int, settings: SchNetSettings, folder: Path
) -> Training:
    """A training that has seen every frame once: their graphs are there."""
    spec = TrainPotentialSpec(data=(), out=folder, model="schnet", stress_weight=0.0)
    model = NetworkModel(SplitFrames(frames, ()), spec, settings_of(settings))
    schedule = Schedule(
        epochs=1,
        batch_size=batch_size,
        learning_rate=1e-4,
        seconds=0.0,
        averaging=0.99,
        patience=0,
        weights=LossWeights(energy=1.0, forces=10.0, stress=0.0, unit=model.scale),
        seed=0,
    )
    cutoff = settings.cutoff
    graphs = FrameGraphs(frames, cutoff), FrameGraphs((), cutoff)
    training = Training(
        model.network,
        model.predict,
        graphs,
        schedule,
        folder=folder,
        device=model.device,
        must_agree={},
        carried={},
    )
    training.run(RunControl(), training.folder)
    return training


def _one_epoch(training: Training) -> float:
    now = training.progress
    now.schedule = replace(now.schedule, epochs=now.epoch + 1)
    began = time.process_time()
    training.run(RunControl(), training.folder)
    return time.process_time() - began


# ---------------------------------------------------------------- dynamics


def _dynamics_row(
    name: str, structure: Structure, steps: int, settings: SchNetSettings
) -> Iterator[dict[str, object]]:
    if not os.environ.get(VARIABLE):
        return  # the weights are the peer's
    start = state_from_structures([structure], torch.device("cpu"))
    velocities = start_state(start, _TEMPERATURE, _SEED)
    arrays = arrays_of(0, structure)
    arrays["0/velocities"] = (velocities.momenta / velocities.masses[:, None]).numpy()
    case = {**asdict(settings), "frames": 0, "time_step_fs": 1.0}
    with (
        TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        PeerProgram(_SCRIPT, VARIABLE, case, arrays, Path(folder)) as peer,
    ):
        with np.load(Path(folder) / "weights.npz") as weights:
            run = _Dynamics(_potential(weights), velocities)
        run.check(peer.said["energy"], peer.said["forces"])
        run.seconds(steps)
        peer.seconds(f"md {steps}")
        times = alternate(lambda: run.seconds(steps), lambda: peer.seconds(f"md {steps}"))
    yield {
        "what": f"dynamics, {name}, {len(structure)} atoms",
        "SchNet": f"({settings.n_features}, {settings.n_interactions})",
        **told(times, "ms a step", 1000.0 / steps, _PEER),
    }


def _potential(weights: Any) -> NetworkPotential:
    state = {name: torch.from_numpy(weights[name]) for name in weights.files}
    return NetworkPotential(
        "schnet",
        from_schnetpack(state),
        name="SchNet",
        model_sha256="",
        elements=frozenset(range(1, 100)),
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


class _Dynamics:
    """A run of the program's own engine that goes on where it stopped."""

    def __init__(self, potential: NetworkPotential, start: Any) -> None:
        self._potential, self._integrator = potential, NVE(dt=1.0 * FS)
        self._evaluate = ForceField(potential, self._integrator.wants)
        self._state = begin(start, self._integrator, self._evaluate)

    def check(self, energy: float, forces: list[list[float]]) -> None:
        """Raise where the two sides do not compute the same."""
        mine, off = float(self._state.energy.sum()), self._state.forces.numpy() - np.array(forces)
        if abs(mine - energy) > SAME * max(1.0, abs(energy)) or np.abs(off).max() > SAME:
            message = f"energies {mine} and {energy} eV, forces {np.abs(off).max()} eV/A apart"
            raise RuntimeError(message)

    def seconds(self, steps: int) -> float:
        """Processor time of so many steps."""
        began = time.process_time()
        for state in simulate(
            self._state, self._potential, self._integrator, steps, evaluate=self._evaluate
        ):
            self._state = state
        return time.process_time() - began
