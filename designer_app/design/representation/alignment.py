"""Of all descriptions of a crystal the one nearest to another crystal of its class.

A description is chosen by an element of the normalizer (origin, axes, mirror image), by a shift
where the origin is free, and by which orbit stands for which. Geometries are compared by the root
mean square displacement of the atoms in units of the cube root of the volume per atom, and by the
differences of the cells' shapes.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.matching import (
    Comparison,
    Moved,
    Target,
    disorder,
    signatures,
)
from designer_app.design.representation.normalizers import moved_template, normalizer
from designer_app.screening.reference.symmetry import (
    CrystalClass,
    SymmetricCrystal,
    cell_of,
    shape_of,
)

Floats = NDArray[np.float64]

_NEAREST_SHAPES = 16
"""Choices of axes that are tried, those with the nearest shapes."""
_TIE = 1e-9
"""Squares of distances that differ less are the same: the first description found stays."""


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
    if crystal.kind.hall_number != target.kind.hall_number:
        return None
    best: Aligned | None = None
    least = within**2
    for axes in _axes(crystal, target):
        if axes.strain**2 >= least:
            break  # they come by rising strain
        for moved in _onto(crystal.kind, target.kind, axes.linear):
            comparison = Comparison(crystal, target, moved, order)
            for shift in comparison.origins():
                fit = comparison.at(shift)
                cost = fit.mean_square + axes.strain**2 + disorder(target.kind, fit.elements, order)
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
    wanted = sorted(signatures(second, [orbit.template for orbit in second.orbits]))
    found: list[Moved] = []
    place = next(row for row, P in enumerate(group.linear) if P.tobytes() == linear)
    for shift in group.shifts[place].tolist():
        moved = [
            moved_template(first.hall_number, linear, tuple(shift), orbit.template)
            for orbit in first.orbits
        ]
        clear = tuple(each for each in moved if each is not None)
        if len(clear) == len(moved) and (
            sorted(signatures(first, [each.template for each in clear])) == wanted
        ):
            found.append(clear)
    return tuple(found)
