"""How far a crystal lies above the hull of all other formulas: what a new material is judged by.

The hull of everything known puts known ground states at exactly 0, and the lesson of them would be
that stable means 0. Left out of their own hull, known and new crystals are labelled alike, and a
margin of stability is a negative number.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.screening.convex_hull import SAME_COMPOSITION
from designer_app.screening.reference.table import ReferenceTable

Floats = NDArray[np.float64]
_ON_THE_HULL = 1e-6
"""eV/atom within which a phase lies on it."""


class RestOfHull:
    """The reference phases as arrays, the hypothetical ones last."""

    def __init__(self, table: ReferenceTable) -> None:
        tables = [each for each in (table, table.hypothetical) if each is not None]
        phases = [each.phase(row) for each in tables for row in range(len(each))]
        amounts = np.zeros((len(phases), N_ELEMENTS))
        for row, phase in enumerate(phases):
            for symbol, amount in phase.composition.items():
                amounts[row, ATOMIC_NUMBERS[symbol]] += amount
        self.fractions = amounts / amounts.sum(axis=1, keepdims=True)
        self.energies = np.array([phase.energy_per_atom for phase in phases])
        self.elements = np.full(N_ELEMENTS, np.nan)
        """(N_ELEMENTS,) eV/atom of the most stable phase of each."""
        for number in range(1, N_ELEMENTS):
            pure = self.fractions[:, number] > 1.0 - SAME_COMPOSITION
            if pure.any():
                self.elements[number] = self.energies[pure].min()
        self._has = np.ascontiguousarray((self.fractions > 0).T)
        self._n_elements = self._has.sum(axis=0)
        self._systems: dict[tuple[int, ...], NDArray[np.int64]] = {}

    def formation_energy(self, fractions: Floats, energy: float) -> float:
        """eV/atom against the elements; NaN where one of them has no phase."""
        present = np.flatnonzero(fractions)
        return float(energy - fractions[present] @ self.elements[present])

    def distance(self, fractions: Floats, energy: float) -> float:
        """eV/atom above the mixtures of other formulas, negative below; NaN where there is none.

        `fractions` are (N_ELEMENTS,) atomic fractions.
        """
        system = tuple(np.flatnonzero(fractions).tolist())
        rows = self.rows(system)
        others = self.fractions[rows][:, list(system)]
        apart = np.abs(others - fractions[list(system)]).max(axis=1) > SAME_COMPOSITION
        others, energies = others[apart], self.energies[rows[apart]]
        if not (others > 0).any(axis=0).all():
            return float("nan")
        found = linprog(energies, A_eq=others.T, b_eq=fractions[list(system)], method="highs")
        return float("nan") if found.x is None else float(energy - found.fun)

    def lead(self, fractions: Floats) -> float:
        """eV/atom by which the best known phase of a formula lies below all others, as a negative
        number; 0 where no phase has it, or where it lies above them.

        E - E_others = (E - E_all) + lead: from the hull of all phases to that of other formulas.
        """
        system = np.flatnonzero(fractions)
        rows = self.rows(system.tolist())
        apart = np.abs(self.fractions[rows] - fractions).max(axis=1)
        same = rows[apart <= SAME_COMPOSITION]
        if not len(same):
            return 0.0
        found = self.distance(fractions, float(self.energies[same].min()))
        return min(found, 0.0) if np.isfinite(found) else 0.0

    def keeps(self, fractions: Floats, energies: Floats) -> NDArray[np.bool_]:
        """(n,) whether each new phase is one of the hull of all of them and the reference phases.

        `fractions` are (n, N_ELEMENTS), `energies` eV/atom.
        """
        every = np.vstack([fractions, self.fractions])
        energy = np.r_[energies, self.energies]
        has = every > 0
        n_elements = has.sum(axis=1)
        found = np.zeros(len(fractions), dtype=bool)
        for row, x in enumerate(fractions):
            system = np.flatnonzero(x)
            inside = has[:, system].sum(axis=1) == n_elements
            lowest = linprog(
                energy[inside], A_eq=every[inside][:, system].T, b_eq=x[system], method="highs"
            )
            found[row] = lowest.x is not None and energies[row] - lowest.fun < _ON_THE_HULL
        return found

    def rows(self, system: Sequence[int]) -> NDArray[np.int64]:
        """Phases that hold only these elements."""
        key = tuple(system)
        if key not in self._systems:
            held = self._has[list(key)].sum(axis=0)
            self._systems[key] = np.flatnonzero(held == self._n_elements)
        return self._systems[key]
