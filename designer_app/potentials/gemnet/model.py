"""GemNet (Gasteiger, Becker, Guennemann 2021, arXiv:2106.08903).

Messages m_ca live on directed edges c -> a. A block lets each hear of the edges b -> a that end at
the same atom, through the angle cab (GemNet-T).
"""

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.neighbors.triplets import EdgeRows
from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.gemnet.bases import (
    BesselBasis,
    SharedBesselBasis,
    SphericalBesselBasis,
    circular_harmonics,
)
from designer_app.potentials.gemnet.blocks import Block
from designer_app.potentials.gemnet.interactions import Bases, DownProjection, Edges, Output
from designer_app.potentials.gemnet.layers import Dense, ScalingFactor
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.specs.networks import GemNetSettings


class GemNet(EnergyNetwork):
    """Energy of each atom: the sum, over the outputs of all blocks, of what its edges tell it."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        self.cutoff = settings.cutoff
        self.direct_forces = settings.direct_forces
        n_radial, n_degrees, n_rbf = settings.n_radial, settings.n_spherical, settings.n_rbf
        circular = SphericalBesselBasis if settings.radial_by_degree else SharedBesselBasis
        self.radial = BesselBasis(n_radial, settings.cutoff)
        self.circular = circular(n_degrees, n_radial, settings.cutoff)
        self.down_triplets = Dense(n_radial, n_rbf, active=False)
        self.down_circular = DownProjection(n_degrees, n_radial, settings.n_cbf)
        self.down_atoms = Dense(n_radial, n_rbf, active=False)
        self.down_output = Dense(n_radial, n_rbf, active=False)
        self.atoms = nn.Embedding(N_NUMBERS, settings.n_atom)
        nn.init.uniform_(self.atoms.weight, -math.sqrt(3.0), math.sqrt(3.0))
        self.edges = Dense(2 * settings.n_atom + n_radial, settings.n_edge)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.n_blocks))
        self.outputs = nn.ModuleList(Output(settings) for _ in range(settings.n_blocks + 1))
        self._n_degrees = n_degrees

    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """Share of each atom in the energy."""
        edges, bases = self.geometry(graph)
        energies = graph.vectors.new_zeros(graph.n_atoms)
        for output, (_, m) in zip(self.outputs, self._rounds(graph, edges, bases), strict=True):
            energies = energies + output(m, edges, bases.output)
        return energies

    def energies_and_forces(
        self, graph: EdgeGraph
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_atoms 3"]]:
        """Direct forces: what each edge pushes its atom away from the other end, summed."""
        edges, bases = self.geometry(graph)
        energies = graph.vectors.new_zeros(graph.n_atoms)
        pushes = graph.vectors.new_zeros(graph.n_edges)
        for output, (_, m) in zip(self.outputs, self._rounds(graph, edges, bases), strict=True):
            assert isinstance(output, Output)
            energies = energies + output(m, edges, bases.output)
            pushes = pushes + output.pushes(m, bases.output)
        away = -graph.vectors / torch.linalg.vector_norm(graph.vectors, dim=1, keepdim=True)
        return energies, edges.rows.sums(pushes[:, None] * away)

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_atom"]:
        """The atoms after the last block."""
        *_, (h, _) = self._rounds(graph, *self.geometry(graph))
        return h

    def geometry(self, graph: EdgeGraph) -> tuple[Edges, Bases]:
        """Edges and the features of their lengths and angles."""
        rows = EdgeRows.of(graph.first, graph.n_atoms)
        edges = Edges(graph.first, graph.second, graph.reverse, rows)
        lengths = torch.linalg.vector_norm(graph.vectors, dim=1)
        units = rows.rows(graph.vectors / lengths[:, None])
        cosines = torch.bmm(units, units.transpose(1, 2))
        angular = circular_harmonics(cosines, self._n_degrees)
        angular = angular * rows.other_edges().to(angular.dtype)[:, None]
        radial = self.radial(lengths)
        return edges, Bases(
            embedding=radial,
            triplets=self.down_triplets(radial),
            circular=self.down_circular(self.circular(lengths)),
            angular=angular.reshape(rows.n_atoms, rows.width * self._n_degrees, rows.width),
            atoms=self.down_atoms(radial),
            output=self.down_output(radial),
        )

    def _rounds(
        self, graph: EdgeGraph, edges: Edges, bases: Bases
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """(h, m) as embedded, and after each block."""
        h = self.atoms(graph.numbers)
        m = self.edges(edges.with_atoms(h, bases.embedding))
        yield h, m
        for block in self.blocks:
            h, m = block(h, m, edges, bases)
            yield h, m

    @torch.no_grad()
    def calibrate(self, graph: EdgeGraph) -> None:
        """Fit the scaling factors, from the first layer to the last, on a batch of the data."""
        factors = [each for each in self.modules() if isinstance(each, ScalingFactor)]
        for each in factors:
            each.fitting = True
        try:
            self(graph)
        finally:
            for each in factors:
                each.fitting = False
