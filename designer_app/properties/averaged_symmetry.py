"""Space group and conventional cell of a crystal, as it stands and with its mobile ions averaged.

A calculation needs whole atoms on each site, and ordering them lowers the symmetry: Li10GeP2S12
is P4_2/nmc when measured and Cc in a file for calculations. The framework without the mobile ions,
and with all its cations alike, still has the symmetry of the average.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.io.space_groups import symmetry_dataset
from designer_app.specs.structure import Structure

SYMPREC = 0.05
"""A."""
ANIONS = tuple(
    ATOMIC_NUMBERS[each] for each in ("O", "S", "Se", "Te", "F", "Cl", "Br", "I", "N", "H")
)
_CATION = 0


@dataclass(frozen=True)
class Symmetry:
    """What a head is told of a crystal besides its composition."""

    space_group: int
    lattice: tuple[float, ...]
    """Conventional cell: a, b, c in A, angles in degrees."""


def as_it_stands(structure: Structure) -> Symmetry | None:
    """Of all atoms; None where spglib finds nothing."""
    return _found(structure, structure.numbers)


def averaged(structure: Structure, ion: str) -> Symmetry | None:
    """Of the framework without the ion, cations alike; None where there is no framework."""
    kinds = np.where(np.isin(structure.numbers, ANIONS), structure.numbers, _CATION)
    return _found(structure, kinds, structure.numbers != ATOMIC_NUMBERS[ion])


def _found(
    structure: Structure,
    kinds: NDArray[np.int64],
    asked: NDArray[np.bool_] | None = None,
) -> Symmetry | None:
    from ase.geometry import cell_to_cellpar

    fractions = structure.positions @ np.linalg.inv(structure.cell)
    if asked is not None:
        fractions, kinds = fractions[asked], kinds[asked]
    if not len(kinds):
        return None
    found = symmetry_dataset(structure.cell, fractions, kinds, SYMPREC)
    if found is None:
        return None
    return Symmetry(int(found.number), tuple(map(float, cell_to_cellpar(found.std_lattice))))
