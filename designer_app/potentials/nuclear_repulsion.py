"""Screened repulsion of nuclei, for distances at which nothing was learned.

    V(r) = Z1 Z2 e^2 / (4 pi epsilon_0 r) phi(r / a),  a = 0.8854 a0 / (Z1^0.23 + Z2^0.23)

Ziegler, Biersack and Littmark 1985, The Stopping and Range of Ions in Solids; the four exponentials
of phi as in LAMMPS (doi:10.1016/j.cpc.2021.108171, pair style zbl). It ends smoothly at the
shortest distance that was learned from, and so changes nothing that was learned.

A network may invent a well there that is deeper than the wall is high. So it does not see what is
nearer: in place of r it is given the length

    f(r) = e - (e - b) [1/2 - x^4 (5/2 - 3 x + x^2)],  x = (r - b)/(e - b),

for e, where the repulsion ends, and b = 0.7 e, below which f stays at 0.85 e; f' is 1 less the
factor that V is faded with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from designer_app.nn.edges import EdgeGraph

FloatArray = NDArray[np.float64]

COULOMB_EV_A = 14.399645
"""e^2 / (4 pi epsilon_0)."""
BOHR_A = 0.529177
_SHARES = (0.18175, 0.50986, 0.28022, 0.02817)
_RATES = (3.19980, 0.94229, 0.40290, 0.20162)
BEGIN = 0.7
"""The repulsion is whole up to this share of the distance at which it ends."""
SHORTEST_OF_ALL = 0.98
"""It has ended at this share of the shortest distance in the data."""
CLOSEST_A = 0.05
"""It grows no more below."""
NUMBERS, ENDS = "repulsion.numbers", "repulsion.ends"
"""Names of the arrays of a trained network with the atomic numbers, and where each pair ends."""


def nuclear_repulsion(r: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """(V in eV, dV/dr) at distances in A of pairs with these atomic numbers."""
    z1, z2 = first.to(r.dtype), second.to(r.dtype)
    length = 0.8854 * BOHR_A / (z1**0.23 + z2**0.23)
    rates = r.new_tensor(_RATES) / length[..., None]
    terms = r.new_tensor(_SHARES) * (-rates * r[..., None]).exp()
    strength = COULOMB_EV_A * z1 * z2 / r
    value = strength * terms.sum(dim=-1)
    return value, -value / r - strength * (rates * terms).sum(dim=-1)


def ended_repulsion(
    r: Tensor, first: Tensor, second: Tensor, ends: Tensor
) -> tuple[Tensor, Tensor]:
    """(V that fades to 0 at `ends` in A, its slope); nothing where `ends` is 0."""
    r = r.clamp_min(CLOSEST_A)
    value, slope = nuclear_repulsion(r, first, second)
    width = (1.0 - BEGIN) * ends.clamp_min(1e-6)
    x = ((r - BEGIN * ends) / width).clamp(0.0, 1.0)
    fade = torch.where(ends > 0.0, 1.0 - x**3 * (10.0 - 15.0 * x + 6.0 * x * x), 0.0)
    fade_slope = -30.0 * x * x * (1.0 - x) ** 2 / width
    return value * fade, slope * fade + value * fade_slope


def seen_length(r: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
    """(f(r), f') in A; r itself where `ends` is 0."""
    width = (1.0 - BEGIN) * ends.clamp_min(1e-6)
    x = ((r - BEGIN * ends) / width).clamp(0.0, 1.0)
    length = ends - width * (0.5 - x**4 * (2.5 - 3.0 * x + x * x))
    is_far = r >= ends
    slope = x**3 * (10.0 - 15.0 * x + 6.0 * x * x)
    return torch.where(is_far, r, length), torch.where(is_far, 1.0, slope)


@dataclass(frozen=True, eq=False)
class NearPairs:
    """A graph some of whose pairs are nearer than any that was learned from."""

    graph: EdgeGraph
    """As the network sees it."""
    energies: Float[Tensor, "n_atoms"]
    """eV of each atom in the repulsion; each edge has half of its pair."""
    edges: Int[Tensor, "n_near"]
    units: Float[Tensor, "n_near 3"]
    lengthened: Float[Tensor, "n_near"]
    """f / r."""
    slope: Float[Tensor, "n_near"]
    """f'."""
    repulsion: Float[Tensor, "n_near"]
    """Half of dV/dr, eV/A."""

    def by_vectors(self, g: Float[Tensor, "n_edges 3"]) -> Float[Tensor, "n_edges 3"]:
        """Slopes by the true vectors, of those by the vectors that the network sees."""
        u = self.units.to(g.dtype)
        near = g[self.edges]
        along = (near * u).sum(dim=1, keepdim=True)
        across = self.lengthened.to(g.dtype)[:, None] * (near - along * u)
        along = self.slope.to(g.dtype)[:, None] * along + self.repulsion.to(g.dtype)[:, None]
        return g.index_copy(0, self.edges, across + along * u)


class NuclearRepulsion:
    """V between nearer atoms than any that a network learned from.

    `ends` (n, n) A for each pair of the `numbers`.
    """

    def __init__(self, numbers: Sequence[int], ends: FloatArray) -> None:
        kinds = torch.as_tensor(np.asarray(numbers), dtype=torch.int64)
        self._ends = torch.zeros(119, 119)
        self._ends[kinds[:, None], kinds] = torch.as_tensor(np.asarray(ends), dtype=torch.float32)
        self._farthest = float(np.max(ends)) if np.size(ends) else 0.0

    def near(self, graph: EdgeGraph) -> NearPairs | None:
        """The pairs of a graph that are too near; None where none is."""
        vectors = graph.vectors.detach()
        candidates = (vectors.square().sum(dim=1) < self._farthest**2).nonzero().squeeze(1)
        if not len(candidates):
            return None
        self._ends = self._ends.to(vectors.device)
        z1, z2 = graph.numbers[graph.first], graph.numbers[graph.second]
        r = vectors[candidates].square().sum(dim=1).sqrt()
        ends = self._ends[z1[candidates], z2[candidates]].to(r.dtype)
        is_near = r < ends
        edges, r, ends = candidates[is_near], r[is_near], ends[is_near]
        if not len(edges):
            return None
        values, slopes = ended_repulsion(r, z1[edges], z2[edges], ends)
        length, length_slope = seen_length(r, ends)
        r = r.clamp_min(1e-3)
        seen = vectors.index_copy(0, edges, vectors[edges] * (length / r)[:, None])
        return NearPairs(
            graph=replace(graph, vectors=seen),
            energies=values.new_zeros(graph.n_atoms).index_add(0, graph.first[edges], 0.5 * values),
            edges=edges,
            units=vectors[edges] / r[:, None],
            lengthened=length / r,
            slope=length_slope,
            repulsion=0.5 * slopes,
        )


def repulsion_of(arrays: Mapping[str, NDArray[Any]]) -> NuclearRepulsion | None:
    """The repulsion among the arrays of a trained network; None where it has none."""
    if NUMBERS not in arrays or ENDS not in arrays:
        return None
    return NuclearRepulsion(arrays[NUMBERS].tolist(), arrays[ENDS])
