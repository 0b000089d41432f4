"""Messages between directed edges: of triplets, and the update of edges and atoms around them."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn.functional import linear

from designer_app.neighbors.triplets import EdgeRows, permuted
from designer_app.potentials.gemnet.layers import (
    INV_SQRT_2,
    Bilinear,
    Dense,
    ScalingFactor,
    activated,
    he_orthogonal_,
    residuals,
)
from designer_app.specs.networks import GemNetSettings


@dataclass(frozen=True, eq=False)
class Edges:
    """Edges c -> a nearer than the cutoff, with what all blocks read of them."""

    reverse: Int[Tensor, "n_edges"]
    """Edge a -> c."""
    rows: EdgeRows
    """By the atom a."""


@dataclass(frozen=True, eq=False)
class Bases:
    """Distances and angles as all blocks read them."""

    embedding: Float[Tensor, "n_edges n_radial"]
    """Of lengths, for edges as they begin."""
    triplets: Float[Tensor, "n_edges n_rbf"]
    """Of lengths, for messages of triplets."""
    circular: Float[Tensor, "n_atoms width*n_cbf width"]
    """e_CBF(d_ca, angle cab), made small: (edge c -> a, function) by edge b -> a; 0 for b = c."""
    atoms: Float[Tensor, "n_edges n_rbf"]
    """Of lengths, for atoms."""
    output: Float[Tensor, "n_edges n_rbf"]
    """Of lengths, for outputs."""


class EdgeUpdate(Dense):
    """dense(h_c, h_a, m_ca); what the atoms add is computed atom by atom."""

    def __init__(self, n_atom: int, n_edge: int, n_out: int) -> None:
        super().__init__(2 * n_atom + n_edge, n_out)
        self._sizes = (n_atom, n_atom, n_edge)

    def forward(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, h: Float[Tensor, "n_atoms n_atom"], m: Float[Tensor, "n_edges n"], edges: Edges
    ) -> Float[Tensor, "n_edges n_out"]:
        """The layer."""
        of_c, of_a, of_edge = self.weight.split(self._sizes, dim=1)
        found = edges.rows.of_atoms(linear(h, of_a)) + linear(m, of_edge)
        return activated(found + permuted(edges.rows.of_atoms(linear(h, of_c)), edges.reverse))


class DownProjection(nn.Module):
    """sum over n of W[l, n, i] R_ln(d): the radial half of an angular basis, made small."""

    def __init__(self, n_angular: int, n_radial: int, n_out: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(he_orthogonal_(torch.empty(n_angular, n_radial, n_out)))

    def forward(
        self, radial: Float[Tensor, "n_edges n_angular n_radial"]
    ) -> Float[Tensor, "n_edges n_out n_angular"]:
        """The projection; angular functions last, ready for their sums."""
        return torch.bmm(radial.transpose(0, 1), self.weight).permute(1, 2, 0)


class SymmetricProjection(nn.Module):
    """(dense(x_ca) + dense'(x_ac)) / sqrt 2: what edge c -> a learns, a -> c learns too."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.own = Dense(n_in, n_out)
        self.reversed = Dense(n_in, n_out)

    def forward(
        self, x: Float[Tensor, "n_edges n_in"], reverse: Int[Tensor, "n_edges"]
    ) -> Float[Tensor, "n_edges n_out"]:
        """The sum."""
        return (self.own(x) + permuted(self.reversed(x), reverse)) * INV_SQRT_2


class TripletInteraction(nn.Module):
    """From all edges b -> a to c -> a, by the angle between them and the length of c -> a.

    x_ba = dense(s1 * dense(m_ba) . W e_RBF(d_ba))
    x_ca = s2 * sum over b != c of W (x_ba, e_CBF(d_ca, angle cab)),  bilinear
    """

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        n, n_down = settings.n_edge, settings.n_triplet
        self.dense = Dense(n, n)
        self.radial = Dense(settings.n_rbf, n, active=False)
        self.scale_radial = ScalingFactor()
        self.down = Dense(n, n_down)
        self.n_basis = settings.n_cbf
        self.bilinear = Bilinear(n_down, settings.n_cbf, n_down)
        self.scale_sum = ScalingFactor()
        self.up = SymmetricProjection(n_down, n)

    def forward(
        self,
        m: Float[Tensor, "n_edges n"],
        edges: Edges,
        bases: Bases,
    ) -> Float[Tensor, "n_edges n"]:
        """The message to each edge."""
        x = self.dense(m)
        x = self.down(self.scale_radial(x * self.radial(bases.triplets), x))
        sums = torch.bmm(bases.circular, edges.rows.rows(x))
        found = self.bilinear(edges.rows.flat(sums.unflatten(1, (edges.rows.width, self.n_basis))))
        return self.up(self.scale_sum(found, x), edges.reverse)


class AtomUpdate(nn.Module):
    """dense(s * sum over c of m_ca . W e_RBF(d_ca)), then residual layers."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        self.radial = Dense(settings.n_rbf, settings.n_edge, active=False)
        self.scale_sum = ScalingFactor()
        self.layers = nn.Sequential(
            Dense(settings.n_edge, settings.n_atom),
            *residuals(settings.n_atom_residual, settings.n_atom),
        )

    def forward(
        self,
        m: Float[Tensor, "n_edges n"],
        edges: Edges,
        radial: Float[Tensor, "n_edges n_rbf"],
    ) -> Float[Tensor, "n_atoms n_atom"]:
        """What the atoms learn of their edges."""
        return self.layers(self.scale_sum(edges.rows.sums(m * self.radial(radial)), m))


class Output(nn.Module):
    """Share of each atom in the energy, and with direct forces the push along each edge."""

    def __init__(self, settings: GemNetSettings) -> None:
        super().__init__()
        self.update = AtomUpdate(settings)
        self.energy = Dense(settings.n_atom, 1, active=False)
        if settings.direct_forces:
            n = settings.n_edge
            self.force_layers = nn.Sequential(Dense(n, n), *residuals(settings.n_atom_residual, n))
            self.force_radial = Dense(settings.n_rbf, n, active=False)
            self.scale_force = ScalingFactor()
            self.force = Dense(n, 1, active=False)

    def forward(
        self,
        m: Float[Tensor, "n_edges n"],
        edges: Edges,
        radial: Float[Tensor, "n_edges n_rbf"],
    ) -> Float[Tensor, "n_atoms"]:
        """The energies."""
        return self.energy(self.update(m, edges, radial)).squeeze(1)

    def pushes(
        self, m: Float[Tensor, "n_edges n"], radial: Float[Tensor, "n_edges n_rbf"]
    ) -> Float[Tensor, "n_edges"]:
        """Force on a along c -> a, of each edge."""
        x = self.force_layers(m)
        return self.force(self.scale_force(x * self.force_radial(radial), x)).squeeze(1)
