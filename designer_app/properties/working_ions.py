"""Electrodes counted in units of their host: ions, charge, mass, capacity, and the ion's metal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES
from designer_app.errors import (
    FrameworkMismatchError,
    InvalidSpecError,
    MissingCellError,
    NoFrameworkError,
    NoWorkingIonError,
)
from designer_app.io.formulas import amounts_of, formula, reduced
from designer_app.specs.structure import Structure
from designer_app.specs.voltage import ION_CHARGES
from designer_app.state import check_computable

FARADAY_MAH_MOL = 96485.332 / 3.6
"""mAh per mole of electrons."""
_SAME = 1e-3

# Room-temperature metals: stacking, a and c in A (Kittel, Introduction to Solid State Physics,
# 8th edition, table 1.3). Only starts: each is relaxed with the potential.
_METALS: Mapping[str, tuple[str, float, float]] = {
    "Li": ("bcc", 3.491, 0.0),
    "Na": ("bcc", 4.225, 0.0),
    "K": ("bcc", 5.225, 0.0),
    "Ca": ("fcc", 5.58, 0.0),
    "Mg": ("hcp", 3.21, 5.21),
    "Zn": ("hcp", 2.66, 4.95),
}


@dataclass(frozen=True)
class Host:
    """What is left of a structure without its working ions, as one formula unit."""

    amounts: Mapping[str, float]
    units: int
    """Formula units in the cell."""
    n_ions: int
    """Working ions in the cell."""

    @property
    def x(self) -> float:
        """Ions per formula unit of the host."""
        return self.n_ions / self.units


def host_of(structure: Structure, ion: str) -> Host:
    """The host of a structure; `NoFrameworkError` where fewer than two elements are left.

    One element alone would be a metal or a gas, not a host: Li2S without lithium is sulfur.
    """
    check_computable(structure)
    if not all(structure.pbc) or structure.volume == 0:
        raise MissingCellError("a voltage")
    amounts = amounts_of(structure.numbers)
    n_ions = round(amounts.pop(ion, 0.0))
    if len(amounts) < 2:
        left = next(iter(amounts), "")
        raise NoFrameworkError(ion, formula(reduced(amounts_of(structure.numbers))[0]), left)
    unit, units = reduced(amounts)
    return Host(unit, units, n_ions)


def check_has_ion(structure: Structure, ion: str) -> None:
    """Raise `NoWorkingIonError` where there is nothing to remove."""
    if not is_ion(structure, ion).any():
        unit, _ = reduced(amounts_of(structure.numbers))
        others = tuple(each for each in ION_CHARGES if each in unit)
        raise NoWorkingIonError(ion, formula(unit), others)


def check_pair(charged: Structure, discharged: Structure, ion: str) -> None:
    """Raise where two structures are not one framework with fewer and with more ions."""
    fewer, more = host_of(charged, ion), host_of(discharged, ion)
    if not _are_same(fewer.amounts, more.amounts):
        raise FrameworkMismatchError(ion, formula(fewer.amounts), formula(more.amounts))
    if more.x - fewer.x < _SAME:
        raise InvalidSpecError(
            "partner",
            formula_at(more.amounts, ion, more.x),
            f"it must hold more {ion} than {formula_at(fewer.amounts, ion, fewer.x)}",
            "Discharged structure",
        )


def _are_same(first: Mapping[str, float], second: Mapping[str, float]) -> bool:
    return set(first) == set(second) and all(
        abs(first[each] - second[each]) < _SAME for each in first
    )


def is_ion(structure: Structure, ion: str) -> NDArray[np.bool_]:
    """(n_atoms,) where the working ion is."""
    return structure.numbers == ATOMIC_NUMBERS[ion]


def formula_at(amounts: Mapping[str, float], ion: str, x: float) -> str:
    """The formula of a host unit with x ions, e.g. Li0.5FePO4."""
    return formula({**amounts, ion: round(x, 4)} if x > _SAME else amounts)


def molar_mass(amounts: Mapping[str, float]) -> float:
    """g/mol of a formula unit."""
    return sum(
        float(STANDARD_MASSES[ATOMIC_NUMBERS[each]]) * amount for each, amount in amounts.items()
    )


def capacity(
    amounts: Mapping[str, float], ion: str, x_charged: float, x_discharged: float
) -> float:
    """Charge in mAh per gram of the discharged electrode: n z F / M."""
    mass = molar_mass({**amounts, ion: x_discharged})
    return (x_discharged - x_charged) * ION_CHARGES[ion] * FARADAY_MAH_MOL / mass


def metal_of(ion: str) -> Structure:
    """The metal that the voltage is measured against, at its published lattice."""
    stacking, a, c = _METALS[ion]
    if stacking == "hcp":
        cell = np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
        fractions = np.array([[1 / 3, 2 / 3, 1 / 4], [2 / 3, 1 / 3, 3 / 4]])
    else:
        corners = {
            "bcc": [[-1, 1, 1], [1, -1, 1], [1, 1, -1]],
            "fcc": [[0, 1, 1], [1, 0, 1], [1, 1, 0]],
        }
        cell = np.array(corners[stacking]) * a / 2
        fractions = np.zeros((1, 3))
    return Structure(
        numbers=np.full(len(fractions), ATOMIC_NUMBERS[ion], dtype=np.int64),
        positions=fractions @ cell,
        cell=cell,
        pbc=(True, True, True),
        name=f"{ion} metal",
    )


def with_ions_at(host: Structure, ion: str, places: NDArray[np.float64], name: str) -> Structure:
    """The host, without the ions it has, and ions at these places (n, 3), A."""
    kept = ~is_ion(host, ion)
    return Structure(
        numbers=np.concatenate(
            [host.numbers[kept], np.full(len(places), ATOMIC_NUMBERS[ion], dtype=np.int64)]
        ),
        positions=np.concatenate([host.positions[kept], places.reshape(-1, 3)]),
        cell=host.cell,
        pbc=host.pbc,
        name=name,
    )


def repeated(structure: Structure, n: int) -> Structure:
    """The structure `n` times, stacked so that the whole is as near to a cube as can be."""
    if n == 1:
        return structure
    shapes = [
        (a, b, n // (a * b)) for a in range(1, n + 1) for b in range(1, n + 1) if n % (a * b) == 0
    ]
    edges = np.linalg.norm(structure.cell, axis=1)
    shape = min(shapes, key=lambda each: (np.ptp(edges * each), each[::-1]))
    grid = np.stack(np.meshgrid(*(np.arange(each) for each in shape), indexing="ij"), axis=-1)
    shifts = grid.reshape(-1, 3) @ structure.cell
    return replace(
        structure,
        numbers=np.tile(structure.numbers, n),
        positions=(shifts[:, None, :] + structure.positions[None]).reshape(-1, 3),
        cell=structure.cell * np.array(shape)[:, None],
        velocities=None,
        magmoms=None,
        fixed=None,
        masses=None,
    )
