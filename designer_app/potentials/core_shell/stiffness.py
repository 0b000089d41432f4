"""What holds shells in their places: second derivatives of the energy, to step by Newton's method.

They need not be exact, so charges are split (`ewald.py`) such that some ten waves an ion are left,
and switching is left out. The equations are solved by conjugate gradients, preconditioned by the
3 x 3 blocks of the shells, and ended early where the energy bends down (Nocedal and Wright,
Numerical Optimization, algorithm 7.1).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from designer_app.potentials.core_shell.energies import Cores, Moved
from designer_app.potentials.core_shell.ewald import Waves, splitting_distance
from designer_app.potentials.core_shell.ions import Ions, Pairs, squared
from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A

_ACCURACY = 3.0
"""a r at the end of the pairs, and k/2a at the last wave."""
_MOST_NUMBERS = 8e6
"""Of a matrix of waves; above it fewer are taken."""
_NEAR = 5.0
"""A; short-ranged forces beyond it bend nothing."""
_MOST_STEPS = 40
_LANCZOS = 30
_NOTHING = 1e-6
"""Of a way, left beside those before: there are no more."""


@dataclass(frozen=True, eq=False)
class Stiffness:
    """Second derivatives of the energy by the displacements of m shells, eV/A^2."""

    own: Tensor
    """(m, 3, 3) without those by waves."""
    one: Tensor
    other: Tensor
    blocks: Tensor
    """(n_pairs, 3, 3) of pairs of shells."""
    waves: Tensor
    """(3 m, n_waves) F: what waves add is F F^T."""
    softness: Tensor
    """(m, 3, 3) inverse of the blocks of each shell."""

    @classmethod
    def of(cls, moved: Moved) -> "Stiffness":
        """The stiffness where the shells are."""
        cores, ions = moved.cores, moved.cores.ions
        n, m = len(cores.positions), len(moved.u)
        far = splitting_distance(ions.end)
        a = _ACCURACY / far
        a *= min(1.0, (_MOST_NUMBERS / (_expected_waves(cores.cell, a) * 6 * m)) ** (1 / 3))
        waves, bends = _by_waves(cores, moved.u, a)
        own = _by_spring(ions, moved.u, a) + bends

        one, other, between = [], [], []
        for pairs, bent in (_near(moved), (ions.moving, _by_charges(moved, a))):
            for end in (pairs.one, pairs.other):
                shells = torch.nonzero(end >= n).squeeze(1)
                own = own.index_add(0, end[shells] - n, bent[shells])
            both = torch.nonzero((pairs.one >= n) & (pairs.other >= n)).squeeze(1)
            one.append(pairs.one[both] - n)
            other.append(pairs.other[both] - n)
            between.append(bent[both])
        whole = own + torch.einsum("iak,ibk->iab", waves.reshape(m, 3, -1), waves.reshape(m, 3, -1))
        return cls(
            own=own,
            one=torch.cat(one),
            other=torch.cat(other),
            blocks=torch.cat(between),
            waves=waves,
            softness=_inverse(whole, ions.springs[ions.movable][:, 0]),
        )

    def times(self, u: Tensor) -> Tensor:
        """(m, 3) the slopes that displacements cause."""
        found = (self.waves @ (self.waves.T @ u.flatten())).reshape(u.shape)
        found = found + _each(self.own, u)
        to_one = _each(self.blocks, u.index_select(0, self.other))
        to_other = _each(self.blocks, u.index_select(0, self.one))
        return found.index_add(0, self.one, -to_one).index_add(0, self.other, -to_other)

    def softest(self) -> tuple[float, Tensor]:
        """Lowest curvature by the highest, and (m, 3) the way of it, of length 1.

        By Lanczos' steps from a way without symmetry, which find the ends of the spectrum first.
        """
        generator = torch.Generator().manual_seed(0)
        way = torch.randn(self.own.shape[:2], generator=generator, dtype=torch.float64)
        way = way.to(self.own).flatten()
        ways = answers = torch.zeros(0, len(way), dtype=way.dtype, device=way.device)
        longest = float(torch.linalg.vector_norm(way))
        for _ in range(min(_LANCZOS, len(way))):
            for _ in range(2):  # once more for what rounding left
                way = way - ways.T @ (ways @ way)
            length = float(torch.linalg.vector_norm(way))
            if length < _NOTHING * longest:
                break
            ways = torch.cat([ways, way[None] / length])
            way = self.times(ways[-1].reshape(-1, 3)).flatten()
            longest = float(torch.linalg.vector_norm(way))
            answers = torch.cat([answers, way[None]])
        bends = ways @ answers.T
        values, turned = torch.linalg.eigh(0.5 * (bends + bends.T))
        softest = (turned[:, 0] @ ways).reshape(-1, 3)
        return float(values[0] / values.abs().max()), softest

    def solve(self, pull: Tensor, share: float) -> Tensor:
        """(m, 3) A, the displacements that answer a pull, to a share of it that is left."""
        u = torch.zeros_like(pull)
        rest = pull
        z = _each(self.softness, rest)
        way, measure = z, (rest * z).sum()
        goal = share**2 * float(measure)
        for step in range(_MOST_STEPS):
            answer = self.times(way)
            bend = float((way * answer).sum())
            if bend <= 0.0:
                return u if step else z
            amount = measure / bend
            u = u + amount * way
            rest = rest - amount * answer
            z = _each(self.softness, rest)
            before, measure = measure, (rest * z).sum()
            if float(measure) <= goal:
                break
            way = z + measure / before * way
        return u


def _each(blocks: Tensor, vectors: Tensor) -> Tensor:
    """(n, 3) products of blocks (n, 3, 3) and vectors (n, 3)."""
    return torch.bmm(blocks, vectors[:, :, None]).squeeze(2)


def _expected_waves(cell: Tensor, a: float) -> float:
    volume = float(torch.linalg.det(cell).abs())
    return 0.5 * volume * 4.0 / 3.0 * math.pi * (2.0 * a * _ACCURACY / (2.0 * math.pi)) ** 3 + 1.0


def _by_waves(cores: Cores, u: Tensor, a: float) -> tuple[Tensor, Tensor]:
    """F, and (m, 3, 3) the curvature of the potential of all charges at each shell."""
    ions, cell = cores.ions, cores.cell
    every = Waves.of(cell, a, _ACCURACY)
    k, weights = every.k[every.weights > 0], 2.0 * every.weights[every.weights > 0]
    at = torch.cat([cores.positions, cores.positions[ions.movable] + u])
    charges = torch.cat([ions.core, ions.on_shells])
    angles = at @ k.T
    cosines, sines = torch.cos(angles), torch.sin(angles)
    n, m = len(ions.core), len(u)
    real, imaginary = charges @ cosines, charges @ sines
    cosines, sines = cosines[n:], sines[n:]
    shares = weights * (real * cosines + imaginary * sines) * ions.on_shells[:, None]
    pairs = (k[:, :, None] * k[:, None, :]).flatten(1)
    bends = -(shares @ pairs).reshape(m, 3, 3)
    both = torch.cat([cosines, sines], dim=1) * torch.sqrt(weights).repeat(2)
    both = both * ions.on_shells[:, None]
    return (both[:, None, :] * k.T.repeat(1, 2)).reshape(3 * m, -1), bends


def _by_spring(ions: Ions, u: Tensor, a: float) -> Tensor:
    k2, k4 = ions.springs[ions.movable].unbind(dim=1)
    cloud = 4.0 * a**3 / (3.0 * math.sqrt(math.pi))
    stiff = k2 + COULOMB_EV_A * ions.core[ions.movable] * ions.on_shells * cloud
    stiff = stiff + k4 / 6.0 * u.square().sum(dim=1)
    unit = torch.eye(3, dtype=u.dtype, device=u.device)
    return stiff[:, None, None] * unit + k4[:, None, None] / 3.0 * u[:, :, None] * u[:, None, :]


def _bend(d: Tensor, slope: Tensor, bend: Tensor) -> Tensor:
    """(n_pairs, 3, 3) of f'/r and f'' of pair energies f."""
    r2 = squared(d)
    unit = torch.eye(3, dtype=d.dtype, device=d.device)
    along = ((bend - slope) / r2)[:, None, None] * d[:, :, None] * d[:, None, :]
    return slope[:, None, None] * unit + along


def _near(moved: Moved) -> tuple[Pairs, Tensor]:
    """The pairs whose short-ranged forces count, and their second derivatives."""
    pairs = moved.cores.ions.short
    near = torch.nonzero(moved.short[1] < _NEAR**2).squeeze(1)
    pairs = Pairs(pairs.one[near], pairs.other[near], pairs.shifts[near], pairs.told[near])
    d, r2 = moved.short[0][near], moved.short[1][near]
    height, steep, six, eight, _ = pairs.told.unbind(dim=1)
    r = torch.sqrt(r2)
    wall = steep * height * torch.exp(-steep * r)
    far6, far8 = six / r2**4, eight / r2**5
    slope = 6.0 * far6 + 8.0 * far8 - wall / r
    return pairs, _bend(d, slope, steep * wall - 42.0 * far6 - 72.0 * far8)


def _by_charges(moved: Moved, a: float) -> Tensor:
    """Second derivatives of the first of Ewald's sums."""
    told = moved.cores.ions.moving.told
    r2 = moved.charges.r2
    r = torch.sqrt(r2)
    energy = told * torch.erfc(a * r) / r
    cloud = told * (2.0 * a / math.sqrt(math.pi)) * torch.exp(-a * a * r2)
    slope = -(energy + cloud) / r2
    return _bend(moved.charges.d, slope, -2.0 * slope + 2.0 * a * a * cloud)


def _inverse(blocks: Tensor, springs: Tensor) -> Tensor:
    """Inverses, of blocks made positive where they are not."""
    values, ways = torch.linalg.eigh(0.5 * (blocks + blocks.transpose(1, 2)))
    values = torch.maximum(values.abs(), 0.2 * springs[:, None])
    return ways @ (ways / values[:, None, :]).transpose(1, 2)
