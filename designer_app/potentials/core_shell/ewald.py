"""Coulomb energy of point charges in a periodic cell, by Ewald's two sums.

    E = k_e [ sum_{pairs} q_i q_j erfc(a r)/r
              + (2 pi/V) sum_{k != 0} exp(-k^2/4a^2)/k^2 |S(k)|^2 - (a/sqrt(pi)) sum_i q_i^2 ],
    S(k) = sum_i q_i exp(i k r_i)

(Ewald 1921, doi:10.1002/andp.19213690304), for neutral cells in a conducting surrounding. The
first sum is over the pair list and stands with the pairs. Waves are products of three, one along
each lattice vector, so that S(k) of all k is one product of matrices; all is differentiable twice
in positions and cell.
"""

import math

import torch
from torch import Tensor

from designer_app.potentials.nuclear_repulsion import COULOMB_EV_A

ACCURACY = 5.0
"""a r at the cutoff, and k/2a at the last wave: what is left out is below exp(-25) = 1e-11."""
_FARTHEST_PAIR = 8.0
_SERIES = 16
"""Terms of the series of erf(x)/x; good to rounding for x up to 1."""


def splitting_distance(cutoff: float) -> float:
    """Distance in A at which the sum over pairs ends: waves are the cheaper way to go farther."""
    return min(cutoff, _FARTHEST_PAIR)


def reciprocal_energy(fractional: Tensor, charges: Tensor, cell: Tensor, a: float) -> Tensor:
    """Second sum and self energy in eV, of sites at fractional coordinates (n, 3)."""
    inverse = torch.linalg.inv(cell)
    volume = torch.linalg.det(cell).abs()
    longest = 2.0 * a * ACCURACY
    # |k| >= 2 pi n_i / |h_i|: along h_i no wave is longer than this many.
    lengths = torch.linalg.vector_norm(cell.detach(), dim=1)
    most = [int(longest * float(length) / (2.0 * math.pi)) + 1 for length in lengths]
    one, two, three = (
        _waves(fractional[:, axis], range(0 if axis == 0 else -most[axis], most[axis] + 1))
        for axis in range(3)
    )
    planes = ((charges[:, None] * one)[:, :, None] * two[:, None, :]).flatten(1)
    sums = (planes.T @ three).reshape(one.shape[1], two.shape[1], three.shape[1])
    integers = [
        torch.arange(each.shape[1], device=cell.device) - (0 if axis == 0 else most[axis])
        for axis, each in enumerate((one, two, three))
    ]
    grid = torch.stack(torch.meshgrid(*integers, indexing="ij"), dim=-1).to(cell.dtype)
    k2 = (2.0 * math.pi * grid @ inverse.T).square().sum(dim=-1)
    # k and -k are counted by one of them where n_1 > 0; both are there where n_1 = 0.
    twice = torch.where(grid[..., 0] > 0, 2.0, 1.0)
    inside = (k2 > 0) & (k2 <= longest**2)
    safe = torch.where(inside, k2, 1.0)
    weights = torch.where(inside, twice * torch.exp(-safe / (4.0 * a * a)) / safe, 0.0)
    waves = (weights * (sums.real.square() + sums.imag.square())).sum() * (2.0 * math.pi / volume)
    return COULOMB_EV_A * (waves - a / math.sqrt(math.pi) * charges.square().sum())


def _waves(along: Tensor, numbers: range) -> Tensor:
    """exp(2 pi i n x) of each site and n."""
    n = torch.tensor(list(numbers), dtype=along.dtype, device=along.device)
    angles = 2.0 * math.pi * along[:, None] * n
    return torch.complex(torch.cos(angles), torch.sin(angles))


def smeared(r2: Tensor, a: float) -> Tensor:
    """erf(a r)/r in 1/A of sites near each other, smooth at r = 0."""
    x2 = a * a * r2
    total, term = torch.ones_like(x2), torch.ones_like(x2)
    for n in range(1, _SERIES):
        term = -term * x2 / n
        total = total + term / (2 * n + 1)
    return 2.0 * a / math.sqrt(math.pi) * total
