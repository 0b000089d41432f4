"""Ions of equal charge in each other's places, as more crystals to learn from.

Most prototypes have one or two known crystals. A network that saw a prototype with two sets of
elements only cannot tell what its slots hold in a third; shown with elements that known crystals
would put there (Hautier et al. 2011, doi:10.1021/ic102031h), it can. Charges stay as they were.
Where common charges do not balance a crystal, only metals change, for metals like them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.tokens import MAX_SLOTS, N_ELEMENTS, TokenTable
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.screening.charge_balance import balanced
from designer_app.screening.substitution import Ion, alike, ions_of, replacements


@dataclass(frozen=True, eq=False)
class Swaps:
    """What may stand in each slot of each crystal of a table."""

    ion: NDArray[np.int64]
    """(n, MAX_SLOTS) row of `chances`; 0 for slots that keep their element."""
    chances: NDArray[np.float32]
    """(n_ions, N_ELEMENTS) cumulative probability of each atomic number."""

    @classmethod
    def of(cls, table: TokenTable, slot_counts: NDArray[np.float32]) -> "Swaps":
        """By charges of common oxidation states; by likeness for metals of all other crystals."""
        place: dict[Ion, int] = {}
        ion = np.zeros((len(table), MAX_SLOTS), dtype=np.int64)
        for row, (prototype, numbers) in enumerate(
            zip(table.prototype, table.elements, strict=True)
        ):
            n_slots = int((slot_counts[prototype] > 0).sum())
            symbols = [SYMBOLS[number] for number in numbers[:n_slots]]
            counts = slot_counts[prototype, :n_slots].tolist()
            found = balanced(dict(zip(symbols, counts, strict=True)), "strict")
            ions = ions_of({} if found is None else found.states, symbols)
            ion[row, :n_slots] = [place.setdefault(each, len(place) + 1) for each in ions]
        chances = np.zeros((len(place) + 1, N_ELEMENTS))
        for each, number in place.items():
            chances[number] = _same_charge(each)
        ion[np.isin(ion, np.flatnonzero(chances.sum(axis=1) == 0))] = 0
        total = np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
        return cls(ion, np.cumsum(chances / total, axis=1).astype(np.float32))

    def rows(self, chosen: NDArray[np.int64]) -> "Swaps":
        """Those of some of the crystals."""
        return Swaps(self.ion[chosen], self.chances)

    def drawn(
        self,
        rows: NDArray[np.int64],
        elements: NDArray[np.int64],
        share: float,
        generator: np.random.Generator,
    ) -> NDArray[np.int64]:
        """Elements of these rows, a share of the rows with others in half of their slots."""
        ion = self.ion[rows]
        swapped = (generator.random((len(rows), 1)) < share) & (ion > 0)
        swapped &= generator.random(ion.shape) < 0.5
        row, slot = np.nonzero(swapped)
        # Above 0, or a draw of 0 would give the element 0.
        draws = 1.0 - generator.random((len(row), 1), dtype=np.float32)
        found = elements.copy()
        # Rounding may leave the last sum a little below 1.
        last = N_ELEMENTS - 1
        found[row, slot] = np.minimum((self.chances[ion[row, slot]] < draws).sum(axis=1), last)
        ordered = np.sort(found, axis=1)
        twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] > 0)).any(axis=1)
        found[twice] = elements[twice]
        return found


def _same_charge(ion: Ion) -> NDArray[np.float64]:
    """Probability of each atomic number in the place of an ion, its charge kept; none for what is
    neither charged nor a metal.
    """
    found = np.zeros(N_ELEMENTS)
    options = alike(ion[0]) if ion[1] == 0 else replacements(ion)
    if ion not in options:
        return found
    for (symbol, charge), probability in options.items():
        if charge == ion[1] and ATOMIC_NUMBERS[symbol] < N_ELEMENTS:
            found[ATOMIC_NUMBERS[symbol]] += probability
    return found
