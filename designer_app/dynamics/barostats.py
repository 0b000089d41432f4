"""Constant pressure by stochastic cell rescaling, with Bussi's thermostat on the momenta."""

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.dynamics.integrators import BATH_ENERGY, Evaluate, drift, extend, kick, normals
from designer_app.dynamics.observables import kinetic_energy, kinetic_tensor
from designer_app.dynamics.thermostats import Bussi, rescale_stochastically
from designer_app.errors import InvalidSpecError, MissingCellError
from designer_app.potentials.base import ENERGY_FORCES_STRESS
from designer_app.state import AtomicState, MDState


def check_cell_can_change(state: AtomicState) -> None:
    """Raise where a barostat has no full cell to act on, or atoms that must stay where they are."""
    if not bool((state.pbc.all(dim=1) & (state.volume > 0)).all()):
        raise MissingCellError("pressure")
    if bool(state.fixed.any()):
        raise InvalidSpecError(
            "ensemble", "npt", "fixed atoms cannot stay in place while the cell changes: free them"
        )


def along_cell_vectors(
    cell: Float[Tensor, "n_systems 3 3"], tensor: Float[Tensor, "n_systems 3 3"]
) -> Float[Tensor, "n_systems 3"]:
    """The part of a symmetric tensor that works on the length of each lattice vector.

    Stretching vector a alone is the deformation G_a = h^-1 E_a h of row vectors, where E_a picks
    row a, so sigma : G_a = (h sigma h^-1)_aa; the three add up to the trace. h -> cell.
    """
    return (torch.linalg.solve(cell, cell @ tensor, left=False)).diagonal(dim1=1, dim2=2)


def stretch(state: MDState, strain: Float[Tensor, "n_systems 3"]) -> MDState:
    """The state with lattice vector a longer by exp(strain_a); fractional coordinates stay.

    Momenta change by the inverse transpose, p' = p F^-T for r' = r F, which keeps the volume of
    phase space.
    """
    cell = torch.exp(strain)[:, :, None] * state.cell
    deformation = torch.linalg.solve(state.cell, cell)
    back = torch.linalg.inv(deformation).transpose(1, 2)
    if state.n_systems == 1:
        positions, momenta = state.positions @ deformation[0], state.momenta @ back[0]
    else:
        owner = state.system_idx
        positions = torch.einsum("ia,iab->ib", state.positions, deformation[owner])
        momenta = torch.einsum("ia,iab->ib", state.momenta, back[owner])
    return replace(state, cell=cell, positions=positions.contiguous(), momenta=momenta.contiguous())


def cell_strain(
    state: MDState,
    dt: float,
    kT: float,
    pressure: float,
    compressibility: float,
    tau: float,
    *,
    isotropic: bool,
) -> tuple[Float[Tensor, "n_systems 3"], MDState]:
    """How much each lattice vector grows in a step, and the state with the generator after.

    Bernetti and Bussi 2020, doi:10.1063/5.0020514, equation 7, epsilon = ln V:

        d(epsilon) = (beta_T / tau_p) (P - P_0) dt + sqrt(2 kT beta_T / (V tau_p)) dW

    Anisotropic: the same for each length, l_a = ln L_a, in the spirit of del Tatto et al. 2022,
    doi:10.3390/app12031139:

        d(l_a) = (beta_T / 3 tau_p) (P_a - P_0) dt + sqrt(2 kT beta_T / (3 V tau_p)) dW_a

    Stationary for the density exp(-(K + U + P_0 V) / kT) dr dp dV, as the drift that the noise's
    dependence on V asks for cancels the one of ln V. beta_T -> compressibility, tau_p -> tau.
    """
    assert state.stress is not None
    volume = state.volume[:, None]
    inner = kinetic_tensor(state) / volume[:, :, None] - state.stress
    along = along_cell_vectors(state.cell, inner)
    noise, state = normals(state, state.n_systems, 1 if isotropic else 3)
    rate = compressibility * dt / (3.0 * tau)
    width = torch.sqrt(2.0 * kT * rate / volume)
    if isotropic:
        along = along.mean(dim=1, keepdim=True)
        width = width / 3.0**0.5
    strain = rate * (along - pressure) + width * noise
    return strain.expand(-1, 3), state


@dataclass(frozen=True, kw_only=True)
class CellRescaling(Bussi):
    """Isothermal-isobaric ensemble by stochastic cell rescaling."""

    wants: ClassVar[frozenset[str]] = ENERGY_FORCES_STRESS

    pressure: float
    """eV/A^3."""
    compressibility: float
    """A^3/eV; with `barostat_tau` it sets how fast the volume follows, not where it goes."""
    barostat_tau: float
    """Relaxation time of the volume, internal units."""
    isotropic: bool = True

    def start(self, state: MDState) -> MDState:
        """The state, once its cell may change."""
        check_cell_can_change(state)
        return super().start(state)

    def step(self, state: MDState, evaluate: Evaluate) -> MDState:
        """Half a kick, the cell, a drift, half a kick, the thermostat.

        The cell moves by the pressure at the half-kicked momenta, before the drift, so that one
        evaluation of the forces serves positions and cell. Work on the cell's potential energy is
        booked by the trapezoidal rule.
        """
        kT = self.bath.kT(state.step)
        state = kick(state, 0.5 * self.dt)
        strain, state = cell_strain(
            state,
            self.dt,
            kT,
            self.pressure,
            self.compressibility,
            self.barostat_tau,
            isotropic=self.isotropic,
        )
        work = 0.5 * _virial_work(state, strain) - kinetic_energy(state)
        state = stretch(state, strain)
        work = work + kinetic_energy(state)
        state = evaluate(drift(state, self.dt))
        work = work + 0.5 * _virial_work(state, strain)
        state = kick(state, 0.5 * self.dt)
        state = extend(state, **{BATH_ENERGY: state.extended[BATH_ENERGY] + work})
        state = rescale_stochastically(state, self.dt, kT, self.tau)
        return replace(state, step=state.step + 1)


def _virial_work(
    state: MDState, strain: Float[Tensor, "n_systems 3"]
) -> Float[Tensor, "n_systems"]:
    """Change of the potential energy under a small strain, V sigma : G, eV."""
    assert state.stress is not None
    return state.volume * (along_cell_vectors(state.cell, state.stress) * strain).sum(dim=1)
