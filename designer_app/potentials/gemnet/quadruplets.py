"""Messages from edges d -> b to c -> a over the pair a - b, by angles and dihedral angle."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from designer_app.errors import InvalidSpecError
from designer_app.neighbors.quadruplets import Quadruplets, quadruplets
from designer_app.neighbors.triplets import joined, permuted, picked
from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.gemnet.bases import angular_basis
from designer_app.potentials.gemnet.dihedrals import Dihedrals, dihedrals, orders
from designer_app.potentials.gemnet.interactions import (
    DownProjection,
    Edges,
    SymmetricProjection,
)
from designer_app.potentials.gemnet.layers import Bilinear, Dense, ScalingFactor
from designer_app.specs.networks import GemNetSettings


@dataclass(frozen=True, eq=False)
class QuadrupletBases:
    """Lengths, angles and dihedral angles of quadruplets as all blocks read them."""

    quads: Quadruplets
    long_reverse: Int[Tensor, "n_long"]
    radial: Float[Tensor, "n_short n_rbf"]
    """Of d_db."""
    circular: Float[Tensor, "n_long width n_cbf"]
    """e_CBF(d_ba, angle abd), made small."""
    spherical: Float[Tensor, "n_short n_sbf n_harmonics"]
    """Radial half of e_SBF(d_ca, angle cab, dihedral cabd)."""
    angular: Dihedrals


class QuadrupletBasis(nn.Module):
    """e_RBF(d_db), e_CBF(d_ba, angle abd) and e_SBF(d_ca, angle cab, dihedral cabd), made small."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        if settings.interaction_cutoff < settings.cutoff:
            raise InvalidSpecError(
                "interaction_cutoff",
                settings.interaction_cutoff,
                f"at least the cutoff, {settings.cutoff:g} A",
                "Quadruplet cutoff",
            )
        n_degrees, n_radial = settings.n_spherical, settings.n_radial
        self._degrees = [degree for degree, _ in orders(n_degrees)]
        self.long_radial = angular_basis(settings, settings.interaction_cutoff)
        self.down_radial = Dense(n_radial, settings.n_rbf, active=False)
        self.down_circular = DownProjection(n_degrees, n_radial, settings.n_cbf)
        self.down_spherical = DownProjection(len(self._degrees), n_radial, settings.n_sbf)

    def forward(
        self,
        graph: EdgeGraph,
        short_ids: Int[Tensor, "n_short"],
        units: Float[Tensor, "n_short 3"],
        radial: Float[Tensor, "n_short n_radial"],
        by_degree: Float[Tensor, "n_short n_degrees n_radial"],
    ) -> QuadrupletBases:
        """Of all edges of a graph, with the features of the short ones among them."""
        quads = quadruplets(
            graph.first, graph.second, graph.reverse, graph.vectors, short_ids, graph.n_atoms
        )
        n_degrees = by_degree.shape[1]
        angular = dihedrals(graph.vectors, units, graph.reverse, quads, n_degrees)
        long_radial = self.long_radial(torch.linalg.vector_norm(graph.vectors, dim=1))
        circular = torch.bmm(self.down_circular(long_radial), angular.circular)
        return QuadrupletBases(
            quads=quads,
            long_reverse=graph.reverse,
            radial=self.down_radial(radial),
            circular=circular.transpose(1, 2),
            spherical=self.down_spherical(by_degree[:, self._degrees]),
            angular=angular,
        )


class QuadrupletInteraction(nn.Module):
    """From edges d -> b to c -> a.

    x_db = dense(s1 * dense(m_db) . W e_RBF(d_db))
    x_dba = s2 * x_db . W e_CBF(d_ba, angle abd)
    x_ca = s3 * sum over b, d of W (x_dba, e_SBF(d_ca, angle cab, dihedral cabd)),  bilinear
    """

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        n, n_down = settings.n_edge, settings.n_quadruplet
        self.dense = Dense(n, n)
        self.radial = Dense(settings.n_rbf, n, active=False)
        self.scale_radial = ScalingFactor()
        self.down = Dense(n, n_down)
        self.circular = Dense(settings.n_cbf, n_down, active=False)
        self.scale_circular = ScalingFactor()
        self.bilinear = Bilinear(n_down, settings.n_sbf, n_down)
        self.scale_sum = ScalingFactor()
        self.up = SymmetricProjection(n_down, n)

    def forward(
        self, m: Float[Tensor, "n_short n"], edges: Edges, bases: QuadrupletBases
    ) -> Float[Tensor, "n_short n"]:
        """The message to each edge."""
        quads = bases.quads
        x = self.dense(m)
        x = self.down(self.scale_radial(x * self.radial(bases.radial), x))
        at_b = permuted(quads.long.of_atoms(quads.short.rows(x).flatten(1)), bases.long_reverse)
        at_b = at_b.unflatten(1, (quads.short.width, x.shape[1]))
        across = self.scale_circular(at_b * self.circular(bases.circular), at_b)
        sums = self._over_quadruplets(across, bases)
        found = self.bilinear(torch.bmm(bases.spherical, sums))
        return self.up(self.scale_sum(found, x), edges.reverse)

    @staticmethod
    def _over_quadruplets(
        x: Float[Tensor, "n_long width n"], bases: QuadrupletBases
    ) -> Float[Tensor, "n_short n_harmonics n"]:
        """Sum over b and d, d not c, of Y_lm x_dba."""
        quads, angular = bases.quads, bases.angular
        n_degrees = len(angular.of_c)
        over_d = torch.bmm(angular.of_d, x)
        by_order = quads.long.rows(over_d).unflatten(2, (2, n_degrees)).unbind(3)
        parts = []
        for order, (of_c, of_b) in enumerate(zip(angular.of_c, by_order, strict=True)):
            found = torch.bmm(of_c, of_b.transpose(1, 2).flatten(1, 2))
            parts.append(found.unflatten(1, (quads.short.width, n_degrees - order)))
        sums = quads.short.flat(joined(parts))
        closed = quads.triangles.rows(picked(x.flatten(0, 1), quads.ends))
        return sums - torch.bmm(angular.of_triangles, closed)
