"""The lattice constants of a crystal, as a line tells them."""

import numpy as np
from numpy.typing import NDArray

from designer_app.io.space_groups import symmetry_dataset

SYMPREC = 0.01
"""A."""
MOST_ATOMS = 500
"""spglib needs more than a second above; such cells are simulation boxes."""
_RIGHT = 0.005
"""Degrees."""
_CONSTANTS = ((195, "a"), (143, "ac"), (75, "ac"), (16, "abc"), (3, "abcβ"))
"""First space group of a crystal system, and what its conventional cell is told by."""
_ORDER = "abcαβγ"  # noqa: RUF001


def lattice_in_words(
    cell: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> str:
    """E.g. "a = 5.463 Å": constants of the conventional cell, in whatever cell a crystal is given.

    Where it has no symmetry, or is too large to ask, those of the cell given, called a cell.
    """
    group, standard = 1, cell
    if len(numbers) <= MOST_ATOMS:
        found = symmetry_dataset(cell, positions @ np.linalg.inv(cell), numbers, SYMPREC)
        if found is not None:
            group, standard = int(found.number), np.asarray(found.std_lattice)
    for first, names in _CONSTANTS:
        if group >= first:
            return _told(standard, names)
    told = _parameters(cell)
    angles = "" if np.abs(told[3:] - 90.0).max() < _RIGHT else "αβγ"
    return f"cell {_told(cell, 'abc' + angles)}"


def _told(cell: NDArray[np.float64], names: str) -> str:
    values = dict(zip(_ORDER, _parameters(cell), strict=True))
    lengths = [each for each in names if each in "abc"]
    angles = [each for each in names if each not in "abc"]
    said = f"{', '.join(lengths)} = {', '.join(f'{values[each]:.3f}' for each in lengths)} Å"
    if not angles:
        return said
    told = ", ".join(f"{values[each]:.2f}°" for each in angles)
    return f"{said}, {', '.join(angles)} = {told}"


def _parameters(cell: NDArray[np.float64]) -> NDArray[np.float64]:
    """a, b, c in A and the angles in degrees."""
    lengths = np.linalg.norm(cell, axis=1)
    cosines = (cell @ cell.T / np.outer(lengths, lengths))[[1, 0, 0], [2, 2, 1]]
    return np.concatenate([lengths, np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))])
