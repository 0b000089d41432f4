"""Equations of motion, one step at a time: the primitives, and constant energy.

A step is a pure function: it takes a state and returns the next. `evaluate` gives a state the
energy, forces and stress that belong to its positions and cell; everything else is built of
primitives such as `kick` and `drift`. All quantities are batched over systems.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.observables import degrees_of_freedom, kinetic_energy
from designer_app.dynamics.velocities import without_drift
from designer_app.errors import InvalidSpecError
from designer_app.potentials.base import ENERGY_AND_FORCES
from designer_app.state import MDState
from designer_app.units import KB

Evaluate = Callable[[MDState], MDState]

FREEDOMS = "degrees_of_freedom"
"""Name of the (n_systems,) degrees of freedom in `MDState.extended`."""
BATH_ENERGY = "bath_energy"
"""Name of the (n_systems,) energy in eV that thermostat and barostat have put into the atoms."""


def kick(state: MDState, dt: float) -> MDState:
    """Momenta after a time under constant forces: p + F dt."""
    return replace(state, momenta=state.momenta + dt * state.forces)


def drift(state: MDState, dt: float) -> MDState:
    """Positions after a time at constant momenta: r + (p / m) dt."""
    return replace(state, positions=state.positions + state.momenta * (dt / state.masses)[:, None])


def normals(state: MDState, *shape: int) -> tuple[Tensor, MDState]:
    """Standard normal numbers from the state's generator, and the state with the generator after.

    The generator is rebuilt from its state, so that the same state always gives the same numbers.
    """
    generator = torch.Generator(device=state.device)
    generator.set_state(state.rng)
    drawn = torch.randn(shape, generator=generator, dtype=state.dtype, device=state.device)
    return drawn, replace(state, rng=generator.get_state())


def extend(state: MDState, **variables: Tensor) -> MDState:
    """The state with new values of some of its thermostat and barostat variables."""
    return replace(state, extended={**state.extended, **variables})


def nve_step(state: MDState, evaluate: Evaluate, dt: float) -> MDState:
    """The state after one velocity-Verlet step; the energy error is bounded and of order dt^2.

    Swope et al. 1982, doi:10.1063/1.442716:

        p(t + dt/2) = p(t) + F(t) dt/2
        r(t + dt)   = r(t) + p(t + dt/2) dt / m
        p(t + dt)   = p(t + dt/2) + F(t + dt) dt/2

    p -> momenta, r -> positions, F -> forces, m -> masses.
    """
    state = drift(kick(state, 0.5 * dt), dt)
    return kick(evaluate(state), 0.5 * dt)


@dataclass(frozen=True, kw_only=True)
class Bath:
    """A heat bath whose temperature is constant, or changes linearly and then stays."""

    temperature: float
    """K, at step 0."""
    temperature_end: float | None = None
    """K, from step `ramp_steps` on; None for a constant temperature."""
    ramp_steps: int = 0

    def kT(self, step: int) -> float:  # noqa: N802 - the field's symbol
        """k_B T at a step, eV."""
        if self.temperature_end is None:
            return KB * self.temperature
        done = min(step / self.ramp_steps, 1.0) if self.ramp_steps else 1.0
        return KB * (self.temperature + done * (self.temperature_end - self.temperature))

    @property
    def hottest(self) -> float:
        """The highest temperature in K that the bath takes."""
        return max(self.temperature, self.temperature_end or 0.0)


@dataclass(frozen=True, kw_only=True)
class Integrator(ABC):
    """How a state moves on: settings in internal units, and a step that is a pure function."""

    conserves_momentum: ClassVar[bool] = True
    """Whether the total momentum of free atoms stays what it is."""
    wants: ClassVar[frozenset[str]] = ENERGY_AND_FORCES
    """What the step needs of the potential."""

    dt: float
    """Time step in internal units."""

    def start(self, state: MDState) -> MDState:
        """The state with the variables this integrator keeps, at their start values.

        Where the total momentum is conserved it is set to zero: the motion of the whole would be
        taken for heat, though no degree of freedom that is counted holds it. Raises
        `InvalidSpecError` for a system in which nothing can move.
        """
        freedoms = degrees_of_freedom(state, conserves_momentum=self.conserves_momentum)
        if bool((freedoms <= 0).any()):
            raise InvalidSpecError(
                "structure",
                f"{state.n_atoms} atoms",
                "nothing in it can move: free some atoms, or, for a cell of one atom, "
                "take a larger cell or the Langevin thermostat",
            )
        if self.conserves_momentum:
            state = replace(state, momenta=without_drift(state, state.momenta))
        variables = {FREEDOMS: freedoms, BATH_ENERGY: torch.zeros_like(freedoms)}
        return extend(state, **variables)

    @abstractmethod
    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""

    def conserved(self, state: MDState) -> Float[Tensor, "n_systems"]:
        """The energy in eV that exact integration would keep constant.

        Kinetic and potential energy less what the bath has put in: its slope measures the error
        of the time step for every ensemble (Bussi et al. 2007, doi:10.1063/1.2408420).
        """
        return state.energy + kinetic_energy(state) - state.extended[BATH_ENERGY]


@dataclass(frozen=True, kw_only=True)
class NVE(Integrator):
    """Constant energy and volume by velocity Verlet."""

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        state = nve_step(state, evaluate, self.dt)
        return replace(state, step=state.step + 1)
