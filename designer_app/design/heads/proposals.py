"""Crystals that nobody has made, as a search proposes them: elements swapped on prototypes.

Tables of known crystals hold survivors. Heads that saw only these are fooled by what a search
decodes; they need its failures, and the few that hold, as well.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import MAX_SLOTS, N_ELEMENTS, TokenTable
from designer_app.elements import ATOMIC_NUMBERS, COVALENT_RADII, SYMBOLS
from designer_app.io.formulas import rank_of_electronegativity
from designer_app.properties.charges import is_of_variable_valence
from designer_app.screening.charge_balance import balanced
from designer_app.specs.voltage import ION_CHARGES

LEAST_CRYSTALS = 30
"""Known crystals that an element must be in to be proposed."""
P_SIMILAR = 0.7
"""Share of swaps to an element that resembles the old one; the others are to any element."""
P_TYPICAL = 0.5
"""Share of proposals in the typical geometry of their prototype instead of their parent's."""
_RANK_SCALE, _RADIUS_SCALE = 8.0, 0.15
"""Places on the scale of electronegativity, and A of radius, over which resemblance fades."""
IONS = tuple(ATOMIC_NUMBERS[ion] for ion in ION_CHARGES)


@dataclass(frozen=True)
class Kind:
    """A sort of proposal."""

    key: str
    share: float
    """Of all proposals."""


KINDS = (Kind("electrode", 0.45), Kind("balanced", 0.25), Kind("any", 0.30))
"""Electrodes hold a working ion and a metal of several valences, and are neutral, as the balanced
are; the rest is free: alloys and failures of every sort."""


class Proposals:
    """An endless stream of proposals, the same for the same generator."""

    def __init__(
        self,
        library: PrototypeLibrary,
        known: TokenTable,
        generator: np.random.Generator,
        *,
        most_atoms: int = 20,
    ) -> None:
        self.library = library
        self.generator = generator
        small = library.n_atoms[known.prototype] <= most_atoms
        several = (known.elements > 0).sum(axis=1) > 1
        self.known = known.rows(small & several)
        counts = np.bincount(known.elements.ravel(), minlength=N_ELEMENTS)
        counts[0] = 0
        self.elements = np.flatnonzero(counts >= LEAST_CRYSTALS)
        # Each prototype by the root of its members: perovskites must not be all there is.
        members = np.bincount(self.known.prototype, minlength=len(library))[self.known.prototype]
        self.weights = members**-0.5 / (members**-0.5).sum()
        self._likeness = _resemblance()

    def table(self, n: int) -> TokenTable:
        """The next n proposals, in the shares of `KINDS`."""
        kinds = self.generator.choice(len(KINDS), size=n, p=[kind.share for kind in KINDS])
        parents, elements = [], []
        for kind in kinds:
            parent, made = self._next(KINDS[kind].key)
            parents.append(parent)
            elements.append(made)
        found = self.known.rows(np.array(parents))
        typical = self.generator.random(n) < P_TYPICAL
        median = self.library.log_volumes[found.prototype]
        return TokenTable(
            found.prototype,
            np.array(elements),
            np.where(typical, median, found.log_volume).astype(np.float32),
            np.where(typical[:, None], 0.0, found.geometry).astype(np.float32),
        )

    def _next(self, kind: str) -> tuple[int, NDArray[np.int64]]:
        for parent, elements in self._swapped(kind == "electrode"):
            if kind == "any" or self._is_wanted(kind, parent, elements):
                return parent, elements
        raise AssertionError

    def _swapped(self, with_ion: bool) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """A known crystal with some of its elements swapped; different ones stay different."""
        while True:
            parent = int(self.generator.choice(len(self.known), p=self.weights))
            elements = self.known.elements[parent].copy()
            present = np.flatnonzero(elements)
            how_many = int(self.generator.integers(1, len(present) + 1))
            chosen = self.generator.choice(present, size=how_many, replace=False)
            if with_ion and not np.isin(elements, IONS).any():
                chosen = np.unique(np.append(chosen, self.generator.choice(present)))
            for slot in self.generator.permutation(chosen):
                elements[slot] = self._swap(int(elements[slot]), elements)
            if with_ion and not np.isin(elements, IONS).any():
                elements[self.generator.choice(chosen)] = self.generator.choice(IONS)
            if len(set(elements[present])) == len(present):
                yield parent, elements

    def _swap(self, old: int, taken: NDArray[np.int64]) -> int:
        free = self.elements[~np.isin(self.elements, taken)]
        if self.generator.random() < P_SIMILAR:
            weights = self._likeness[old, free]
            return int(self.generator.choice(free, p=weights / weights.sum()))
        return int(self.generator.choice(free))

    def _is_wanted(self, kind: str, parent: int, elements: NDArray[np.int64]) -> bool:
        counts = self.library.slot_counts[self.known.prototype[parent]]
        amounts = amounts_of_slots(elements, counts)
        found = balanced(amounts, "strict")
        if found is None or not found.states:
            return False
        if kind == "balanced":
            return True
        cations = [symbol for symbol, state in found.states.items() if state > 0]
        return any(symbol in ION_CHARGES for symbol in cations) and any(
            is_of_variable_valence(symbol) for symbol in cations if symbol not in ION_CHARGES
        )


def amounts_of_slots(elements: NDArray[np.int64], counts: NDArray[np.floating]) -> dict[str, float]:
    """Atoms of each element, from atomic numbers and atoms of slots."""
    found: dict[str, float] = {}
    for number, count in zip(elements[:MAX_SLOTS].tolist(), counts.tolist(), strict=True):
        if number:
            symbol = SYMBOLS[number]
            found[symbol] = found.get(symbol, 0.0) + count
    return found


def _resemblance() -> NDArray[np.float64]:
    """(N_ELEMENTS, N_ELEMENTS) how much like each other elements are, 0 to 1."""
    ranks = rank_of_electronegativity(np.arange(N_ELEMENTS)).astype(np.float64)
    radii = COVALENT_RADII[:N_ELEMENTS]
    apart = np.abs(ranks[:, None] - ranks[None]) / _RANK_SCALE
    return np.exp(-apart - np.abs(radii[:, None] - radii[None]) / _RADIUS_SCALE)
