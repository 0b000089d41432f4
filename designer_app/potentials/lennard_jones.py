"""The Lennard-Jones potential: noble gases and model liquids."""

from typing import ClassVar

import numpy as np
from torch import Tensor

from designer_app.compiled import compiled
from designer_app.device import Compute
from designer_app.potentials.pair_kernels import (
    REORDER,
    FloatArray,
    IntArray,
    ShortArray,
    longest_row,
    near_partners,
    push_apart,
    return_to_owners,
    share_energies,
    switched,
)
from designer_app.potentials.pair_parameters import PairForm
from designer_app.potentials.pair_potential import PairPotential


@compiled(fastmath=REORDER)
def _pair(
    r2: float, sigma2: float, depth4: float, begin2: float, end2: float
) -> tuple[float, float]:
    """Energy and push of one pair."""
    inverse = 1.0 / r2
    ratio2 = sigma2 * inverse
    ratio6 = ratio2 * ratio2 * ratio2
    attraction = depth4 * ratio6
    slope = -3.0 * attraction * (2.0 * ratio6 - 1.0) * inverse
    return switched(r2, attraction * (ratio6 - 1.0), slope, begin2, end2)


@compiled(fastmath=REORDER)
def _sum(
    points: FloatArray,
    starts: IntArray,
    partner: ShortArray,
    owner: ShortArray,
    kinds: IntArray,
    table: FloatArray,
    farthest2: float,
    shares: FloatArray,
    virial: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Energy of each row, forces on atoms and ghosts; adds to shares and virial where kept."""
    n = len(starts) - 1
    forces = np.zeros((len(points), 3))
    row_energy = np.zeros(n)
    room = longest_row(starts) + 1
    near = np.empty(room, np.int32)
    push, energy = np.empty(room), np.empty(room)
    for i in range(n):
        n_near = near_partners(i, points, starts, partner, farthest2, near, push)
        if len(table) == 1:
            sigma2, depth4, begin2, end2 = table[0, 0]
            for p in range(n_near):
                energy[p], push[p] = _pair(push[p], sigma2, depth4, begin2, end2)
        else:
            for p in range(n_near):
                j = near[p] if near[p] < n else owner[near[p] - n]
                sigma2, depth4, begin2, end2 = table[kinds[i], kinds[j]]
                energy[p], push[p] = _pair(push[p], sigma2, depth4, begin2, end2)
        for p in range(n_near):
            row_energy[i] += energy[p]
        push_apart(i, n_near, near, push, points, forces, virial)
        share_energies(i, n_near, near, energy, shares)
    return_to_owners(owner, forces, shares)
    return row_energy, forces


class LennardJones(PairPotential):
    """Pair energy 4 epsilon [(sigma/r)^12 - (sigma/r)^6] in eV (doi:10.1098/rspa.1924.0082).

    Unlike atoms: sigma is the arithmetic, epsilon the geometric mean (Lorentz and Berthelot),
    unless the file gives the pair. From `begin` to `end` of its cutoff the energy is switched off
    so that the force stays continuous.
    """

    key: ClassVar[str] = "lennard-jones"
    form: ClassVar[PairForm] = PairForm(
        key="lennard-jones",
        parameters={"sigma": "arithmetic", "epsilon": "geometric"},
        unit="sigma",
        distance=lambda pair, cutoff: pair["sigma"] * cutoff,
    )
    _sum_rows = staticmethod(_sum)

    def _coefficients(self, values: FloatArray) -> FloatArray:
        """sigma^2 and 4 epsilon."""
        return np.stack([values[..., 0] ** 2, 4.0 * values[..., 1]], axis=-1)

    def _pair_terms(self, r2: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor]:
        inverse = 1.0 / r2
        ratio6 = (coefficients[:, 0] * inverse) ** 3
        attraction = coefficients[:, 1] * ratio6
        return attraction * (ratio6 - 1.0), -3.0 * attraction * (2.0 * ratio6 - 1.0) * inverse


def load(model: str, compute: Compute) -> LennardJones:
    """The potential of a shipped set, "noble-gases" or "reduced", or of a TOML file."""
    return LennardJones(model, compute)
