"""Batches of many small systems: the spread between replicas is the error of their mean."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from designer_app.device import Compute
from designer_app.dynamics.ensembles import integrator_for
from designer_app.dynamics.integrators import Integrator
from designer_app.dynamics.simulation import ForceField, begin, simulate, start_state
from designer_app.potentials import load_potential
from designer_app.potentials.base import EnergyPotential, Potential
from designer_app.specs.md import MDSpec
from designer_app.specs.structure import Structure
from designer_app.state import MDState, state_from_structures

CPU = torch.device("cpu")
FCC = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])


class Springs(EnergyPotential):
    """A harmonic ring through the periodic cell: sum k/2 |x_{i+1} - x_i - (a, a, a)|^2."""

    key = "springs"
    spacing = 2.5
    stiffness = 2.0

    def __init__(self) -> None:
        super().__init__(model="", model_sha256="", cutoff=0.0, elements=None, device=CPU)

    def atom_energies(self, state, neighbors):  # noqa: ARG002 - it needs none
        positions = state.positions.reshape(state.n_systems, -1, 3)
        across = state.cell.diagonal(dim1=1, dim2=2)[:, None]
        following = torch.cat([positions[:, 1:], positions[:, :1] + across], dim=1)
        stretched = following - positions - self.spacing
        return 0.5 * self.stiffness * stretched.square().sum(dim=2).reshape(-1)


class IdealGas(EnergyPotential):
    """No forces at all."""

    key = "ideal-gas"

    def __init__(self) -> None:
        super().__init__(model="", model_sha256="", cutoff=0.0, elements=None, device=CPU)

    def atom_energies(self, state, neighbors):  # noqa: ARG002 - it needs none
        return torch.zeros_like(state.masses)


@dataclass
class Trial:
    """A simulation under way."""

    state: MDState
    integrator: Integrator
    evaluate: ForceField

    def run(self, n_steps: int, every: int = 1) -> Iterator[MDState]:
        """Every so many steps, the state; it becomes the trial's own."""
        steps = simulate(
            self.state, self.evaluate.potential, self.integrator, n_steps, evaluate=self.evaluate
        )
        for number, self.state in enumerate(steps, start=1):
            if number % every == 0:
                yield self.state

    def settle(self, n_steps: int) -> "Trial":
        """The trial after so many steps."""
        for _ in self.run(n_steps):
            pass
        return self


@pytest.fixture
def trial() -> Callable[..., Trial]:
    def make(structures: list[Structure], potential: Potential, **settings) -> Trial:
        spec = MDSpec(**settings)
        integrator = integrator_for(spec)
        evaluate = ForceField(potential, integrator.wants)
        state = start_state(state_from_structures(structures, CPU), spec.temperature, spec.seed)
        return Trial(begin(state, integrator, evaluate), integrator, evaluate)

    return make


@pytest.fixture
def springs() -> Springs:
    return Springs()


@pytest.fixture
def ideal_gas() -> IdealGas:
    return IdealGas()


ARGON = """
form = "lennard-jones"
name = "Argon and krypton of short reach, for speed"

[cutoff]
unit = "sigma"
begin = 1.6
end = 2.0

[elements]
Ar = { sigma = 3.40, epsilon = 0.0104 }
Kr = { sigma = 3.65, epsilon = 0.0140 }
"""


@pytest.fixture(scope="session")
def argon(tmp_path_factory) -> Potential:
    model = tmp_path_factory.mktemp("models") / "argon.toml"
    model.write_text(ARGON)
    return load_potential("lennard-jones", str(model), Compute("cpu", "float64", 1))


@pytest.fixture
def ring() -> Structure:
    n_atoms = 8
    return Structure(
        np.full(n_atoms, 18),
        np.arange(n_atoms)[:, None] * np.full(3, Springs.spacing),
        np.eye(3) * Springs.spacing * n_atoms,
        (True,) * 3,
    )


@pytest.fixture
def fcc() -> Callable[..., Structure]:
    def make(number: int = 18, lattice: float = 5.4, repeats: int = 1, **given) -> Structure:
        corners = np.stack(np.meshgrid(*[np.arange(repeats)] * 3, indexing="ij"), -1)
        positions = (corners.reshape(-1, 1, 3) + FCC).reshape(-1, 3) * lattice
        numbers = np.full(len(positions), number)
        return Structure(numbers, positions, np.eye(3) * lattice * repeats, (True,) * 3, **given)

    return make
