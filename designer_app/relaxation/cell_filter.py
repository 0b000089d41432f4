"""Atoms and cell as one set of coordinates.

The cell is C = C_0 F^T with the deformation gradient F = exp(U), and the atoms are at x = F X,
so X are positions in the undeformed cell (Tadmor et al. 1999, doi:10.1103/PhysRevB.59.235).
U, the logarithmic strain, is kept symmetric: a crystal does not turn. With the forces f = -dE/dx,
the stress s = (1/V) dE/d(strain), the pressure P and W = -V (s + P) F^-1,

    -dH/dX = f F,    -dH/dU = Q [G * (Q^T W Q)] Q^T,    G_ij = (e^l_i - e^l_j) / (l_i - l_j)

where H = E + P V, U = Q diag(l) Q^T, and * multiplies element by element: the derivative of the
matrix exponential (Daleckii and Krein; Higham, Functions of Matrices, theorem 3.11,
doi:10.1137/1.9780898717778). ASE's FrechetCellFilter follows the same coordinates.

The strain is handed on as c U with a length c such that a typical crystal is as stiff along its
rows as along an atom's (Pfrommer et al. 1997, doi:10.1006/jcph.1996.5612): c^2 k = V B.

| symbol | variable |
|---|---|
| C_0, X at the start | reference.cell, reference.positions |
| X - X_0, c U | displacement, one row for each atom, then three for each cell |
| c | scale |
| B, k | STIFFNESS, CURVATURE |

A fixed atom keeps its X: it stays where it is in a fixed cell, and follows a moving one.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.potentials.base import Prediction
from designer_app.relaxation.rows import Rows
from designer_app.state import AtomicState
from designer_app.units import GPA

STIFFNESS = 300.0 * GPA
"""eV/A^3: elastic constant of an oxide (c11 of MgO)."""
CURVATURE = 15.0
"""eV/A^2: force constant of an ordinary bond."""
LONGEST_MOVE = 0.2
"""A, of an atom in one step."""
LARGEST_STRAIN = 0.05
"""Of a cell in one step."""


@dataclass(frozen=True, eq=False)
class Coordinates:
    """What moves in a batch of structures, and how it maps to positions and cells."""

    reference: AtomicState
    rows: Rows
    scale: Float[Tensor, "n_systems"] | None
    """A; None where the cells are kept."""
    pressure: float
    """eV/A^3."""

    def state(self, displacement: Float[Tensor, "n_rows 3"]) -> AtomicState:
        """The structures as displaced and strained."""
        positions = self.reference.positions + displacement[: self.reference.n_atoms]
        if self.scale is None:
            return self.reference.moved(positions)
        values, vectors = _eigh(self._strain(displacement, self.scale))
        deformation = torch.einsum("sab,sb,scb->sac", vectors, values.exp(), vectors)
        positions = torch.einsum("ia,iab->ib", positions, deformation[self.reference.system_idx])
        return self.reference.moved(positions, self.reference.cell @ deformation)

    def forces(
        self, displacement: Float[Tensor, "n_rows 3"], prediction: Prediction
    ) -> Float[Tensor, "n_rows 3"]:
        """-dH/d(row) in eV/A."""
        assert prediction.forces is not None
        forces = prediction.forces.masked_fill(self.reference.fixed[:, None], 0.0)
        if self.scale is None:
            return forces
        assert prediction.stress is not None
        values, vectors = _eigh(self._strain(displacement, self.scale))
        deformation = torch.einsum("sab,sb,scb->sac", vectors, values.exp(), vectors)
        inverse = torch.einsum("sab,sb,scb->sac", vectors, (-values).exp(), vectors)
        volume = self.reference.volume * values.sum(dim=1).exp()
        pressed = prediction.stress + self.pressure * torch.eye(3).to(prediction.stress)
        work = -volume[:, None, None] * pressed @ inverse
        inner = torch.einsum("sba,sbc,scd->sad", vectors, work, vectors)
        on_strain = torch.einsum(
            "sab,sbc,sdc->sad", vectors, _exponential_differences(values) * inner, vectors
        )
        on_strain = 0.5 * (on_strain + on_strain.transpose(1, 2)) / self.scale[:, None, None]
        on_atoms = torch.einsum("ia,iab->ib", forces, deformation[self.reference.system_idx])
        return torch.cat([on_atoms, on_strain.reshape(-1, 3)])

    def _strain(
        self, displacement: Float[Tensor, "n_rows 3"], scale: Float[Tensor, "n_systems"]
    ) -> Float[Tensor, "n_systems 3 3"]:
        scaled = displacement[self.reference.n_atoms :].reshape(-1, 3, 3)
        return scaled / scale[:, None, None]


def coordinates(reference: AtomicState, *, fix_cell: bool, pressure: float = 0.0) -> Coordinates:
    """The coordinates of a batch; `pressure` in eV/A^3."""
    systems = torch.arange(reference.n_systems, device=reference.device)
    limit = torch.full_like(reference.positions[:, 0], LONGEST_MOVE)
    if fix_cell:
        rows = Rows(reference.system_idx, reference.n_systems, limit)
        return Coordinates(reference, rows, None, 0.0)
    scale = torch.sqrt(reference.volume * (STIFFNESS / CURVATURE))
    rows = Rows(
        torch.cat([reference.system_idx, systems.repeat_interleave(3)]),
        reference.n_systems,
        torch.cat([limit, (LARGEST_STRAIN * scale).repeat_interleave(3)]),
    )
    return Coordinates(reference, rows, scale, pressure)


def _exponential_differences(values: Float[Tensor, "s 3"]) -> Float[Tensor, "s 3 3"]:
    """(e^a - e^b) / (a - b) of all pairs, e^a where they are equal."""
    mean = 0.5 * (values[:, :, None] + values[:, None, :])
    half = 0.5 * (values[:, :, None] - values[:, None, :])
    # sinh(h)/h by its series where the division would lose digits.
    ratio = torch.where(
        half.abs() < 1e-3, 1 + half**2 / 6, torch.sinh(half) / half.where(half != 0, 1.0)
    )
    return mean.exp() * ratio


def _eigh(matrices: Float[Tensor, "s 3 3"]) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors; on the host for Apple GPUs, which have no `eigh`."""
    symmetric = 0.5 * (matrices + matrices.transpose(1, 2))
    if symmetric.device.type != "mps":
        values, vectors = torch.linalg.eigh(symmetric)
        return values, vectors
    values, vectors = torch.linalg.eigh(symmetric.cpu())
    return values.to(matrices.device), vectors.to(matrices.device)
