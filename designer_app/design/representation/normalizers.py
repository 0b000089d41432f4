"""The mappings that carry a space group onto itself: other descriptions of the same crystal.

A crystal may be described from another origin, along other axes or as its mirror image and stay in
the setting of its space group: x' = P x + p with (P, p) in the normalizer of the group
(International Tables A, chapter 3.5). What the group's own operations do is left out, and shifts
along directions in which the origin is free (polar groups) are told apart as `Normalizer.polar`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from designer_app.io.space_groups import Operations, operations
from designer_app.screening.reference.symmetry import (
    GRID,
    Template,
    reduced_rows,
    template_of,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_GENERIC = (0.1234567, 0.3718281, 0.2357113)
"""Free numbers at which no two images of a site fall together."""


@dataclass(frozen=True, eq=False)
class Normalizer:
    """Representatives of the cosets of a space group in its normalizer."""

    linear: Ints
    """(m, 3, 3) P, each once, the identity first."""
    shifts: tuple[Ints, ...]
    """For each P its p, (k, 3) in 24ths."""
    polar: Ints
    """(q, 3) directions along which the origin is free, as reduced rows."""


@dataclass(frozen=True, eq=False)
class MovedTemplate:
    """Where a mapping takes an orbit: s' = s A + c for each of the images of lowest template."""

    template: Template
    slopes: Floats
    """(K, d, d)."""
    offsets: Floats
    """(K, d)."""


@cache
def normalizer(hall_number: int) -> Normalizer:
    """Of a space group in one setting; of P only those with entries -1, 0 and 1."""
    group = operations(hall_number)
    rotations = np.rint(group.rotations).astype(np.int64)
    translations = np.rint(group.translations * GRID).astype(np.int64) % GRID
    point, first = np.unique(rotations, axis=0, return_index=True)
    fixed = sum(point.astype(np.float64)) / len(point)
    rows, pivots = reduced_rows(np.asarray(fixed).T)
    own = {_code(R): translations[(rotations == R).all(axis=(1, 2))] for R in point}
    grid = _grid(pivots)
    centring = own[_code(np.eye(3, dtype=np.int64))]
    known: dict[bytes, Ints] = {}
    linear, shifts = [], []
    for P in _linear_parts(point):
        if {tuple(t) for t in (centring @ P.T % GRID).tolist()} != {*map(tuple, centring.tolist())}:
            continue
        inverse = np.rint(np.linalg.inv(P)).astype(np.int64)
        images = [P @ point[k] @ inverse for k in range(len(point))]
        starts = [P @ translations[first[k]] for k in range(len(point))]
        key = np.array([*images, *(np.diag(t % GRID) for t in starts)]).tobytes()
        if key not in known:
            known[key] = _shifts(images, starts, own, grid)
        if len(known[key]):
            linear.append(P)
            shifts.append(known[key])
    return Normalizer(np.array(linear), tuple(shifts), np.rint(rows).astype(np.int64))


@lru_cache(maxsize=2**17)
def moved_template(
    hall_number: int, linear: bytes, shift: tuple[int, int, int], template: Template
) -> MovedTemplate | None:
    """An orbit after the mapping x' = P x + p (p in 24ths); None where its template is unclear."""
    group: Operations = operations(hall_number)
    P = np.frombuffer(linear, dtype=np.int64).reshape(3, 3)
    free = np.array(_GENERIC[: len(template.directions)])
    x = P @ template.place(free.tolist()) + np.array(shift) / GRID
    images = group.rotations @ x + group.translations
    d = len(template.directions)
    if d == 3:  # anywhere: every image is as good
        slopes = np.rint(P.T @ group.rotations.transpose(0, 2, 1))
        offsets = np.rint((images - free @ slopes) * GRID) % GRID / GRID
        return MovedTemplate(template, slopes, offsets)
    _, first = np.unique(np.rint(images * 1e5) % 100000, axis=0, return_index=True)
    found = [(row, template_of(group.rotations, group.translations, images[row])) for row in first]
    clear = [each for _, each in found if each is not None]
    if not clear:
        return None
    lowest = min(each[0] for each in clear)
    pivots = pivots_of(np.array(lowest.directions, dtype=np.float64).reshape(d, 3))
    before = np.array(template.directions, dtype=np.float64).reshape(d, 3)
    slopes, offsets = [], []
    for row, each in found:
        if each is not None and each[0] == lowest:
            slope = np.rint((before @ P.T @ group.rotations[row].T)[:, pivots])
            slopes.append(slope)
            offsets.append(np.rint((np.array(each[1]) - free @ slope) * GRID) % GRID / GRID)
    return MovedTemplate(lowest, np.array(slopes), np.array(offsets))


def pivots_of(directions: Floats) -> list[int]:
    """The coordinates that the free numbers of a template equal: its rows are reduced."""
    return [int(np.flatnonzero(row)[0]) for row in directions]


# --- parts ---


@cache
def _unimodular() -> Ints:
    """(6960, 3, 3) all matrices of -1, 0 and 1 with determinant 1 or -1, the identity first."""
    every = np.array(list(product((1, 0, -1), repeat=9)), dtype=np.int64).reshape(-1, 3, 3)
    found = every[np.abs(np.rint(np.linalg.det(every))) == 1]
    size = np.abs(found - np.eye(3, dtype=np.int64)).sum(axis=(1, 2))
    return found[np.argsort(size, kind="stable")]


def _linear_parts(point: Ints) -> Iterator[Ints]:
    """P that carry the point group onto itself, one of each coset."""
    own = {_code(R) for R in point}
    every = _unimodular()
    inverses = np.rint(np.linalg.inv(every)).astype(np.int64)
    stays = np.ones(len(every), dtype=bool)
    for R in point:
        codes = _codes(every @ R @ inverses)
        stays &= np.isin(codes, list(own))
    seen: set[int] = set()
    for P in every[stays]:
        if _code(P) not in seen:
            seen |= {_code(R @ P) for R in point}
            yield P


def _grid(pivots: list[int]) -> Ints:
    """Shifts in 24ths, none along a free direction."""
    steps = [(0,) if axis in pivots else range(GRID) for axis in range(3)]
    return np.array(list(product(*steps)), dtype=np.int64)


def _shifts(images: list[Ints], starts: list[Ints], own: dict[int, Ints], grid: Ints) -> Ints:
    """The p of the grid for which every operation becomes one of the group, modulo centring."""
    left = grid
    for R, t in zip(images, starts, strict=True):
        allowed = own[_code(R)]
        moved = (t + left @ (np.eye(3, dtype=np.int64) - R).T) % GRID
        left = left[(moved[:, None] == allowed[None]).all(axis=2).any(axis=1)]
    centring = own[_code(np.eye(3, dtype=np.int64))]
    kept: list[Ints] = []
    seen: set[tuple[int, ...]] = set()
    for p in left:
        if tuple(p.tolist()) not in seen:
            kept.append(p)
            seen |= {tuple(each) for each in ((p + centring) % GRID).tolist()}
    return np.array(kept, dtype=np.int64).reshape(-1, 3)


def _codes(matrices: Ints) -> Ints:
    """A number for each matrix of entries -4 to 4."""
    return ((matrices.reshape(-1, 9) + 4) * 9 ** np.arange(9)).sum(axis=1)


def _code(matrix: Ints) -> int:
    return int(_codes(matrix[None])[0])
