"""Our pair potentials as tables that LAMMPS interpolates.

Decision: tables rather than LAMMPS' own styles. `lj/charmm/coul/charmm` has our switching
function, but one cutoff for all pairs, ours scales with each pair's sigma; `lepton` takes any
formula and is 2.5 times slower. A table is written from what our potential itself says of two
atoms, so that it cannot be another function, and is as fast as `lj/cut`.
"""

import itertools
from pathlib import Path

import numpy as np
import torch

from designer_app.dynamics.lammps_box import FloatArray
from designer_app.neighbors.pairs import NeighborList
from designer_app.potentials.base import ENERGY_AND_FORCES
from designer_app.potentials.pair_potential import PairPotential
from designer_app.state import AtomicState

ROWS = 8000
"""Of a table, evenly spaced in r^2."""
_HIGHEST = 1000.0
"""eV. Pairs never meet where they repel more: at 20,000 K the mean energy is 2.6 eV an atom."""
_NEAREST = 0.1
"""A, where a table begins that never gets so high."""
_LOOKS = 400


def pair_styles(potential: PairPotential, numbers: list[int], folder: Path) -> list[str]:
    """Commands that make LAMMPS compute with our potential; `numbers` are those of its types.

    The table is left in the folder; LAMMPS reads it while it carries out the commands.
    """
    table = folder / "pairs.table"
    kinds = potential.parameters.kind_of_number()
    lines = [f"pair_style table spline {ROWS}"]
    sections: dict[tuple[int, int], str] = {}
    with table.open("w", encoding="ascii") as file:
        for (i, one), (j, other) in itertools.combinations_with_replacement(
            enumerate(numbers, start=1), 2
        ):
            pair = (int(kinds[one]), int(kinds[other]))
            end = float(potential.parameters.end[pair])
            if pair not in sections:
                sections[pair] = f"PAIR_{len(sections)}"
                file.write(_section(sections[pair], potential, (one, other), end))
            lines.append(f'pair_coeff {i} {j} "{table.as_posix()}" {sections[pair]} {end!r}')
    return lines


def pair_curve(
    potential: PairPotential, pair: tuple[int, int], r: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Energy in eV and force -dV/dr in eV/A of two atoms at distances r in A, as we compute it."""
    n = len(r)
    positions = torch.zeros((n, 2, 3), dtype=torch.float64)
    positions[:, 1, 0] = torch.from_numpy(r)
    none = torch.zeros((n, 3), dtype=torch.int64)
    first = 2 * torch.arange(n)
    state = AtomicState(
        numbers=torch.tensor(pair).repeat(n),
        positions=positions.reshape(-1, 3),
        cell=torch.zeros((n, 3, 3), dtype=torch.float64),
        pbc=none.bool(),
        system_idx=torch.arange(n).repeat_interleave(2),
        masses=torch.ones(2 * n, dtype=torch.float64),
        fixed=torch.zeros(2 * n, dtype=torch.bool),
    )
    neighbors = NeighborList(first, first + 1, none, float(r.max()), half=True)
    found = potential.predict(state, neighbors, ENERGY_AND_FORCES)
    assert found.forces is not None
    return found.energy.numpy(), found.forces[1::2, 0].numpy()


def _section(name: str, potential: PairPotential, pair: tuple[int, int], end: float) -> str:
    """One table of a file in LAMMPS' format."""
    begin = _begin(potential, pair, end)
    r = np.sqrt(np.linspace(begin**2, end**2, ROWS))
    rows = zip(r, *pair_curve(potential, pair, r), strict=True)
    lines = [f"{row} {x:.17g} {e:.17g} {f:.17g}" for row, (x, e, f) in enumerate(rows, start=1)]
    head = f"{name}\nN {ROWS} RSQ {begin!r} {end!r}\n\n"
    return head + "\n".join(lines) + "\n\n"


def _begin(potential: PairPotential, pair: tuple[int, int], end: float) -> float:
    """A, where the repulsion is as high as any run gets."""
    r = np.geomspace(_NEAREST, end, _LOOKS)
    energy, _ = pair_curve(potential, pair, r)
    return float(r[max(int(np.argmax(energy < _HIGHEST)) - 1, 0)])
