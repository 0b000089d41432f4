"""Numbers that describe a composition, from a table of the elements.

The table is made from pymatgen's element data when a head is trained and kept with its weights:
what a head sees does not change with the installed version, and predicting needs no pymatgen.
"""

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS

Floats = NDArray[np.float64]
Amounts = Mapping[str, float]

PROPERTIES = (
    "number",
    "group",
    "row",
    "mendeleev_number",
    "electronegativity",
    "atomic_radius_A",
    "ionic_radius_A",
    "ionization_1_eV",
    "ionization_2_eV",
    "ionization_3_eV",
    "electron_affinity_eV",
    "melting_point_K",
    "molar_volume_cm3",
    "valence_electrons",
    "d_electrons",
    "p_electrons",
    "highest_common_oxidation",
    "lowest_common_oxidation",
    "mass_amu",
)
"""Columns of the element table."""
STATISTICS = ("mean", "deviation", "least", "most")
_LAST = 103
"""Beyond lawrencium nothing is tabulated."""


@dataclass(frozen=True, eq=False)
class ElementTable:
    """Properties of the elements, by atomic number; NaN where nothing is known."""

    values: Floats
    """(104, n_properties)."""

    def of(self, symbol: str) -> Floats:
        """Properties of one element, in the order of `PROPERTIES`."""
        return self.values[ATOMIC_NUMBERS[symbol]]

    def rows(self, amounts: Amounts) -> tuple[Floats, Floats]:
        """(fractions, properties) of the elements of a composition, by atomic number."""
        symbols = sorted((each for each in amounts if amounts[each] > 0), key=ATOMIC_NUMBERS.get)  # type: ignore[arg-type]
        weights = np.array([amounts[each] for each in symbols], dtype=np.float64)
        numbers = [ATOMIC_NUMBERS[each] for each in symbols]
        return weights / weights.sum(), self.values[numbers]

    def column(self, name: str) -> Floats:
        """One property of all elements."""
        return self.values[:, PROPERTIES.index(name)]


def element_table() -> ElementTable:
    """The table from the installed pymatgen."""
    values = np.full((_LAST + 1, len(PROPERTIES)), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pymatgen warns of each value that it does not know
        for number in range(1, _LAST + 1):
            values[number] = _properties(SYMBOLS[number])
    return ElementTable(values.astype(np.float32).astype(np.float64))


def composition_features(amounts: Amounts, table: ElementTable) -> Floats:
    """(n_properties x 4,): mean, mean deviation, least and most of each property, by atoms.

    As Ward et al. 2016, doi:10.1038/npjcompumats.2016.28, over the properties of this table.
    Values that are not known count as the mean of those that are.
    """
    if not amounts:
        return np.zeros(len(PROPERTIES) * len(STATISTICS))
    fractions, values = table.rows(amounts)
    known = np.isfinite(values)
    weights = np.where(known, fractions[:, None], 0.0)
    total = np.maximum(weights.sum(axis=0), 1e-12)
    mean = np.where(known, values, 0.0) * weights
    mean = mean.sum(axis=0) / total
    filled = np.where(known, values, mean)
    deviation = (weights * np.abs(filled - mean)).sum(axis=0) / total
    return np.concatenate([mean, deviation, filled.min(axis=0), filled.max(axis=0)])


def composition_names(prefix: str = "") -> tuple[str, ...]:
    """Names of `composition_features`."""
    return tuple(f"{prefix}{name} {kind}" for kind in STATISTICS for name in PROPERTIES)


def fraction_of(amounts: Amounts, *symbols: str) -> float:
    """Share of some elements among all atoms."""
    return sum(amounts.get(each, 0.0) for each in symbols) / max(sum(amounts.values()), 1e-12)


def _properties(symbol: str) -> list[float]:
    from pymatgen.core import Element

    element = Element(symbol)
    ionization = [*element.ionization_energies, math.nan, math.nan, math.nan]
    shells = _valence_shells(element)
    states = element.common_oxidation_states or (math.nan,)
    return [
        element.Z,
        element.group,
        element.row,
        _number(element.mendeleev_no),
        _number(element.X),
        _number(element.atomic_radius),
        _number(element.average_ionic_radius) or math.nan,
        *(_number(each) for each in ionization[:3]),
        _number(element.electron_affinity),
        _number(element.melting_point),
        _number(element.molar_volume),
        element.group if element.group <= 12 else element.group - 10,
        shells["d"],
        shells["p"],
        max(states),
        min(states),
        _number(element.atomic_mass),
    ]


def _valence_shells(element: object) -> dict[str, float]:
    """Electrons of the neutral atom outside its noble-gas core, by s, p, d and f."""
    found = dict.fromkeys("spdf", 0.0)
    structure: str = element.electronic_structure  # type: ignore[attr-defined]
    for part in structure.split(".")[1:] if structure.startswith("[") else structure.split("."):
        found[part[1]] += float(part[2:] or 1)
    return found


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
