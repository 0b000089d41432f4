"""The Morse potential: cubic metals and anharmonic bonds."""

import math
from typing import ClassVar

import numpy as np
import torch
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
        for p in range(n_near):
            j = near[p] if near[p] < n else owner[near[p] - n]
            depth, decay, closest, begin2, end2 = table[kinds[i], kinds[j]]
            r = math.sqrt(push[p])
            bond = math.exp(-decay * (r - closest))
            slope = -depth * decay * bond * (bond - 1.0) / r
            energy[p], push[p] = switched(push[p], depth * bond * (bond - 2.0), slope, begin2, end2)
        for p in range(n_near):
            row_energy[i] += energy[p]
        push_apart(i, n_near, near, push, points, forces, virial)
        share_energies(i, n_near, near, energy, shares)
    return_to_owners(owner, forces, shares)
    return row_energy, forces


class Morse(PairPotential):
    """Pair energy D {[1 - exp(-a (r - r0))]^2 - 1} in eV (Morse 1929, doi:10.1103/PhysRev.34.57).

    Unlike atoms: D is the geometric, a and r0 the arithmetic mean, unless the file gives the pair;
    no set shipped here was fitted to alloys. From `begin` to `end` of its cutoff the energy is
    switched off so that the force stays continuous.
    """

    key: ClassVar[str] = "morse"
    form: ClassVar[PairForm] = PairForm(
        key="morse",
        parameters={"D": "geometric", "a": "arithmetic", "r0": "arithmetic"},
        unit="decay",
        distance=lambda pair, cutoff: pair["r0"] + cutoff / pair["a"],
    )
    _sum_rows = staticmethod(_sum)

    def _coefficients(self, values: FloatArray) -> FloatArray:
        """D, a and r0."""
        return values

    def _pair_terms(self, r2: Tensor, coefficients: Tensor) -> tuple[Tensor, Tensor]:
        depth, decay, closest = coefficients.unbind(dim=1)
        r = torch.sqrt(r2)
        bond = torch.exp(-decay * (r - closest))
        return depth * bond * (bond - 2.0), -depth * decay * bond * (bond - 1.0) / r


def load(model: str, compute: Compute) -> Morse:
    """The potential of a shipped set such as "girifalco-weizer", or of a TOML file."""
    return Morse(model, compute)
