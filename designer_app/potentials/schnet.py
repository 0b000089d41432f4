"""SchNet: continuous-filter convolutions (Schuett et al. 2017, arXiv:1706.08566; 2018,
doi:10.1063/1.5019779).

    x_i^0     = embedding of the element of i
    v_i       = sum over all neighbours j of (U x_j) * W(r_ij)
    W(r)      = [V2 ssp(V1 e(r) + b1) + b2] f_c(r)
    x_i^(k+1) = x_i^k + Q2 ssp(Q1 v_i + c1) + c2
    E_i       = o2 ssp(o1 x_i^K + d1) + d2

with ssp(x) = ln(1 + e^x) - ln 2, f_c(r) = [1 + cos(pi r / r_c)] / 2 and e(r) Gaussians on even
centres from 0 to r_c, as wide as the centres are apart.

It differs from the 2017 paper in f_c, without which energies jump at the cutoff, and in the
Gaussians (there exp(-10 (r - r_k)^2) every 0.1 A up to 30 A). Both are as in the authors' own
SchNetPack (2019, doi:10.1021/acs.jctc.8b00908).

How W is computed is told in `schnet_filters`.
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import linear, softplus

from designer_app.nn.edges import EdgeGraph
from designer_app.nn.pair_sums import Pairs, add_across, convolved, pair_convolution
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.potentials.schnet_filters import LN2, Filters
from designer_app.specs.networks import SchNetSettings


class SchNet(EnergyNetwork):
    """Energy of each atom from the distances of its surroundings."""

    def __init__(self, settings: SchNetSettings) -> None:
        super().__init__()
        self.settings = settings
        self.cutoff = settings.cutoff
        n, n_filters = settings.n_features, settings.n_filters
        self.embedding = nn.Embedding(N_NUMBERS, n)
        self.filters = Filters(settings)
        self.interactions = nn.ModuleList(
            Interaction(n, n_filters) for _ in range(settings.n_interactions)
        )
        bend = {"ssp": ShiftedSoftplus, "silu": nn.SiLU}[settings.readout]
        self.readout = nn.Sequential(nn.Linear(n, n // 2), bend(), nn.Linear(n // 2, 1))
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def settle(self) -> None:
        """Tabulate the filters."""
        self.filters.settle()

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_features"]:
        """x_i after the last interaction."""
        pairs = Pairs.of(graph)
        distances = torch.linalg.vector_norm(graph.vectors[pairs.edge], dim=1)
        x = self.embedding(graph.numbers)
        for interaction, filters in zip(self.interactions, self.filters(distances), strict=True):
            x = x + interaction(x, filters, pairs)
        return x

    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """E_i in units of `scale`."""
        found: Tensor = self.readout(self.features(graph))
        return found.squeeze(1)

    @torch.no_grad()
    def with_slopes(
        self, graph: EdgeGraph
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_edges 3"]]:
        """(`forward`, derivative of its sum by the vectors), the way back written out.

        Small systems take most of their time outside of arithmetic: it is a third of autograd's.
        """
        pairs = Pairs.of(graph)
        vectors = graph.vectors[pairs.edge]
        r = torch.linalg.vector_norm(vectors, dim=1)
        values, slopes = self.filters.values_and_slopes(r)
        x = self.embedding(graph.numbers)
        kept: list[tuple[Tensor, Tensor]] = []
        for interaction, w in zip(self._interactions(), values, strict=True):
            x, *entered = interaction.ahead(x, w, pairs)
            kept.append((entered[0], entered[1]))
        shares, by_x = self._read_out(x)
        by_r = torch.zeros_like(r)
        for k in reversed(range(len(kept))):
            interaction, (inward, outward) = self._interactions()[k], kept[k]
            by_v = interaction.back(by_x, outward)
            add_across(by_r, by_v, inward, slopes[k], pairs)
            if k:  # the embedding does not depend on where atoms are
                by_x = by_x + convolved(by_v, values[k], pairs) @ interaction.inward.weight
        by_vectors = torch.zeros_like(graph.vectors)
        by_vectors[pairs.edge] = vectors * (by_r / r)[:, None]
        return shares, by_vectors

    def _read_out(
        self, x: Float[Tensor, "n_atoms n_features"]
    ) -> tuple[Float[Tensor, "n_atoms"], Float[Tensor, "n_atoms n_features"]]:
        """(E_i, derivative of their sum by x), not differentiable."""
        layers = cast("tuple[nn.Linear, nn.Module, nn.Linear]", tuple(self.readout))
        first, bend, second = layers
        entering = linear(x, first.weight, first.bias)
        slope = torch.sigmoid(entering)
        if isinstance(bend, nn.SiLU):
            slope = torch.addcmul(slope, entering * slope, 1.0 - slope)
        shares = linear(bend(entering), second.weight, second.bias).squeeze(1)
        return shares, (slope * second.weight) @ first.weight

    def _interactions(self) -> list["Interaction"]:
        return list(self.interactions)  # type: ignore[arg-type]


class ShiftedSoftplus(nn.Module):
    """ln(1 + e^x) - ln 2: zero at zero, and smooth, as forces must be."""

    def forward(self, x: Float[Tensor, "*n"]) -> Float[Tensor, "*n"]:
        """Of each number."""
        return softplus(x) - LN2


class Interaction(nn.Module):
    """What an atom's features gain from its neighbours."""

    def __init__(self, n_features: int, n_filters: int) -> None:
        super().__init__()
        self.inward = nn.Linear(n_features, n_filters, bias=False)
        self.outward = nn.Sequential(
            nn.Linear(n_filters, n_features), ShiftedSoftplus(), nn.Linear(n_features, n_features)
        )

    def forward(self, x: Tensor, filters: Tensor, pairs: Pairs) -> Tensor:
        """Q2 ssp(Q1 v + c1) + c2."""
        found: Tensor = self.outward(pair_convolution(self.inward(x), filters, pairs))
        return found

    def ahead(self, x: Tensor, filters: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor, Tensor]:
        """(x and what it gains, U x, Q1 v + c1), not differentiable."""
        first, second = self._layers()
        inward = linear(x, self.inward.weight)
        entering = linear(convolved(inward, filters, pairs), first.weight, first.bias)
        gain = linear(softplus(entering).sub_(LN2), second.weight, second.bias)
        return gain.add_(x), inward, entering

    def back(self, by_x: Tensor, entering: Tensor) -> Tensor:
        """Derivative by v from that by what was gained."""
        first, second = self._layers()
        return (by_x @ second.weight).mul_(torch.sigmoid(entering)) @ first.weight

    def _layers(self) -> tuple[nn.Linear, nn.Linear]:
        return self.outward[0], self.outward[2]  # type: ignore[return-value]
