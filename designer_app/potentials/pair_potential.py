"""Pair potentials: E = sum over pairs of V(r), switched off smoothly at each pair's cutoff.

Forces and stress are written out, without automatic differentiation:
F_i = -F_j = 2 dV/d(r^2) (x_j - x_i) and stress = (1/volume) sum of 2 dV/d(r^2) d x d.
"""

from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from designer_app.neighbors.pairs import pair_vectors
from designer_app.potentials.base import Prediction
from designer_app.potentials.row_potential import Prepared, RowPotential
from designer_app.state import AtomicState


class PairPotential(RowPotential):
    """A pair potential of a family; the family says what V is."""

    @abstractmethod
    def _pair_terms(
        self, r2: Float[Tensor, "n_pairs"], coefficients: Float[Tensor, "n_pairs n_coefficients"]
    ) -> tuple[Tensor, Tensor]:
        """V in eV and dV/d(r^2) in eV/A^2, before switching."""

    def _predict_torch(
        self, state: AtomicState, prepared: Prepared, want: frozenset[str]
    ) -> Prediction:
        neighbors = prepared.neighbors
        first, second = neighbors.first, neighbors.second
        vectors = pair_vectors(state, neighbors)
        r2 = (vectors * vectors).sum(dim=1)
        if state.device.type == "cpu":  # elsewhere counting the near ones would stop the device
            near = torch.nonzero(r2 < self.cutoff**2).squeeze(1)
            first, second, vectors, r2 = first[near], second[near], vectors[near], r2[near]
        table = torch.from_numpy(self._table).to(vectors)
        coefficients = table[0]
        if len(table) > 1:
            coefficients = table[prepared.kinds[first], prepared.kinds[second]]
        begin2, end2 = coefficients[:, -2], coefficients[:, -1]
        energy, slope = self._pair_terms(r2, coefficients[:, :-2])
        energy, slope = _switched(r2, energy, slope, begin2, end2)
        pull = 2.0 * slope[:, None] * vectors
        forces = stress = energies = None
        if "forces" in want:
            forces = torch.zeros_like(state.positions)
            forces = forces.index_add(0, first, pull).index_add(0, second, -pull)
        system = state.system_idx[first]
        if "stress" in want:
            products = pull[:, :, None] * vectors[:, None, :]
            stress = torch.zeros_like(state.cell).index_add(0, system, products)
            stress = stress / state.volume[:, None, None]
        if "energies" in want:
            energies = torch.zeros_like(state.positions[:, 0])
            energies = energies.index_add(0, first, 0.5 * energy).index_add(0, second, 0.5 * energy)
        total = torch.zeros_like(state.cell[:, 0, 0]).index_add(0, system, energy)
        return Prediction(energy=total, forces=forces, stress=stress, energies=energies)


def _switched(
    r2: Tensor, energy: Tensor, slope: Tensor, begin2: Tensor, end2: Tensor
) -> tuple[Tensor, Tensor]:
    """Energy and dE/d(r^2) with the factor of `pair_kernels.switched`."""
    s = torch.minimum(torch.maximum(r2, begin2), end2)
    left, cube = end2 - s, (end2 - begin2) ** 3
    factor = left * left * (end2 + 2.0 * s - 3.0 * begin2) / cube
    return energy * factor, slope * factor + energy * (6.0 * left * (begin2 - s) / cube)
