"""Constant pressure by the equations of Martyna, Tobias and Klein, with Nose-Hoover chains."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.barostats import check_cell_can_change
from designer_app.dynamics.integrators import FREEDOMS, Evaluate, extend
from designer_app.dynamics.nose_hoover import (
    Chain,
    NoseHoover,
    chain_half_step,
    coupling_kT,
    thermostat_half_step,
)
from designer_app.dynamics.observables import kinetic_energy, per_atom
from designer_app.potentials.base import ENERGY_FORCES_STRESS
from designer_app.state import MDState

RATE = "cell_rate"
"""Name of (n_systems,) v_eps = d(ln V)/dt / 3 in `MDState.extended`."""
CELL_MASS = "cell_mass"
"""Name of (n_systems,) W."""
_D = 3.0


def barostat_half_step(state: MDState, kT: float, dt: float) -> MDState:
    """The state after half a time step in which only the barostat's own chain acts on the cell."""
    W, rate = state.extended[CELL_MASS], state.extended[RATE]
    chain = Chain.of(state, "barostat")
    scale, chain = chain_half_step(chain, W * rate.square(), 1.0, kT, dt)
    return chain.put(extend(state, **{RATE: rate * scale}), "barostat")


def push_cell(state: MDState, pressure: float, dt: float) -> MDState:
    """The state after a time in which the pressure accelerates the cell.

    W dv_eps/dt = 3 V (P - P_0) + (3 / N_f) 2K, where 3 V P = 2K - V tr(stress).
    """
    assert state.stress is not None
    twice_kinetic = 2.0 * kinetic_energy(state)
    volume = state.volume
    virial = volume * state.stress.diagonal(dim1=1, dim2=2).sum(dim=1)
    share = 1.0 + _D / state.extended[FREEDOMS]
    force = share * twice_kinetic - virial - _D * pressure * volume
    rate = state.extended[RATE] + dt * force / state.extended[CELL_MASS]
    return extend(state, **{RATE: rate})


def kick_in_cell(state: MDState, dt: float) -> MDState:
    """Momenta after a time under forces and the cell's rate: dp/dt = F - (1 + 3/N_f) v_eps p."""
    drag = (1.0 + _D / state.extended[FREEDOMS]) * state.extended[RATE]
    half = per_atom(state, 0.5 * dt * drag)[:, None]
    brake = torch.exp(-half)
    momenta = (state.momenta * brake + dt * sinh_over(half) * state.forces) * brake
    return replace(state, momenta=momenta)


def drift_in_cell(state: MDState, dt: float) -> MDState:
    """Positions and cell after a time: dr/dt = p/m + v_eps r, dh/dt = v_eps h."""
    growth = dt * state.extended[RATE]
    half = per_atom(state, 0.5 * growth)[:, None]
    swell = torch.exp(half)
    velocities = state.momenta / state.masses[:, None]
    positions = (state.positions * swell + dt * sinh_over(half) * velocities) * swell
    cell = state.cell * torch.exp(growth)[:, None, None]
    return replace(state, positions=positions, cell=cell)


def sinh_over(x: Tensor) -> Tensor:
    """Values of sinh(x) / x by its series, exact to rounding for |x| < 0.1."""
    squared = x.square()
    last = 1.0 + squared / 42.0 * (1.0 + squared / 72.0)
    return 1.0 + squared / 6.0 * (1.0 + squared / 20.0 * last)


def mtk_step(state: MDState, evaluate: Evaluate, dt: float, kT: float, pressure: float) -> MDState:
    """The state after one step of the measure-preserving integrator for MTK's equations.

    Tuckerman et al. 2006, doi:10.1088/0305-4470/39/19/S18, isotropic:

        dr/dt = p/m + v_eps r            dp/dt = F - (1 + 3/N_f) v_eps p - v_xi p
        dV/dt = 3 V v_eps                W dv_eps/dt = 3V (P - P_0) + (3/N_f) 2K - W v_eta v_eps

    r -> positions, p -> momenta, v_eps -> cell_rate, W -> cell_mass, N_f -> degrees_of_freedom,
    v_xi, v_eta -> velocities of the first links of "thermostat" and "barostat".
    """
    state = barostat_half_step(state, kT, dt)
    state = thermostat_half_step(state, kT, dt)
    state = push_cell(state, pressure, 0.5 * dt)
    state = kick_in_cell(state, 0.5 * dt)
    state = drift_in_cell(state, dt)
    state = evaluate(state)
    state = kick_in_cell(state, 0.5 * dt)
    state = push_cell(state, pressure, 0.5 * dt)
    state = thermostat_half_step(state, kT, dt)
    return barostat_half_step(state, kT, dt)


@dataclass(frozen=True, kw_only=True)
class MTK(NoseHoover):
    """Isothermal-isobaric ensemble by MTK's equations; the cell keeps its shape."""

    wants: ClassVar[frozenset[str]] = ENERGY_FORCES_STRESS

    pressure: float
    """eV/A^3."""
    barostat_tau: float
    """Relaxation time of the cell, internal units."""

    def start(self, state: MDState) -> MDState:
        """The state with cell and chains at rest: W = (N_f + 3) kT tau_b^2."""
        check_cell_can_change(state)
        state = super().start(state)
        freedoms = state.extended[FREEDOMS]
        kT = coupling_kT(self.bath)
        ones = torch.ones_like(freedoms)
        chain = Chain.at_rest(ones, kT, self.barostat_tau, self.chain_length)
        mass = (freedoms + _D) * kT * self.barostat_tau**2
        state = extend(state, **{RATE: torch.zeros_like(ones), CELL_MASS: mass})
        return chain.put(state, "barostat")

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """The state one time step later."""
        kT = self.bath.kT(state.step)
        state = mtk_step(state, evaluate, self.dt, kT, self.pressure)
        return replace(state, step=state.step + 1)

    def conserved(self, state: MDState) -> Float[Tensor, "n_systems"]:
        """Energy of atoms, cell and chains together with P_0 V, eV."""
        kept = state.extended
        cell = 0.5 * kept[CELL_MASS] * kept[RATE].square() + self.pressure * state.volume
        return super().conserved(state) + cell + Chain.of(state, "barostat").energy(1.0)
