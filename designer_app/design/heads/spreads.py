"""How properties are spread over known materials: what the target pages draw and count in."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import FREE_ENERGY, LEADING, DesignHeads
from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import KNOWN, LabelledTokens
from designer_app.design.heads.rows import BY_KEY
from designer_app.design.representation.soft import certain
from designer_app.elements import ATOMIC_NUMBERS, SYMBOLS
from designer_app.io.element_limits import price
from designer_app.io.property_distributions import write_distributions
from designer_app.properties.charges import is_of_variable_valence
from designer_app.properties.volcano import CORRECTIONS
from designer_app.specs.distributions import Distribution

N_QUANTILES = 200
PER_QUANTILE = 3
"""Materials that each quantile is a mean of, the first and the last among them: statistics, from
which no row of a table can be read."""
FEWEST = 60
"""Materials below which nothing is told."""
LEAST_CAPACITY = 5.0
"""mAh/g of what counts as an electrode."""
_ANIONS = ("O", "F", "S", "Se", "Te", "Cl", "Br", "I", "N", "P", "As", "H", "C", "Si", "B", "Ge")
_EXACT = "composition of known crystals"
_TABLES = "Materials Project (CC-BY-4.0), statistics"

Floats = NDArray[np.float64]


def write_spreads(path: Path, labels: Mapping[str, LabelledTokens], heads: DesignHeads) -> None:
    """All distributions over the known crystals that heads learn from."""
    found = [*_of_crystals(labels["crystal"], heads), *_of_electrodes(labels["electrode"], heads)]
    found += _of_surfaces(labels["surface"])
    write_distributions(path, found)


def _of_crystals(data: LabelledTokens, heads: DesignHeads) -> Iterator[Distribution]:
    data = data.rows(data.origin == KNOWN)
    columns: dict[str, tuple[Floats, str, str]] = {}
    for key in ("formation_energy", "e_above_hull", "band_gap", "bulk_modulus"):
        row = BY_KEY[key]
        values = data.column(key).astype(np.float64)
        unit, origin = row.unit, row.teacher
        if key == "e_above_hull":  # below the hull of other formulas is on that of all
            values = np.maximum(values, 0.0)
        elif key == "bulk_modulus":
            values, unit = 10.0**values, "GPa"
        if key in ("band_gap", "bulk_modulus"):
            origin = f"{_TABLES}; {origin}"
        columns[key] = values, unit, origin
    soft = certain(data.table, heads.slot_counts)
    prices = heads.exact.price(soft).numpy().astype(np.float64)
    columns["price"] = np.where(_is_quoted(data), prices, np.nan), "USD/kg", _EXACT
    for family, ion, chosen in _families(data):
        for key, (values, unit, origin) in columns.items():
            yield from _spread(key, family, ion, unit, origin, values[chosen])


def _of_electrodes(data: LabelledTokens, heads: DesignHeads) -> Iterator[Distribution]:
    data = data.rows(data.origin == KNOWN)
    for place, ion in enumerate(IONS):
        mine = data.rows(data.ion == place)
        charge = heads.exact.capacity(certain(mine.table, heads.slot_counts), ion).numpy()
        works = charge > LEAST_CAPACITY
        volts = mine.column("voltage").astype(np.float64)
        teacher = BY_KEY["voltage"].teacher
        values = {
            "capacity": (charge, "mAh/g", _EXACT),
            "voltage": (volts, "V", teacher),
            "energy_density": (volts * charge, "Wh/kg", teacher),
            "volume_change": (mine.column("volume_change"), "%", teacher),
        }
        for key, (column, unit, origin) in values.items():
            yield from _spread(key, "electrode", ion, unit, origin, column[works])
        key = "ionic_conductivity"
        said = 10.0 ** mine.column(key).astype(np.float64)
        for family, chosen in (("electrolyte", ~works), ("any", works | ~works)):
            yield from _spread(key, family, ion, "S/cm", BY_KEY[key].teacher, said[chosen])


def _of_surfaces(data: LabelledTokens) -> Iterator[Distribution]:
    """Free energies by reaction, whose name stands in the place of the ion."""
    for reaction, adsorbate in LEADING.items():
        key = f"adsorption {adsorbate}"
        if key in data.keys:
            values = data.column(key) + CORRECTIONS[adsorbate].correction
            origin = f"{BY_KEY[key].teacher}; other alloys by trees grown on them"
            yield from _spread(FREE_ENERGY, "catalyst", reaction, "eV", origin, values)


def _families(data: LabelledTokens) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """(family, ion, rows) of all known crystals, of those with an ion, and of metals."""
    elements = data.table.elements
    anions = [ATOMIC_NUMBERS[each] for each in _ANIONS]
    has_anion = np.asarray(np.isin(elements, anions).any(axis=1), dtype=bool)
    valences = [number for number in range(1, 95) if _is_variable(number)]
    is_redox = np.asarray(np.isin(elements, valences).any(axis=1), dtype=bool)
    yield "any", "", np.ones(len(data), dtype=bool)
    yield "catalyst", "", np.logical_not(has_anion)
    for ion in IONS:
        holds = (elements == ATOMIC_NUMBERS[ion]).any(axis=1) & has_anion
        yield "electrode", ion, holds & is_redox
        yield "electrolyte", ion, holds & ~is_redox


def _is_variable(number: int) -> bool:
    return is_of_variable_valence(SYMBOLS[number])


def _is_quoted(data: LabelledTokens) -> NDArray[np.bool_]:
    quoted = [0, *(n for n in range(1, 95) if np.isfinite(price(SYMBOLS[n])))]
    return np.asarray(np.isin(data.table.elements, quoted).all(axis=1), dtype=bool)


def _spread(
    key: str, family: str, ion: str, unit: str, origin: str, values: NDArray[np.floating]
) -> Iterator[Distribution]:
    known = np.sort(values[np.isfinite(values)].astype(np.float64))
    if len(known) >= FEWEST:
        means = np.convolve(known, np.full(PER_QUANTILE, 1.0 / PER_QUANTILE), "valid")
        quantiles = np.quantile(
            means, np.linspace(0.0, 1.0, min(N_QUANTILES, len(known) // PER_QUANTILE))
        )
        yield Distribution(key, family, ion, unit, origin, len(known), quantiles)
