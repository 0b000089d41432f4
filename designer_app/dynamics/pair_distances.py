"""How atoms lie around each other: radial distribution functions."""

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.elements import SYMBOLS
from designer_app.errors import MissingCellError
from designer_app.neighbors.build import build_neighbors
from designer_app.neighbors.pairs import pair_vectors
from designer_app.state import AtomicState

Array = NDArray[np.float64]


def radial_distribution(
    frames: Iterable[AtomicState], cutoff: float, bins: int
) -> tuple[Array, dict[str, Array]]:
    """Distances (bins,) in A, and g(r) (bins,) of all pairs and of each pair of elements.

    g_ab(r) = n_ab(r, r + dr) / (N_a N_b / V * 4 pi r^2 dr), averaged over frames of one system; the
    shell's volume is exact. Pairs of an atom with its own images are left out: they stay at the
    lattice vectors whatever the atoms do, and would be the highest peaks of a small cell. So an
    ideal gas has g_aa = (N_a - 1) / N_a, which is 1 in large cells; an element of one atom has no
    g_aa. Raises `MissingCellError` without a full cell, as there is no density to compare with.
    """
    edges = np.linspace(0.0, cutoff, bins + 1)
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    sums: dict[str, Array] = {}
    n_frames = 0
    for state in frames:
        if not bool(state.pbc.all()) or float(state.volume[0]) <= 0:
            raise MissingCellError("radial distribution")
        n_frames += 1
        for name, value in _of_one_frame(state, cutoff, bins, shells).items():
            sums[name] = sums.get(name, 0.0) + value
    middles: Array = 0.5 * (edges[1:] + edges[:-1])
    return middles, {name: value / n_frames for name, value in sums.items()}


def _of_one_frame(state: AtomicState, cutoff: float, bins: int, shells: Array) -> dict[str, Array]:
    neighbors = build_neighbors(state, cutoff, False)
    distances = torch.linalg.vector_norm(pair_vectors(state, neighbors), dim=1)
    others = neighbors.first != neighbors.second
    bin_of = (distances * (bins / cutoff)).to(torch.int64).clamp(max=bins - 1)
    present, kind = torch.unique(state.numbers, return_inverse=True)
    n_kinds = len(present)
    pair = kind[neighbors.first] * n_kinds + kind[neighbors.second]
    counts = torch.bincount((pair * bins + bin_of)[others], minlength=n_kinds**2 * bins)
    table = counts.reshape(n_kinds, n_kinds, bins).cpu().numpy().astype(np.float64)
    atoms = torch.bincount(kind, minlength=n_kinds).cpu().numpy().astype(np.float64)
    volume = float(state.volume[0])
    symbols = [SYMBOLS[number] for number in present.tolist()]
    found = {"all": table.sum(axis=(0, 1)) * volume / (atoms.sum() ** 2 * shells)}
    for a, first in enumerate(symbols):
        for b, second in enumerate(symbols[a:], start=a):
            if a == b and atoms[a] < 2:
                continue
            expected = atoms[a] * atoms[b] / volume * shells
            found[f"{first}-{second}"] = table[a, b] / expected
    return found
