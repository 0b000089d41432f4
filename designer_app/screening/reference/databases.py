"""Structures of a chemical system from databases on the internet, to be relaxed here.

Energies of databases are not read: they are of other functionals and corrections, and would be
meaningless beside those of the loaded potential.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import DatabaseUnavailableError
from designer_app.specs.structure import Structure

MATERIALS_PROJECT = "materials-project"


def structures_from(database: str, elements: Collection[str]) -> list[Structure]:
    """Ordered crystals that hold only these elements, named by the database's ids.

    `database` is "materials-project", whose API key pymatgen takes from the variable PMG_MAPI_KEY
    or its own settings, or an OPTIMADE provider by its alias or address. Raises
    `DatabaseUnavailableError`.
    """
    try:
        if database == MATERIALS_PROJECT:
            found = _from_materials_project(elements)
        else:
            found = _from_optimade(database, elements)
    except (OSError, ValueError, KeyError, RuntimeError) as error:  # requests' are OSErrors
        raise DatabaseUnavailableError(database, _reason(error)) from error
    if not found:
        raise DatabaseUnavailableError(database, f"it has none of {'-'.join(sorted(elements))}")
    plain = [_plain(crystal, name) for name, crystal in found.items()]
    return [structure for structure in plain if structure is not None]


def _from_materials_project(elements: Collection[str]) -> dict[str, Any]:
    from pymatgen.ext.matproj import MPRester

    with MPRester() as rester:
        entries: list[Any] = rester.get_entries_in_chemsys(sorted(elements))
    return {str(entry.entry_id): entry.structure for entry in entries}


def _from_optimade(provider: str, elements: Collection[str]) -> dict[str, Any]:
    from pymatgen.ext.optimade import OptimadeRester

    named = ", ".join(f'"{element}"' for element in sorted(elements))
    answers = OptimadeRester(provider, timeout=60).get_structures_with_filter(
        f"elements HAS ONLY {named}"
    )
    return {name: each for found in answers.values() for name, each in found.items()}


def _plain(crystal: Any, name: str) -> Structure | None:
    """Our arrays of a crystal of pymatgen; None for molecules and shared sites."""
    if not hasattr(crystal, "lattice") or not crystal.is_ordered:
        return None
    return Structure(
        numbers=np.array([ATOMIC_NUMBERS[site.specie.symbol] for site in crystal], dtype=np.int64),
        positions=np.array(crystal.cart_coords, dtype=np.float64),
        cell=np.array(crystal.lattice.matrix, dtype=np.float64),
        pbc=(True, True, True),
        name=name,
    )


def _reason(error: Exception) -> str:
    """The first line of what a library said, without its full stop."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
