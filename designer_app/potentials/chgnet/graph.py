"""The graph of a batch: bonds, the short ones among them, and the angles between those."""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor

from designer_app.neighbors.pairs import NeighborList, pair_vectors
from designer_app.state import AtomicState

# The package computes acos((1 - 1e-6) cos) to keep away from the infinite slope at 0 and 180 deg.
_SHRINK = 1 - 1e-6


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of rows of a table. Each stands for two messages: to the first end from the second
    (row 2p) and back (row 2p + 1).
    """

    first: Int[Tensor, "n"]
    second: Int[Tensor, "n"]
    n_ends: int
    """Rows of the table."""

    def __len__(self) -> int:
        return self.first.shape[0]

    @cached_property
    def receivers(self) -> Int[Tensor, "2n"]:
        """The table row that receives each message."""
        return torch.stack([self.first, self.second], dim=1).flatten()

    @cached_property
    def senders(self) -> Int[Tensor, "2n"]:
        """The table row that each message comes from."""
        return torch.stack([self.second, self.first], dim=1).flatten()

    @cached_property
    def of_both(self) -> Int[Tensor, "2n 2"]:
        """Receiver and sender of each message in two tables laid end to end."""
        return torch.stack([self.receivers, self.senders + self.n_ends], dim=1)


@dataclass(frozen=True, eq=False)
class Bonds:
    """Bonds of the atom graph: every pair within the atom cutoff, once, in list order."""

    atoms: Pairs
    vectors: Float[Tensor, "n_bonds 3"]
    """From first to second atom, A, in the state's number type."""
    lengths: Float[Tensor, "n_bonds"]
    short: Int[Tensor, "n_short"]
    """Which bonds are in the bond graph, ascending."""
    short_in_list: Int[Tensor, "n_short"]
    """The same bonds as rows of the neighbour list."""


def bonds_of(
    state: AtomicState, neighbors: NeighborList, cutoff: float, short_cutoff: float
) -> Bonds:
    """Bonds now within the cutoff; the list may hold farther pairs."""
    vectors = pair_vectors(state, neighbors)
    squared = (vectors * vectors).sum(dim=1)
    kept = torch.nonzero(squared < cutoff * cutoff).squeeze(1)
    lengths = squared.index_select(0, kept).sqrt()
    short = torch.nonzero(lengths < short_cutoff).squeeze(1)
    return Bonds(
        atoms=Pairs(
            neighbors.first.index_select(0, kept),
            neighbors.second.index_select(0, kept),
            state.n_atoms,
        ),
        vectors=vectors.index_select(0, kept),
        lengths=lengths,
        short=short,
        short_in_list=kept.index_select(0, short),
    )


@dataclass(frozen=True, eq=False)
class Angles:
    """Angles between two short bonds at an atom.

    Bond u of the bond graph is directed edge u from its first atom and u + n_short from its
    second. A pair of edges at one atom is listed once.
    """

    edges: Pairs
    centers: Int[Tensor, "2*n_short"]
    """Atom that each directed edge leaves."""


def angles_of(bonds: Bonds) -> Angles:
    """All pairs of directed short edges that leave the same atom."""
    centers = torch.cat([bonds.atoms.first[bonds.short], bonds.atoms.second[bonds.short]])
    n_edges = centers.shape[0]
    device = centers.device
    by_atom = torch.argsort(centers, stable=True)
    sorted_centers = centers[by_atom]
    ends = torch.searchsorted(sorted_centers, sorted_centers, right=True)
    place = torch.arange(n_edges, device=device)
    n_later = ends - place - 1
    first_place = torch.repeat_interleave(place, n_later)
    started = torch.repeat_interleave(torch.cumsum(n_later, 0) - n_later, n_later)
    within = torch.arange(first_place.shape[0], device=device) - started
    second_place = first_place + 1 + within
    return Angles(
        edges=Pairs(by_atom[first_place], by_atom[second_place], n_edges),
        centers=centers,
    )


class AngleCache:
    """Angles kept while the same pairs of the same list stay short, which is most steps."""

    def __init__(self) -> None:
        self._neighbors: NeighborList | None = None
        self._short: Tensor | None = None
        self._angles: Angles | None = None

    def angles(self, neighbors: NeighborList, bonds: Bonds) -> Angles:
        """What `angles_of` gives, kept or new."""
        known = self._angles
        if (
            known is None
            or self._short is None
            or neighbors is not self._neighbors
            or not torch.equal(self._short, bonds.short_in_list)
        ):
            known = angles_of(bonds)
            self._neighbors, self._short, self._angles = neighbors, bonds.short_in_list, known
        return known


@dataclass(frozen=True, eq=False)
class AngleGeometry:
    """Angles and what their slope needs, in the state's number type."""

    units: Float[Tensor, "2*n_short 3"]
    """Unit vectors of directed edges."""
    inverse_lengths: Float[Tensor, "2*n_short"]
    cosines: Float[Tensor, "n_angles"]
    angles: Float[Tensor, "n_angles"]


def angle_geometry(bonds: Bonds, angles: Angles) -> AngleGeometry:
    """Theta = acos((1 - 1e-6) cos) of each pair of edges."""
    inverse = 1 / bonds.lengths.index_select(0, bonds.short)
    forward = bonds.vectors.index_select(0, bonds.short) * inverse[:, None]
    units = torch.cat([forward, -forward])
    edges = angles.edges
    cosines = (units.index_select(0, edges.first) * units.index_select(0, edges.second)).sum(dim=1)
    return AngleGeometry(
        units=units,
        inverse_lengths=torch.cat([inverse, inverse]),
        cosines=cosines,
        angles=torch.acos(_SHRINK * cosines),
    )


def angle_gradient(
    geometry: AngleGeometry, edges: Pairs, g_angle: Tensor
) -> Float[Tensor, "n_short 3"]:
    """dE/d(vector of each short bond) from dE/dtheta.

    dtheta/dcos = -s/sqrt(1 - s^2 cos^2), dcos/da = (b/|b| - cos a/|a|)/|a|.
    """
    units, cosines = geometry.units, geometry.cosines
    slope = -_SHRINK * torch.rsqrt(1 - (_SHRINK * cosines) ** 2)
    g_cosine = (g_angle.to(units.dtype) * slope)[:, None]
    ends = torch.zeros_like(units)
    ends.index_add_(0, edges.first, g_cosine * units.index_select(0, edges.second))
    ends.index_add_(0, edges.second, g_cosine * units.index_select(0, edges.first))
    # projecting once per edge removes the part along the bond of all its angles together
    along = (ends * units).sum(dim=1, keepdim=True)
    ends = (ends - along * units) * geometry.inverse_lengths[:, None]
    forward, backward = ends.chunk(2)
    return forward - backward
