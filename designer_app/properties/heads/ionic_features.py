"""What of a composition, a space group and a cell matters for a moving lithium ion.

Few columns on purpose: with 478 measurements, statistics of element properties make a head learn
the elements by heart, and it is worse on elements that it did not see.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.properties.features import Amounts, ElementTable

ANIONS = ("O", "S", "Se", "Te", "F", "Cl", "Br", "I", "N", "H")
CATIONS = ("P", "Si", "Ge", "Sn", "Ti", "Zr", "La", "Al", "Ta", "Nb", "Sb", "Ga", "In", "Y")
SYSTEMS = (3, 16, 75, 143, 168, 195)
"""First space group of monoclinic, orthorhombic, tetragonal, trigonal, hexagonal, cubic."""
COLUMNS = (
    "space group", "crystal system", "volume per atom", "volume per anion", "volume per lithium",
    "lithium density", "density", "longest over shortest axis", "middle over shortest axis",
    "a", "b", "c", "alpha", "beta", "gamma", "volume",
    "lithium fraction", "lithium per anion", "cations per anion", "lithium per cation",
    *(f"share of {each} among anions" for each in ANIONS),
    *(f"share of {each} among cations" for each in CATIONS),
    "elements", "kinds of cations", "kinds of anions", "halogen per anion",
    "broken amounts", "mixing of cations", "mixing of anions", "electronegativity of anions",
)  # fmt: skip
_WHOLE = 1e-3

Lattice = Sequence[float]
"""a, b, c in A; alpha, beta, gamma in degrees."""


def ionic_features(
    amounts: Amounts, space_group: int, lattice: Lattice, table: ElementTable
) -> NDArray[np.float64]:
    """One row, in the order of `COLUMNS`. `amounts` are the atoms of the cell."""
    anions = anions_of(amounts)
    cations = {each: n for each, n in amounts.items() if each != "Li" and each not in anions}
    n, lithium = sum(amounts.values()), max(amounts.get("Li", 0.0), 1e-2)
    n_anions, n_cations = max(sum(anions.values()), 1e-2), max(sum(cations.values()), 1e-2)
    volume = cell_volume(lattice)
    mass = sum(times * float(table.of(each)[-1]) for each, times in amounts.items())
    a, b, c, *angles = lattice
    short, middle, long = sorted((a, b, c))
    halogen = sum(anions.get(each, 0.0) for each in ("Cl", "Br", "I"))
    return np.array(
        [
            space_group,
            sum(space_group >= first for first in SYSTEMS),
            volume / n,
            volume / n_anions,
            volume / lithium,
            lithium / volume,
            1.66054 * mass / volume,
            long / short,
            middle / short,
            *(a, b, c, *angles, volume),
            lithium / n,
            lithium / n_anions,
            n_cations / n_anions,
            lithium / n_cations,
            *(anions.get(each, 0.0) / n_anions for each in ANIONS),
            *(cations.get(each, 0.0) / n_cations for each in CATIONS),
            *(len(amounts), len(cations), len(anions), halogen / n_anions),
            _broken(list(amounts.values())),
            _mixing(list(cations.values())),
            _mixing(list(anions.values())),
            _softness(anions, table),
        ],
        dtype=np.float64,
    )


def anions_of(amounts: Amounts) -> dict[str, float]:
    """The anions of a lithium compound; phosphorus is one where there is no other (Li3P)."""
    found = {each: amounts[each] for each in ANIONS if amounts.get(each, 0.0) > 0}
    if "O" in found and "H" in found:  # hydroxide and water: the hydrogen is a cation
        del found["H"]
    return found or {each: amounts[each] for each in ("P",) if amounts.get(each, 0.0) > 0}


def cell_volume(lattice: Lattice) -> float:
    """Volume in A^3."""
    a, b, c, *angles = lattice
    x, y, z = (math.cos(math.radians(each)) for each in angles)
    return a * b * c * math.sqrt(max(1.0 - x * x - y * y - z * z + 2.0 * x * y * z, 1e-6))


def _broken(amounts: list[float]) -> float:
    """Mean distance to whole amounts, the whole ones divided by what they share.

    A cell and its formula are the same here: Li51.2La24Zr11.2Ta4.8O96, Li6.4La3Zr1.4Ta0.6O12.
    """
    shared = math.gcd(*(round(each) for each in amounts if abs(each - round(each)) < _WHOLE)) or 1
    return sum(abs(each / shared - round(each / shared)) for each in amounts) / len(amounts)


def _mixing(amounts: list[float]) -> float:
    """Entropy of mixing, in k."""
    total = sum(amounts)
    return -sum(each / total * math.log(each / total) for each in amounts if each > 0)


def _softness(anions: Amounts, table: ElementTable) -> float:
    """Mean electronegativity (Pauling): low where anions are soft and let ions pass."""
    known = table.column("electronegativity")
    total = max(sum(anions.values()), 1e-2)
    return sum(n * float(known[ATOMIC_NUMBERS[each]]) for each, n in anions.items()) / total
