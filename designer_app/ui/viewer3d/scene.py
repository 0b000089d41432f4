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
    ColorScheme,
    Style,
    element_colors,
    element_radii,
)
from designer_app.ui.viewer3d.sectors import Occupancies, sector_rows, shares_by_atom
from designer_app.ui.viewer3d.sticks import NO_STICKS, ImageIndex, each_once, half_bonds
from designer_app.ui.viewer3d.wrapping import (
    face_images,
    home_images,
    is_inside,
    molecules,
)

DETAILED = 50_000
"""Atoms up to which bonds, whole molecules and repeated atoms are drawn."""
BOUNDARY_LIMIT = 500
"""Atoms up to which a crystal is drawn with the atoms on its faces repeated, unless told."""
_NETWORK = ("Ge", "Si", "B", "Sb", "As", "P", "C")
_ANIONS = ("Te", "Se", "S", "I", "Br", "N", "Cl", "O", "F")
_RANK = np.zeros(len(SYMBOLS), dtype=np.int64)
for _place, _symbol in enumerate((*_NETWORK, *_ANIONS), start=1):
    _RANK[ATOMIC_NUMBERS[_symbol]] = _place
STRETCHED = 1.5
"""A bond longer than this times its first length is broken and not drawn."""

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
        self._root: Ints = self._molecule
        self._bonds: Floats = np.zeros((0, 3))
        self._home: Ints | None = None
        self._wrapped: Singles | None = None
        self.positions: Singles = np.zeros((0, 3), dtype=np.float32)
        self.sector_colors: NDArray[np.uint8] = np.zeros((1, 1, 3), dtype=np.uint8)
        self._ball_images: Ints = np.zeros((0, 3), dtype=np.int64)
        self.balls = Balls(
            np.zeros(0, dtype=np.int64), *(np.zeros(s, dtype=np.float32) for s in (0, (0, 3), 0))
        )
        self.sticks = NO_STICKS
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
        if self._wrapped is None:
            inverse = np.linalg.inv(self.cell).astype(np.float32)
            cells = np.floor(self.positions @ inverse + np.float32(1e-4))
            cells[:, ~self.periodic] = 0.0
            self._wrapped = self.positions - cells @ self.cell.astype(np.float32)
        return self._wrapped

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
            self._occupancies = shares_by_atom(occupancies)
        self._find_molecules()
        self.rebuild()

    def set_bonds(self, pairs: NDArray[np.integer], shifts: NDArray[np.integer]) -> None:
        """Bonds (n, 2) with the cell shift (n, 3) of the second atom."""
        pairs = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
        shifts = np.asarray(shifts, dtype=np.int64).reshape(-1, 3)
        known = ((pairs >= 0) & (pairs < len(self.numbers))).all(axis=1)
        self.pairs, self.shifts = each_once(pairs[known], shifts[known])
        self._find_molecules()
        self.rebuild()

    def set_frame(self, positions: NDArray[np.floating], cell: NDArray[np.floating] | None) -> bool:
        """Move the atoms; tells whether balls or sticks became others than before."""
        if cell is not None:
            self.cell = np.asarray(cell, dtype=np.float64)
        if self.is_massive:
            self._positions = self.positions = np.ascontiguousarray(positions, dtype=np.float32)
            self._wrapped = None
            return False
        self._positions = self._near_reference(positions)
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
        self._home = self._wrapped = None
        if self.is_massive:
            self.positions = np.ascontiguousarray(self._positions, dtype=np.float32)
            self._paint(np.arange(len(self.numbers)))
            self.sticks = NO_STICKS
            return
        self._home = self._home_images(None)
        self._make_balls()
        self._make_sticks()
        self._move()

    # --- derived ---------------------------------------------------------------------------------

    def _near_reference(self, positions: NDArray[np.floating]) -> Floats:
        """The images nearest to the first ones, molecules whole: frames may come wrapped."""
        moved = np.asarray(positions, dtype=np.float64)
        if not self.periodic.any():
            return moved
        inverse, root = np.linalg.inv(self.cell), self._root
        since = moved - self._reference
        cells = np.rint(since[root] @ inverse) + np.rint((since - since[root]) @ inverse)
        return moved - (cells * self.periodic) @ self.cell

    def _find_molecules(self) -> None:
        if self.is_massive:
            return
        self._molecule, self._image = molecules(len(self.numbers), self.pairs, self.shifts)
        self._root = np.unique(self._molecule, return_index=True)[1][self._molecule]
        self._bonds = self._bond_vectors(self._reference)

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
            neighbors, away = self._neighbors_of_centers(wrapped)
            atoms = np.concatenate([atoms, copies, neighbors])
            images = np.concatenate([images, self._home[copies] + shifts, away])
            rows = np.unique(np.c_[atoms, images], axis=0, return_index=True)[1]
            atoms, images = atoms[np.sort(rows)], images[np.sort(rows)]
        self._ball_images = images
        self._paint(atoms)

    def _neighbors_of_centers(self, wrapped: Floats) -> tuple[Ints, Ints]:
        """What surrounds the atoms inside the cell: no polyhedron is cut by a face.

        A neighbour surrounds an atom if it is the more electronegative, as an anion, or the same in
        a covalent network. Metals are not completed.
        """
        assert self._home is not None
        inside = is_inside(wrapped, self.cell, self.periodic)
        rank = _RANK[self.numbers]
        in_network = (rank > 0) & (rank <= len(_NETWORK))
        atoms, images = [], []
        for sign, here, there in ((1, 0, 1), (-1, 1, 0)):
            first, second = self.pairs[:, here], self.pairs[:, there]
            alike = in_network[first] & (rank[second] == rank[first])
            chosen = inside[first] & (alike | (rank[second] > rank[first]))
            atoms.append(second[chosen])
            images.append(self._home[first[chosen]] + sign * self.shifts[chosen])
        return np.concatenate(atoms), np.concatenate(images)

    def _paint(self, atoms: Ints) -> None:
        numbers = self.numbers[atoms]
        has_bonds = self.style == "ball-and-stick" and not self.is_massive and len(self.pairs) > 0
        radii = element_radii(self.style, has_bonds=has_bonds and self.show_bonds)
        palette = element_colors(self.scheme)
        rows, self.sector_colors = sector_rows(self._occupancies, len(self.numbers), palette)
        self.balls = Balls(atoms, radii[numbers], palette[numbers], rows[atoms])

    def _make_sticks(self) -> None:
        self.sticks = NO_STICKS
        if self.style == "space-filling" or not self.show_bonds or len(self.pairs) == 0:
            return
        palette = element_colors(self.scheme)[self.numbers]
        lengths = np.linalg.norm(self._bonds, axis=1)
        self.sticks = half_bonds(
            self.pairs,
            self.shifts,
            lengths,
            ImageIndex(self.balls.atoms, self._ball_images),
            self.balls.radii[: len(self.numbers)],
            palette,
            dangling=not self._repeats(),
        )

    def _bond_vectors(self, positions: Floats) -> Floats:
        first, second = self.pairs.T
        return positions[second] + self.shifts @ self.cell - positions[first]

    def _move(self) -> None:
        """Positions of balls and sticks from the newest frame."""
        positions = np.asarray(self._positions, dtype=np.float64)
        drawn = positions[self.balls.atoms] + self._ball_images @ self.cell
        self.positions = drawn.astype(np.float32)
        sticks = self.sticks
        vectors = self._bond_vectors(positions)
        if self.periodic.any() and len(vectors):
            # Two bonded atoms may pass half a cell in different frames; their bond does not.
            jump = np.rint((vectors - self._bonds) @ np.linalg.inv(self.cell)) * self.periodic
            vectors -= jump @ self.cell
        lengths = np.linalg.norm(vectors, axis=1)
        vectors[lengths > STRETCHED * np.linalg.norm(self._bonds, axis=1)] = 0.0
        self.stick_starts = self.positions[sticks.balls]
        self.stick_axes = (vectors[sticks.bonds] * sticks.shares[:, None]).astype(np.float32)

    @property
    def stick_radius(self) -> float:
        """A."""
        return BOND_RADIUS

    def copies_of(self, atoms: Sequence[int]) -> Ints:
        """Balls that show one of the atoms."""
        if len(atoms) == 0:
            return np.zeros(0, dtype=np.int64)
        if self.is_massive:
            return np.array([a for a in atoms if 0 <= a < len(self.numbers)], dtype=np.int64)
        return np.flatnonzero(np.isin(self.balls.atoms, np.asarray(atoms, dtype=np.int64)))
