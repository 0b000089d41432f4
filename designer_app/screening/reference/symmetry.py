"""A crystal as its symmetry class and the few numbers that the class leaves free, and back.

A class is a space group with, for each orbit of atoms, a Wyckoff letter, the element slot it
belongs to, and a template of its representative: x = x0 + s B, with x0 in 24ths of a lattice
vector, whole numbers B, and one free number s for each row of B. Templates are not looked up but
found from the operations that leave the representative in place (its site symmetry), so every
setting of spglib's database serves. Each orbit is represented by the image whose template is
lowest; shifts of origin that map a class onto itself are not brought to a standard.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase.geometry import cell_to_cellpar, cellpar_to_cell
from numpy.typing import NDArray

from designer_app.io.space_groups import operations, settings, symmetry_dataset
from designer_app.specs.structure import Structure

Floats = NDArray[np.float64]

GRID = 24
"""Fixed coordinates of every Wyckoff position are multiples of 1/24."""
_IN_PLACE = 1e-3
"""Fractional: an operation that moves a standardised site less leaves it in place."""
_SAME_SITE = 1e-6
"""Fractional: images of one site by its exact template differ by rounding only."""
_CENTRING = {
    "P": np.eye(3),
    "A": np.array([[1, 0, 0], [0, 0.5, -0.5], [0, 0.5, 0.5]]),
    "C": np.array([[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 1]]),
    "I": np.array([[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]]),
    "F": np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]]),
    "R": np.array([[2, 1, 1], [-1, 1, 1], [-1, -2, 1]]) / 3,
}
"""Primitive vectors as rows, in units of the conventional ones (hexagonal axes for R)."""


@dataclass(frozen=True, order=True)
class Template:
    """Where the representative of an orbit may lie: x0 / 24 + s B."""

    directions: tuple[tuple[int, int, int], ...]
    """B, a row for each free number."""
    origin: tuple[int, int, int]
    """x0 in 24ths, 0 to 23."""

    def place(self, free: Sequence[float]) -> Floats:
        """The representative, fractional."""
        x = np.array(self.origin, dtype=np.float64) / GRID
        for value, direction in zip(free, self.directions, strict=True):
            x = x + value * np.array(direction)
        return x


@dataclass(frozen=True, order=True)
class Orbit:
    """Atoms that symmetry makes equal."""

    slot: int
    """Which of the crystal's elements it holds."""
    letter: str
    """Of Wyckoff."""
    template: Template
    count: int
    """Atoms in the primitive cell."""


@dataclass(frozen=True)
class CrystalClass:
    """What a crystal has in common with all others of its kind."""

    hall_number: int
    orbits: tuple[Orbit, ...]

    @property
    def space_group(self) -> int:
        """Number in International Tables."""
        return int(settings()[self.hall_number - 1].number)

    @property
    def n_slots(self) -> int:
        """Different elements."""
        return 1 + max(orbit.slot for orbit in self.orbits)

    @property
    def n_atoms(self) -> int:
        """In the primitive cell."""
        return sum(orbit.count for orbit in self.orbits)

    @property
    def n_free(self) -> int:
        """Free numbers of all sites."""
        return sum(len(orbit.template.directions) for orbit in self.orbits)

    @property
    def n_lattice_points(self) -> int:
        """Primitive cells in the conventional one."""
        return round(1 / np.linalg.det(_centring(self.hall_number)))


@dataclass(frozen=True, eq=False)
class SymmetricCrystal:
    """A crystal as a class, its elements, and the numbers that the class leaves free."""

    kind: CrystalClass
    elements: tuple[int, ...]
    """Atomic number of each slot."""
    volume: float
    """A^3, of the conventional cell."""
    shape: tuple[float, ...]
    """Those of b/a, c/a, alpha, beta, gamma (degrees) that the crystal system leaves free."""
    free: tuple[float, ...]
    """s of each orbit in turn, 0 to 1."""

    @property
    def volume_per_atom(self) -> float:
        """A^3."""
        return self.volume / (self.kind.n_atoms * self.kind.n_lattice_points)


def described(structure: Structure, symprec: float) -> SymmetricCrystal | None:
    """The crystal symmetrised within `symprec` (A); None where its symmetry is not clear."""
    fractional = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractional, structure.numbers, symprec)
    if found is None:
        return None
    first_input = np.full(int(found.mapping_to_primitive.max()) + 1, -1)
    for atom, primitive in reversed(list(enumerate(found.mapping_to_primitive))):
        first_input[primitive] = atom
    atoms = first_input[found.std_mapping_to_primitive]
    sites: list[tuple[int, str, Template, tuple[float, ...], int]] = []
    group = operations(found.hall_number)
    n_lattice_points = round(1 / np.linalg.det(_centring(found.hall_number)))
    for orbit in np.unique(found.crystallographic_orbits[atoms]):
        members = np.flatnonzero(found.crystallographic_orbits[atoms] == orbit)
        best = _lowest(group.rotations, group.translations, found.std_positions[members])
        if best is None:
            return None
        number, letter = int(found.std_types[members[0]]), str(found.wyckoffs[atoms[members[0]]])
        sites.append((number, letter, *best, len(members) // n_lattice_points))
    crystal = _sorted(int(found.hall_number), found.std_lattice, sites)
    return crystal if crystal.kind.n_atoms == len(found.std_types) // n_lattice_points else None


def described_without_symmetry(structure: Structure) -> SymmetricCrystal:
    """Every atom an orbit of its own, in space group P1 and the cell as it is."""
    fractional = structure.positions @ np.linalg.inv(structure.cell)
    anywhere = Template(((1, 0, 0), (0, 1, 0), (0, 0, 1)), (0, 0, 0))
    sites = [
        (int(number), "a", anywhere, tuple(float(part % 1.0) for part in x), 1)
        for number, x in zip(structure.numbers, fractional, strict=True)
    ]
    return _sorted(1, structure.cell, sites)


def expanded(crystal: SymmetricCrystal, name: str = "") -> Structure:
    """All atoms of the primitive cell."""
    kind = crystal.kind
    group = operations(kind.hall_number)
    cell = cell_of(kind.space_group, crystal.volume, crystal.shape)
    centring = _centring(kind.hall_number)
    to_primitive = np.linalg.inv(centring)
    numbers: list[int] = []
    sites: list[Floats] = []
    start = 0
    for orbit in kind.orbits:
        stop = start + len(orbit.template.directions)
        x = orbit.template.place(crystal.free[start:stop])
        images = (group.rotations @ x + group.translations) @ to_primitive
        images = _different(images)
        sites.append(images)
        numbers += [crystal.elements[orbit.slot]] * len(images)
        start = stop
    primitive = centring @ cell
    return Structure(
        numbers=np.array(numbers, dtype=np.int64),
        positions=np.concatenate(sites) @ primitive,
        cell=primitive,
        pbc=(True, True, True),
        name=name,
    )


# --- parts ---


def _lowest(
    rotations: Floats, translations: Floats, sites: Floats
) -> tuple[Template, tuple[float, ...]] | None:
    """Of the sites of an orbit the one with the lowest template, and its free numbers."""
    found = [template_of(rotations, translations, x) for x in sites]
    clear = [each for each in found if each is not None]
    return min(clear) if clear else None


def template_of(
    rotations: Floats, translations: Floats, x: Floats
) -> tuple[Template, tuple[float, ...]] | None:
    """Template and free numbers of a site; None where B or x0 would not be whole numbers."""
    moved = rotations @ x + translations - x
    lattice = np.rint(moved)
    stays = np.abs(moved - lattice).max(axis=1) < _IN_PLACE
    projector = rotations[stays].mean(axis=0)
    x = projector @ x + (translations - lattice)[stays].mean(axis=0)
    directions, pivots = reduced_rows(projector.T)
    free = x[pivots]
    origin = (x - free @ directions) * GRID
    whole, fixed = np.rint(directions), np.rint(origin)
    if not (np.allclose(directions, whole, atol=1e-6) and np.allclose(origin, fixed, atol=1e-3)):
        return None
    rows = tuple((int(a), int(b), int(c)) for a, b, c in whole)
    a, b, c = (int(part) % GRID for part in fixed)
    return Template(rows, (a, b, c)), tuple(float(value % 1.0) for value in free)


def reduced_rows(matrix: Floats) -> tuple[Floats, list[int]]:
    """Row echelon form without its empty rows, and the columns of the leading ones."""
    rows, pivots = np.array(matrix), []
    for column in range(3):
        rank = len(pivots)
        if rank == 3:
            break
        best = rank + int(np.argmax(np.abs(rows[rank:, column])))
        if abs(rows[best, column]) < 1e-6:
            continue
        rows[[rank, best]] = rows[[best, rank]]
        rows[rank] /= rows[rank, column]
        for other in range(3):
            if other != rank:
                rows[other] -= rows[other, column] * rows[rank]
        pivots.append(column)
    return rows[: len(pivots)], pivots


def _sorted(
    hall_number: int,
    cell: Floats,
    sites: list[tuple[int, str, Template, tuple[float, ...], int]],
) -> SymmetricCrystal:
    """Slots ordered by what they occupy, not by their elements, so that classes compare."""
    by_element: dict[int, list[tuple[str, Template, tuple[float, ...], int]]] = {}
    for number, *rest in sites:
        by_element.setdefault(number, []).append(tuple(rest))  # type: ignore[arg-type]
    for rest in by_element.values():
        rest.sort()

    def occupied(number: int) -> tuple[object, ...]:
        mine = by_element[number]
        places = [(letter, template) for letter, template, _, _ in mine]
        return sum(count for *_, count in mine), places, number

    elements = sorted(by_element, key=occupied)
    orbits: list[Orbit] = []
    free: list[float] = []
    for slot, number in enumerate(elements):
        for letter, template, values, count in by_element[number]:
            orbits.append(Orbit(slot, letter, template, count))
            free += values
    kind = CrystalClass(hall_number, tuple(orbits))
    volume = float(abs(np.linalg.det(cell)))
    return SymmetricCrystal(
        kind, tuple(elements), volume, shape_of(kind.space_group, cell), tuple(free)
    )


def free_shape(space_group: int) -> tuple[int, ...]:
    """Which of b/a, c/a, alpha, beta, gamma are free."""
    if space_group <= 2:
        return (0, 1, 2, 3, 4)
    if space_group <= 15:
        return (0, 1, 3)
    if space_group <= 74:
        return (0, 1)
    return (1,) if space_group <= 194 else ()


def shape_of(space_group: int, cell: Floats) -> tuple[float, ...]:
    """What the crystal system leaves free of b/a, c/a, alpha, beta, gamma (degrees)."""
    a, b, c, *angles = cell_to_cellpar(cell)
    every = (b / a, c / a, *angles)
    return tuple(float(every[place]) for place in free_shape(space_group))


def cell_of(space_group: int, volume: float, shape: Sequence[float]) -> Floats:
    """The conventional cell of a volume (A^3) with what `shape_of` told."""
    every = [1.0, 1.0, 90.0, 90.0, 120.0 if 143 <= space_group <= 194 else 90.0]
    for place, value in zip(free_shape(space_group), shape, strict=True):
        every[place] = value
    cell = np.asarray(cellpar_to_cell([1.0, *every]), dtype=np.float64)
    return cell * (volume / abs(np.linalg.det(cell))) ** (1 / 3)


def _centring(hall_number: int) -> Floats:
    return _CENTRING[settings()[hall_number - 1].international_short[0]]


def _different(images: Floats) -> Floats:
    """One of each site, modulo the lattice, in the order in which they came."""
    apart = images[:, None] - images[None]
    same = np.abs(apart - np.rint(apart)).max(axis=2) < _SAME_SITE
    return images[same.argmax(axis=1) == np.arange(len(images))] % 1.0
