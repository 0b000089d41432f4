"""Bonds as half sticks: each ball has its own half of every bond, in its own colour.

So a bond that leaves the cell is drawn from both its ends without being treated apart.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Singles = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Sticks:
    """Half bonds from balls to where the two colours meet."""

    balls: Ints
    """(n_sticks,) ball at which the stick starts."""
    bonds: Ints
    """(n_sticks,) bond it is half of."""
    shares: Singles
    """(n_sticks,) signed fraction of the bond's vector."""
    colors: Singles
    """(n_sticks, 3) red, green, blue in 0..1."""


NO_STICKS = Sticks(
    np.zeros(0, np.int64),
    np.zeros(0, np.int64),
    np.zeros(0, np.float32),
    np.zeros((0, 3), np.float32),
)


class ImageIndex:
    """Finds balls by atom and image."""

    def __init__(self, atoms: Ints, images: Ints) -> None:
        self.images = images
        self._span = int(np.abs(images).max()) + 8 if len(images) else 8
        key = self._key(atoms, images)
        self._order = np.argsort(key, kind="stable")
        self._keys = key[self._order]
        self._by_atom = np.argsort(atoms, kind="stable")
        self._sorted_atoms = atoms[self._by_atom]

    def _key(self, atoms: Ints, images: Ints) -> Ints:
        base = 2 * self._span + 1
        shifted = np.clip(images, -self._span, self._span) + self._span
        return ((atoms * base + shifted[:, 0]) * base + shifted[:, 1]) * base + shifted[:, 2]

    def find(self, atoms: Ints, images: Ints) -> Ints:
        """(n,) ball of each atom and image, -1 where it is not drawn."""
        key = self._key(atoms, images)
        place = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return np.where(self._keys[place] == key, self._order[place], -1)

    def balls_of(self, atoms: Ints) -> tuple[Ints, Ints]:
        """All (ball, row) with the ball showing atom `atoms[row]`."""
        low = np.searchsorted(self._sorted_atoms, atoms, side="left")
        count = np.searchsorted(self._sorted_atoms, atoms, side="right") - low
        row = np.repeat(np.arange(len(atoms)), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return self._by_atom[low[row] + within], row


def half_bonds(
    pairs: Ints,
    shifts: Ints,
    lengths: NDArray[np.float64],
    index: ImageIndex,
    radii: Singles,
    palette: Singles,
    *,
    dangling: bool,
) -> Sticks:
    """The half bonds of all balls; `radii` (A) and `palette` are those of the atoms.

    A half whose other half belongs to no ball is drawn only if it may be `dangling`, and never
    from the copy of an atom.
    """
    parts = []
    for sign, here, there in ((1, 0, 1), (-1, 1, 0)):
        first, second = pairs[:, here], pairs[:, there]
        ball, bond = index.balls_of(first)
        partner = index.find(second[bond], index.images[ball] + sign * shifts[bond])
        keep = (partner >= 0) | (dangling & (ball < len(radii)))
        ball, bond = ball[keep], bond[keep]
        # Colours meet in the middle of the part that is seen between the balls.
        longer = radii[first[bond]] - radii[second[bond]]
        share = 0.5 + 0.5 * longer / np.maximum(lengths[bond], 1e-6)
        parts.append((ball, bond, sign * np.clip(share, 0.1, 0.9), palette[first[bond]]))
    balls, bonds, shares, colors = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Sticks(balls, bonds, shares.astype(np.float32), colors)


def each_once(pairs: Ints, shifts: Ints) -> tuple[Ints, Ints]:
    """Bonds given from both ends are kept from one."""
    if len(pairs) == 0:
        return pairs, shifts
    swap = pairs[:, 0] > pairs[:, 1]
    own = pairs[:, 0] == pairs[:, 1]
    leading = np.take_along_axis(shifts, (shifts != 0).argmax(axis=1)[:, None], axis=1)[:, 0]
    swap |= own & (leading < 0)
    pairs = np.where(swap[:, None], pairs[:, ::-1], pairs)
    shifts = np.where(swap[:, None], -shifts, shifts)
    rows = np.unique(np.hstack([pairs, shifts]), axis=0)
    return rows[:, :2], rows[:, 2:]
