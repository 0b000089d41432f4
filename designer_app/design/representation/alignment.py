"""Of all descriptions of a crystal the one nearest to another crystal of its class.

A description is chosen by an element of the normalizer (origin, axes, mirror image), by a shift
where the origin is free, and by which orbit stands for which. Geometries are compared by the root
mean square displacement of the atoms in units of the cube root of the volume per atom, and by the
differences of the cells' shapes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from designer_app.design.representation.normalizers import (
    MovedTemplate,
    moved_template,
    normalizer,
    pivots_of,
)
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    Orbit,
    SymmetricCrystal,
    Template,
    cell_of,
    shape_of,
)

Floats = NDArray[np.float64]
Signature = tuple[tuple[Template, int], ...]
"""What a slot occupies: templates and counts, sorted."""
Moved = tuple[MovedTemplate, ...]

_LARGEST_GROUP = 4
"""Exchangeable slots that are tried in every order; more are ordered by geometry alone."""
_NEAREST_SHAPES = 16
"""Choices of axes that are tried, those with the nearest shapes."""
_FAR = 1e6
_TIE = 1e-9
"""Squares of distances that differ less are the same: the first description found stays."""


@dataclass(frozen=True, eq=False)
class Target:
    """The geometry that descriptions are compared with."""

    kind: CrystalClass
    shape: tuple[float, ...]
    free: tuple[float, ...]

    @cached_property
    def cell(self) -> Floats:
        """Conventional, with a volume of 1 an atom."""
        volume = float(self.kind.n_atoms * self.kind.n_lattice_points)
        return cell_of(self.kind.space_group, volume, self.shape)


@dataclass(frozen=True, eq=False)
class Aligned:
    """A description in the target's class, and how far it is from the target."""

    crystal: SymmetricCrystal
    displacement: float
    """Root mean square over atoms, in (volume per atom)^(1/3)."""
    strain: float
    """Root of the sum of squares of the differences of ln b/a, ln c/a and angles (rad)."""

    @property
    def distance(self) -> float:
        """Both together."""
        return float(np.hypot(self.displacement, self.strain))


def aligned(
    crystal: SymmetricCrystal,
    target: Target,
    order: Floats | None = None,
    within: float = np.inf,
) -> Aligned | None:
    """The nearest description; None where none is of the target's class, or nearer than `within`.

    `order` (by atomic number) says what happens where geometry does not tell two slots apart:
    the element with the lower value comes first.
    """
    best: Aligned | None = None
    least = within**2
    for axes in _axes(crystal, target):
        if axes.strain**2 >= least:
            break  # they come by rising strain
        for moved in _onto(crystal.kind, target.kind, axes.linear):
            comparison = _Comparison(crystal, target, moved, order)
            for shift in comparison.origins():
                fit = comparison.at(shift)
                cost = fit.mean_square + axes.strain**2 + fit.disorder
                if cost < least:
                    least = cost - _TIE
                    chosen = SymmetricCrystal(
                        target.kind, fit.elements, crystal.volume, axes.shape, fit.free
                    )
                    best = Aligned(chosen, float(np.sqrt(fit.mean_square)), axes.strain)
    return best


# --- which mappings ---


@dataclass(frozen=True, eq=False)
class _Axes:
    linear: bytes
    shape: tuple[float, ...]
    strain: float


def _axes(crystal: SymmetricCrystal, target: Target) -> list[_Axes]:
    """Choices of axes by how near they bring the cell to the target's shape."""
    kind = crystal.kind
    parts = normalizer(kind.hall_number).linear
    if len(crystal.shape) <= 1:  # the axes are equal by symmetry or of another kind
        ratio = np.log(crystal.shape) - np.log(target.shape)
        return [_Axes(P.tobytes(), crystal.shape, float(np.abs(ratio).sum())) for P in parts]
    cell = cell_of(kind.space_group, 1.0, crystal.shape)
    # x' = P x in columns means cell' = P^-T cell in rows
    cells = np.linalg.inv(parts.astype(np.float64)).transpose(0, 2, 1) @ cell
    lengths = np.linalg.norm(cells, axis=2)
    cosines = np.einsum("nij,nkj->nik", cells, cells) / (lengths[:, :, None] * lengths[:, None])
    angles = np.arccos(np.clip(cosines[:, [1, 0, 0], [2, 2, 1]], -1.0, 1.0))
    aim_lengths, aim_angles = _lengths_and_angles(target.cell)
    ratios = np.log(lengths[:, 1:] / lengths[:, :1]) - np.log(aim_lengths[1:] / aim_lengths[0])
    strain = np.sqrt((ratios**2).sum(axis=1) + ((angles - aim_angles) ** 2).sum(axis=1))
    nearest = np.argsort(strain, kind="stable")[:_NEAREST_SHAPES]
    return [
        _Axes(parts[row].tobytes(), shape_of(kind.space_group, cells[row]), float(strain[row]))
        for row in nearest
    ]


def _lengths_and_angles(cell: Floats) -> tuple[Floats, Floats]:
    lengths = np.linalg.norm(cell, axis=1)
    cosines = cell @ cell.T / np.outer(lengths, lengths)
    return lengths, np.arccos(np.clip(cosines[[1, 0, 0], [2, 2, 1]], -1.0, 1.0))


@lru_cache(maxsize=2**15)
def _onto(first: CrystalClass, second: CrystalClass, linear: bytes) -> tuple[Moved, ...]:
    """The orbits after each mapping with these axes that carries one class onto the other."""
    group = normalizer(first.hall_number)
    wanted = sorted(_signatures(second, [orbit.template for orbit in second.orbits]))
    found: list[Moved] = []
    place = next(row for row, P in enumerate(group.linear) if P.tobytes() == linear)
    for shift in group.shifts[place].tolist():
        moved = [
            moved_template(first.hall_number, linear, tuple(shift), orbit.template)
            for orbit in first.orbits
        ]
        clear = tuple(each for each in moved if each is not None)
        if len(clear) == len(moved) and (
            sorted(_signatures(first, [each.template for each in clear])) == wanted
        ):
            found.append(clear)
    return tuple(found)


def _signatures(kind: CrystalClass, templates: list[Template]) -> list[Signature]:
    """Of each slot."""
    held: list[list[tuple[Template, int]]] = [[] for _ in range(kind.n_slots)]
    for orbit, template in zip(kind.orbits, templates, strict=True):
        held[orbit.slot].append((template, orbit.count))
    return [tuple(sorted(each)) for each in held]


# --- which orbit is which ---


@dataclass(frozen=True, eq=False)
class _Fit:
    mean_square: float
    disorder: float
    elements: tuple[int, ...]
    free: tuple[float, ...]


class _Group:
    """All orbits of one template and count, of target and crystal, and how far they are apart."""

    def __init__(self, template: Template, count: int, target: Target, polar: Floats) -> None:
        self.count = count
        directions = np.array(template.directions, dtype=np.float64).reshape(-1, 3)
        self.metric = directions @ target.cell
        self.polar = polar[:, pivots_of(directions)]
        self.wanted: list[int] = []
        self.mine: list[int] = []
        self._goals: list[Floats] = []
        self._images: list[Floats] = []
        self.apart = np.zeros((0, 0, 0, 0))

    def want(self, orbit: int, free: Floats) -> None:
        """An orbit of the target."""
        self.wanted.append(orbit)
        self._goals.append(free)

    def have(self, orbit: int, images: Floats) -> None:
        """An orbit of the crystal, (K, d) free numbers of all images."""
        self.mine.append(orbit)
        self._images.append(images)

    def compare(self) -> None:
        """(wanted, mine, K, d) differences, once all orbits are there."""
        goals, images = np.array(self._goals), np.array(self._images)
        self.apart = goals[:, None, None] - images[None]

    def origins(self) -> Floats:
        """(n, q) shifts of the origin that bring an orbit to the first one wanted."""
        moves = (self.apart[0] - np.rint(self.apart[0])).reshape(-1, self.apart.shape[3])
        return moves @ self.metric @ np.linalg.pinv(self.polar @ self.metric)

    def at(self, shift: Floats) -> tuple[Floats, Floats]:
        """Squares of displacements (wanted, mine), and the differences (wanted, mine, d)."""
        apart = self.apart - shift @ self.polar
        apart -= np.rint(apart)
        squares = ((apart @ self.metric) ** 2).sum(axis=3)
        image = squares.argmin(axis=2)
        rows, columns = np.indices(image.shape)
        return self.count * squares.min(axis=2), apart[rows, columns, image]


class _Comparison:
    """One mapping of a crystal against a target."""

    def __init__(
        self, crystal: SymmetricCrystal, target: Target, moved: Moved, order: Floats | None
    ) -> None:
        self.crystal, self.target, self.order = crystal, target, order
        polar = normalizer(crystal.kind.hall_number).polar.astype(np.float64)
        self.n_polar = len(polar)
        self.groups: dict[tuple[Template, int], _Group] = {}
        for index, (orbit, free) in enumerate(_with_free(target.kind, target.free)):
            key = orbit.template, orbit.count
            if key not in self.groups:
                self.groups[key] = _Group(*key, target, polar)
            self.groups[key].want(index, free)
        pairs = zip(_with_free(crystal.kind, crystal.free), moved, strict=True)
        for index, ((orbit, free), each) in enumerate(pairs):
            images = free @ each.slopes + each.offsets
            self.groups[each.template, orbit.count].have(index, images)
        for group in self.groups.values():
            group.compare()
        goal = _signatures(target.kind, [orbit.template for orbit in target.kind.orbits])
        mine = _signatures(crystal.kind, [each.template for each in moved])
        self.same = [[a == b for b in mine] for a in goal]

    def origins(self) -> Floats:
        """(n, q) shifts worth trying along the free directions."""
        if not self.n_polar:
            return np.zeros((1, 0))
        few = min(self.groups.values(), key=lambda group: group.apart[0].size)
        found = few.origins()
        _, first = np.unique(np.round(found % 1.0, 2), axis=0, return_index=True)
        return found[first]

    def at(self, shift: Floats) -> _Fit:
        """The best choice of slots and orbits; a free origin is then put in the middle."""
        fit, rest = self._at(shift)
        return self._at(shift + rest)[0] if self.n_polar else fit

    def _at(self, shift: Floats) -> tuple[_Fit, Floats]:
        n = len(self.target.kind.orbits)
        squares = np.full((n, n), _FAR)
        apart: dict[tuple[int, int], tuple[Floats, _Group]] = {}
        for group in self.groups.values():
            found, differences = group.at(shift)
            squares[np.array(group.wanted)[:, None], group.mine] = found
            for a, wanted in enumerate(group.wanted):
                for b, mine in enumerate(group.mine):
                    apart[wanted, mine] = differences[a, b], group
        slots, orbits, total, disorder = self._order(squares)
        values: list[float] = []
        rest, weight = np.zeros(self.n_polar), 0
        for wanted, (_, goal) in enumerate(_with_free(self.target.kind, self.target.free)):
            difference, group = apart[wanted, orbits[wanted]]
            if self.n_polar:
                back = np.linalg.pinv(group.polar @ group.metric)
                rest += group.count * (difference @ group.metric @ back)
                weight += group.count
            values += ((goal - difference) % 1.0).tolist()
        elements = tuple(self.crystal.elements[slot] for slot in slots)
        mean_square = total / self.target.kind.n_atoms
        return _Fit(mean_square, disorder, elements, tuple(values)), rest / max(weight, 1)

    def _order(self, squares: Floats) -> tuple[list[int], dict[int, int], float, float]:
        """Slots and orbits of the crystal that stand for the target's."""
        n = self.target.kind.n_slots
        costs = np.full((n, n), _FAR)
        pairs: dict[tuple[int, int], list[tuple[int, int]]] = {}
        held, mine = _orbits_of(self.target.kind), _orbits_of(self.crystal.kind)
        for a in range(n):
            for b in range(n):
                if self.same[a][b]:
                    costs[a, b], pairs[a, b] = _matched(squares, held[a], mine[b])
        slots = [0] * n
        disorder = 0.0
        for places, others in _exchangeable(self.same):
            chosen, wrong = self._arranged(costs[places][:, others], others)
            disorder += wrong
            for place, pick in zip(places, chosen, strict=True):
                slots[place] = others[pick]
        total = sum(float(costs[a, b]) for a, b in enumerate(slots))
        orbits = dict(pair for a, b in enumerate(slots) for pair in pairs[a, b])
        return slots, orbits, total, disorder

    def _arranged(self, costs: Floats, others: list[int]) -> tuple[list[int], float]:
        """The order of exchangeable slots, by geometry and where that is the same by element."""
        n = len(others)
        if n == 1:
            return [0], 0.0
        if n > _LARGEST_GROUP or self.order is None:
            return linear_sum_assignment(costs)[1].tolist(), 0.0
        values = [self.order[self.crystal.elements[slot]] for slot in others]
        best = min(
            permutations(range(n)),
            key=lambda chosen: (
                costs[range(n), chosen].sum() / self.target.kind.n_atoms + _wrong(values, chosen)
            ),
        )
        return list(best), _wrong(values, best)


WRONG_ORDER = 4e-4
"""Added to the mean square displacement for two exchangeable slots in the wrong order: order
decides where geometry does not by more than 0.02 of (volume per atom)^(1/3)."""


def _wrong(values: list[float], chosen: tuple[int, ...]) -> float:
    ordered = [values[pick] for pick in chosen]
    n_wrong = sum(a > b for k, a in enumerate(ordered) for b in ordered[k + 1 :])
    return WRONG_ORDER * n_wrong


def _exchangeable(same: list[list[bool]]) -> Iterator[tuple[list[int], list[int]]]:
    """Slots of the target that occupy the same, with those of the crystal that do."""
    for key in sorted({tuple(row) for row in same}, reverse=True):
        yield (
            [place for place, row in enumerate(same) if tuple(row) == key],
            [slot for slot, fits in enumerate(key) if fits],
        )


def _with_free(kind: CrystalClass, free: tuple[float, ...]) -> Iterator[tuple[Orbit, Floats]]:
    """Each orbit with its free numbers."""
    start = 0
    for orbit in kind.orbits:
        stop = start + len(orbit.template.directions)
        yield orbit, np.array(free[start:stop])
        start = stop


@lru_cache(maxsize=2**12)
def _orbits_of(kind: CrystalClass) -> tuple[tuple[int, ...], ...]:
    """Orbits of each slot."""
    return tuple(
        tuple(index for index, orbit in enumerate(kind.orbits) if orbit.slot == slot)
        for slot in range(kind.n_slots)
    )


def _matched(
    squares: Floats, wanted: tuple[int, ...], mine: tuple[int, ...]
) -> tuple[float, list[tuple[int, int]]]:
    """Which orbit of a slot stands for which, and the sum of squares."""
    if len(wanted) == 1:
        return float(squares[wanted[0], mine[0]]), [(wanted[0], mine[0])]
    block = squares[np.array(wanted)[:, None], np.array(mine)]
    rows, columns = linear_sum_assignment(block)
    pairs = [(wanted[row], mine[column]) for row, column in zip(rows, columns, strict=True)]
    return float(block[rows, columns].sum()), pairs
