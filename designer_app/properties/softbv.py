"""softBV parameters of a crystal's framework, as the package `bvlain` (MIT) tabulates them.

Chen, Wong and Adams 2019, doi:10.1107/S2052520618015718. Only the tables are taken from the
package: its own grids hold the faces of the cell twice, and its neighbour lists end at a number of
neighbours instead of a distance, so that its barriers depend on the choice of the cell.
"""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.errors import InvalidSpecError, MissingPackageError, UnsupportedElementError
from designer_app.io.formulas import amounts_of, reduced
from designer_app.properties.charges import oxidation_states
from designer_app.specs.structure import Structure

Array = NDArray[np.float64]

NAME = "softBV"
_MOST_SITES = 40
"""Atoms of a formula unit up to which states are guessed."""


@dataclass(frozen=True, eq=False)
class Interaction:
    """What a mobile ion feels of each atom of the framework."""

    positions: Array
    """(n, 3) A."""
    depth: Array
    """(n,) D0, eV; 0 for ions of the same sign."""
    steepness: Array
    """(n,) alpha, 1/A."""
    minimum: Array
    """(n,) R_min, A."""
    charge: Array
    """(n,) q q_M / sqrt(n n_M), e^2; 0 for counter-ions."""
    radii: Array
    """(n,) r_c + r_c,M, A."""


def interactions(structure: Structure, ion: str) -> Interaction:
    """The parameters of everything but the mobile ions.

    Raises `InvalidSpecError` where no oxidation states balance or nothing attracts the ion, and
    `UnsupportedElementError` where softBV has no parameters.
    """
    charges = _charges(structure, ion)
    own = charges[ion]
    kept = structure.numbers != ATOMIC_NUMBERS[ion]
    numbers, positions = structure.numbers[kept], structure.positions[kept]
    rows = {symbol: _row(ion, own, symbol, charge) for symbol, charge in charges.items()}
    if not any(rows[SYMBOLS[int(number)]][0] for number in numbers):
        raise InvalidSpecError("ion", ion, "no ion of the opposite charge holds it")
    table = np.array([rows[SYMBOLS[int(number)]] for number in numbers])
    return Interaction(positions, *table.T)


def _charges(structure: Structure, ion: str) -> dict[str, float]:
    """Common oxidation states, or else the likeliest that ever balance such a composition."""
    amounts, _ = reduced(amounts_of(structure.numbers))
    common = oxidation_states(amounts)
    charges = common.charges if common is not None else _guessed(amounts)
    if charges.get(ion, 0.0) == 0.0:
        raise InvalidSpecError("structure", structure.name, "no common oxidation states balance it")
    return charges


def _guessed(amounts: Mapping[str, float]) -> dict[str, float]:
    """By how often states occur in the ICSD, as pymatgen tabulates it; empty where none balance."""
    from pymatgen.core import Composition

    if sum(amounts.values()) > _MOST_SITES:  # the number of combinations explodes
        return {}
    guesses = Composition(dict(amounts)).oxi_state_guesses()
    return dict(guesses[0]) if guesses else {}


def _row(
    ion: str, own: float, symbol: str, charge: float
) -> tuple[float, float, float, float, float]:
    """depth, steepness, minimum, charge and radii of one element of the framework."""
    if own * charge < 0:
        wells = _table("cation" if own > 0 else "anion")
        choices = wells.get(ATOMIC_NUMBERS[ion], {}).get(round(own), {})
        states = choices.get(ATOMIC_NUMBERS[symbol], {})
        # 34 of the package's 591 pairs, Mg-Se among them, have a negative alpha: no well at all.
        states = {state: row for state, row in states.items() if row["alpha"] > 0}
        if not states:
            raise UnsupportedElementError(f"{ion}-{symbol}", NAME)
        found = states[min(states, key=lambda state: abs(state - charge))]
        return float(found["d0"]), float(found["alpha"]), float(found["r_min"]), 0.0, 1.0
    numbers, radii = _table("quantum_n"), _table("covalent_radii_softvb")
    if ATOMIC_NUMBERS[symbol] not in numbers:
        raise UnsupportedElementError(symbol, NAME)
    spread = np.sqrt(numbers[ATOMIC_NUMBERS[ion]] * numbers[ATOMIC_NUMBERS[symbol]])
    reach = _radius(radii, ion, own) + _radius(radii, symbol, charge)
    return 0.0, 0.0, 0.0, float(own * charge / spread), reach


def _radius(radii: Any, symbol: str, charge: float) -> float:
    states = radii.get(ATOMIC_NUMBERS[symbol], {})
    if not states:
        raise UnsupportedElementError(symbol, NAME)
    return float(states[min(states, key=lambda state: abs(state - charge))])


class _Numbers(pickle.Unpickler):
    """Reads numbers in dictionaries; anything else in the file is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Scalars of numpy alone."""
        if (module.replace("numpy.core", "numpy._core"), name) in {
            ("numpy._core.multiarray", "scalar"),
            ("numpy", "dtype"),
        }:
            return super().find_class(module, name)
        message = f"{module}.{name} in a table of numbers"
        raise pickle.UnpicklingError(message)


@cache
def _table(name: str) -> Any:
    """A table of the installed package, which need not be imported for it."""
    found = find_spec("bvlain")
    if found is None or not found.submodule_search_locations:
        raise MissingPackageError("bvlain", "the bond-valence energy", "pip install bvlain")
    path = Path(found.submodule_search_locations[0]) / "data" / f"{name}.pkl"
    with path.open("rb") as file:
        return _Numbers(file).load()
