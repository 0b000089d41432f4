"""The second-moment approximation to tight binding: fcc and hcp metals and their alloys.

The energy of atom i is a repulsion and a band term, whose width is the root of the second moment
of the local density of states (Cleri and Rosato 1993, doi:10.1103/PhysRevB.48.22):

    E_i = sum_j A exp[-p (r_ij/r0 - 1)] - sqrt( sum_j xi^2 exp[-2 q (r_ij/r0 - 1)] )

| equation | here |
|---|---|
| A, xi, p, q, r0 | of the pair of elements, from a table |
| second moment | `density`, eV^2 |
| hopping xi exp[-q (r/r0 - 1)] | `hop`, eV |

Different from the paper: there the sums end behind the fifth neighbours; here repulsion and hopping
are multiplied by a factor that falls from 1 to 0 between two distances, so that forces have no
jumps when atoms cross it. With begin 2.25 r0 and end sqrt(6) r0, behind the fifth and at the sixth
neighbours of an fcc crystal, a crystal at rest has the paper's energy. Unlike atoms: A and xi are
the geometric, p, q and r0 the arithmetic mean, where the paper fits two alloys one by one.
"""

import math
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from designer_app.compiled import compiled
from designer_app.device import Compute
from designer_app.neighbors.pairs import pair_vectors
from designer_app.potentials.base import Prediction
from designer_app.potentials.pair_kernels import (
    REORDER,
    FloatArray,
    IntArray,
    ShortArray,
    longest_row,
    near_partners,
    push_apart,
    return_to_owners,
)
from designer_app.potentials.pair_parameters import PairForm
from designer_app.potentials.row_potential import Prepared, RowPotential, summed_by_system
from designer_app.state import AtomicState


@compiled(fastmath=REORDER)
def _faded(r2: float, begin2: float, end2: float) -> tuple[float, float]:
    """x^3 (6 x^2 - 15 x + 10) of x = (end^2 - r^2) / (end^2 - begin^2), and its slope by r^2."""
    width = end2 - begin2
    x = (end2 - min(max(r2, begin2), end2)) / width
    return x * x * x * ((6.0 * x - 15.0) * x + 10.0), -30.0 * x * x * (1.0 - x) * (1.0 - x) / width


@compiled(fastmath=REORDER)
def _near_pairs(
    points: FloatArray,
    starts: IntArray,
    partner: ShortArray,
    owner: ShortArray,
    kinds: IntArray,
    table: FloatArray,
    farthest2: float,
) -> tuple[IntArray, ShortArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Each row's number of near partners, these, their -2 d/d(r^2), and the sums over them.

    The slopes are those of the repulsion of both atoms and of the second moment of one; the sums
    are repulsion and second moment of each atom (and ghost).
    """
    n = len(starts) - 1
    room = longest_row(starts) + 1
    row, r2 = np.empty(room, np.int32), np.empty(room)
    n_near, near = np.empty(n, np.int64), np.empty(len(partner), np.int32)
    repel, bind = np.empty(len(partner)), np.empty(len(partner))
    repulsion, density = np.zeros(len(points)), np.zeros(len(points))
    for i in range(n):
        place = starts[i]
        for p in range(near_partners(i, points, starts, partner, farthest2, row, r2)):
            j = row[p]
            kind = kinds[j] if j < n else kinds[owner[j - n]]
            height, steep, width, slow, begin2, end2 = table[kinds[i], kind]
            if r2[p] >= end2:  # near enough for larger atoms only
                continue
            r = math.sqrt(r2[p])
            fade, fall = _faded(r2[p], begin2, end2)
            push = height * math.exp(-steep * r)
            hop = width * math.exp(-slow * r)
            near[place] = j
            repel[place] = 2.0 * push * (steep * fade / r - 2.0 * fall)
            bind[place] = hop * hop * fade * (2.0 * slow * fade / r - 4.0 * fall)
            moment = hop * hop * fade * fade
            repulsion[i] += push * fade
            repulsion[j] += push * fade
            density[i] += moment
            density[j] += moment
            place += 1
        n_near[i] = place - starts[i]
    for g in range(len(owner)):
        repulsion[owner[g]] += repulsion[n + g]
        density[owner[g]] += density[n + g]
    return n_near, near, repel, bind, repulsion, density


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
    """Energy of each atom, forces on atoms and ghosts; adds to shares and virial where kept."""
    n = len(starts) - 1
    n_near, near, push, bind, repulsion, density = _near_pairs(
        points, starts, partner, owner, kinds, table, farthest2
    )
    root = np.sqrt(density[:n])
    energy = repulsion[:n] - root
    forces = np.zeros((len(points), 3))
    for i in range(n):
        first, last = starts[i], starts[i] + n_near[i]
        for p in range(first, last):  # an atom with a near partner has a root above 0
            j = near[p] if near[p] < n else owner[near[p] - n]
            push[p] -= bind[p] * 0.5 * (1.0 / root[i] + 1.0 / root[j])
        push_apart(i, n_near[i], near[first:last], push[first:last], points, forces, virial)
    if len(shares) > 0:
        shares[:n] += energy
    return_to_owners(owner, forces, shares)
    return energy, forces


class SecondMoment(RowPotential):
    """Repulsion and band energy of a metal; the module tells its equations and source."""

    key: ClassVar[str] = "second-moment"
    form: ClassVar[PairForm] = PairForm(
        key="second-moment",
        parameters={
            "A": "geometric",
            "xi": "geometric",
            "p": "arithmetic",
            "q": "arithmetic",
            "r0": "arithmetic",
        },
        unit="r0",
        distance=lambda pair, cutoff: cutoff * pair["r0"],
    )
    _sum_rows = staticmethod(_sum)

    def _coefficients(self, values: FloatArray) -> FloatArray:
        """A exp(p), p/r0, xi exp(q) and q/r0: both terms are height * exp(-slope * r)."""
        a, xi, p, q, r0 = np.moveaxis(values, -1, 0)
        return np.stack([a * np.exp(p), p / r0, xi * np.exp(q), q / r0], axis=-1)

    def _predict_torch(
        self, state: AtomicState, prepared: Prepared, want: frozenset[str]
    ) -> Prediction:
        first, second = prepared.neighbors.first, prepared.neighbors.second
        vectors = pair_vectors(state, prepared.neighbors)
        r2 = (vectors * vectors).sum(dim=1)
        if state.device.type == "cpu":  # elsewhere counting the near ones would stop the device
            near = torch.nonzero(r2 < self.cutoff**2).squeeze(1)
            first, second, vectors, r2 = first[near], second[near], vectors[near], r2[near]
        table = torch.from_numpy(self._table).to(vectors)
        of_pairs = table[prepared.kinds[first], prepared.kinds[second]]
        height, steep, width, slow, begin2, end2 = of_pairs.unbind(dim=1)
        r = torch.sqrt(r2)
        x = (end2 - torch.minimum(torch.maximum(r2, begin2), end2)) / (end2 - begin2)
        fade = x**3 * ((6.0 * x - 15.0) * x + 10.0)
        fall = -30.0 * (x * (1.0 - x)) ** 2 / (end2 - begin2)
        push, hop = height * torch.exp(-steep * r), width * torch.exp(-slow * r)

        def on_both(values: Tensor) -> Tensor:
            zeros = torch.zeros_like(state.positions[:, 0])
            return zeros.index_add(0, first, values).index_add(0, second, values)

        root = torch.sqrt(on_both((hop * fade) ** 2))
        energies = on_both(push * fade) - root
        weight = torch.where(root > 0, -0.5 / root, 0.0)
        bind = hop * hop * fade * (2.0 * slow * fade / r - 4.0 * fall)
        repel = 2.0 * push * (steep * fade / r - 2.0 * fall)
        pull = -(repel + (weight[first] + weight[second]) * bind)[:, None] * vectors
        forces = stress = None
        if "forces" in want:
            forces = torch.zeros_like(state.positions)
            forces = forces.index_add(0, first, pull).index_add(0, second, -pull)
        if "stress" in want:
            products = pull[:, :, None] * vectors[:, None, :]
            stress = torch.zeros_like(state.cell)
            stress = stress.index_add(0, state.system_idx[first], products)
            stress = stress / state.volume[:, None, None]
        return Prediction(
            energy=summed_by_system(state, energies),
            forces=forces,
            stress=stress,
            energies=energies if "energies" in want else None,
        )


def load(model: str, compute: Compute) -> SecondMoment:
    """The potential of a shipped set such as "cleri-rosato", or of a TOML file."""
    return SecondMoment(model, compute)
