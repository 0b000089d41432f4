"""Two atoms pushed together: they must repel each other, or hot atoms fall into each other.

A learned potential has seen no such distances, and may invent an attraction there. In a molecule
the nearest two atoms of a kind are pushed, the others staying where they are; of a crystal two
atoms alone.
"""

from collections.abc import Sequence
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
"""eV of a wall before such an attraction, or before what electrons do not settle behind, that heat
does not, or hardly, pass."""
SIDE_A = 40.0

_Place = tuple[str, float, float]
"""(pair, distance in A, eV of the wall before it)."""


def check(subject: Subject) -> HealthItem:
    """Every pair of elements of the structure, at most ten pairs."""
    numbers = sorted(set(subject.rest.numbers.tolist()))
    every = list(combinations_with_replacement(numbers, 2))
    pairs = every[:MOST_PAIRS]
    curves: list[Curve] = []
    falls: list[_Place] = []
    unseen: list[_Place] = []
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
        if len(energies) < len(structures):
            wall = _wall(distances, energies, SHORT * bond)
            unseen.append((name, float(distances[0]), wall))
    return _judged(falls, tuple(curves), unseen, len(every) - len(curves))


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


def _wall(distances: np.ndarray, energies: np.ndarray, bond: float) -> float:
    """Repulsion (eV) of two atoms where a scan ended; 0 where it never came nearer than bonds."""
    inside = distances < bond
    if not inside.any() or inside.all() or not np.isfinite(energies).all():
        return 0.0
    return max(float(energies[0] - energies[~inside].min()), 0.0)


def _judged(
    falls: Sequence[_Place],
    curves: tuple[Curve, ...],
    unseen: Sequence[_Place] = (),
    n_left_out: int = 0,
) -> HealthItem:
    """Of the attractions, the places where scans ended early, and pairs that were not looked at."""
    if not curves and not falls:
        sentence = "It has no two atoms that could be pushed together."
        return HealthItem(key=KEY, title=TITLE, level="skipped", sentence=sentence)
    level, told, advice = _of_falls(falls) if falls else ("good", "", "")
    early = ", ".join(f"{name} {distance:.2f} Å" for name, distance, _ in unseen)
    if unseen:
        wall = min(each[2] for each in unseen)
        how = f"behind a wall of {wall:.1f} eV or more" if wall > 0 else "where no wall stands yet"
        told = f"Electrons settle no nearer than {early}, {how}. {told}".rstrip()
    elif not falls:
        pairs = "The pairs looked at" if n_left_out else "All pairs of atoms"
        told = f"{pairs} repel each other down to a third of a bond."
    if level == "good" and any(wall < SAFE for _, _, wall in unseen):
        level = "care"
        advice = "What hot atoms do there is not known: watch how near they come to each other."
    if n_left_out:
        told += f" Not looked at: {n_left_out} more pair{'s' * (n_left_out > 1)} of elements."
    return HealthItem(
        key=KEY, title=TITLE, level=level, sentence=told, advice=advice, curves=curves
    )


def _of_falls(falls: Sequence[_Place]) -> tuple[str, str, str]:
    """(level, sentence, advice) of the attraction that heat reaches first."""
    name, distance, wall = min(falls, key=lambda each: each[2])
    level = "good" if wall >= SAFE else "care" if wall >= THIN else "no"
    sentence = f"{name}: nearer than {distance:.2f} Å two atoms attract each other, "
    sentence += f"behind a wall of {wall:.1f} eV." if wall > 0 else "and no wall stands before it."
    advice = "" if level == "good" else "Hot atoms may fall in: add close pairs to the data."
    return level, sentence, advice
