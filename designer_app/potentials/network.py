"""Neural networks as potentials: one interface for training and for dynamics.

A network gives a number for each atom from the graph of its neighbours. The energy of atom i in eV
is E_i = scale * network_i + shift + reference(element of i), where the shift is the mean energy of
an atom over free atoms, so that a network begins near zero. Forces and stress follow from
dE/d(vector) along each edge, which costs one pass back and serves training (`create_graph`) too.

To what the papers of the families say, a trained network adds a repulsion of nuclei nearer than
any atoms that it learned from, where it would else invent something (`nuclear_repulsion`).
"""

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.neighbors.pairs import NeighborList
from designer_app.nn.edges import EdgeGraph, edge_graph
from designer_app.potentials.base import ENERGY_AND_FORCES, Potential, Prediction
from designer_app.potentials.nuclear_repulsion import NuclearRepulsion
from designer_app.state import AtomicState, state_dtype

N_NUMBERS = 119
"""Rows of tables by atomic number; row 0 is nobody's."""


class EnergyNetwork(nn.Module, ABC):
    """A network on atoms. It is built from its settings alone, and is equal for equal weights."""

    cutoff: float
    """A."""
    direct_forces: bool = False
    """Whether forces are an output of their own, and no gradient of the energy."""

    def calibrate(self, graph: EdgeGraph) -> None:
        """Set what a family fits to a batch of the data before it is trained; most fit nothing."""

    def settle(self) -> None:
        """Prepare what follows from weights that will change no more; most prepare nothing."""

    def energies_and_forces(
        self, graph: EdgeGraph
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_atoms 3"]]:
        """(`forward`, force on each atom in units of `scale` / A) of direct forces."""
        raise NotImplementedError

    @abstractmethod
    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_features"]:
        """Rotation-invariant state of each atom before the readout, for distances to known data."""

    @abstractmethod
    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """Share of each atom in the energy, in units of `scale`."""

    def with_slopes(
        self, graph: EdgeGraph
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_edges 3"]]:
        """(`forward`, derivative of its sum by the vectors) as plain numbers.

        A family may have a quicker way than this one.
        """
        with torch.enable_grad():
            vectors = graph.vectors.detach().requires_grad_()
            shares = self(replace(graph, vectors=vectors))
            (slopes,) = torch.autograd.grad(shares.sum(), vectors)
        return shares.detach(), slopes


class ScaledNetwork(nn.Module):
    """A network with the energy of free atoms and the unit of what it adds to them."""

    references: Tensor
    scale: Tensor
    shift: Tensor

    def __init__(
        self,
        network: EnergyNetwork,
        references: Float[Tensor, "119"],
        scale: float,
        shift: float = 0.0,
    ) -> None:
        super().__init__()
        self.network = network
        self.repulsion: NuclearRepulsion | None = None
        """Between nearer atoms than any of the data; training frames hold none."""
        self.register_buffer("references", references.to(torch.float64))
        self.register_buffer("scale", torch.tensor(scale, dtype=torch.float64))
        self.register_buffer("shift", torch.tensor(shift, dtype=torch.float64))

    def atom_energies(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """eV, in double precision: sums of large references keep their small differences."""
        return self._in_eV(graph, self.network(graph))

    def _in_eV(self, graph: EdgeGraph, shares: Tensor) -> Tensor:  # noqa: N802
        shares = shares.to(self.scale.dtype)
        return self.scale * shares + self.references[graph.numbers] + self.shift

    def on(self, device: torch.device, dtype: torch.dtype) -> "ScaledNetwork":
        """Itself on a device, the network of a number type, sums as precise as the device has."""
        self.network.to(device=device, dtype=dtype)
        for name, constant in self.named_buffers(recurse=False):
            setattr(self, name, constant.to(device=device, dtype=state_dtype(device)))
        return self

    def predict(
        self,
        graph: EdgeGraph,
        volume: Float[Tensor, "n_systems"] | None = None,
        *,
        forces: bool = True,
        for_training: bool = False,
    ) -> Prediction:
        """Energies, and with `forces` forces and, where a volume is given, stress.

        With `for_training` the result can itself be differentiated by the weights. Direct forces
        come without stress.
        """
        if self.network.direct_forces:
            return self._direct(graph, for_training=for_training)
        slopes = forces or volume is not None
        g, vectors = None, graph.vectors
        near = None if self.repulsion is None or for_training else self.repulsion.near(graph)
        seen = graph if near is None else near.graph
        if slopes and not for_training:
            shares, by_vectors = self.network.with_slopes(seen)
            energies = self._in_eV(graph, shares)
            g = self.scale * by_vectors.to(energies.dtype)
        else:
            with torch.set_grad_enabled(for_training):
                vectors = seen.vectors.detach().requires_grad_(slopes)
                energies = self.atom_energies(replace(graph, vectors=vectors))
                if slopes:
                    (g,) = torch.autograd.grad(energies.sum(), vectors, create_graph=True)
                    g = g.to(energies.dtype)
        if near is not None:
            energies = energies + near.energies
            g = None if g is None else near.by_vectors(g)
        energy = energies.new_zeros(graph.n_systems).index_add(0, graph.system_idx, energies)
        return Prediction(
            energy=energy,
            energies=energies,
            forces=_forces(graph, g) if forces and g is not None else None,
            stress=None if volume is None or g is None else _stress(graph, vectors, g, volume),
        )

    def _direct(self, graph: EdgeGraph, *, for_training: bool) -> Prediction:
        near = None if self.repulsion is None or for_training else self.repulsion.near(graph)
        with torch.set_grad_enabled(for_training):
            energies, forces = self.network.energies_and_forces(near.graph if near else graph)
            energies = self._in_eV(graph, energies)
            forces = self.scale * forces.to(energies.dtype)
        if near is not None:
            energies = energies + near.energies
            forces = forces + _forces(graph, near.by_vectors(torch.zeros_like(graph.vectors)))
        energy = energies.new_zeros(graph.n_systems).index_add(0, graph.system_idx, energies)
        return Prediction(energy=energy, energies=energies, forces=forces)


def _forces(graph: EdgeGraph, g: Tensor) -> Tensor:
    """F_i: what the edges that start at i pull, less what those that end there pull."""
    zero = g.new_zeros(graph.n_atoms, 3)
    return zero.index_add(0, graph.first, g).index_add(0, graph.second, g, alpha=-1)


def _stress(graph: EdgeGraph, vectors: Tensor, g: Tensor, volume: Tensor) -> Tensor:
    """(1/V) sum over edges of vector (x) dE/d(vector), symmetric."""
    outer = vectors.to(g.dtype)[:, :, None] * g[:, None, :]
    system = graph.system_idx[graph.first]
    virial = outer.new_zeros(graph.n_systems, 3, 3).index_add(0, system, outer)
    return 0.5 * (virial + virial.transpose(1, 2)) / volume[:, None, None]


class NetworkPotential(Potential):
    """A trained network as a potential."""

    gives: ClassVar[frozenset[str]] = frozenset({"energy", "forces", "stress", "energies"})
    half_list: ClassVar[bool] = False

    def __init__(
        self,
        key: str,
        model: ScaledNetwork,
        *,
        name: str,
        model_sha256: str,
        elements: frozenset[int],
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        network = model.network
        assert isinstance(network, EnergyNetwork)
        super().__init__(
            model=name,
            model_sha256=model_sha256,
            cutoff=network.cutoff,
            elements=elements,
            device=device,
        )
        self.conservative = not network.direct_forces
        if network.direct_forces:  # they are no gradient, and there is no virial
            self.gives = self.gives - {"stress"}  # pyright: ignore[reportAttributeAccessIssue]
        # Which family it is, is told by the file and not by the class.
        self.key = key  # pyright: ignore[reportAttributeAccessIssue]
        self.scaled = model.on(device, dtype).eval().requires_grad_(requires_grad=False)
        network.settle()
        self.dtype = dtype

    def graph(self, state: AtomicState, neighbors: NeighborList) -> EdgeGraph:
        """What the network reads of a state."""
        return edge_graph(state, neighbors, self.cutoff, self.dtype)

    def predict(
        self, state: AtomicState, neighbors: NeighborList, want: frozenset[str] = ENERGY_AND_FORCES
    ) -> Prediction:
        """Energy, and of forces, stress and atomic energies what is wanted."""
        self.check(state, want)
        said = self.scaled.predict(
            self.graph(state, neighbors),
            state.volume if "stress" in want else None,
            forces="forces" in want,
        )
        kind = state.dtype
        return Prediction(
            energy=said.energy.to(kind),
            forces=None if said.forces is None else said.forces.to(kind),
            stress=None if said.stress is None else said.stress.to(kind),
            energies=said.energies.to(kind)
            if "energies" in want and said.energies is not None
            else None,
        )
