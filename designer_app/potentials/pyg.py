"""Any PyTorch Geometric model as a potential: forces and stress follow from its energy.

`resources/docs/pyg_potential.md` registers one in ten lines.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.device import Compute
from designer_app.graphs.pyg import Data
from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.potentials.base import EnergyPotential
from designer_app.state import AtomicState, compute_device, network_dtype


class PyGPotential(EnergyPotential):
    """A module that gives one energy in eV for each graph of a batch.

    `energy(module, graph)` is asked with a graph that has `z`, `pos`, `cell`, `edge_index`,
    `shifts` and `batch` as of `atoms_to_graph`, and with `vectors` (n_edges, 3) and `distances`
    (n_edges,) in A, from receiver to sender. What it computes of these, not of `pos`, is right in
    periodic cells too.
    """

    key: ClassVar[str] = "pyg"
    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress"})
    half_list: ClassVar[bool] = False

    def __init__(
        self,
        module: nn.Module,
        energy: Callable[[nn.Module, Data], Float[Tensor, "n_systems"]],
        *,
        cutoff: float,
        model: str,
        compute: Compute,
        elements: frozenset[int] | None = None,
    ) -> None:
        device = compute_device(compute)
        path = Path(model)
        content = path.read_bytes() if path.is_file() else model.encode()
        super().__init__(
            model=model,
            model_sha256=hashlib.sha256(content).hexdigest(),
            cutoff=cutoff,
            elements=elements,
            device=device,
        )
        self.dtype = network_dtype(compute, device)
        self.module = module.to(device=device, dtype=self.dtype).eval()
        self.module.requires_grad_(requires_grad=False)
        self._energy = energy

    def atom_energies(
        self, state: AtomicState, neighbors: NeighborList
    ) -> Float[Tensor, "n_atoms"]:
        """The energy of each graph in equal shares: the model does not tell the atoms apart."""
        with torch.no_grad():
            near = pair_vectors(state, neighbors).norm(dim=1) < self.cutoff
        vectors = pair_vectors(state, neighbors)[near].to(self.dtype)
        graph = Data(
            z=state.numbers,
            pos=state.positions.to(self.dtype),
            cell=state.cell.to(self.dtype),
            edge_index=torch.stack([neighbors.second[near], neighbors.first[near]]),
            shifts=neighbors.shifts[near],
            batch=state.system_idx,
            vectors=vectors,
            distances=vectors.norm(dim=1),
        )
        energies = self._energy(self.module, graph).to(state.dtype)
        return (energies / state.atoms_per_system)[state.system_idx]
