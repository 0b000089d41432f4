"""Frames with exact labels, made by a pair potential, and a training of a second on them."""

import numpy as np
import pytest
import torch
from ase.build import bulk

from designer_app.device import Compute
from designer_app.io.documents import structure_from_atoms
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import load_potential
from designer_app.running.control import RunControl
from designer_app.specs.labelled import LabelledFrame
from designer_app.specs.train_potential import TrainPotentialSpec
from designer_app.state import state_from_structures
from designer_app.training.frames import SplitFrames

SIZES = ("n_features=8", "n_filters=8", "n_interactions=1", "n_gaussians=12", "cutoff=4.0")


def copper(seed, spread=0.12):
    """A rattled and strained cell of four atoms with what Morse's potential says of it."""
    rng = np.random.default_rng(seed)
    atoms = bulk("Cu", cubic=True)
    atoms.set_cell(atoms.cell @ (np.eye(3) + rng.normal(0, 0.02, (3, 3))), scale_atoms=True)
    atoms.positions += rng.normal(0, spread, (4, 3))
    structure = structure_from_atoms(atoms)
    potential = load_potential("morse", "", Compute("cpu", "float64", 1))
    state = state_from_structures([structure], torch.device("cpu"))
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    said = potential.predict(state, neighbors, frozenset({"energy", "forces", "stress"}))
    return LabelledFrame(
        structure,
        energy=float(said.energy[0]),
        forces=said.forces.numpy(),
        stress=said.stress[0].numpy(),
        source="copper.xyz",
        index=seed,
    )


@pytest.fixture(scope="session")
def copper_frames():
    frames = tuple(copper(seed) for seed in range(20))
    return SplitFrames(frames[:16], frames[16:])


@pytest.fixture
def tiny_training(tmp_path):
    """Settings of a training that takes a fraction of a second."""

    def spec(**changed):
        settings = {
            "data": (),
            "out": tmp_path / "out",
            "model": "schnet",
            "options": SIZES,
            "preset": "custom",
            "epochs": 6,
            "batch_size": 4,
            "learning_rate": 0.01,
            "threads": 1,
        }
        return TrainPotentialSpec(**{**settings, **changed})

    return spec


@pytest.fixture(scope="session")
def acting_at():
    """A control that does something at one of its checkpoints: the number of it, and what."""

    class Counting(RunControl):
        def __init__(self, at, action):
            super().__init__()
            self.left, self.action = at, action

        def checkpoint(self):
            self.left -= 1
            if self.left == 0:
                self.action(self)
            super().checkpoint()

    return Counting


@pytest.fixture(scope="session")
def same_arrays():
    """Whether two sets of named arrays are equal to the last bit."""

    def same(first, second):
        return first.keys() == second.keys() and all(
            np.array_equal(first[name], second[name]) for name in first
        )

    return same
