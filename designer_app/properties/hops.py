"""Hops of an ion between neighbouring sites of its own, by symmetry, and cells to compute them in.

A vacancy hop takes the ion of one site to an empty neighbouring one. Hops that a symmetry operation
of the crystal takes to each other have one barrier, and are computed once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from ase.geometry import minkowski_reduce
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.io.space_groups import symmetry_dataset
from designer_app.properties.percolation import Network, percolation
from designer_app.specs.structure import Structure

Array = NDArray[np.float64]
Cell = tuple[int, int, int]
Step = tuple[int, int, Cell]
"""(site, site, cell of the second site seen from the first)."""

LONGEST = 8.0
"""A: sites farther apart have no hop in common."""
_SYMPREC = 0.05
_SAME_LENGTH = 0.01
"""A."""
_ON_THE_WAY = 1.0
"""A: a straight hop that passes another site of the ion nearer than this is two hops."""
MOST_ATOMS = 400
"""Of the supercell."""


@dataclass(frozen=True, eq=False)
class Image:
    """How a hop follows from the representative of its kind: x' = R x + t, or that reversed."""

    rotation: Array
    """(3, 3), in fractional coordinates."""
    translation: Array
    is_reversed: bool


@dataclass(frozen=True, eq=False)
class HopKind:
    """Hops that are equal by symmetry."""

    first: int
    """Atom that hops in the representative."""
    second: int
    """Atom whose place, left empty, it takes."""
    cell: Cell
    """Cell of that place, seen from the atom's."""
    length: float
    """A, straight."""
    images: Mapping[Step, Image]
    """Every such hop, in both directions."""


def hop_kinds(structure: Structure, ion: str, longest: float) -> list[HopKind]:
    """The symmetry-distinct hops up to a length in A, the shortest first.

    Longer ones, up to 8 A, are added until the hops lead through the crystal.
    """
    sites = np.flatnonzero(structure.numbers == ATOMIC_NUMBERS[ion])
    steps = _steps(structure, sites)
    operations = _operations(structure, sites)
    kinds: list[HopKind] = []
    known: set[Step] = set()
    for length, step in steps:
        if step in known:
            continue
        if length > longest and leads_somewhere(structure, kinds):
            break
        kind = _kind(step, length, operations)
        known |= kind.images.keys()
        kinds.append(kind)
    return kinds


def leads_somewhere(structure: Structure, kinds: list[HopKind]) -> bool:
    """Whether hops of these kinds lead from a site to its image in another cell."""
    if not kinds:
        return False
    steps = [step for kind in kinds for step in kind.images]
    network = network_of(len(structure), steps, np.zeros(len(steps)))
    return bool(np.isfinite(percolation(network).energies[0]))


def network_of(n_atoms: int, steps: list[Step], energies: Array) -> Network:
    """Hops as edges between atoms."""
    return Network(
        n_atoms,
        np.array([step[0] for step in steps], dtype=np.int64),
        np.array([step[1] for step in steps], dtype=np.int64),
        np.array([step[2] for step in steps], dtype=np.int64).reshape(-1, 3),
        energies,
    )


def _steps(structure: Structure, sites: NDArray[np.int64]) -> list[tuple[float, Step]]:
    """Every hop up to 8 A that passes no other site, the shortest first."""
    cell, positions = structure.cell, structure.positions
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    fractions = positions[sites] @ np.linalg.inv(cell)
    spread = np.ceil(np.ptp(fractions, axis=0)).astype(int)
    reach = np.ceil(LONGEST / heights).astype(int) + spread
    cells = np.array(list(product(*(range(-n, n + 1) for n in reach))))
    offsets = cells @ cell
    everywhere = (positions[sites][None] + offsets[:, None]).reshape(-1, 3)
    found: list[tuple[float, Step]] = []
    for site in sites:
        apart = everywhere - positions[site]
        lengths = np.linalg.norm(apart, axis=1)
        near = np.flatnonzero((lengths <= LONGEST) & (lengths > _SAME_LENGTH))
        near = near[np.argsort(lengths[near], kind="stable")]
        for place in near:
            if _passes_another(apart[place], apart[near]):
                continue
            shift, j = divmod(int(place), len(sites))
            x, y, z = (int(value) for value in cells[shift])
            found.append((float(lengths[place]), (int(site), int(sites[j]), (x, y, z))))
    return sorted(found, key=lambda each: (round(each[0] / _SAME_LENGTH), each[1]))


def _passes_another(hop: Array, others: Array) -> bool:
    """Whether another site lies beside the inner part of a straight hop from the origin."""
    length = float(np.linalg.norm(hop))
    along = others @ hop / length
    beside = np.sqrt(np.maximum(np.square(others).sum(axis=1) - along**2, 0.0))
    inner = (along > _ON_THE_WAY) & (along < length - _ON_THE_WAY)
    return bool((inner & (beside < _ON_THE_WAY)).any())


@dataclass(frozen=True, eq=False)
class _Operation:
    """A symmetry operation, and where it takes each atom."""

    rotation: Array
    translation: Array
    target: NDArray[np.int64]
    """(n_atoms,) the atom whose place an atom goes to; -1 for atoms that are not followed."""
    cells: NDArray[np.int64]
    """(n_atoms, 3) the cell of that place."""


def _operations(structure: Structure, sites: NDArray[np.int64]) -> list[_Operation]:
    fractions = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractions, structure.numbers, _SYMPREC)
    pairs = [(np.eye(3), np.zeros(3))]
    if found is not None:
        pairs += list(zip(found.rotations, found.translations, strict=True))
    own = fractions[sites]
    operations = []
    for rotation, translation in pairs:
        moved = own @ np.asarray(rotation, dtype=float).T + translation
        apart = moved[:, None] - own[None]
        cells = np.rint(apart)
        distances = np.linalg.norm((apart - cells) @ structure.cell, axis=2)
        nearest = distances.argmin(axis=1)
        if distances.min(axis=1).max() > 4 * _SYMPREC or len(set(nearest.tolist())) < len(sites):
            continue
        target = np.full(len(structure), -1)
        where = np.zeros((len(structure), 3), dtype=np.int64)
        target[sites] = sites[nearest]
        where[sites] = cells[np.arange(len(sites)), nearest]
        operations.append(_Operation(np.asarray(rotation, dtype=float), translation, target, where))
    return operations


def _kind(step: Step, length: float, operations: list[_Operation]) -> HopKind:
    first, second, cell = step
    images: dict[Step, Image] = {}
    for operation in operations:
        begin = operation.cells[first]
        end = operation.cells[second] + (operation.rotation @ np.array(cell)).round().astype(int)
        one, other = int(operation.target[first]), int(operation.target[second])
        x, y, z = (int(value) for value in end - begin)
        there = (one, other, (x, y, z))
        back = (other, one, (-x, -y, -z))
        shift = operation.translation
        images.setdefault(there, Image(operation.rotation, shift - begin, is_reversed=False))
        images.setdefault(back, Image(operation.rotation, shift - end, is_reversed=True))
    return HopKind(first, second, cell, length, images)


def repeats_for(cell: Array, separation: float, n_atoms: int) -> Cell:
    """How often a cell is repeated so that images are at least so far apart in A, in fewest atoms.

    Raises `InvalidSpecError` where that takes more than 400 atoms.
    """
    heights = 1 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    most = np.ceil(separation / heights).astype(int)
    choices = sorted(
        product(*(range(1, int(count) + 1) for count in most)),
        key=lambda each: (int(np.prod(each)), max(each)),
    )
    for a, b, c in choices:
        repeats = (a, b, c)
        reduced, _ = minkowski_reduce(cell * np.array(repeats)[:, None])
        if np.linalg.norm(reduced, axis=1).min() >= separation - 1e-6:
            total = n_atoms * int(np.prod(repeats))
            if total > MOST_ATOMS:
                raise InvalidSpecError(
                    "separation",
                    separation,
                    f"it takes a cell of {total} atoms, more than {MOST_ATOMS}",
                    "Distance of images",
                    "A",
                )
            return repeats
    raise AssertionError


def ends_of(structure: Structure, kind: HopKind, repeats: Cell) -> tuple[Structure, Structure]:
    """The supercell with a vacancy, before and after the hop; the hopping ion is the last atom.

    The hop is in the middle of the cell, so that nothing near it crosses a face.
    """
    counts = np.array(repeats)
    cells = np.array(list(product(*(range(n) for n in repeats))))
    supercell = structure.cell * counts[:, None]
    positions = (structure.positions[None] + (cells @ structure.cell)[:, None]).reshape(-1, 3)
    numbers = np.tile(structure.numbers, len(cells))
    n_atoms = len(structure)
    empty_cell = np.mod(np.array(kind.cell), counts)
    vacancy = int(np.ravel_multi_index(tuple(empty_cell), repeats)) * n_atoms + kind.second
    hopper = kind.first  # in the first cell
    start = structure.positions[kind.first]
    end = structure.positions[kind.second] + np.array(kind.cell) @ structure.cell
    others = np.setdiff1d(np.arange(len(numbers)), [vacancy, hopper])
    centre = 0.5 * (start + end)
    fractions = (positions[others] - centre) @ np.linalg.inv(supercell)
    around = (fractions - np.rint(fractions)) @ supercell + centre
    order = np.append(others, hopper)

    def with_ion_at(place: Array) -> Structure:
        return Structure(
            numbers=numbers[order],
            positions=np.vstack([around, place]),
            cell=supercell,
            pbc=(True, True, True),
            name=structure.name,
        )

    return with_ion_at(start), with_ion_at(end)
