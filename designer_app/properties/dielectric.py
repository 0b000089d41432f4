"""Dielectric tensors of crystals of polarisable ions, at rest and from first differences.

With the second derivatives H of the energy by cores x and shells u, and the dipole moment
mu = sum_i [Q_i x_i + Y_i u_i] (Q the charge of the ion, Y of its shell, u from the core),

    eps_inf = 1 + (4 pi k_e/V) Y H_uu^-1 Y^T,    eps_0 = 1 + (4 pi k_e/V) (Q Y) H^-1 (Q Y)^T

(Gale and Rohl 2003, doi:10.1080/0892702031000104887). H is that at k = 0 without a macroscopic
field, so eps_0 exists only where no movement of the cores but a translation lowers the energy.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from designer_app.errors import NotConvergedError
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials.core_shell import CoreShell
from designer_app.potentials.core_shell.energies import Cores
from designer_app.potentials.core_shell.ions import Ions
from designer_app.potentials.core_shell.shells import settled
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

FloatArray = NDArray[np.float64]

_SOFT = 1e-6
"""eV/A^2 below which a movement of the cores is a translation, or costs nothing."""
_AT_REST = 1e-9
"""eV/A left on cores and shells in a field."""
_MOST_STEPS = 60


@dataclass(frozen=True, eq=False)
class DielectricTensors:
    """Answer of a crystal to a homogeneous field, and how stable it is."""

    high_frequency: FloatArray
    """(3, 3) eps_inf: shells follow the field, cores stay."""
    static: FloatArray | None
    """(3, 3) eps_0: cores follow too; None where the crystal is not stable at Gamma."""
    born_charges: FloatArray
    """(n_atoms, 3, 3) e, dmu/dx."""
    softest: float
    """eV/A^2, the least curvature of the energy by cores, translations left out."""


def dielectric_tensors(potential: CoreShell, structure: Structure) -> DielectricTensors:
    """Both tensors of a crystal at rest, from the Hessian. Raises what the potential raises."""
    crystal = _Crystal.of(potential, structure)
    n = len(crystal.ions.core)
    hessian = crystal.hessian()
    cores, mixed, shells = (
        hessian[: 3 * n, : 3 * n],
        hessian[: 3 * n, 3 * n :],
        hessian[3 * n :, 3 * n :],
    )
    to_shells = _dipoles(crystal.ions.on_shells)
    follow = np.linalg.solve(shells, mixed.T) if shells.size else mixed.T
    born = _dipoles(crystal.ions.charges) - to_shells @ follow
    effective = cores - mixed @ follow
    curvatures, ways = np.linalg.eigh(0.5 * (effective + effective.T))
    firm = np.abs(curvatures) > _SOFT * max(1.0, float(curvatures.max()))
    response = np.linalg.solve(shells, to_shells.T) if shells.size else to_shells.T
    high = np.eye(3) + crystal.scale * to_shells @ response
    is_stable = bool((curvatures[firm] > 0).all()) and int((~firm).sum()) == 3
    along = born @ ways[:, firm]
    static = high + crystal.scale * (along / curvatures[firm]) @ along.T if is_stable else None
    return DielectricTensors(
        high_frequency=high,
        static=static,
        born_charges=np.moveaxis(born.reshape(3, n, 3), 0, 1),
        softest=float(curvatures[firm].min(initial=math.inf)) if int((~firm).sum()) <= 3 else 0.0,
    )


def dielectric_in_field(
    potential: CoreShell, structure: Structure, strength: float = 5e-4, *, cores_move: bool = True
) -> FloatArray:
    """(3, 3) the same tensor from dipole moments in fields along each axis, in the limit of none.

    mu(E) - mu(-E) is odd in E, so that fields of `strength` V/A and of half of it leave only a
    fifth power, which tells in crystals near a ferroelectric instability (Richardson 1911,
    doi:10.1098/rsta.1911.0009). Ions are moved until no force is left, so the Hessian decides how
    fast, not where to. Raises `NotConvergedError` where they find no rest.
    """
    crystal = _Crystal.of(potential, structure)
    softness: FloatArray | None = None
    if cores_move:
        softness = np.asarray(np.linalg.pinv(crystal.effective_hessian(), rcond=1e-8), np.float64)

    def susceptibility(axis: int, amount: float) -> FloatArray:
        field = torch.zeros_like(crystal.cores.cell[0])
        field[axis] = amount
        higher, lower = (crystal.dipole(sign * field, softness) for sign in (1.0, -1.0))
        return (higher - lower) / (2.0 * amount)

    columns = [
        (4.0 * susceptibility(axis, 0.5 * strength) - susceptibility(axis, strength)) / 3.0
        for axis in range(3)
    ]
    return np.eye(3) + crystal.scale * np.stack(columns, axis=1)


@dataclass(frozen=True, eq=False)
class _Crystal:
    """A crystal's ions with their shells at rest."""

    cores: Cores
    shells: Tensor
    """(m, 3) A from their cores."""

    @classmethod
    def of(cls, potential: CoreShell, structure: Structure) -> "_Crystal":
        state = state_from_structures([structure], potential.device)
        potential.check(state)
        neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
        cores = potential.cores_of(state, neighbors, 0)
        start = torch.zeros_like(cores.positions[cores.ions.movable])
        return cls(cores, settled(cores, start, residual=_AT_REST).u)

    @property
    def ions(self) -> Ions:
        """With the pairs that were near at rest."""
        return self.cores.ions

    def with_cores_at(self, positions: Tensor) -> Cores:
        """The same ions elsewhere."""
        return Cores.of(self.ions, positions, self.cores.cell, self.cores.waves)

    @property
    def scale(self) -> float:
        """4 pi k_e / V in eV/(e^2 A^2)."""
        return 4.0 * math.pi * COULOMB_EV_A / float(torch.linalg.det(self.cores.cell).abs())

    def hessian(self) -> FloatArray:
        """Second derivatives in eV/A^2 by all cores, then by the shells there are."""
        x = self.cores.positions.clone().requires_grad_()
        u = self.shells.clone().requires_grad_()
        with torch.enable_grad():
            moved = self.with_cores_at(x).with_shells(u)
            slopes = torch.cat([moved.on_ions(), moved.on_shells]).flatten()
        rows = [
            torch.cat(torch.autograd.grad(each, (x, u), retain_graph=True)).flatten()
            for each in slopes
        ]
        found = torch.stack(rows).numpy()
        return 0.5 * (found + found.T)

    def effective_hessian(self) -> FloatArray:
        """Second derivatives by the cores, with shells that follow."""
        hessian, m = self.hessian(), 3 * len(self.cores.positions)
        mixed, shells = hessian[:m, m:], hessian[m:, m:]
        follow = np.linalg.solve(shells, mixed.T) if shells.size else mixed.T
        return hessian[:m, :m] - mixed @ follow

    def dipole(self, field: Tensor, softness: FloatArray | None) -> FloatArray:
        """(3,) e A, the change of the dipole moment in a field (3,) in V/A."""
        start = self.cores.positions
        positions, u, left = start, self.shells, math.inf
        for _ in range(_MOST_STEPS):
            cores = self.with_cores_at(positions)
            moved = settled(cores, u, field=field, residual=_AT_REST)
            u = moved.u
            if softness is None:
                break
            forces = (self.ions.charges[:, None] * field - moved.on_ions()).flatten().numpy()
            left = float(np.abs(forces).max())
            if left < _AT_REST:
                break
            positions = positions + torch.from_numpy(softness @ forces).reshape(-1, 3)
        else:
            raise NotConvergedError(_MOST_STEPS, left)
        dipole = self.ions.charges @ (positions - start)
        return (dipole + self.ions.on_shells @ (u - self.shells)).numpy()


def _dipoles(charges: Tensor) -> FloatArray:
    """(3, 3 n) e, derivatives of the dipole moment by the positions of charges."""
    return np.concatenate(
        [float(charge) * np.eye(3) for charge in charges] or [np.zeros((3, 0))], 1
    )
