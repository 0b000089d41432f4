"""A crystal as a drawing: spheres sorted by depth, bonds, the edges of the conventional cell."""

from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII, JMOL_COLORS, SYMBOLS
from designer_app.io.contacts import contacts
from designer_app.io.space_groups import symmetry_dataset
from designer_app.screening.pictures import Disc, Label, Line, Mark, Picture
from designer_app.specs.structure import Structure

Floats = NDArray[np.float64]
Painted = tuple[float, list[Mark]]
"""How far away, and the marks."""

_SYMPREC = 0.05
"""A, as everywhere that a cell is shown."""
_MOST_ATOMS = 150
"""With more the conventional cell is a crowd: the cell is then drawn as it is."""
_TURN, _TILT = np.radians([-22.0, 12.0])
_ATOM = 0.42
"""Radius of a sphere in covalent radii."""
_BOND = 0.16
"""Width of a bond, A."""
_BEHIND = 1e-3
"""A: bonds are painted before an atom at the same distance."""
_PIECES = 6
_BONDED = 1.15
"""Longest bond, in sums of covalent radii."""
_ANIONS = tuple(ATOMIC_NUMBERS[each] for each in ("O", "S", "Se", "Te", "F", "Cl", "Br", "I", "N"))
"""Where they are, only bonds to them are drawn."""
_ON_FACE = 1e-3
_LEGEND = 56.0
"""Pixels of an element in the legend, at most."""
_FADE = 0.45
"""How much white the farthest atoms take."""


def crystal_picture(structure: Structure, size: float = 300.0) -> Picture:
    """The conventional cell seen almost along its second axis, c upwards, with a legend; `size` in
    pixels of the longer side.
    """
    numbers, fractions, cell = _conventional(structure)
    numbers, positions = _with_faces(numbers, fractions, cell)
    turn = _view(cell)
    seen = positions @ turn.T
    corners = np.array(list(product((0.0, 1.0), repeat=3))) @ cell @ turn.T
    radii = _ATOM * COVALENT_RADII[numbers]
    every = np.vstack([seen, corners])[:, [0, 2]]
    low, high = every.min(axis=0) - radii.max(), every.max(axis=0) + radii.max()
    scale = size / float((high - low).max())

    def flat(points: Floats) -> Floats:
        return np.column_stack([points[:, 0] - low[0], high[1] - points[:, 2]]) * scale

    places, depth = flat(seen), _depth(seen[:, 1])
    painted = _edges(flat(corners), corners[:, 1])
    painted += _bonds(numbers, positions, places, depth, seen[:, 1], scale)
    painted += [
        (float(seen[at, 1]), _sphere(int(number), places[at], radii[at] * scale, float(depth[at])))
        for at, number in enumerate(numbers)
    ]
    painted.sort(key=lambda each: -each[0])
    width, height = (float(each) for each in (high - low) * scale)
    marks = [mark for _, each in painted for mark in each]
    pitch = min(_LEGEND, max(width, size) / len(set(numbers.tolist())))
    legend = _legend(numbers, height, pitch)
    said = f"Atoms of {structure.name or 'the crystal'} in the conventional cell"
    wide = max(width, pitch * len(set(numbers.tolist())))
    return Picture(wide, height + 30.0, (*marks, *legend), said)


def _conventional(structure: Structure) -> tuple[NDArray[np.int64], Floats, Floats]:
    fractions = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractions, structure.numbers, _SYMPREC)
    if found is None or len(found.std_types) > _MOST_ATOMS:
        return structure.numbers, fractions, structure.cell
    return (
        np.asarray(found.std_types, dtype=np.int64),
        np.asarray(found.std_positions, dtype=np.float64),
        np.asarray(found.std_lattice, dtype=np.float64),
    )


def _with_faces(
    numbers: NDArray[np.int64], fractions: Floats, cell: Floats
) -> tuple[NDArray[np.int64], Floats]:
    """Atoms of the cell, those on its faces, edges and corners on each of them."""
    wrapped = fractions % 1.0
    wrapped[wrapped > 1.0 - _ON_FACE] = 0.0
    kinds, places = [], []
    for number, place in zip(numbers, wrapped, strict=True):
        shifts = [(0.0, 1.0) if part < _ON_FACE else (0.0,) for part in place]
        for shift in product(*shifts):
            kinds.append(number)
            places.append(place + shift)
    return np.array(kinds, dtype=np.int64), np.array(places) @ cell


def _view(cell: Floats) -> Floats:
    """Rows: across, away, upwards. c is upright, a to the right and a little towards the eye."""
    up = cell[2] / np.linalg.norm(cell[2])
    across = cell[0] - (cell[0] @ up) * up
    across /= np.linalg.norm(across)
    away = np.cross(up, across)
    cos, sin = np.cos(_TURN), np.sin(_TURN)
    across, away = cos * across + sin * away, cos * away - sin * across
    cos, sin = np.cos(_TILT), np.sin(_TILT)
    away, up = cos * away - sin * up, cos * up + sin * away
    return np.array([across, away, up])


def _depth(away: Floats) -> Floats:
    """0 in front to 1 at the back."""
    reach = float(np.ptp(away)) or 1.0
    return (away - away.min()) / reach


def _edges(corners: Floats, away: Floats) -> list[Painted]:
    """The twelve edges in pieces, so that atoms cover what is behind them."""
    found: list[Painted] = []
    for one, other in combinations(range(8), 2):
        if (one ^ other).bit_count() != 1:
            continue
        for step in range(_PIECES):
            start, end = step / _PIECES, (step + 1) / _PIECES
            at = away[one] + (away[other] - away[one]) * (start + end) / 2
            ends = (
                corners[one] + (corners[other] - corners[one]) * share for share in (start, end)
            )
            (x1, y1), (x2, y2) = (tuple(map(float, each)) for each in ends)
            found.append((float(at), [Line(x1, y1, x2, y2, "#8A94A3")]))
    return found


def _bonds(
    numbers: NDArray[np.int64],
    positions: Floats,
    places: Floats,
    depth: Floats,
    away: Floats,
    scale: float,
) -> list[Painted]:
    """Each bond as two halves in the colours of its atoms."""
    radii = COVALENT_RADII[numbers]
    reach = 2 * _BONDED * float(radii.max())
    first, second, _, lengths = contacts(positions, np.zeros((3, 3)), (False,) * 3, reach)
    near = lengths < _BONDED * (radii[first] + radii[second])
    is_anion = np.isin(numbers, _ANIONS)
    if is_anion.any() and not is_anion.all():
        near &= is_anion[first] != is_anion[second]
    found: list[Painted] = []
    for a, b in zip(first[near].tolist(), second[near].tolist(), strict=True):
        x, y = (float(each) for each in (places[a] + places[b]) / 2)
        wide = max(_BOND * scale, 1.0)
        halves: list[Mark] = [
            Line(
                float(places[at, 0]), float(places[at, 1]), x, y,
                _faded(int(numbers[at]), float(depth[at])), wide,
            )
            for at in (a, b)
        ]  # fmt: skip
        found.append((float(away[a] + away[b]) / 2 + _BEHIND, halves))
    return found


def _sphere(number: int, place: Floats, radius: float, depth: float) -> list[Mark]:
    colour = _faded(number, depth)
    x, y = (float(each) for each in place)
    light = _mixed(colour, "#FFFFFF", 0.55)
    return [
        Disc(x, y, radius, colour, SYMBOLS[number], _mixed(colour, "#000000", 0.45)),
        Disc(x - 0.3 * radius, y - 0.32 * radius, 0.34 * radius, light, opacity=0.7),
    ]


def _legend(numbers: NDArray[np.int64], top: float, pitch: float) -> list[Mark]:
    marks: list[Mark] = []
    for place, number in enumerate(dict.fromkeys(sorted(numbers.tolist()))):
        x = 12.0 + pitch * place
        colour = _faded(number, 0.0)
        marks.append(Disc(x, top + 18.0, 6.0, colour, "", _mixed(colour, "#000000", 0.45)))
        marks.append(Label(x + 10.0, top + 22.0, SYMBOLS[number]))
    return marks


def _faded(number: int, depth: float) -> str:
    red, green, blue = (round(255 * float(part)) for part in JMOL_COLORS[number])
    return _mixed(f"#{red:02X}{green:02X}{blue:02X}", "#FFFFFF", _FADE * float(depth))


def _mixed(colour: str, other: str, share: float) -> str:
    parts = (
        round(int(colour[k : k + 2], 16) * (1 - share) + int(other[k : k + 2], 16) * share)
        for k in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)
