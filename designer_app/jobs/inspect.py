"""What a structure is: formula, symmetry, cell, density, and what is odd about it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, STANDARD_MASSES, SYMBOLS
from designer_app.errors import InvalidPositionsError
from designer_app.io.contacts import TooManyContactsError, contacts
from designer_app.io.formulas import (
    amounts_of,
    formula,
    hill_formula,
    reduced,
    with_subscripts,
)
from designer_app.io.space_groups import symmetry_dataset
from designer_app.running.control import RunControl
from designer_app.specs.documents import InspectSpec
from designer_app.specs.structure import Structure
from designer_app.units import AMU_PER_A3_IN_G_CM3

MOST_ATOMS_FOR_SYMMETRY = 3000
"""spglib needs more than a second above; such cells are simulation boxes, not unit cells."""
_FIRST_RADIUS_A = 1.6
_LAST_RADIUS_A = 13.0

_SYSTEMS = (
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (167, "trigonal"),
    (194, "hexagonal"),
    (230, "cubic"),
)
"""(last space-group number, crystal system)."""


def run(spec: InspectSpec, control: RunControl) -> dict[str, Any]:
    """Facts by name, with the unit in the key; None where a fact does not exist."""
    structure = spec.structure
    if len(structure) == 0:
        raise InvalidPositionsError("the structure holds no atoms")
    amounts = amounts_of(structure.numbers, spec.occupancies)
    control.checkpoint()
    facts: dict[str, Any] = {"name": structure.name}
    facts |= _composition(structure, amounts)
    facts |= symmetry(structure, spec.occupancies, spec.symprec)
    control.checkpoint()
    facts |= _cell(structure)
    facts["density_g_cm3"] = _density(structure, amounts)
    facts["min_distance_A"] = nearest_distance(structure)
    facts["disordered_sites"] = structure.disordered_sites
    facts["disorder_example"] = structure.disorder_example
    return facts


def _composition(structure: Structure, amounts: Mapping[str, float]) -> dict[str, Any]:
    """Molecules keep their whole formula: H2O2 is not HO."""
    unit, units = reduced(amounts) if any(structure.pbc) else (dict(amounts), 1)
    short = formula(unit) if any(structure.pbc) else hill_formula(unit)
    return {
        "formula": short,
        "formula_with_subscripts": with_subscripts(short),
        "formula_hill": hill_formula(amounts),
        "formula_units": units,
        "n_atoms": len(structure),
        "elements": dict(amounts),
    }


def _cell(structure: Structure) -> dict[str, Any]:
    periodic = sum(structure.pbc)
    facts: dict[str, Any] = {
        "periodic_directions": periodic,
        "pbc": list(structure.pbc),
        "volume_A3": None,
        "cell_lengths_A": None,
        "cell_angles_deg": None,
    }
    if structure.volume == 0:
        return facts
    lengths = np.linalg.norm(structure.cell, axis=1)
    unit = structure.cell / lengths[:, None]
    cosines = np.array([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]])
    facts["volume_A3"] = structure.volume
    facts["cell_lengths_A"] = lengths
    facts["cell_angles_deg"] = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return facts


def _density(structure: Structure, amounts: Mapping[str, float]) -> float | None:
    """g/cm^3 of a crystal or a filled box; a cell with vacuum has none."""
    if not all(structure.pbc) or structure.volume == 0:
        return None
    if structure.masses is not None and not structure.disordered_sites:
        mass = float(structure.masses.sum())
    else:
        mass = sum(
            STANDARD_MASSES[ATOMIC_NUMBERS.get(species, 0)] * amount
            for species, amount in amounts.items()
        )
    return float(mass / structure.volume * AMU_PER_A3_IN_G_CM3)


def symmetry(
    structure: Structure, occupancies: tuple[dict[str, float], ...] = (), symprec: float = 0.01
) -> dict[str, Any]:
    """Space group, crystal system and inequivalent sites, by spglib.

    Togo, Shinohara and Tanaka 2024, doi:10.1080/27660400.2024.2384822.
    Sites are alike where they hold the same shares of the same species.
    """
    facts: dict[str, Any] = {
        "space_group": None,
        "space_group_number": None,
        "hall_symbol": None,
        "point_group": None,
        "crystal_system": None,
        "inequivalent_sites": None,
        "symprec_A": symprec,
    }
    if not all(structure.pbc) or structure.volume == 0:
        return facts
    if len(structure) > MOST_ATOMS_FOR_SYMMETRY:
        return facts
    kinds = _kinds(structure, occupancies)
    fractional = structure.positions @ np.linalg.inv(structure.cell)
    found = symmetry_dataset(structure.cell, fractional, kinds, symprec)
    if found is None:
        return facts
    sites, counts = np.unique(found.crystallographic_orbits, return_counts=True)
    facts |= {
        "space_group": str(found.international),
        "space_group_number": int(found.number),
        "hall_symbol": str(found.hall),
        "point_group": str(found.pointgroup),
        "crystal_system": crystal_system(int(found.number)),
        "inequivalent_sites": [
            {
                "atom": int(atom),
                "element": SYMBOLS[structure.numbers[atom]],
                "wyckoff": f"{count}{found.wyckoffs[atom]}",
                "site_symmetry": str(found.site_symmetry_symbols[atom]),
                "fractional": [float(value) for value in fractional[atom]],
            }
            for atom, count in zip(sites, counts, strict=True)
        ],
    }
    return facts


def crystal_system(space_group_number: int) -> str:
    """Crystal system of a space group by its number in International Tables A."""
    return next(name for last, name in _SYSTEMS if space_group_number <= last)


def _kinds(structure: Structure, occupancies: tuple[dict[str, float], ...]) -> NDArray[np.int64]:
    """A number for each kind of site: its element, or what it is shared by."""
    if not occupancies:
        return structure.numbers
    known: dict[tuple[tuple[str, float], ...], int] = {}
    keys = [
        tuple(sorted((species, round(share, 4)) for species, share in shares.items()))
        for shares in occupancies
    ]
    return np.array([known.setdefault(key, len(known) + 1) for key in keys], dtype=np.int64)


def nearest_distance(structure: Structure) -> float | None:
    """The smallest distance between two atoms or images, A; None for a lone atom."""
    radius = _FIRST_RADIUS_A
    while radius <= _LAST_RADIUS_A:
        try:
            *_, distances = contacts(structure.positions, structure.cell, structure.pbc, radius)
        except TooManyContactsError:
            return 0.0
        if len(distances):
            return float(distances.min())
        radius *= 2.0
    return None
