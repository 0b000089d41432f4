"""Made crystals of labels brought from the prototypes of one library to those of another.

Labels tell of a made crystal its prototype, elements and volume. In a library that was made anew
the same prototype may have another description, so each crystal is laid over the new prototypes,
with the medians of its old one as geometry.
"""

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.mining import FAR
from designer_app.design.representation.tokens import MAX_SLOTS, N_GEOMETRY, TokenTable
from designer_app.screening.reference.symmetry import SymmetricCrystal

Place = tuple[int, tuple[int, ...]]
"""A prototype, and which of the old slots each of its slots holds."""


class Mover:
    """From one library to another."""

    def __init__(self, old: PrototypeLibrary, new: PrototypeLibrary) -> None:
        self.old, self.new = old, new
        self._found: dict[tuple[int, ...], Place | None] = {}

    def moved(self, table: TokenTable) -> tuple[TokenTable, NDArray[np.bool_]]:
        """Those crystals that a prototype of the new library holds, and which of all they are.

        Volumes stay; the geometry is that of the new prototypes' medians.
        """
        places = [self.place(table, row) for row in range(len(table))]
        held = np.array([each is not None for each in places])
        kept, before = [each for each in places if each is not None], table.rows(held)
        prototype = np.array([row for row, _ in kept], dtype=np.int64)
        elements = np.zeros((len(kept), MAX_SLOTS), dtype=np.int64)
        for row, (_, slots) in enumerate(kept):
            elements[row, : len(slots)] = before.elements[row, list(slots)]
        shift = _expected(self.old, before.prototype, before.elements) - _expected(
            self.new, prototype, elements
        )
        volume = (before.log_volume + shift).astype(np.float32)
        geometry = np.zeros((len(kept), N_GEOMETRY), dtype=np.float32)
        return TokenTable(prototype, elements, volume, geometry), held

    def place(self, table: TokenTable, row: int) -> Place | None:
        """Where a crystal comes to lie; None where the new library has nothing of its class.

        Of the elements only the order of their electronegativities matters.
        """
        prototype = int(table.prototype[row])
        n_slots = self.old.prototypes[prototype].kind.n_slots
        elements = tuple(table.elements[row, :n_slots].tolist())
        ranks = np.unique(self.new.order[list(elements)], return_inverse=True)[1]
        is_clear = len({*elements}) == n_slots
        key = (prototype, *(ranks.tolist() if is_clear else elements))
        if key not in self._found:
            self._found[key] = self._laid(prototype, elements)
        return self._found[key]

    def _laid(self, prototype: int, elements: tuple[int, ...]) -> Place | None:
        known = self.old.prototypes[prototype]
        crystal = SymmetricCrystal(known.kind, elements, 1.0, known.shape, known.free)
        found = self.new.tokens_like(crystal, trained=True, within=FAR)
        found = found or self.new.tokens_like(crystal)
        if found is None:
            return None
        left = list(range(len(elements)))
        slots = []
        for each in found.elements:
            slots.append(next(slot for slot in left if elements[slot] == each))
            left.remove(slots[-1])
        return found.prototype, tuple(slots)


def _expected(
    library: PrototypeLibrary, prototype: NDArray[np.int64], elements: NDArray[np.int64]
) -> NDArray[np.float64]:
    return library.expected_log_volume(elements, library.slot_counts[prototype])
