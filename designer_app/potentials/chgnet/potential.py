"""CHGNet as a potential: a graph from our neighbour list, forward, and one pass back."""

from typing import ClassVar

import torch
from torch import Tensor

from designer_app.device import Compute
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.chgnet.backward import backward
from designer_app.potentials.chgnet.convolution import Convolver
from designer_app.potentials.chgnet.forward import (
    Envelopes,
    Graph,
    Trace,
    forward,
    magnetic_moments,
    site_energies,
    site_energies_and_gradient,
)
from designer_app.potentials.chgnet.graph import AngleCache, Bonds, angle_geometry, bonds_of
from designer_app.potentials.chgnet.kernel_choice import choose_kernels, kernels_by_name
from designer_app.potentials.chgnet.network import network_from_weights
from designer_app.potentials.chgnet.weights import CHGNetWeights
from designer_app.potentials.chgnet.workspace import Workspace
from designer_app.state import AtomicState, compute_device, network_dtype


class CHGNetPotential(Potential):
    """Universal potential for crystals (Deng et al. 2023, doi:10.1038/s42256-023-00716-3).

    One instance serves one thread at a time: it reuses its working memory.
    """

    key: ClassVar[str] = "chgnet"
    gives: ClassVar[frozenset[str]] = frozenset(
        {"energy", "forces", "stress", "energies", "magmoms"}
    )

    def __init__(
        self, weights: CHGNetWeights, compute: Compute, *, model: str, elements: frozenset[int]
    ) -> None:
        device = compute_device(compute)
        dtype = network_dtype(compute, device)
        super().__init__(
            model=model,
            model_sha256=weights.sha256,
            cutoff=weights.atom_cutoff,
            elements=elements,
            device=device,
        )
        self._envelopes = Envelopes(
            weights.atom_cutoff, weights.bond_cutoff, weights.envelope_power
        )
        self._network = network_from_weights(weights, device, dtype)
        self._convolver = Convolver(choose_kernels(device), Workspace(device, dtype))
        self._angles = AngleCache()

    def kernel_choice(self) -> dict[str, str]:
        """What computes, by part: a run is repeated bitwise only with the same choice."""
        return {"kernels": self._convolver.kernels.name}

    def use_kernels(self, choice: dict[str, str]) -> None:
        """Compute as an earlier run did, by its `kernel_choice`."""
        if "kernels" in choice:
            kernels = kernels_by_name(choice["kernels"], self.device)
            self._convolver = Convolver(kernels, self._convolver.workspace)

    @torch.no_grad()
    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """Energy, and of forces, stress, atomic energies and magnetic moments what is wanted."""
        self.check(state, want)
        graph = self._graph(state, neighbors)
        trace = forward(self._network, self._envelopes, graph, self._convolver)
        forces = stress = None
        if want & {"forces", "stress"}:
            sites, g_atoms = site_energies_and_gradient(self._network.readout, trace.atoms[-1])
            magmoms = self._magmoms(trace, state, want)
            g = backward(self._network, self._envelopes, trace, g_atoms, self._convolver)
            forces = _forces(state, graph.bonds, g) if "forces" in want else None
            stress = _stress(state, graph.bonds, g) if "stress" in want else None
        else:
            sites = site_energies(self._network.readout, trace.atoms[-1])
            magmoms = self._magmoms(trace, state, want)
        reference = self._network.reference.index_select(0, state.numbers)
        energies = reference.to(state.dtype) + sites.to(state.dtype)
        return Prediction(
            energy=energies.new_zeros(state.n_systems).index_add_(0, state.system_idx, energies),
            forces=forces,
            stress=stress,
            energies=energies if "energies" in want else None,
            magmoms=magmoms,
        )

    @torch.no_grad()
    def features(self, state: AtomicState, neighbors: NeighborList) -> Tensor:
        """(n_atoms, 64) of each atom before the readout, to tell how far known atoms are."""
        graph = self._graph(state, neighbors)
        return forward(self._network, self._envelopes, graph, self._convolver).atoms[-1]

    def _graph(self, state: AtomicState, neighbors: NeighborList) -> Graph:
        envelopes = self._envelopes
        bonds = bonds_of(state, neighbors, envelopes.atom_cutoff, envelopes.bond_cutoff)
        angles = self._angles.angles(neighbors, bonds)
        if len(angles.edges) == 0:
            return Graph(state.numbers, bonds, None, None)
        return Graph(state.numbers, bonds, angles, angle_geometry(bonds, angles))

    def _magmoms(self, trace: Trace, state: AtomicState, want: frozenset[str]) -> Tensor | None:
        if "magmoms" not in want:
            return None
        return magnetic_moments(self._network, trace).to(state.dtype)


def _forces(state: AtomicState, bonds: Bonds, g: Tensor) -> Tensor:
    """F_i = sum of dE/d(vector) over bonds that start at i, minus those that end there."""
    forces = torch.zeros_like(state.positions)
    forces.index_add_(0, bonds.atoms.first, g)
    forces.index_add_(0, bonds.atoms.second, g, alpha=-1)
    return forces


def _stress(state: AtomicState, bonds: Bonds, g: Tensor) -> Tensor:
    """(1/V) sum over bonds of vector (x) dE/d(vector), symmetric."""
    if state.n_systems == 1:
        virial = (bonds.vectors.T @ g)[None]
    else:
        outer = bonds.vectors[:, :, None] * g[:, None, :]
        system = state.system_idx.index_select(0, bonds.atoms.first)
        virial = g.new_zeros(state.n_systems, 3, 3).index_add_(0, system, outer)
    return 0.5 * (virial + virial.transpose(1, 2)) / state.volume[:, None, None]
