"""Crystals as tokens, in numbers that people read and in arrays that networks read.

Symmetry and stoichiometry are exact by construction: the prototype fixes both, a slot ties all
orbits of one element, and the free numbers cannot break either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

MAX_ORBITS = 12
"""Orbits of a prototype that the library takes."""
MAX_SLOTS = 8
"""Different elements."""
MAX_SHAPE = 5
"""b/a, c/a, alpha, beta, gamma."""
MAX_FREE = 3 * MAX_ORBITS
"""Free numbers of sites."""
N_GEOMETRY = MAX_SHAPE + MAX_FREE
N_ELEMENTS = 95
"""Atomic numbers 0 (no element) to 94."""


@dataclass(frozen=True, eq=False)
class CrystalTokens:
    """One crystal."""

    prototype: int
    """Place in the library."""
    elements: tuple[int, ...]
    """Atomic number of each slot."""
    volume: float
    """A^3 per atom."""
    shape: tuple[float, ...]
    """Those of b/a, c/a, alpha, beta, gamma (degrees) that the prototype leaves free."""
    free: tuple[float, ...]
    """Free numbers of the sites, 0 to 1."""


@dataclass(frozen=True, eq=False)
class TokenTable:
    """Many crystals. Geometry as deviations from the prototype's medians, in the library's scales:
    ln of the ratio for lengths, differences for angles and free numbers (the short way round).
    """

    prototype: NDArray[np.int64]
    """(n,) place in the library."""
    elements: NDArray[np.int64]
    """(n, MAX_SLOTS) atomic numbers, 0 in slots that the prototype has not."""
    log_volume: NDArray[np.float32]
    """(n,) ln of the volume per atom over what the library expects of the elements."""
    geometry: NDArray[np.float32]
    """(n, N_GEOMETRY), 0 where the prototype leaves nothing free."""

    def __len__(self) -> int:
        return len(self.prototype)

    def rows(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> "TokenTable":
        """Some of the crystals."""
        return TokenTable(
            self.prototype[chosen],
            self.elements[chosen],
            self.log_volume[chosen],
            self.geometry[chosen],
        )

    @classmethod
    def joined(cls, tables: Sequence["TokenTable"]) -> "TokenTable":
        """The crystals of several tables, one after the other."""
        columns = [[getattr(each, f.name) for each in tables] for f in fields(cls)]
        return cls(*(np.concatenate(each) for each in columns))
