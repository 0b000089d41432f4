"""Adsorbates: their atoms over a surface, and the gases their free energy is counted from."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII
from designer_app.errors import UnknownKeyError
from designer_app.properties.slab_cells import Slab
from designer_app.specs.structure import Structure

BOX = 14.0
"""A, edge of the box of a gas molecule."""
CLEARANCE = 1.05
"""Sums of covalent radii at which an adsorbate starts over the surface."""
OFF_CENTRE = 0.08
"""A in the plane away from the site, so that a saddle point does not hold it by symmetry."""

Atoms = tuple[tuple[str, tuple[float, float, float]], ...]


@dataclass(frozen=True)
class Adsorbate:
    """A species on a surface."""

    key: str
    atoms: Atoms
    """(symbol, place in A over the atom that binds, which comes first)."""
    gases: tuple[tuple[str, float], ...]
    """(molecule, how many of it) that the free species is counted as."""

    @property
    def reference(self) -> str:
        """The same in words, e.g. "H2O - 1/2 H2"."""
        words = ""
        for name, amount in self.gases:
            sign = " - " if amount < 0 else " + " if words else ""
            number = _FRACTIONS.get(abs(amount), f"{abs(amount):g} ")
            words += f"{sign}{number}{name}"
        return words


_FRACTIONS = {1.0: "", 0.5: "1/2 ", 1.5: "3/2 "}
_DOWN = (0.0, 0.0, 0.0)

# Bond lengths as in the gas: O-H 0.97, N-H 1.02, C-H 1.10, C-O 1.16, O-O 1.42 A. Gases as in
# Mamun et al. 2019 (doi:10.1038/s41597-019-0080-z): H2, H2O, CH4, N2; CO is counted from CO.
_ROWS = (
    Adsorbate("H", (("H", _DOWN),), (("H2", 0.5),)),
    Adsorbate("O", (("O", _DOWN),), (("H2O", 1.0), ("H2", -1.0))),
    Adsorbate("OH", (("O", _DOWN), ("H", (0.56, 0.0, 0.79))), (("H2O", 1.0), ("H2", -0.5))),
    Adsorbate(
        "OOH",
        (("O", _DOWN), ("O", (1.16, 0.0, 0.82)), ("H", (0.90, 0.0, 1.76))),
        (("H2O", 2.0), ("H2", -1.5)),
    ),
    Adsorbate("C", (("C", _DOWN),), (("CH4", 1.0), ("H2", -2.0))),
    Adsorbate("CH", (("C", _DOWN), ("H", (0.0, 0.0, 1.10))), (("CH4", 1.0), ("H2", -1.5))),
    Adsorbate(
        "CH2",
        (("C", _DOWN), ("H", (0.90, 0.0, 0.63)), ("H", (-0.90, 0.0, 0.63))),
        (("CH4", 1.0), ("H2", -1.0)),
    ),
    Adsorbate(
        "CH3",
        (
            ("C", _DOWN),
            ("H", (1.03, 0.0, 0.38)),
            ("H", (-0.515, 0.892, 0.38)),
            ("H", (-0.515, -0.892, 0.38)),
        ),
        (("CH4", 1.0), ("H2", -0.5)),
    ),
    Adsorbate("CO", (("C", _DOWN), ("O", (0.0, 0.0, 1.16))), (("CO", 1.0),)),
    Adsorbate("N", (("N", _DOWN),), (("N2", 0.5),)),
    Adsorbate("NH", (("N", _DOWN), ("H", (0.0, 0.0, 1.02))), (("N2", 0.5), ("H2", 0.5))),
    Adsorbate(
        "NH2",
        (("N", _DOWN), ("H", (0.82, 0.0, 0.60)), ("H", (-0.82, 0.0, 0.60))),
        (("N2", 0.5), ("H2", 1.0)),
    ),
    Adsorbate(
        "NH3",
        (
            ("N", _DOWN),
            ("H", (0.94, 0.0, 0.39)),
            ("H", (-0.47, 0.814, 0.39)),
            ("H", (-0.47, -0.814, 0.39)),
        ),
        (("N2", 0.5), ("H2", 1.5)),
    ),
)
ADSORBATES = {row.key: row for row in _ROWS}

_MOLECULES: dict[str, Atoms] = {
    "H2": (("H", _DOWN), ("H", (0.0, 0.0, 0.74))),
    "H2O": (("O", _DOWN), ("H", (0.757, 0.586, 0.0)), ("H", (-0.757, 0.586, 0.0))),
    "CH4": (
        ("C", _DOWN),
        ("H", (0.63, 0.63, 0.63)),
        ("H", (-0.63, -0.63, 0.63)),
        ("H", (-0.63, 0.63, -0.63)),
        ("H", (0.63, -0.63, -0.63)),
    ),
    "CO": (("C", _DOWN), ("O", (0.0, 0.0, 1.14))),
    "N2": (("N", _DOWN), ("N", (0.0, 0.0, 1.11))),
}


def adsorbates_from_text(text: str) -> list[Adsorbate]:
    """The adsorbates that a list with commas names, in any case; each once."""
    by_name = {key.casefold(): row for key, row in ADSORBATES.items()}
    found: list[Adsorbate] = []
    for name in text.replace("*", "").replace(",", " ").split() or [""]:
        row = by_name.get(name.casefold())
        if row is None:
            raise UnknownKeyError("adsorbate", name, tuple(ADSORBATES))
        if row not in found:
            found.append(row)
    return found


def molecule(name: str) -> Structure:
    """A gas molecule in a periodic box wide enough that it does not see its images."""
    atoms = _MOLECULES[name]
    places = np.array([place for _, place in atoms]) + 0.5 * BOX
    return Structure(
        numbers=np.array([ATOMIC_NUMBERS[symbol] for symbol, _ in atoms], dtype=np.int64),
        positions=places,
        cell=BOX * np.eye(3),
        pbc=(True, True, True),
        name=name,
    )


def placed(adsorbate: Adsorbate, slab: Slab, place: NDArray[np.float64]) -> Structure:
    """The slab with an adsorbate lowered onto a place in the plane until it touches; its atoms
    come last.
    """
    given = slab.structure
    numbers = np.array([ATOMIC_NUMBERS[symbol] for symbol, _ in adsorbate.atoms], dtype=np.int64)
    offsets = _turned(np.array([offset for _, offset in adsorbate.atoms]))
    start = np.array([place[0] + OFF_CENTRE, place[1] + 0.5 * OFF_CENTRE, 0.0])
    start[2] = max(
        _height(given, start + offset - [0.0, 0.0, offset[2]], int(number)) - offset[2]
        for number, offset in zip(numbers, offsets, strict=True)
    )
    fixed = np.zeros(len(given), dtype=bool) if given.fixed is None else given.fixed
    return replace(
        given,
        numbers=np.concatenate([given.numbers, numbers]),
        positions=np.concatenate([given.positions, start + offsets]),
        fixed=np.concatenate([fixed, np.zeros(len(numbers), dtype=bool)]),
        velocities=None,
        magmoms=None,
        masses=None,
        name=f"{given.name} {adsorbate.key}",
    )


def _turned(offsets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turned by 17 degrees about the normal: off the mirror planes of the surface."""
    cosine, sine = np.cos(np.radians(17.0)), np.sin(np.radians(17.0))
    return offsets @ np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _height(slab: Structure, point: NDArray[np.float64], number: int) -> float:
    """A: the height at which an atom that comes down over a point touches the surface."""
    plane = slab.cell[:2, :2]
    offsets = (slab.positions[:, :2] - point[:2]) @ np.linalg.inv(plane)
    offsets -= np.round(offsets)
    lateral = np.linalg.norm(offsets @ plane, axis=1)
    reach = CLEARANCE * (COVALENT_RADII[slab.numbers] + COVALENT_RADII[number])
    above = np.sqrt(np.clip(reach**2 - lateral**2, 0.0, None))
    heights = np.where(lateral < reach, slab.positions[:, 2] + above, -np.inf)
    highest = float(heights.max())
    # Over a hole that is wider than the atom it stays level with the top.
    return max(highest, float(slab.positions[:, 2].max()) - 1.0)
