"""Shared sites: which colours stand around the circle of an atom."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.ui.viewer3d.look import VACANCY_COLOR

N_TEXELS = 512
FULL = 0.999
"""An occupancy from which a site counts as full."""

Occupancies = Mapping[int, Mapping[str, float] | None] | Sequence[Mapping[str, float] | None]
Kind = tuple[tuple[str, float], ...]


def shares_by_atom(occupancies: Occupancies | None) -> dict[int, Mapping[str, float]]:
    """Atom -> {symbol: share} from a mapping or from one entry an atom."""
    if occupancies is None:
        return {}
    if isinstance(occupancies, Mapping):
        return {int(atom): shares for atom, shares in occupancies.items() if shares}
    return {atom: shares for atom, shares in enumerate(occupancies) if shares}


def sector_rows(
    occupancies: Mapping[int, Mapping[str, float]], n_atoms: int, palette: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(n_atoms,) row of each atom, -1 where it fills its site alone, and the rows of colours."""
    kinds: dict[Kind, int] = {}
    rows = np.full(n_atoms, -1.0, dtype=np.float32)
    for atom, shares in occupancies.items():
        kind = tuple((symbol, round(share, 4)) for symbol, share in shares.items())
        is_shared = len(kind) > 1 or (len(kind) == 1 and kind[0][1] < FULL)
        if is_shared and 0 <= atom < n_atoms:
            rows[atom] = kinds.setdefault(kind, len(kinds))
    colors = [_circle(kind, palette) for kind in kinds]
    return rows, np.stack(colors) if colors else np.zeros((1, N_TEXELS, 3), dtype=np.uint8)


def _circle(kind: Kind, palette: NDArray[np.float32]) -> NDArray[np.uint8]:
    """(N_TEXELS, 3) colours clockwise from the top; what is not occupied is white."""
    shares = [share for _, share in kind]
    ends = np.cumsum(shares) / max(sum(shares), 1.0)
    angle = (np.arange(N_TEXELS) + 0.5) / N_TEXELS
    slots = np.searchsorted(ends, angle)
    colors = [palette[ATOMIC_NUMBERS.get(symbol, 0)] for symbol, _ in kind]
    return (np.array([*colors, VACANCY_COLOR])[slots] * 255).astype(np.uint8)
