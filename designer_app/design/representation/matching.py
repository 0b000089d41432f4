"""Which orbits of two crystals of a class stand for each other, and how far they are apart."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import permutations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from designer_app.design.representation.normalizers import (
    MovedTemplate,
    normalizer,
    pivots_of,
)
from designer_app.screening.reference.classes import slot_counts
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    Orbit,
    SymmetricCrystal,
    Template,
    cell_of,
)

Floats = NDArray[np.float64]
Signature = tuple[tuple[Template, int], ...]
"""What a slot occupies: templates and counts, sorted."""
Moved = tuple[MovedTemplate, ...]

WRONG_ORDER = 4e-4
"""Added to the mean square displacement for two slots of one size in the wrong order: order decides
where geometry does not by more than 0.02 of (volume per atom)^(1/3)."""
_LARGEST_GROUP = 4
"""Exchangeable slots that are tried in every order; more are ordered by geometry alone."""
_FAR = 1e6


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


def disorder(kind: CrystalClass, elements: tuple[int, ...], order: Floats | None) -> float:
    """What is added to the mean square displacement for elements in the wrong order."""
    if order is None:
        return 0.0
    counts = slot_counts(kind)
    return WRONG_ORDER * sum(
        n_wrong([order[e] for e, n in zip(elements, counts, strict=True) if n == size])
        for size in set(counts)
    )


def n_wrong(values: list[float]) -> int:
    """Pairs in which the larger value comes first."""
    return sum(a > b for k, a in enumerate(values) for b in values[k + 1 :])


def signatures(kind: CrystalClass, templates: list[Template]) -> list[Signature]:
    """Of each slot."""
    held: list[list[tuple[Template, int]]] = [[] for _ in range(kind.n_slots)]
    for orbit, template in zip(kind.orbits, templates, strict=True):
        held[orbit.slot].append((template, orbit.count))
    return [tuple(sorted(each)) for each in held]


@dataclass(frozen=True, eq=False)
class Fit:
    """A choice of slots, orbits and origin."""

    mean_square: float
    """Of the atoms' displacements."""
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


class Comparison:
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
        goal = signatures(target.kind, [orbit.template for orbit in target.kind.orbits])
        mine = signatures(crystal.kind, [each.template for each in moved])
        self.same = [[a == b for b in mine] for a in goal]

    def origins(self) -> Floats:
        """(n, q) shifts worth trying along the free directions."""
        if not self.n_polar:
            return np.zeros((1, 0))
        few = min(self.groups.values(), key=lambda group: group.apart[0].size)
        found = few.origins()
        _, first = np.unique(np.round(found % 1.0, 2), axis=0, return_index=True)
        return found[first]

    def at(self, shift: Floats) -> Fit:
        """The best choice of slots and orbits; a free origin is then put in the middle."""
        fit, rest = self._at(shift)
        return self._at(shift + rest)[0] if self.n_polar else fit

    def _at(self, shift: Floats) -> tuple[Fit, Floats]:
        n = len(self.target.kind.orbits)
        squares = np.full((n, n), _FAR)
        apart: dict[tuple[int, int], tuple[Floats, _Group]] = {}
        for group in self.groups.values():
            found, differences = group.at(shift)
            squares[np.array(group.wanted)[:, None], group.mine] = found
            for a, wanted in enumerate(group.wanted):
                for b, mine in enumerate(group.mine):
                    apart[wanted, mine] = differences[a, b], group
        slots, orbits, total = self._order(squares)
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
        return Fit(mean_square, elements, tuple(values)), rest / max(weight, 1)

    def _order(self, squares: Floats) -> tuple[list[int], dict[int, int], float]:
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
        for places, others in _exchangeable(self.same):
            chosen = self._arranged(costs[places][:, others], others)
            for place, pick in zip(places, chosen, strict=True):
                slots[place] = others[pick]
        total = sum(float(costs[a, b]) for a, b in enumerate(slots))
        orbits = dict(pair for a, b in enumerate(slots) for pair in pairs[a, b])
        return slots, orbits, total

    def _arranged(self, costs: Floats, others: list[int]) -> list[int]:
        """The order of exchangeable slots, by geometry and where that is the same by element."""
        n = len(others)
        if n == 1:
            return [0]
        if n > _LARGEST_GROUP or self.order is None:
            return linear_sum_assignment(costs)[1].tolist()
        values = [self.order[self.crystal.elements[slot]] for slot in others]
        return list(
            min(
                permutations(range(n)),
                key=lambda chosen: (
                    costs[range(n), chosen].sum() / self.target.kind.n_atoms
                    + WRONG_ORDER * n_wrong([values[pick] for pick in chosen])
                ),
            )
        )


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
