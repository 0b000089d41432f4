"""Crystals that nobody has made: known ones with elements swapped, mostly bad on purpose.

Tables of known crystals hold survivors, 85 % within 50 meV/atom of the hull. A network that saw
only these is fooled by what a screen proposes; it needs the failures too.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import nnls

from designer_app.elements import COVALENT_RADII, SYMBOLS
from designer_app.io.formulas import rank_of_electronegativity
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.specs.structure import Structure
from designer_app.state import state_from_structures

LARGEST = 12
"""Atoms of a prototype at most: their relaxation takes a fraction of a second."""
P_SIMILAR = 0.6
"""Share of swaps to an element that resembles the old one; the others are to any element."""
TOO_CLOSE = 0.55
"""Pairs nearer than this times the sum of their covalent radii make no start."""
_RANK_SCALE, _RADIUS_SCALE = 8.0, 0.15
"""Places on the scale of electronegativity, and A of radius, over which resemblance fades."""


def atomic_volumes(structures: Sequence[Structure]) -> NDArray[np.float64]:
    """Volume of an atom of each element in A^3, additive, least squares over known crystals."""
    table = np.zeros((len(structures), len(SYMBOLS)))
    for row, structure in enumerate(structures):
        table[row] = np.bincount(structure.numbers, minlength=len(SYMBOLS)) / len(structure)
    known = table.any(axis=0)
    per_atom = np.array([structure.volume / len(structure) for structure in structures])
    found = np.full(len(SYMBOLS), np.nan)
    found[known] = np.maximum(nnls(table[:, known], per_atom)[0], 1.0)
    return found


@dataclass(frozen=True)
class Substitution:
    """How a crystal is made from a known one."""

    prototype: str
    """Name of the known crystal."""
    swaps: Mapping[int, int]
    """Old atomic number -> new one."""
    stretch: float
    """Factor of every length."""

    def of(self, prototype: Structure, name: str = "") -> Structure:
        """The crystal, not relaxed."""
        numbers = [self.swaps.get(int(each), int(each)) for each in prototype.numbers]
        return Structure(
            numbers=np.array(numbers, dtype=np.int64),
            positions=prototype.positions * self.stretch,
            cell=prototype.cell * self.stretch,
            pbc=prototype.pbc,
            name=name,
        )


def substitutions(
    prototypes: Sequence[Structure],
    volumes: NDArray[np.float64],
    elements: Sequence[int],
    generator: np.random.Generator,
) -> Iterator[tuple[Substitution, Structure]]:
    """Endless: a random prototype, one or all of its elements swapped, its volume rescaled.

    The volume grows with the sum of `volumes`; nothing is relaxed. Where atoms come too close,
    the next is tried.
    """
    allowed = np.array(sorted(elements))
    number = 0
    while True:
        prototype = prototypes[int(generator.integers(len(prototypes)))]
        swaps = _swaps(np.unique(prototype.numbers), allowed, generator)
        made = Substitution(prototype.name, swaps, _stretch(prototype, swaps, volumes))
        if not np.isfinite(made.stretch):
            continue
        crystal = made.of(prototype, f"substituted-{number:06d}")
        if not _has_close_pair(crystal):
            number += 1
            yield made, crystal


def _stretch(prototype: Structure, swaps: Mapping[int, int], volumes: NDArray[np.float64]) -> float:
    numbers = np.array([swaps.get(int(each), int(each)) for each in prototype.numbers])
    return float((volumes[numbers].sum() / volumes[prototype.numbers].sum()) ** (1.0 / 3.0))


def _has_close_pair(crystal: Structure) -> bool:
    state = state_from_structures([crystal], torch.device("cpu"))
    radii = torch.as_tensor(COVALENT_RADII)[state.numbers]
    pairs = build_neighbors(state, 2.0 * TOO_CLOSE * float(radii.max()), half=True)
    lengths = torch.linalg.vector_norm(pair_vectors(state, pairs), dim=1)
    return bool((lengths < TOO_CLOSE * (radii[pairs.first] + radii[pairs.second])).any())


def _swaps(
    present: NDArray[np.int64], allowed: NDArray[np.int64], generator: np.random.Generator
) -> dict[int, int]:
    """Old element -> new element; different elements stay different."""
    how_many = int(generator.integers(1, len(present) + 1))
    chosen = generator.choice(present, size=how_many, replace=False)
    taken = set(present.tolist())
    swaps: dict[int, int] = {}
    for old in chosen.tolist():
        free = np.array([each for each in allowed.tolist() if each not in taken])
        weights = np.ones(len(free))
        if generator.random() < P_SIMILAR:
            weights = _resemblance(old, free)
        new = int(generator.choice(free, p=weights / weights.sum()))
        swaps[old] = new
        taken.add(new)
    return swaps


def _resemblance(old: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
    ranks = rank_of_electronegativity(np.append(others, old)).astype(np.float64)
    radii = COVALENT_RADII[np.append(others, old)]
    apart = np.abs(ranks[:-1] - ranks[-1]) / _RANK_SCALE
    return np.exp(-apart - np.abs(radii[:-1] - radii[-1]) / _RADIUS_SCALE)
