"""Kinds of features under rotation and mirror, and the ways in which they combine.

A feature of degree l and parity p has 2l + 1 components that rotate as the spherical harmonics of
degree l; a mirror through the origin multiplies them by p. Basis and signs are those of e3nn
(Geiger and Smidt 2022, arXiv:2207.09453).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import torch
from e3nn.o3 import wigner_3j
from jaxtyping import Float
from torch import Tensor


class Irrep(NamedTuple):
    """An irreducible representation of rotations and mirrors."""

    degree: int
    parity: int
    """1 or -1."""

    @property
    def dim(self) -> int:
        """Components."""
        return 2 * self.degree + 1


SCALAR = Irrep(0, 1)


def hidden_irreps(l_max: int, *, parity: bool) -> tuple[Irrep, ...]:
    """Kinds up to a degree: those of spherical harmonics, with `parity` also their opposites."""
    natural = [Irrep(degree, (-1) ** degree) for degree in range(l_max + 1)]
    opposite = [Irrep(degree, -each) for degree, each in natural]
    return tuple(sorted(natural + opposite * parity, key=lambda each: each.degree))


@dataclass(frozen=True)
class Path:
    """One way of combining: feature `source` (x) harmonic `degree` -> feature `target`."""

    source: int
    """Index among the kinds that come in."""
    degree: int
    target: int
    """Index among the kinds that go out."""


def paths_between(
    incoming: Sequence[Irrep], outgoing: Sequence[Irrep], l_max: int
) -> tuple[Path, ...]:
    """Every way that rotations and mirrors allow, by target."""
    return tuple(
        Path(source, degree, target)
        for target, out in enumerate(outgoing)
        for source, each in enumerate(incoming)
        for degree in range(l_max + 1)
        if abs(each.degree - degree) <= out.degree <= each.degree + degree
        and each.parity * (-1) ** degree == out.parity
    )


def reached(incoming: Sequence[Irrep], hidden: Sequence[Irrep], l_max: int) -> tuple[Irrep, ...]:
    """The kinds of `hidden` that some path leads to."""
    paths = paths_between(incoming, hidden, l_max)
    return tuple(hidden[each] for each in sorted({path.target for path in paths}))


def rows_of(irreps: Sequence[Irrep]) -> tuple[int, ...]:
    """First row of each kind where components of all kinds are stacked; last, how many rows."""
    starts = [0]
    for each in irreps:
        starts.append(starts[-1] + each.dim)
    return tuple(starts)


def n_monomials(l_max: int) -> int:
    """1 + 3 + 9 + ...: products of up to l_max components of a vector, in every order."""
    return int(sum(3**degree for degree in range(l_max + 1)))


def monomials(unit: Float[Tensor, "n_edges 3"], l_max: int) -> Float[Tensor, "n_edges n"]:
    """1, u, u (x) u, ... of unit vectors."""
    powers = [torch.ones_like(unit[:, :1])]
    for _ in range(l_max):
        powers.append((unit[:, :, None] * powers[-1][:, None, :]).flatten(1))
    return torch.cat(powers, dim=1)


def harmonic_coefficients(l_max: int) -> list[Float[Tensor, "monomials m"]]:
    """Spherical harmonics of unit vectors by degree, in monomials; sum over m of Y_lm^2 = 2l + 1.

    Y_l is the part of degree l of u (x) Y_(l-1), which Clebsch-Gordan coefficients single out.
    """
    found = [torch.ones(1, 1, dtype=torch.float64)]
    for degree in range(1, l_max + 1):
        coupled = wigner_3j(1, degree - 1, degree, dtype=torch.float64)
        product = torch.einsum("abm,kb->akm", coupled, found[-1]).flatten(0, 1)
        # At the pole u = y only m = 0 is left, where Y = sqrt(2l + 1).
        pole = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
        power = torch.ones(1, dtype=torch.float64)
        for _ in range(degree):
            power = torch.outer(pole, power).flatten()
        found.append(product * sqrt(2 * degree + 1) / (power @ product)[degree])
    return found


def coupling_coefficients(
    incoming: Irrep, degree: int, outgoing: Irrep, l_max: int
) -> Float[Tensor, "monomials out*in"]:
    """Matrix of a path in monomials of the edge: sqrt(2 l_out + 1) sum_m w3j Y_m, row by row."""
    start = n_monomials(degree - 1) if degree else 0
    coupled = wigner_3j(incoming.degree, degree, outgoing.degree, dtype=torch.float64)
    harmonic = harmonic_coefficients(l_max)[degree]
    block = torch.einsum("imo,km->koi", coupled, harmonic) * sqrt(outgoing.dim)
    found = torch.zeros(n_monomials(l_max), outgoing.dim * incoming.dim, dtype=torch.float64)
    found[start : start + harmonic.shape[0]] = block.flatten(1)
    return found
