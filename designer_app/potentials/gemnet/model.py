"""GemNet (Gasteiger, Becker, Guennemann 2021, arXiv:2106.08903).

Messages m_ca live on directed edges c -> a. A block lets each hear of the edges b -> a that end at
the same atom, through the angle cab (GemNet-T), and of edges d -> b where b is near a, through the
angles cab, abd and the dihedral angle cabd (GemNet-Q). Energies are read from all blocks.

symbol -> variable: h_a -> h, m_ca -> m, c_emb -> cutoff, c_int -> interaction_cutoff.

Differs from the paper: dihedrals enter as cos(m cabd), m >= 0, alone, without sin(m cabd), which
would tell a molecule from its mirror image; and they fade out where a - b - d is straight to
within 6 degrees, where the paper's have no value.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.neighbors.triplets import EdgeRows
from designer_app.nn.edges import EdgeGraph, nearer
from designer_app.potentials.gemnet.bases import (
    BesselBasis,
    angular_basis,
    circular_harmonics,
)
from designer_app.potentials.gemnet.blocks import Block
from designer_app.potentials.gemnet.interactions import (
    Bases,
    DownProjection,
    Edges,
    EdgeUpdate,
    Output,
)
from designer_app.potentials.gemnet.layers import Dense, ScalingFactor
from designer_app.potentials.gemnet.quadruplets import QuadrupletBases, QuadrupletBasis
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.specs.networks import GemNetSettings


@dataclass(frozen=True, eq=False)
class Geometry:
    """What a graph is to all blocks."""

    numbers: Tensor
    units: Float[Tensor, "n_edges 3"]
    """Directions from a to c."""
    edges: Edges
    bases: Bases
    quadruplets: QuadrupletBases | None


class GemNet(EnergyNetwork):
    """Energy of each atom: the sum, over the outputs of all blocks, of what its edges tell it."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.direct_forces = settings.direct_forces
        self.cutoff = settings.cutoff
        self._short = settings.cutoff
        self._n_degrees = settings.n_spherical
        n_radial, n_degrees, n_rbf = settings.n_radial, settings.n_spherical, settings.n_rbf
        self.radial = BesselBasis(n_radial, settings.cutoff)
        self.circular = angular_basis(settings, settings.cutoff)
        self.down_triplets = Dense(n_radial, n_rbf, active=False)
        self.down_circular = DownProjection(n_degrees, n_radial, settings.n_cbf)
        self.down_atoms = Dense(n_radial, n_rbf, active=False)
        self.down_output = Dense(n_radial, n_rbf, active=False)
        self.quadruplets = None
        if settings.quadruplets:
            self.quadruplets = QuadrupletBasis(settings)
            self.cutoff = settings.interaction_cutoff
        self.atoms = nn.Embedding(N_NUMBERS, settings.n_atom)
        nn.init.uniform_(self.atoms.weight, -math.sqrt(3.0), math.sqrt(3.0))
        self.edges = EdgeUpdate(settings.n_atom, n_radial, settings.n_edge)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.n_blocks))
        self.outputs = nn.ModuleList(Output(settings) for _ in range(settings.n_blocks + 1))

    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """Share of each atom in the energy."""
        geometry = self.geometry(graph)
        energies = graph.vectors.new_zeros(graph.n_atoms)
        for output, (_, m) in zip(self.outputs, self._rounds(geometry), strict=True):
            energies = energies + output(m, geometry.edges, geometry.bases.output)
        return energies

    def energies_and_forces(
        self, graph: EdgeGraph
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_atoms 3"]]:
        """Direct forces: what each edge pushes its atom away from the other end, summed."""
        geometry = self.geometry(graph)
        edges, bases = geometry.edges, geometry.bases
        energies = graph.vectors.new_zeros(graph.n_atoms)
        pushes = graph.vectors.new_zeros(len(edges.reverse))
        for output, (_, m) in zip(self.outputs, self._rounds(geometry), strict=True):
            assert isinstance(output, Output)
            energies = energies + output(m, edges, bases.output)
            pushes = pushes + output.pushes(m, bases.output)
        return energies, edges.rows.sums(pushes[:, None] * -geometry.units)

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_atom"]:
        """The atoms after the last block."""
        *_, (h, _) = self._rounds(self.geometry(graph))
        return h

    def geometry(self, graph: EdgeGraph) -> Geometry:
        """Edges, and the features of their lengths and angles."""
        whole, ids = graph, None
        if self.quadruplets is not None:
            graph, ids = nearer(whole, self._short)
        rows = EdgeRows.of(graph.first, graph.n_atoms)
        lengths = torch.linalg.vector_norm(graph.vectors, dim=1)
        units = graph.vectors / lengths[:, None]
        radial, by_degree = self.radial(lengths), self.circular(lengths)
        bases = Bases(
            embedding=radial,
            triplets=self.down_triplets(radial),
            circular=self._circular(rows, units, by_degree),
            atoms=self.down_atoms(radial),
            output=self.down_output(radial),
        )
        return Geometry(
            numbers=graph.numbers,
            units=units,
            edges=Edges(graph.reverse, rows),
            bases=bases,
            quadruplets=None
            if self.quadruplets is None or ids is None
            else self.quadruplets(whole, ids, units, radial, by_degree),
        )

    def _circular(
        self, rows: EdgeRows, units: Tensor, by_degree: Tensor
    ) -> Float[Tensor, "n_atoms width*n_cbf width"]:
        """e_CBF of each edge with any other of its atom, made small."""
        directions = rows.rows(units)
        cosines = torch.bmm(directions, directions.transpose(1, 2))
        harmonics = circular_harmonics(cosines, self._n_degrees)
        harmonics = harmonics * rows.other_edges().to(harmonics.dtype)[:, None]
        radial = rows.rows(self.down_circular(by_degree))
        return torch.matmul(radial, harmonics).flatten(1, 2)

    def _rounds(self, geometry: Geometry) -> Iterator[tuple[Tensor, Tensor]]:
        """(h, m) as embedded, and after each block."""
        edges, bases = geometry.edges, geometry.bases
        h = self.atoms(geometry.numbers)
        m = self.edges(h, bases.embedding, edges)
        yield h, m
        for block in self.blocks:
            h, m = block(h, m, edges, bases, geometry.quadruplets)
            yield h, m

    @torch.no_grad()
    def calibrate(self, graph: EdgeGraph) -> None:
        """Fit the scaling factors, from the first layer to the last, on a batch of the data."""
        factors = [each for each in self.modules() if isinstance(each, ScalingFactor)]
        for each in factors:
            each.fitting = True
        try:
            (self.energies_and_forces if self.direct_forces else self)(graph)
        finally:
            for each in factors:
                each.fitting = False
