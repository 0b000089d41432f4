"""The lattice constants of a cell, as a line tells them."""

import numpy as np
from numpy.typing import NDArray

_ALIKE = 1e-3
"""Of lengths, relative, and of cosines: a cubic cell that was relaxed is cubic to this."""
_CUBIC = ((0.0, 1.0), (0.5, 2.0**0.5), (-1.0 / 3.0, 2.0 / 3.0**0.5))
"""(cosine between the vectors, cube's edge over their length): primitive, fcc, bcc."""


def lattice_in_words(cell: NDArray[np.float64]) -> str:
    """E.g. "a = 5.463 Å", also of the primitive cells of cubic lattices; else "a, b, c = ... Å"."""
    lengths = np.linalg.norm(cell, axis=1)
    cosines = (cell @ cell.T / np.outer(lengths, lengths))[[0, 0, 1], [1, 2, 2]]
    if np.ptp(lengths) < _ALIKE * lengths.mean():
        for cosine, times in _CUBIC:
            if np.abs(cosines - cosine).max() < _ALIKE:
                return f"a = {times * lengths.mean():.3f} Å"
    return f"a, b, c = {', '.join(f'{each:.3f}' for each in lengths)} Å"
