"""Constant temperature: Langevin, Bussi's stochastic velocity rescaling, and Berendsen.

Nose-Hoover chains have a file of their own. Langevin acts on every atom and so on the total
momentum (3N degrees of freedom); the others only scale momenta (3N - 3).
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.integrators import (
    BATH_ENERGY,
    FREEDOMS,
    Bath,
    Evaluate,
    Integrator,
    drift,
    extend,
    kick,
    normals,
    nve_step,
)
from designer_app.dynamics.observables import (
    kinetic_energy,
    per_atom,
    squared_lengths,
    sum_by_system,
)
from designer_app.state import MDState


def exchange_with_bath(state: MDState, dt: float, kT: float, friction: float) -> MDState:
    """Momenta after a time in the bath: the exact Ornstein-Uhlenbeck solution.

    p' = c p + sqrt((1 - c^2) m k_B T) R with c = exp(-gamma dt); gamma -> friction, R -> noise.
    """
    c = math.exp(-friction * dt)
    noise, state = normals(state, state.n_atoms, 3)
    width = torch.where(state.fixed, 0.0, torch.sqrt((1.0 - c * c) * kT * state.masses))
    return replace(state, momenta=c * state.momenta + width[:, None] * noise)


def langevin_step(
    state: MDState, evaluate: Evaluate, dt: float, kT: float, friction: float
) -> MDState:
    """The state after one step of Langevin dynamics in the BAOAB splitting.

    Leimkuhler and Matthews 2013, doi:10.1063/1.4802990. Half a kick (B), half a drift (A), the
    bath for the whole step (O), half a drift (A), half a kick (B); averages over positions are
    right to order dt^2 with a small factor.
    """
    state = drift(kick(state, 0.5 * dt), 0.5 * dt)
    before = kinetic_energy(state)
    state = exchange_with_bath(state, dt, kT, friction)
    heat = kinetic_energy(state) - before
    state = kick(evaluate(drift(state, 0.5 * dt)), 0.5 * dt)
    return extend(state, **{BATH_ENERGY: state.extended[BATH_ENERGY] + heat})


def scale_momenta(
    state: MDState,
    factor: Float[Tensor, "n_systems"],
    kinetic: Float[Tensor, "n_systems"],
) -> MDState:
    """Momenta times a factor; the kinetic energy K (eV) that this adds is booked to the bath."""
    booked = state.extended[BATH_ENERGY] + (factor.square() - 1.0) * kinetic
    state = replace(state, momenta=state.momenta * per_atom(state, factor)[:, None])
    return extend(state, **{BATH_ENERGY: booked})


def free_normals(state: MDState) -> Float[Tensor, "n_atoms 3"]:
    """A mask with one 1 for each degree of freedom but one, for sums of squared normals.

    Of the free components of each system the first 3N_free - N_f + 1 are left out.
    """
    free = (~state.fixed)[:, None].expand(-1, 3).reshape(-1).to(state.dtype)
    owner = state.system_idx.repeat_interleave(3)
    count = torch.cumsum(free, dim=0)
    total = sum_by_system(state, free.reshape(-1, 3).sum(dim=1))
    before = (torch.cumsum(total, dim=0) - total)[owner]
    left_out = (total - state.extended[FREEDOMS] + 1.0)[owner]
    return (free * (count - before > left_out)).reshape(-1, 3)


def bussi_factor(
    kinetic: Float[Tensor, "n_systems"],
    kT: float,
    decay: float,
    first: Float[Tensor, "n_systems"],
    others: Float[Tensor, "n_systems"],
) -> Float[Tensor, "n_systems"]:
    """Factor by which stochastic velocity rescaling multiplies momenta.

    Bussi, Donadio and Parrinello 2007, doi:10.1063/1.2408420, equation A7, with the sign of
    Bussi and Parrinello 2008, doi:10.1016/j.cpc.2008.01.006:

        alpha^2 = c + (1 - c) (K_t / N_f K) (R_1^2 + sum_{i=2}^{N_f} R_i^2)
                  + 2 sqrt(c (1 - c) K_t / (N_f K)) R_1,    K_t = N_f k_B T / 2

    c -> decay, R_1 -> first, sum_{i=2} R_i^2 -> others, K -> kinetic. Atoms at rest stay at rest.
    """
    tiny = torch.finfo(kinetic.dtype).tiny
    share = (1.0 - decay) * 0.5 * kT / kinetic.clamp_min(tiny)
    along = math.sqrt(decay) + torch.sqrt(share) * first
    length = torch.sqrt(along.square() + share * others)
    return torch.where(kinetic > tiny, torch.copysign(length, along), 1.0)


def rescale_stochastically(state: MDState, dt: float, kT: float, tau: float) -> MDState:
    """Momenta after a time with Bussi's thermostat of relaxation time tau."""
    first, state = normals(state, state.n_systems)
    each, state = normals(state, state.n_atoms, 3)
    others = sum_by_system(state, squared_lengths(each * state.extended["free_normals"]))
    kinetic = kinetic_energy(state)
    factor = bussi_factor(kinetic, kT, math.exp(-dt / tau), first, others)
    return scale_momenta(state, factor, kinetic)


def rescale_weakly(state: MDState, dt: float, kT: float, tau: float) -> MDState:
    """Momenta after a time with Berendsen's thermostat, whose kinetic energy fluctuates too little.

    Berendsen et al. 1984, doi:10.1063/1.448118: lambda^2 = 1 + (dt / tau) (T_0 / T - 1).
    """
    kinetic = kinetic_energy(state)
    target = 0.5 * kT * state.extended[FREEDOMS]
    tiny = torch.finfo(state.dtype).tiny
    squared = 1.0 + dt / tau * (target / kinetic.clamp_min(tiny) - 1.0)
    factor = torch.where(kinetic > tiny, torch.sqrt(squared.clamp_min(0.0)), 1.0)
    return scale_momenta(state, factor, kinetic)


@dataclass(frozen=True, kw_only=True)
class Langevin(Integrator):
    """Canonical ensemble by Langevin dynamics (BAOAB)."""

    conserves_momentum: ClassVar[bool] = False

    bath: Bath
    friction: float
    """1 / internal time."""

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        kT = self.bath.kT(state.step)
        state = langevin_step(state, evaluate, self.dt, kT, self.friction)
        return replace(state, step=state.step + 1)


@dataclass(frozen=True, kw_only=True)
class Bussi(Integrator):
    """Canonical ensemble by stochastic velocity rescaling; trajectories stay close to NVE's."""

    bath: Bath
    tau: float
    """Relaxation time, internal units."""

    def start(self, state: MDState) -> MDState:
        """The state with its degrees of freedom counted out."""
        state = super().start(state)
        return extend(state, free_normals=free_normals(state))

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        kT = self.bath.kT(state.step)
        state = nve_step(state, evaluate, self.dt)
        state = rescale_stochastically(state, self.dt, kT, self.tau)
        return replace(state, step=state.step + 1)


@dataclass(frozen=True, kw_only=True)
class Berendsen(Integrator):
    """Weak coupling to a bath. Not canonical: for bringing a system to a temperature only."""

    bath: Bath
    tau: float
    """Relaxation time, internal units."""

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        kT = self.bath.kT(state.step)
        state = nve_step(state, evaluate, self.dt)
        state = rescale_weakly(state, self.dt, kT, self.tau)
        return replace(state, step=state.step + 1)
