"""A potential that needs no pair list, structures it holds together, short runs of the job."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from ase.io import read

from designer_app.dynamics import recording
from designer_app.potentials.base import EnergyPotential
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure

SPACING = 2.5


class Springs(EnergyPotential):
    """A ring through the periodic cell, sum k/2 |x_{i+1} - x_i - (a, a, a)|^2: momentum is kept."""

    key = "springs"

    def __init__(self, stiffness: float = 2.0) -> None:
        super().__init__(
            model=str(stiffness),
            model_sha256="0" * 64,
            cutoff=0.0,
            elements=None,
            device=torch.device("cpu"),
        )
        self.stiffness = stiffness

    def atom_energies(self, state, neighbors):  # noqa: ARG002 - it needs none
        size = state.n_atoms // state.n_systems
        positions = state.positions.reshape(state.n_systems, size, 3)
        across = state.cell.diagonal(dim1=1, dim2=2)[:, None]
        following = torch.cat([positions[:, 1:], positions[:, :1] + across], dim=1)
        stretched = following - positions - SPACING
        return 0.5 * self.stiffness * stretched.square().sum(dim=2).reshape(-1)


@pytest.fixture
def springs() -> Springs:
    return Springs()


@pytest.fixture
def chain() -> Callable[..., Structure]:
    def make(n_atoms: int = 8, **given) -> Structure:
        return Structure(
            numbers=np.full(n_atoms, 18),
            positions=np.arange(n_atoms)[:, None] * np.full(3, SPACING),
            cell=np.eye(3) * SPACING * n_atoms,
            pbc=(True, True, True),
            **given,
        )

    return make


# --- runs of the MD job ---


FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
MATTER = {"lennard-jones": (18, 5.4, 60.0), "morse": (29, 3.65, 600.0)}
"""Potential: atomic number, lattice constant in A, temperature in K."""


def crystal_of(number=18, lattice=5.4, repeats=2, **given):
    corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1).reshape(-1, 3)
    positions = ((corners[:, None] + FCC).reshape(-1, 3)) * lattice
    cell = np.eye(3) * lattice * repeats
    return Structure(np.full(len(positions), number), positions, cell, (True,) * 3, **given)


def md_spec(out=None, potential="lennard-jones", **changes):
    number, lattice, temperature = MATTER.get(potential, MATTER["lennard-jones"])
    usual = {
        "structure": crystal_of(number, lattice),
        "potential": potential,
        "temperature": temperature,
        "timestep": 4.0,
        "steps": 60,
        "frame_interval": 5,
        "checkpoint_interval": 20,
        "threads": 1,
        "device": "cpu",
        "out": out,
    }
    return MDSpec(**(usual | changes))


@pytest.fixture
def crystal():
    """Makes a face-centred crystal of argon, or of another element."""
    return crystal_of


@pytest.fixture
def spec_of():
    """Makes the spec of a short run."""
    return md_spec


@pytest.fixture
def every_checkpoint(monkeypatch):
    monkeypatch.setattr(recording, "LEAST_SECONDS", -1.0)


@pytest.fixture
def assert_same_run():
    """Compares the folders of two runs."""
    return _assert_same_run


def _assert_same_run(first, second):
    """Frames and rows equal to the last bit."""
    frames, others = (read(folder / recording.TRAJECTORY, ":") for folder in (first, second))
    assert [one.info for one in frames] == [other.info for other in others]
    for one, other in zip(frames, others, strict=True):
        for name in ("positions", "momenta"):
            assert np.array_equal(one.arrays[name], other.arrays[name])
        assert np.array_equal(one.cell, other.cell)
        assert one.get_potential_energy() == other.get_potential_energy()
    rows, other_rows = ((folder / recording.SERIES).read_text() for folder in (first, second))
    assert rows == other_rows
