"""From a structure, its bonds and the newest frame to the arrays that are drawn.

Up to `DETAILED` atoms every drawn ball is an image of an atom (atom, shift): molecules are kept in
one piece, crystals are drawn with the atoms on their faces repeated. Above, the atoms are sent to
the graphics card as they come and are wrapped there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.specs.structure import Structure
from designer_app.ui.viewer3d.look import (
    BOND_RADIUS,
    VACANCY_COLOR,
    ColorScheme,
    Style,
    element_colors,
    element_radii,
)
from designer_app.ui.viewer3d.wrapping import face_images, heights, home_images, molecules

DETAILED = 50_000
"""Atoms up to which bonds, whole molecules and repeated atoms are drawn."""
BOUNDARY_LIMIT = 500
"""Atoms up to which a crystal is drawn with the atoms on its faces repeated, unless told."""
STRETCHED = 1.5
"""A bond longer than this times its first length is broken and not drawn."""
N_SECTOR_TEXELS = 512

Occupancies = Mapping[int, Mapping[str, float]] | Sequence[Mapping[str, float] | None]
Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Balls:
    """What does not change from frame to frame, per drawn ball."""

    atoms: Ints
    """(n_balls,) atom of the structure."""
    radii: Singles
    """(n_balls,) A."""
    colors: Singles
    """(n_balls, 3) red, green, blue in 0..1."""
    sectors: Singles
    """(n_balls,) row of `Scene.sector_colors`, -1 for one colour."""


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


class Scene:
    """What there is to draw; `version` counts changes of balls and sticks."""

    def __init__(self) -> None:
        self.scheme: ColorScheme = "jmol"
        self.style: Style = "ball-and-stick"
        self.boundary: bool | None = None
        self.show_bonds = True
        self.version = 0
        self._clear()

    def _clear(self) -> None:
        self.numbers: Ints = np.zeros(0, dtype=np.int64)
        self.cell: Floats = np.zeros((3, 3))
        self.periodic: NDArray[np.bool_] = np.zeros(3, dtype=bool)
        self._reference: Floats = np.zeros((0, 3))
        self._positions: Floats | Singles = self._reference
        self._occupancies: dict[int, Mapping[str, float]] = {}
        self.pairs: Ints = np.zeros((0, 2), dtype=np.int64)
        self.shifts: Ints = np.zeros((0, 3), dtype=np.int64)
        self._molecule, self._image = molecules(0, self.pairs, self.shifts)
        self._home: Ints | None = None
        self.positions: Singles = np.zeros((0, 3), dtype=np.float32)
        self.sector_colors: NDArray[np.uint8] = np.zeros((1, N_SECTOR_TEXELS, 3), dtype=np.uint8)
        self._ball_images: Ints = np.zeros((0, 3), dtype=np.int64)
        self.balls = Balls(
            np.zeros(0, dtype=np.int64), *(np.zeros(s, dtype=np.float32) for s in (0, (0, 3), 0))
        )
        self.sticks = _no_sticks()
        self.stick_starts: Singles = np.zeros((0, 3), dtype=np.float32)
        self.stick_axes: Singles = np.zeros((0, 3), dtype=np.float32)

    # --- what is known ---------------------------------------------------------------------------

    @property
    def is_massive(self) -> bool:
        """Whether there are too many atoms for bonds and images."""
        return len(self.numbers) > DETAILED

    @property
    def has_cell(self) -> bool:
        """Whether there are three lattice vectors."""
        return bool(abs(np.linalg.det(self.cell)) > 1e-6)

    def legend(self) -> list[tuple[str, tuple[float, float, float]]]:
        """Symbol and colour of each element that is there, in order of atomic number."""
        present = set(np.unique(self.numbers).tolist())
        for shares in self._occupancies.values():
            present |= {ATOMIC_NUMBERS.get(symbol, 0) for symbol in shares}
        palette = element_colors(self.scheme)
        return [(SYMBOLS[z], tuple(palette[z].tolist())) for z in sorted(present)]

    def bounds(self, *, with_cell: bool) -> tuple[Floats, float]:
        """Points that must be visible (A), and the radius that must be visible around them."""
        points = self.positions.astype(np.float64) if not self.is_massive else self._extremes()
        radius = float(self.balls.radii.max()) if len(self.balls.radii) else 1.0
        if with_cell and self.has_cell:
            corners = np.array(list(np.ndindex(2, 2, 2)), dtype=np.float64) @ self.cell
            points = np.concatenate([points, corners]) if len(points) else corners
        return (points if len(points) else np.zeros((1, 3))), radius

    def _extremes(self) -> Floats:
        inside = self._positions
        if self.has_cell and self.periodic.all():
            return np.array(list(np.ndindex(2, 2, 2)), dtype=np.float64) @ self.cell
        low, high = inside.min(axis=0), inside.max(axis=0)
        return np.array(list(np.ndindex(2, 2, 2))) * (high - low) + low

    def ball_positions(self) -> Singles:
        """(n_balls, 3) A, where the balls are drawn."""
        if not self.is_massive or not self.has_cell or not self.periodic.any():
            return self.positions
        inverse = np.linalg.inv(self.cell).astype(np.float32)
        cells = np.floor(self.positions @ inverse + np.float32(1e-4)) * self.periodic
        shift = cells.astype(np.float32) @ self.cell.astype(np.float32)
        return (self.positions - shift).astype(np.float32, copy=False)

    # --- what is set -----------------------------------------------------------------------------

    def set_structure(self, structure: Structure | None, occupancies: Occupancies | None) -> None:
        """Show another structure, without bonds."""
        self._clear()
        if structure is not None:
            self.numbers = np.where(
                (structure.numbers >= 0) & (structure.numbers < len(SYMBOLS)), structure.numbers, 0
            )
            self.cell = np.asarray(structure.cell, dtype=np.float64)
            self.periodic = np.array(structure.pbc) & self.has_cell
            self._reference = np.asarray(structure.positions, dtype=np.float64)
            self._positions = self._reference
            self._occupancies = _by_atom(occupancies)
        self._find_molecules()
        self.rebuild()

    def set_bonds(self, pairs: NDArray[np.integer], shifts: NDArray[np.integer]) -> None:
        """Bonds (n, 2) with the cell shift (n, 3) of the second atom."""
        pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        shifts = np.asarray(shifts, dtype=np.int64).reshape(-1, 3)
        known = ((pairs >= 0) & (pairs < len(self.numbers))).all(axis=1)
        self.pairs, self.shifts = _each_once(pairs[known], shifts[known])
        self._find_molecules()
        self.rebuild()

    def set_frame(self, positions: NDArray[np.floating], cell: NDArray[np.floating] | None) -> bool:
        """Move the atoms; tells whether balls or sticks became others than before."""
        self._positions = positions
        if cell is not None:
            self.cell = np.asarray(cell, dtype=np.float64)
        if self.is_massive:
            self.positions = np.ascontiguousarray(positions, dtype=np.float32)
            return False
        home = self._home_images(self._home)
        if self._home is not None and not np.array_equal(home, self._home):
            self._home = home
            self._make_balls()
            self._make_sticks()
            self._move()
            self.version += 1
            return True
        self._move()
        return False

    def rebuild(self) -> None:
        """Derive everything anew: after a change of structure, bonds, colours or style."""
        self.version += 1
        self._home = None
        if self.is_massive:
            self.positions = np.ascontiguousarray(self._positions, dtype=np.float32)
            self._paint(np.arange(len(self.numbers)))
            self.sticks = _no_sticks()
            return
        self._home = self._home_images(None)
        self._make_balls()
        self._make_sticks()
        self._move()

    # --- derived ---------------------------------------------------------------------------------

    def _find_molecules(self) -> None:
        if not self.is_massive:
            self._molecule, self._image = molecules(len(self.numbers), self.pairs, self.shifts)

    def _home_images(self, start: Ints | None) -> Ints:
        if not self.periodic.any() or len(self.numbers) == 0:
            return np.zeros((len(self.numbers), 3), dtype=np.int64)
        fractional = np.asarray(self._positions, dtype=np.float64) @ np.linalg.inv(self.cell)
        return home_images(fractional, self._molecule, self._image, self.periodic, start, self.cell)

    def _repeats(self) -> bool:
        if self.boundary is not None:
            return self.boundary and bool(self.periodic.any())
        return len(self.numbers) < BOUNDARY_LIMIT and bool(self.periodic.any())

    def _make_balls(self) -> None:
        assert self._home is not None
        n_atoms = len(self.numbers)
        atoms, images = np.arange(n_atoms), self._home
        if n_atoms and self._repeats():
            wrapped = np.asarray(self._positions) @ np.linalg.inv(self.cell) + self._home
            copies, shifts = face_images(wrapped, self.cell, self.periodic)
            single = np.bincount(self._molecule)[self._molecule[copies]] == 1
            copies, shifts = copies[single], shifts[single]
            atoms = np.concatenate([atoms, copies])
            images = np.concatenate([images, self._home[copies] + shifts])
        self._ball_images = images
        self._paint(atoms)

    def _paint(self, atoms: Ints) -> None:
        numbers = self.numbers[atoms]
        has_bonds = self.style == "ball-and-stick" and not self.is_massive and len(self.pairs) > 0
        radii = element_radii(self.style, has_bonds=has_bonds and self.show_bonds)
        palette = element_colors(self.scheme)
        row_of, self.sector_colors = self._sectors(palette)
        sectors = np.full(len(self.numbers), -1.0, dtype=np.float32)
        for atom, row in row_of.items():
            sectors[atom] = row
        self.balls = Balls(atoms, radii[numbers], palette[numbers], sectors[atoms])

    def _sectors(self, palette: Singles) -> tuple[dict[int, int], NDArray[np.uint8]]:
        kinds: dict[tuple[tuple[str, float], ...], int] = {}
        row_of: dict[int, int] = {}
        for atom, shares in self._occupancies.items():
            kind = tuple((symbol, round(share, 4)) for symbol, share in shares.items())
            full = len(kind) == 1 and kind[0][1] >= 0.999
            if full or not kind or not 0 <= atom < len(self.numbers):
                continue
            row_of[atom] = kinds.setdefault(kind, len(kinds))
        rows = [_sector_row(kind, palette) for kind in kinds]
        blank = np.zeros((1, N_SECTOR_TEXELS, 3), dtype=np.uint8)
        return row_of, np.stack(rows) if rows else blank

    def _make_sticks(self) -> None:
        self.sticks = _no_sticks()
        if self.style == "space-filling" or not self.show_bonds or len(self.pairs) == 0:
            return
        index = _ImageIndex(self.balls.atoms, self._ball_images)
        n_bonds, n_atoms = len(self.pairs), len(self.numbers)
        lengths = np.linalg.norm(self._bond_vectors(self._reference, self.cell), axis=1)
        palette = element_colors(self.scheme)[self.numbers]
        radii = self.balls.radii[:n_atoms]
        balls, bonds, shares, colors = [], [], [], []
        for sign, here, there in ((1, 0, 1), (-1, 1, 0)):
            first, second = self.pairs[:, here], self.pairs[:, there]
            # Every ball of an atom has all the bonds of the atom; ball b takes bonds of atom[b].
            ball, bond = index.balls_of(first, n_bonds)
            partner = index.find(second[bond], self._ball_images[ball] + sign * self.shifts[bond])
            # A copy shows only bonds to balls that are there; an atom also shows where one goes.
            keep = (partner >= 0) | ((ball < n_atoms) & (not self._repeats()))
            ball, bond = ball[keep], bond[keep]
            length = np.maximum(lengths[bond], 1e-6)
            # Colours meet in the middle of the part that is seen.
            share = 0.5 + 0.5 * (radii[first[bond]] - radii[second[bond]]) / length
            balls.append(ball)
            bonds.append(bond)
            shares.append(sign * np.clip(share, 0.1, 0.9))
            colors.append(palette[first[bond]])
        self.sticks = Sticks(
            np.concatenate(balls),
            np.concatenate(bonds),
            np.concatenate(shares).astype(np.float32),
            np.concatenate(colors),
        )

    def _bond_vectors(self, positions: NDArray[np.floating], cell: Floats) -> Floats:
        first, second = self.pairs.T
        return positions[second] + self.shifts @ cell - positions[first]

    def _move(self) -> None:
        """Positions of balls and sticks from the newest frame."""
        positions = np.asarray(self._positions, dtype=np.float64)
        drawn = positions[self.balls.atoms] + self._ball_images @ self.cell
        self.positions = drawn.astype(np.float32)
        sticks = self.sticks
        if len(sticks.balls) == 0:
            self.stick_starts = self.stick_axes = np.zeros((0, 3), dtype=np.float32)
            return
        vectors = self._bond_vectors(positions, self.cell)
        reference = self._bond_vectors(self._reference, self.cell)
        if self.periodic.any():
            # Frames of other programs may be wrapped: a bond never turns by half a cell.
            jump = np.rint((vectors - reference) @ np.linalg.inv(self.cell)) * self.periodic
            vectors -= jump @ self.cell
        broken = np.linalg.norm(vectors, axis=1) > STRETCHED * np.linalg.norm(reference, axis=1)
        vectors[broken] = 0.0
        self.stick_starts = self.positions[sticks.balls]
        self.stick_axes = (vectors[sticks.bonds] * sticks.shares[:, None]).astype(np.float32)

    @property
    def stick_radius(self) -> float:
        """A."""
        return BOND_RADIUS

    def copies_of(self, atoms: Sequence[int]) -> Ints:
        """Balls that show one of the atoms."""
        if self.is_massive:
            return np.array([a for a in atoms if 0 <= a < len(self.numbers)], dtype=np.int64)
        return np.flatnonzero(np.isin(self.balls.atoms, np.asarray(atoms, dtype=np.int64)))

    def thickness(self) -> Floats:
        """(3,) distances between opposite faces of the cell in A, 0 without a cell."""
        return heights(self.cell) if self.has_cell else np.zeros(3)


class _ImageIndex:
    """Finds balls by atom and image."""

    def __init__(self, atoms: Ints, images: Ints) -> None:
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

    def balls_of(self, atoms: Ints, n: int) -> tuple[Ints, Ints]:
        """All (ball, row) with the ball showing atom `atoms[row]`."""
        low = np.searchsorted(self._sorted_atoms, atoms, side="left")
        count = np.searchsorted(self._sorted_atoms, atoms, side="right") - low
        row = np.repeat(np.arange(n), count)
        within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        return self._by_atom[low[row] + within], row


def _no_sticks() -> Sticks:
    empty = np.zeros(0, dtype=np.int64)
    return Sticks(empty, empty, np.zeros(0, np.float32), np.zeros((0, 3), np.float32))


def _each_once(pairs: Ints, shifts: Ints) -> tuple[Ints, Ints]:
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


def _by_atom(occupancies: Occupancies | None) -> dict[int, Mapping[str, float]]:
    if occupancies is None:
        return {}
    if isinstance(occupancies, Mapping):
        return {int(atom): shares for atom, shares in occupancies.items()}
    return {atom: shares for atom, shares in enumerate(occupancies) if shares}


def _sector_row(kind: tuple[tuple[str, float], ...], palette: Singles) -> NDArray[np.uint8]:
    """(n_texels, 3) colours clockwise from the top; what is not occupied is white."""
    ends = np.cumsum([share for _, share in kind]) / max(sum(share for _, share in kind), 1.0)
    angle = (np.arange(N_SECTOR_TEXELS) + 0.5) / N_SECTOR_TEXELS
    slots = np.searchsorted(ends, angle)
    shades = [palette[ATOMIC_NUMBERS.get(symbol, 0)] for symbol, _ in kind] + [VACANCY_COLOR]
    return (np.array(shades)[slots] * 255).astype(np.uint8)
