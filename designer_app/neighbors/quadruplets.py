"""Quadruplets c -> a - b <- d: short edges at both ends of a long one, without a list of them.

With K short and K' long edges at an atom there are K K' K quadruplets. Sums over them factor into
one over d for each long edge and one over b for each short edge, K K' terms each. What is not to
be summed is told apart here: d = a, b = c, and d = c, the triangles, which are taken off again.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from designer_app.neighbors.triplets import EdgeRows

_GENERIC = (0.75487766624669, 0.56984029099805, 0.32471795724475)
"""No two images of an atom in a crystal are equally far along it."""
_SAME_A = 1e-3


@dataclass(frozen=True, eq=False)
class Quadruplets:
    """Long edges a - b, with c among the short edges of a, and d among those of b."""

    long: EdgeRows
    short: EdgeRows
    d_is_not_a: Bool[Tensor, "n_long width"]
    b_is_not_c: Bool[Tensor, "n_atoms width long_width"]
    triangles: EdgeRows
    """Quadruplets with d = c, at each short edge c -> a."""
    ends: Int[Tensor, "n_triangles"]
    """Place of d at the long edge, among n_long * width."""
    corners: Int[Tensor, "n_triangles"]
    """Place of (a, c, b), among n_atoms * width * long_width."""


def quadruplets(
    first: Int[Tensor, "n_long"],
    second: Int[Tensor, "n_long"],
    reverse: Int[Tensor, "n_long"],
    vectors: Float[Tensor, "n_long 3"],
    short_ids: Int[Tensor, "n_short"],
    n_atoms: int,
) -> Quadruplets:
    """Of all edges and those among them that are short; all ascending by the atom they end at."""
    long, short = EdgeRows.of(first, n_atoms), EdgeRows.of(first[short_ids], n_atoms)
    ids = torch.cat([short_ids, short_ids.new_full((1,), -1)])[short.edges]
    long_of_short = long.edges[first[short_ids]]
    pairs = (long_of_short < len(first)) & (long_of_short != short_ids[:, None])
    edge, slot = pairs.nonzero(as_tuple=True)
    to = long_of_short[edge, slot]
    between = vectors.detach()[short_ids[edge]] - vectors.detach()[to]
    found = _find(
        (first[short_ids], second[short_ids], vectors.detach()[short_ids]),
        (second[to], second[short_ids[edge]], between),
        n_atoms,
    )
    closed = (found >= 0).nonzero().squeeze(1)
    edge, slot, to, found = edge[closed], slot[closed], to[closed], found[closed]
    places = short.places()
    return Quadruplets(
        long=long,
        short=short,
        d_is_not_a=ids[second] != reverse[:, None],
        b_is_not_c=ids[:, :, None] != long.edges[:, None, :],
        triangles=EdgeRows.of(edge, len(short_ids)),
        ends=to * short.width + places[found] % max(short.width, 1),
        corners=places[edge] * long.width + slot,
    )


_Triples = tuple[Tensor, Tensor, Tensor]


def _find(edges: _Triples, wanted: _Triples, n_atoms: int) -> Int[Tensor, "n_wanted"]:
    """Which of the edges (first, second, vector) each wanted one is; -1 where it is none.

    Edges are sorted by their two atoms, then by height along a generic direction.
    """
    known, atoms_known = torch.unique(edges[0] * n_atoms + edges[1], return_inverse=True)
    atoms = wanted[0] * n_atoms + wanted[1]
    nowhere = torch.full_like(atoms, -1)
    if not len(known) or not len(atoms):
        return nowhere
    rank = torch.searchsorted(known, atoms).clamp_(max=len(known) - 1)
    height, asked = (_heights(each) for each in (edges[2], wanted[2]))
    step = 4.0 * float(torch.maximum(height.abs().max(), asked.abs().max())) + 1.0
    keys, order = torch.sort(atoms_known * step + height)
    place = torch.searchsorted(keys, rank * step + asked - _SAME_A).clamp_(max=len(keys) - 1)
    found = order[place]
    same = (edges[2][found] - wanted[2]).abs().amax(dim=1) < _SAME_A
    return torch.where(same & (known[rank] == atoms), found, nowhere)


def _heights(vectors: Float[Tensor, "n 3"]) -> Float[Tensor, "n"]:
    wide = vectors if vectors.device.type == "mps" else vectors.double()
    return wide @ torch.tensor(_GENERIC, dtype=wide.dtype, device=wide.device)
