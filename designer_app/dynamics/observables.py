"""What is read off a state at one moment: kinetic energy, temperature, pressure."""

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.state import AtomicState, MDState
from designer_app.units import KB


def sum_by_system(
    state: AtomicState, values: Float[Tensor, "n_atoms *rest"]
) -> Float[Tensor, "n_systems *rest"]:
    """Sums of an atomic quantity over the atoms of each system."""
    if state.n_systems == 1:
        return values.sum(dim=0, keepdim=True)
    totals = torch.zeros(
        (state.n_systems, *values.shape[1:]), dtype=values.dtype, device=values.device
    )
    return totals.index_add(0, state.system_idx, values)


def per_atom(
    state: AtomicState, values: Float[Tensor, "n_systems *rest"]
) -> Float[Tensor, "n_or_1 *rest"]:
    """A quantity of the systems, spread over their atoms."""
    return values if state.n_systems == 1 else values[state.system_idx]


def squared_lengths(vectors: Float[Tensor, "n_atoms 3"]) -> Float[Tensor, "n_atoms"]:
    """x^2 + y^2 + z^2 of each row; by a product, as torch sums short rows 20 times slower."""
    return torch.mv(vectors * vectors, torch.ones_like(vectors[0]))


def kinetic_energy(state: MDState) -> Float[Tensor, "n_systems"]:
    """Kinetic energy sum p^2 / 2m in eV."""
    return 0.5 * sum_by_system(state, squared_lengths(state.momenta) / state.masses)


def kinetic_tensor(state: MDState) -> Float[Tensor, "n_systems 3 3"]:
    """Sum p_a p_b / m in eV; half its trace is the kinetic energy."""
    velocities = state.momenta / state.masses[:, None]
    return sum_by_system(state, state.momenta[:, :, None] * velocities[:, None, :])


def degrees_of_freedom(
    state: AtomicState, *, conserves_momentum: bool
) -> Float[Tensor, "n_systems"]:
    """Quadratic terms of the kinetic energy that are free to exchange energy.

    3 N_free; 3 less where the total momentum is conserved, that is, where no bath acts on single
    atoms and no atom of the system is fixed.
    """
    ones = torch.ones_like(state.masses)
    atoms = sum_by_system(state, ones)
    fixed = sum_by_system(state, ones * state.fixed)
    lost = 3.0 * (fixed == 0) if conserves_momentum else torch.zeros_like(fixed)
    return 3.0 * (atoms - fixed) - lost


def temperature(state: MDState, freedoms: Float[Tensor, "n_systems"]) -> Float[Tensor, "n_systems"]:
    """Kinetic temperature 2 K / (N_f k_B) in K."""
    return 2.0 * kinetic_energy(state) / (freedoms * KB)


def pressure(state: MDState) -> Float[Tensor, "n_systems"]:
    """Pressure (2 K - V tr(stress)) / 3V in eV/A^3, the motion of the atoms included.

    Needs the stress, hence a cell with three lattice vectors.
    """
    assert state.stress is not None
    virial = state.stress.diagonal(dim1=1, dim2=2).mean(dim=1)
    return 2.0 * kinetic_energy(state) / (3.0 * state.volume) - virial
