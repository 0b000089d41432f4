"""Constant temperature by Nose-Hoover chains: deterministic, canonical, with a conserved energy."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.integrators import (
    FREEDOMS,
    Bath,
    Evaluate,
    Integrator,
    extend,
    nve_step,
)
from designer_app.dynamics.observables import kinetic_energy, per_atom
from designer_app.errors import InvalidSpecError
from designer_app.state import MDState
from designer_app.units import KB

_OUTER = 1.0 / (2.0 - 2.0 ** (1.0 / 3.0))
SUZUKI_YOSHIDA = (_OUTER, 1.0 - 2.0 * _OUTER, _OUTER)
"""Weights of the fourth-order factorisation (Yoshida 1990, doi:10.1016/0375-9601(90)90092-3)."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Thermostats, each of which holds the temperature of the one before."""

    heat: Float[Tensor, "n_systems links"]
    """eV: k_B T xi, summed up step by step, so that it is right while the bath changes too."""
    velocities: Float[Tensor, "n_systems links"]
    masses: Float[Tensor, "n_systems links"]

    @classmethod
    def at_rest(
        cls, freedoms: Float[Tensor, "n_systems"], kT: float, tau: float, links: int
    ) -> "Chain":
        """A chain for so many degrees of freedom: Q_1 = N_f kT tau^2, Q_k = kT tau^2."""
        masses = torch.full(
            (len(freedoms), links), kT * tau**2, dtype=freedoms.dtype, device=freedoms.device
        )
        masses[:, 0] *= freedoms
        zeros = torch.zeros_like(masses)
        return cls(zeros, zeros.clone(), masses)

    @classmethod
    def of(cls, state: MDState, name: str) -> "Chain":
        """The chain of that name in a state."""
        kept = state.extended
        return cls(kept[f"{name}_heat"], kept[f"{name}_velocities"], kept[f"{name}_masses"])

    def put(self, state: MDState, name: str) -> MDState:
        """The state with this chain under that name."""
        variables = {
            f"{name}_heat": self.heat,
            f"{name}_velocities": self.velocities,
            f"{name}_masses": self.masses,
        }
        return extend(state, **variables)

    def energy(self, freedoms: Tensor | float) -> Float[Tensor, "n_systems"]:
        """Its share of the conserved energy: sum Q v^2 / 2 + N_f kT xi_1 + kT sum_{k>1} xi_k."""
        kinetic = 0.5 * (self.masses * self.velocities.square()).sum(dim=1)
        return kinetic + freedoms * self.heat[:, 0] + self.heat[:, 1:].sum(dim=1)


def chain_half_step(
    chain: Chain,
    twice_kinetic: Float[Tensor, "n_systems"],
    freedoms: Tensor | float,
    kT: float,
    dt: float,
) -> tuple[Float[Tensor, "n_systems"], Chain]:
    """Factor on the momenta, and the chain, after half a time step.

    Martyna et al. 1996, doi:10.1080/00268979600100761, section 4:

        dv_1/dt = (2K - N_f kT) / Q_1 - v_1 v_2
        dv_k/dt = (Q_{k-1} v_{k-1}^2 - kT) / Q_k - v_k v_{k+1},     dxi_k/dt = v_k,   dp/dt = -v_1 p

    Q -> masses, kT xi -> heat, v -> velocities, 2K -> twice_kinetic, N_f -> freedoms.
    """
    Q = chain.masses.unbind(dim=1)
    v = list(chain.velocities.unbind(dim=1))
    heat = list(chain.heat.unbind(dim=1))
    scale = torch.ones_like(twice_kinetic)
    last = len(v) - 1

    def pull(k: int) -> Tensor:
        if k == 0:
            return (twice_kinetic * scale.square() - freedoms * kT) / Q[0]
        return (Q[k - 1] * v[k - 1].square() - kT) / Q[k]

    def turn(k: int, h: float) -> None:
        if k == last:
            v[k] = v[k] + 0.5 * h * pull(k)
        else:
            brake = torch.exp(-0.25 * h * v[k + 1])
            v[k] = (v[k] * brake + 0.5 * h * pull(k)) * brake

    for weight in SUZUKI_YOSHIDA:
        h = 0.5 * weight * dt
        for k in range(last, -1, -1):
            turn(k, h)
        scale = scale * torch.exp(-h * v[0])
        heat = [q + kT * h * speed for q, speed in zip(heat, v, strict=True)]
        for k in range(last + 1):
            turn(k, h)
    moved = Chain(torch.stack(heat, dim=1), torch.stack(v, dim=1), chain.masses)
    return scale, moved


def thermostat_half_step(state: MDState, kT: float, dt: float) -> MDState:
    """The state after half a time step in which only the chain acts on the momenta."""
    twice_kinetic = 2.0 * kinetic_energy(state)
    chain = Chain.of(state, "thermostat")
    scale, chain = chain_half_step(chain, twice_kinetic, state.extended[FREEDOMS], kT, dt)
    state = replace(state, momenta=state.momenta * per_atom(state, scale)[:, None])
    return chain.put(state, "thermostat")


def nose_hoover_step(state: MDState, evaluate: Evaluate, dt: float, kT: float) -> MDState:
    """The state after half a chain step, a velocity-Verlet step, and half a chain step."""
    state = thermostat_half_step(state, kT, dt)
    state = nve_step(state, evaluate, dt)
    return thermostat_half_step(state, kT, dt)


def coupling_kT(bath: Bath) -> float:  # noqa: N802 - the field's symbol
    """k_B T in eV that sets the chain's masses; raises where the bath is at absolute zero."""
    if bath.hottest <= 0.0:
        raise InvalidSpecError(
            "temperature", bath.temperature, "a Nose-Hoover chain needs a temperature above 0 K"
        )
    return KB * bath.hottest


@dataclass(frozen=True, kw_only=True)
class NoseHoover(Integrator):
    """Canonical ensemble by a Nose-Hoover chain."""

    bath: Bath
    tau: float
    """Relaxation time, internal units."""
    chain_length: int = 3

    def start(self, state: MDState) -> MDState:
        """The state with a chain at rest."""
        state = super().start(state)
        freedoms = state.extended[FREEDOMS]
        chain = Chain.at_rest(freedoms, coupling_kT(self.bath), self.tau, self.chain_length)
        return chain.put(state, "thermostat")

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        state = nose_hoover_step(state, evaluate, self.dt, self.bath.kT(state.step))
        return replace(state, step=state.step + 1)

    def conserved(self, state: MDState) -> Float[Tensor, "n_systems"]:
        """Energy of atoms and chain together, eV."""
        bath = Chain.of(state, "thermostat").energy(state.extended[FREEDOMS])
        return state.energy + kinetic_energy(state) + bath
