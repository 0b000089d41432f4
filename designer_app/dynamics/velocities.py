"""Momenta to start from."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from designer_app.dynamics.observables import (
    degrees_of_freedom,
    per_atom,
    squared_lengths,
    sum_by_system,
)
from designer_app.state import AtomicState
from designer_app.units import KB


def maxwell_boltzmann(
    state: AtomicState,
    temperature: float,
    generator: torch.Generator,
    *,
    at_rest: bool = True,
    exact: bool = False,
) -> Float[Tensor, "n_atoms 3"]:
    """Random momenta of a temperature (K): each component normal with variance m k_B T.

    Fixed atoms have none. With `at_rest` the centre of mass of each system without fixed atoms
    stands still; with `exact` the momenta are scaled to the temperature of what is left.
    """
    noise = torch.randn(
        (state.n_atoms, 3), generator=generator, dtype=state.dtype, device=state.device
    )
    width = torch.where(state.fixed, 0.0, torch.sqrt(KB * temperature * state.masses))
    momenta = width[:, None] * noise
    if at_rest:
        momenta = without_drift(state, momenta)
    if exact:
        freedoms = degrees_of_freedom(state, conserves_momentum=at_rest)
        twice_kinetic = sum_by_system(state, squared_lengths(momenta) / state.masses)
        moving = twice_kinetic > 0
        squared = KB * temperature * freedoms / torch.where(moving, twice_kinetic, 1.0)
        momenta = momenta * per_atom(state, torch.sqrt(squared))[:, None]
    return momenta


def without_drift(
    state: AtomicState, momenta: Float[Tensor, "n_atoms 3"]
) -> Float[Tensor, "n_atoms 3"]:
    """Momenta less the motion of the centre of mass, where no atom of the system is fixed."""
    total = sum_by_system(state, momenta)
    mass = sum_by_system(state, state.masses)
    drifts = _has_no_fixed_atom(state)
    velocity = torch.where(drifts[:, None], total / mass[:, None], 0.0)
    return momenta - state.masses[:, None] * per_atom(state, velocity)


def _has_no_fixed_atom(state: AtomicState) -> Bool[Tensor, "n_systems"]:
    return sum_by_system(state, state.fixed.to(state.dtype)) == 0
