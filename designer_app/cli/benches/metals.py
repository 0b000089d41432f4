"""`bench metals`: cubic metals by the second-moment potential, against measurements and ASE's EMT.

Lattice constant at rest, cohesive energy, and the elastic constants C11, C12 and C44 there, beside
those measured near 0 K. The peer is the effective-medium theory that ASE ships, fitted to seven of
the same metals; both are judged by the same code. Speed is that of energy and forces of 4,000
rattled atoms on one thread, with pair lists that exist already.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from scipy.optimize import minimize_scalar

from designer_app.device import Compute
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.neighbors.build import build_neighbors
from designer_app.potentials import Potential, load_potential
from designer_app.specs.structure import Structure
from designer_app.state import set_threads, state_from_structures
from designer_app.units import GPA

_FACES = 0.5 * np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
_STRAIN = 1e-4
_EDGE, _CALLS, _EMT_CALLS = 10, 20, 3
SKIN = 0.5


@dataclass(frozen=True, kw_only=True)
class Measured:
    """An fcc metal near 0 K."""

    symbol: str
    a: float
    """A."""
    cohesive: float
    """eV."""
    stiffness: tuple[float, float, float]
    """C11, C12, C44 in GPa."""


# Lattice constant and cohesive energy: those that the potential was fitted to (the first of the
# paper's tables; Kittel's, within 2 %). Stiffness: Simmons and Wang, Single Crystal Elastic
# Constants and Calculated Aggregate Properties (1971).
METALS = tuple(
    Measured(symbol=symbol, a=a, cohesive=cohesive, stiffness=stiffness)
    for symbol, a, cohesive, stiffness in (
        ("Ni", 3.523, 4.435, (261.2, 150.8, 131.7)),
        ("Cu", 3.615, 3.544, (176.2, 124.9, 81.8)),
        ("Rh", 3.803, 5.752, (422.0, 192.0, 194.0)),
        ("Pd", 3.887, 3.936, (234.1, 176.1, 71.2)),
        ("Ag", 4.085, 2.960, (131.5, 97.3, 51.1)),
        ("Ir", 3.839, 6.930, (600.0, 260.0, 270.0)),
        ("Pt", 3.924, 5.853, (358.0, 253.6, 77.4)),
        ("Au", 4.079, 3.779, (201.6, 169.7, 45.4)),
        ("Al", 4.050, 3.339, (114.3, 61.9, 31.6)),
        ("Pb", 4.951, 2.040, (55.5, 45.4, 19.4)),
    )
)
IN_EMT = ("Ni", "Cu", "Pd", "Ag", "Pt", "Au", "Al")


def rows(quick: bool, say: Callable[[str], None]) -> Iterator[dict[str, object]]:
    """One row a metal and potential, then the speed of both on copper."""
    set_threads(Compute(device="cpu", threads=1))
    ours = load_potential("second-moment", "", Compute(device="cpu"))
    peer = load_potential("ase", "ase.calculators.emt:EMT", Compute(device="cpu"))
    for metal in METALS[1:2] if quick else METALS:
        say(metal.symbol)
        a, cohesive = metal.a, metal.cohesive
        yield _row(metal.symbol, "measured", a, cohesive, metal.stiffness)
        for name, potential in (("second moment", ours), ("EMT of ASE", peer)):
            if potential is ours or metal.symbol in IN_EMT:
                a, cohesive = at_rest(potential, metal.symbol, metal.a)
                yield _row(metal.symbol, name, a, cohesive, stiffness(potential, metal.symbol, a))
    edge = 4 if quick else _EDGE
    yield {"metal": "Cu", "by": "second moment", "us/atom": _ours_us(ours, edge)}
    yield {"metal": "Cu", "by": "EMT of ASE", "us/atom": _emt_us(edge)}


def _row(
    symbol: str, by: str, a: float, cohesive: float, moduli: tuple[float, float, float]
) -> dict[str, object]:
    return {
        "metal": symbol,
        "by": by,
        "a, A": f"{a:.3f}",
        "cohesive, eV": f"{cohesive:.3f}",
        "C11, GPa": round(moduli[0]),
        "C12, GPa": round(moduli[1]),
        "C44, GPa": round(moduli[2]),
        "us/atom": None,
    }


def crystal(symbol: str, cell: np.ndarray) -> Structure:
    """One atom in a cell."""
    return Structure(np.array([ATOMIC_NUMBERS[symbol]]), np.zeros((1, 3)), cell, (True, True, True))


def at_rest(potential: Potential, symbol: str, near: float) -> tuple[float, float]:
    """(lattice constant in A, cohesive energy in eV) of the fcc crystal at its minimum."""
    number = np.array([ATOMIC_NUMBERS[symbol]])
    alone = Structure(number, np.zeros((1, 3)), np.zeros((3, 3)), (False, False, False))

    def energy(a: float) -> float:
        return float(_said(potential, crystal(symbol, a * _FACES), "energy")[0])

    found: Any = minimize_scalar(
        energy, bounds=(0.95 * near, 1.05 * near), method="bounded", options={"xatol": 1e-6}
    )
    return float(found["x"]), float(_said(potential, alone, "energy")[0] - found["fun"])


def stiffness(potential: Potential, symbol: str, a: float) -> tuple[float, float, float]:
    """C11, C12 and C44 in GPa: slopes of the stress in strain, at a lattice constant in A."""

    def stress(strain: np.ndarray) -> np.ndarray:
        deformed = crystal(symbol, a * _FACES @ (np.eye(3) + strain))
        return _said(potential, deformed, "stress")[0] / GPA

    stretch, shear = np.zeros((3, 3)), np.zeros((3, 3))
    stretch[0, 0] = _STRAIN
    shear[1, 2] = shear[2, 1] = 0.5 * _STRAIN
    along = (stress(stretch) - stress(-stretch)) / (2 * _STRAIN)
    across = (stress(shear) - stress(-shear)) / (2 * _STRAIN)
    return float(along[0, 0]), float(along[1, 1]), float(across[1, 2])


def _said(potential: Potential, structure: Structure, what: str) -> np.ndarray:
    state = state_from_structures([structure], potential.device)
    neighbors = build_neighbors(state, potential.cutoff, potential.half_list)
    found: torch.Tensor = getattr(potential.predict(state, neighbors, frozenset({what})), what)
    return found.numpy()


def _copper(edge: int) -> Atoms:
    atoms = bulk("Cu", cubic=True) * (edge, edge, edge)
    atoms.rattle(0.05, seed=0)
    return atoms


def _ours_us(potential: Potential, edge: int) -> float:
    atoms = _copper(edge)
    structure = Structure(atoms.numbers, atoms.positions, atoms.cell.array, (True, True, True))
    state = state_from_structures([structure], potential.device)
    neighbors = build_neighbors(state, potential.cutoff + SKIN, potential.half_list)
    potential.predict(state, neighbors)
    return _median_us(lambda: potential.predict(state, neighbors), _CALLS, len(atoms))


def _emt_us(edge: int) -> float:
    atoms = _copper(edge)
    atoms.calc = EMT()
    atoms.get_forces()
    random = np.random.default_rng(0)

    def moved() -> None:
        atoms.positions += random.normal(0.0, 1e-4, atoms.positions.shape)
        atoms.get_forces()

    return _median_us(moved, _EMT_CALLS, len(atoms))


def _median_us(call: Callable[[], object], times: int, n_atoms: int) -> float:
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        took.append(time.perf_counter() - began)
    return 1e6 * statistics.median(took) / n_atoms
