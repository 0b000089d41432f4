"""The NequIP-type network (Batzner et al. 2022, doi:10.1038/s41467-022-29939-5)."""

from itertools import pairwise
from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

from designer_app.nn.edges import EdgeGraph
from designer_app.potentials.nequip import kernels
from designer_app.potentials.nequip.convolution import (
    Convolution,
    Coupling,
    EdgeGeometry,
)
from designer_app.potentials.nequip.gate import gated
from designer_app.potentials.nequip.irreps import (
    SCALAR,
    Irrep,
    coupling_coefficients,
    hidden_irreps,
    monomials,
    paths_between,
    reached,
)
from designer_app.potentials.nequip.radial import RadialNetworks
from designer_app.potentials.network import N_NUMBERS, EnergyNetwork
from designer_app.specs.networks import NequIPSettings

N_SPECIES = 4
"""Numbers that stand for a species in the self-connection."""
N_HIDDEN = 64
"""Width of the radial networks."""
TANH_GAIN = 1.592537419722832
"""1 / sqrt(mean of tanh(z)^2 over normal z)."""


class NequIP(EnergyNetwork):
    """Energies by messages that rotate with the atoms.

    Features x of atom i are channels of scalars, vectors and higher degrees l. One layer is

        A_i   = 1/sqrt(<neighbours>) sum_j w(r_ij) [ (W x_j) (x) Y(direction ij) ], by path
        y_i   = V A_i + S(species i) x_i
        x_i'  = gate(y_i): silu(scalars), tanh(pseudo-scalars), silu(extra scalars) * the others

    where (x) couples degrees l1 and l2 to l3 by Clebsch-Gordan coefficients, channel by channel
    ("uvu"), and w is a network of Bessel functions for each path and channel. The first x is an
    embedding of the species, the last layer gives scalars only and E_i = R x_i. Normalisation of
    harmonics, weights and gates is e3nn's: every weight starts from a normal distribution.

    Different from the paper: a species enters S by four learned numbers instead of one per element,
    which is as general up to four elements and knows no list of them; energies are read out by one
    linear map in place of two in a row; without `parity` only features that a mirror changes like
    spherical harmonics are kept, so energies are the same in the mirror either way (the authors'
    code drops mirrors then).

    Second derivatives of the energy by positions are NaN where compiled kernels run (`kernels`):
    take differences of forces.
    """

    coefficients: Tensor
    neighbors: Tensor

    def __init__(self, settings: NequIPSettings) -> None:
        super().__init__()
        self.cutoff, self.l_max = settings.cutoff, settings.l_max
        C = settings.n_features
        hidden = hidden_irreps(settings.l_max, parity=settings.parity)
        kinds: list[tuple[Irrep, ...]] = [(SCALAR,)]
        for _ in range(settings.n_layers - 1):
            kinds.append(reached(kinds[-1], hidden, settings.l_max))
        kinds.append((SCALAR,))
        starts, coefficients = _couplings(kinds, settings.l_max)
        self.register_buffer("coefficients", coefficients, persistent=False)
        self.register_buffer("neighbors", torch.tensor(10.0))
        self.embedding = nn.Parameter(torch.randn(N_NUMBERS, C))
        # Rows of one length, so that no species begins with a faint self-connection.
        rows = torch.nn.functional.normalize(torch.randn(N_NUMBERS, N_SPECIES), dim=1)
        self.species = nn.Parameter(rows * sqrt(N_SPECIES))
        self.layers = nn.ModuleList(
            Interaction(incoming, outgoing, settings.l_max, C, starts)
            for incoming, outgoing in pairwise(kinds)
        )
        n_weights = [len(layer.convolution.paths) * C for layer in self._interactions()]
        self.radial = RadialNetworks(settings.cutoff, settings.n_bessel, N_HIDDEN, n_weights)
        self.readout = nn.Parameter(torch.randn(C))

    def calibrate(self, graph: EdgeGraph) -> None:
        """Take the average number of neighbours from known structures."""
        self.neighbors.fill_(max(graph.n_edges / graph.n_atoms, 1.0))

    def features(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms n_features"]:
        """Scalars after the last layer."""
        return self.states(graph)[-1][0]

    def forward(self, graph: EdgeGraph) -> Float[Tensor, "n_atoms"]:
        """Share of each atom in the energy, in units of the scale."""
        return self.features(graph) @ (self.readout * (1 / sqrt(len(self.readout))))

    def states(self, graph: EdgeGraph) -> list[Float[Tensor, "components n_atoms n_features"]]:
        """Features after the embedding and after each layer, all kinds stacked."""
        edges, radial = self._edges(graph)
        species = self.species.index_select(0, graph.numbers)
        found = [self.embedding.index_select(0, graph.numbers)[None]]
        neighbors = float(self.neighbors)
        for layer, weights in zip(self._interactions(), radial, strict=True):
            found.append(layer(found[-1], species, edges, weights, neighbors))
        return found

    def _interactions(self) -> list["Interaction"]:
        return [each for each in self.layers if isinstance(each, Interaction)]

    def _edges(self, graph: EdgeGraph) -> tuple[EdgeGeometry, list[Tensor]]:
        vectors = graph.vectors
        lengths = vectors.square().sum(dim=1).sqrt()
        powers = monomials(vectors / lengths[:, None], self.l_max)
        couplings = powers @ self.coefficients.to(vectors.dtype)
        if vectors.device.type == "cpu" and kernels.COMPILED:
            # Both ends of a pair, and images of one pair, have one length: weights are for each.
            different, pair = lengths.detach().unique(return_inverse=True)
            slopes = vectors.requires_grad and torch.is_grad_enabled()
            weights = self.radial(different, slopes=slopes)
            return EdgeGeometry(graph, couplings, lengths, pair, len(different)), weights
        each = torch.arange(graph.n_edges, device=vectors.device)
        weights = self.radial(lengths, slopes=False)
        return EdgeGeometry(graph, couplings, lengths, each, graph.n_edges), weights


class Interaction(nn.Module):
    """One layer: mixing of channels, convolution, mixing of paths, self-connection, gate."""

    kind_of_row: Tensor

    def __init__(
        self,
        incoming: tuple[Irrep, ...],
        outgoing: tuple[Irrep, ...],
        l_max: int,
        n_channels: int,
        starts: dict[Coupling, int],
    ) -> None:
        super().__init__()
        C = n_channels
        self.incoming, self.outgoing, self.n_channels = incoming, outgoing, C
        self.convolution = Convolution(incoming, outgoing, l_max, C, starts)
        n_gates = sum(each.degree > 0 for each in outgoing)
        widths = [C * (1 + n_gates * (each == SCALAR)) for each in outgoing]
        self.mixing = nn.Parameter(torch.randn(len(incoming), C, C))
        self.paths = nn.ParameterList(
            torch.randn(n_paths * C, width)
            for n_paths, width in zip(self.convolution.n_paths, widths, strict=True)
        )
        self.own = nn.ParameterList(
            torch.randn(N_SPECIES * C, width)
            for each, width in zip(outgoing, widths, strict=True)
            if each in incoming
        )
        rows = [kind for kind, each in enumerate(incoming) for _ in range(each.dim)]
        self.register_buffer("kind_of_row", torch.tensor(rows), persistent=False)

    def forward(
        self,
        x: Float[Tensor, "n_in n_atoms n_channels"],
        species: Float[Tensor, "n_atoms n_species"],
        edges: EdgeGeometry,
        radial: Float[Tensor, "n n_weights"],
        neighbors: float,
    ) -> Float[Tensor, "n_out n_atoms n_channels"]:
        """Features after the layer."""
        C = self.n_channels
        mixed = torch.bmm(x, self.mixing.index_select(0, self.kind_of_row))
        sums = self.convolution(mixed, edges, radial)
        own = (species[:, :, None] * x[:, :, None, :]).flatten(2)
        own_parts, own_weights = own.split([each.dim for each in self.incoming]), iter(self.own)
        found = []
        for kind, total, weights in zip(self.outgoing, sums, self.paths, strict=True):
            factor = 1 / sqrt(neighbors * weights.shape[0] * C)
            if kind in self.incoming:
                part = own_parts[self.incoming.index(kind)].flatten(0, 1) @ next(own_weights)
                y = torch.addmm(
                    part, total.flatten(0, 1), weights, beta=1 / sqrt(N_SPECIES * C), alpha=factor
                )
            else:
                y = (total.flatten(0, 1) @ weights) * factor
            found.append(y.view(kind.dim, x.shape[1], -1))
        return self._gated(found)

    def _gated(self, kinds: list[Tensor]) -> Tensor:
        """Activated scalars; the rest times its gates."""
        n_scalars = sum(each.degree == 0 for each in self.outgoing)
        found = gated(kinds[0], *kinds[n_scalars:])
        if n_scalars == 1:
            return found
        odd = [torch.tanh(each) * TANH_GAIN for each in kinds[1:n_scalars]]
        return torch.cat([found[:1], *odd, found[1:]])


def _couplings(
    kinds: list[tuple[Irrep, ...]], l_max: int
) -> tuple[dict[Coupling, int], Float[Tensor, "monomials n_couplings"]]:
    """Where the matrix of each coupling of any layer starts, and all of them in monomials."""
    used = {
        (incoming[path.source], path.degree, outgoing[path.target])
        for incoming, outgoing in pairwise(kinds)
        for path in paths_between(incoming, outgoing, l_max)
    }
    starts, blocks, at = {}, [], 0
    for each in sorted(used):
        starts[each] = at
        blocks.append(coupling_coefficients(*each, l_max))
        at += blocks[-1].shape[1]
    return starts, torch.cat(blocks, dim=1)
