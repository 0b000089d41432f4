"""A pair list that lasts many steps: built with a skin, rebuilt when atoms could have crossed it.

Verlet 1967, doi:10.1103/PhysRev.159.98. With the deformation F = h0^-1 h of the cell since the
list was built and the displacements u_i = x_i - x0_i F beyond it, a pair that is now at distance d
was at most |F^-1| (d + |u_i| + |u_j|) apart. So no pair inside the cutoff is missing while

    |F^-1| (cutoff + u_1 + u_2) <= cutoff + skin,

where u_1 and u_2 are the two largest displacements of a structure and |.| the spectral norm.
"""

import numpy as np
import torch
from torch import Tensor

from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import NeighborList
from designer_app.state import AtomicState


class VerletList:
    """The pair list of a moving state. The same object is returned until it must be rebuilt."""

    def __init__(self, cutoff: float, skin: float, *, half: bool) -> None:
        self.cutoff = cutoff
        """A; 0 makes an empty list that is never rebuilt."""
        self.skin = skin
        """A."""
        self.half = half
        self.n_builds = 0
        self._reference: AtomicState | None = None
        self._neighbors: NeighborList | None = None

    @classmethod
    def restored(
        cls, cutoff: float, skin: float, *, half: bool, reference: AtomicState
    ) -> "VerletList":
        """The list as it was, from the state at whose positions and cell it had been built."""
        verlet = cls(cutoff, skin, half=half)
        verlet.rebuild_at(reference)
        return verlet

    @property
    def reference(self) -> AtomicState | None:
        """The state at the last build: its `positions` and `cell` are all a restart needs."""
        return self._reference

    def update(self, state: AtomicState) -> NeighborList:
        """A list that misses no pair within the cutoff, rebuilt only where that is in doubt."""
        if self._neighbors is None or self._reference is None or not self.covers(state):
            return self.rebuild_at(state)
        return self._neighbors

    def rebuild_at(self, reference: AtomicState) -> NeighborList:
        """The list built at these positions and this cell, now the reference."""
        reference = AtomicState(
            numbers=reference.numbers,
            positions=reference.positions.detach().clone(),
            cell=reference.cell.detach().clone(),
            pbc=reference.pbc,
            system_idx=reference.system_idx,
            masses=reference.masses,
            fixed=reference.fixed,
        )
        reach = self.cutoff + self.skin if self.cutoff > 0 else 0.0
        self._neighbors = build_neighbors(reference, reach, self.half)
        self._reference = reference
        self.n_builds += 1
        return self._neighbors

    def covers(self, state: AtomicState) -> bool:
        """Whether the present list surely holds all pairs of a state within the cutoff."""
        reference = self._reference
        if reference is None or not _same_atoms(state, reference):
            return False
        if self.cutoff <= 0:
            return True
        with torch.no_grad():
            moved, stretch = _displacements(state, reference)
            needed = stretch * (self.cutoff + _two_largest(moved, state))
            return bool((needed <= self.cutoff + self.skin).all())  # False where not a number


def _same_atoms(state: AtomicState, reference: AtomicState) -> bool:
    """Whether atom i is still atom i of the same structure, and the periodicity unchanged."""
    if (
        state.positions.shape != reference.positions.shape
        or state.cell.shape != reference.cell.shape
    ):
        return False
    return all(
        now is then or torch.equal(now, then)
        for now, then in (
            (state.system_idx, reference.system_idx),
            (state.pbc, reference.pbc),
        )
    )


def _displacements(state: AtomicState, reference: AtomicState) -> tuple[Tensor, Tensor | float]:
    """|u_i| (n_atoms,) in A and |F^-1| (n_systems,) since the reference."""
    if state.device.type == "cpu" and torch.equal(state.cell, reference.cell):
        return torch.linalg.vector_norm(state.positions - reference.positions, dim=1), 1.0
    deformation, stretch = _deformations(state, reference)
    there = torch.einsum("ia,iab->ib", reference.positions, deformation[state.system_idx])
    moved = state.positions - there
    # A barostat moves the whole structure too, which brings no pair nearer.
    drift = torch.zeros_like(state.cell[:, 0]).index_add(0, state.system_idx, moved)
    drift = drift / state.atoms_per_system.clamp(min=1)[:, None]
    return torch.linalg.vector_norm(moved - drift[state.system_idx], dim=1), stretch


def _deformations(state: AtomicState, reference: AtomicState) -> tuple[Tensor, Tensor]:
    """F (n_systems, 3, 3) and |F^-1|; F is 1 across the directions that do not repeat."""
    repeats = reference.pbc.cpu().numpy()[:, :, None]
    then = reference.cell.cpu().numpy().astype(np.float64) * repeats
    now = state.cell.detach().cpu().numpy().astype(np.float64) * repeats
    if not np.isfinite(now).all():
        nan = torch.full_like(state.cell, torch.nan)
        return nan, nan[:, 0, 0]
    inverse = np.linalg.pinv(then)
    deformation = inverse @ now + np.eye(3) - inverse @ then
    with np.errstate(divide="ignore"):
        stretch = 1.0 / np.linalg.svd(deformation, compute_uv=False)[:, -1]
    return torch.from_numpy(deformation).to(state.cell), torch.from_numpy(stretch).to(state.cell)


def _two_largest(moved: Tensor, state: AtomicState) -> Tensor:
    """Sum of the two largest displacements of each structure (n_systems,) in A."""
    if state.n_systems == 1:
        return torch.topk(moved, min(2, len(moved))).values.sum(dim=0, keepdim=True)
    none = torch.zeros_like(state.cell[:, 0, 0])
    largest = none.scatter_reduce(0, state.system_idx, moved, "amax")
    holders = torch.nonzero(moved == largest[state.system_idx]).squeeze(1)
    one_each = torch.zeros(state.n_systems, dtype=torch.int64, device=state.device)
    one_each = one_each.scatter(0, state.system_idx[holders], holders)
    others = moved.scatter(0, one_each, 0.0)
    return largest + none.scatter_reduce(0, state.system_idx, others, "amax")
