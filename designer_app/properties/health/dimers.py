"""Two atoms pushed together: they must repel each other, or hot atoms fall into each other.

A learned potential has seen no such distances, and may invent an attraction there. In a molecule
the nearest two atoms of a kind are pushed, the others staying where they are; of a crystal two
atoms alone.
"""

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
from ase.data import covalent_radii

from designer_app.elements import SYMBOLS
from designer_app.errors import ElectronsNotConvergedError
from designer_app.properties.health.subject import Subject, energies_of
from designer_app.specs.health import Curve, HealthItem
from designer_app.specs.structure import Structure

KEY, TITLE = "dimers", "Atoms pushed together"
MOST_PAIRS = 10
N_DISTANCES = 48
NEAREST = 0.35
"""Of the sum of the covalent radii: where the scan begins."""
SHORT = 0.85
"""Of the same: nearer than any bond."""
FARTHEST_A = 6.0
DEEP = 0.2
"""eV by which the energy must fall again, coming nearer, to be an attraction."""
SAFE, THIN = 10.0, 2.0
"""eV of a wall before such an attraction that heat does not, or hardly, pass."""
SIDE_A = 40.0


def check(subject: Subject) -> HealthItem:
    """Every pair of elements of the structure, at most ten pairs."""
    numbers = sorted(set(subject.rest.numbers.tolist()))
    pairs = list(combinations_with_replacement(numbers, 2))[:MOST_PAIRS]
    curves, falls = [], []
    for first, second in pairs:
        bond = float(covalent_radii[first] + covalent_radii[second])
        scan = _alone if any(subject.rest.pbc) else _in_molecule
        distances, structures = scan(subject.rest, first, second, bond)
        if not structures:
            continue
        energies = _as_near_as_it_goes(subject, structures)
        distances = distances[-len(energies) :]
        energies = energies - energies[-1]
        name = f"{SYMBOLS[first]}-{SYMBOLS[second]}"
        curves.append(
            Curve(name=name, x=distances, y=energies, x_label="distance, Å", y_label="energy, eV")
        )
        found = attraction(distances, energies, SHORT * bond)
        if found is not None:
            falls.append((name, *found))
    return _judged(falls, tuple(curves))


def _as_near_as_it_goes(subject: Subject, structures: list[Structure]) -> np.ndarray:
    """Energies (eV) of the farthest structures up to the first whose electrons do not settle."""
    try:
        return energies_of(subject.potential, structures, subject.control)
    except ElectronsNotConvergedError:
        found: list[float] = []
        for structure in reversed(structures):
            try:
                found += energies_of(subject.potential, [structure], subject.control).tolist()
            except ElectronsNotConvergedError:
                if not found:
                    raise
                break
        return np.array(found[::-1])


def _alone(
    _rest: Structure, first: int, second: int, bond: float
) -> tuple[np.ndarray, list[Structure]]:
    """(distances, two atoms alone at them)."""
    distances = np.geomspace(NEAREST * bond, FARTHEST_A, N_DISTANCES)
    return distances, [_pair(first, second, each) for each in distances]


def _in_molecule(
    rest: Structure, first: int, second: int, bond: float
) -> tuple[np.ndarray, list[Structure]]:
    """(distances, the molecule with its nearest such atoms at them); nothing without such a pair.

    The second atom moves along the line to the first.
    """
    apart = np.linalg.norm(rest.positions[:, None] - rest.positions, axis=-1)
    is_pair = (rest.numbers == first)[:, None] & (rest.numbers == second)
    apart[~is_pair | np.eye(len(rest), dtype=bool)] = np.inf
    i, j = np.unravel_index(int(apart.argmin()), apart.shape)
    if not np.isfinite(apart[i, j]):
        return np.empty(0), []
    way = (rest.positions[j] - rest.positions[i]) / apart[i, j]
    distances = np.geomspace(NEAREST * bond, max(float(apart[i, j]), bond), N_DISTANCES)
    structures: list[Structure] = []
    for each in distances:
        positions = rest.positions.copy()
        positions[j] = positions[i] + each * way
        structures.append(replace(rest, positions=positions))
    return distances, structures


def _pair(first: int, second: int, distance: float) -> Structure:
    return Structure(
        numbers=np.array([first, second], dtype=np.int64),
        positions=np.array([[0.0, 0.0, 0.0], [distance, 0.0, 0.0]]) + 0.25 * SIDE_A,
        cell=SIDE_A * np.eye(3),
        pbc=(True, True, True),
    )


def attraction(
    distances: np.ndarray, energies: np.ndarray, bond: float
) -> tuple[float, float] | None:
    """(distance in A below which two atoms attract each other, wall before it in eV); or None.

    Looked for where atoms are nearer than `bond`: what two atoms do farther apart, alone, says
    little of a potential for solids. The wall is counted from the deepest point outside.
    """
    if not np.isfinite(energies).all():
        return float(distances[-1]), 0.0
    inside = distances < bond
    lowest, top = float(energies[~inside].min()), -1
    for at in range(int(inside.sum()) - 1, -1, -1):
        if top < 0 or energies[at] >= energies[top]:
            top = at
        elif energies[at] < energies[top] - DEEP:
            return float(distances[top]), float(energies[top] - lowest)
    return None


def _judged(falls: list[tuple[str, float, float]], curves: tuple[Curve, ...]) -> HealthItem:
    if not falls:
        sentence = "All pairs of atoms repel each other down to a third of a bond."
        return HealthItem(key=KEY, title=TITLE, level="good", sentence=sentence, curves=curves)
    name, distance, wall = min(falls, key=lambda each: each[2])
    level = "good" if wall >= SAFE else "care" if wall >= THIN else "no"
    sentence = f"{name}: nearer than {distance:.2f} Å two atoms attract each other, "
    sentence += f"behind a wall of {wall:.1f} eV." if wall > 0 else "and no wall stands before it."
    advice = "" if level == "good" else "Hot atoms may fall in: add close pairs to the data."
    return HealthItem(
        key=KEY, title=TITLE, level=level, sentence=sentence, advice=advice, curves=curves
    )
