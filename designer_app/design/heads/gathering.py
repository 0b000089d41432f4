"""Labels beyond our own energies: tabulated ones where there are, else those of teachers.

A teacher is an estimator of this program with a measured error of its own: the crystal network for
gaps and moduli, the conductivity head for lithium conductors.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import (
    KNOWN,
    LabelledTokens,
    formulas_of,
    labelled,
)
from designer_app.design.heads.proposals import amounts_of_slots
from designer_app.design.representation.library import PrototypeLibrary, known_tokens
from designer_app.design.representation.tokens import TokenTable
from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import InvalidSpecError
from designer_app.io.formulas import formula, reduced
from designer_app.properties.heads import conductivity_head
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.ensemble import load_crystal_ensemble
from designer_app.specs.structure import Structure
from designer_app.training.published.crystals import read_crystals
from designer_app.training.published.matbench import read_matbench

TABULATED = ("band_gap", "bulk_modulus")
_IN_MATBENCH = {"band_gap": "band_gap", "bulk_modulus": "log_bulk_modulus"}
CONDUCTIVITY = "ionic_conductivity"
_LITHIUM = ATOMIC_NUMBERS["Li"]
MOST_ASKED = 12_000
"""Crystals of which the crystal network is asked."""
_CHUNK = 256
Values = dict[tuple[int, ...], float]
"""Of crystals named by their prototype and elements."""


def tabulated_values(folder: Path, library: PrototypeLibrary) -> dict[str, Values]:
    """Gaps (eV) and bulk moduli (log10 GPa) of known crystals by prototype and elements."""
    table, sources = known_tokens(library)
    keys = zip(
        formulas_of(table, library), library.space_groups[table.prototype].tolist(), strict=True
    )
    own = {each.material_id: each.band_gap for each in read_crystals(folder)}
    joined = {name: read_matbench(folder, row) for name, row in _IN_MATBENCH.items()}
    found: dict[str, Values] = {name: {} for name in TABULATED}
    for row, (key, source) in enumerate(zip(keys, sources, strict=True)):
        for name in TABULATED:
            value = own.get(source) if name == "band_gap" else None
            value = joined[name].get(key) if value is None else value
            if value is not None:
                found[name].setdefault(_crystal(table, row), value)
    return found


def _crystal(table: TokenTable, row: int) -> tuple[int, ...]:
    return int(table.prototype[row]), *table.elements[row].tolist()


def with_tables(data: LabelledTokens, truth: dict[str, Values]) -> LabelledTokens:
    """Tabulated numbers of known crystals added, NaN where there is none."""
    is_known = data.origin == KNOWN
    crystals = [_crystal(data.table, row) for row in range(len(data))]
    columns = [
        [
            values.get(crystal, np.nan) if known else np.nan
            for crystal, known in zip(crystals, is_known, strict=True)
        ]
        for values in truth.values()
    ]
    added = np.array(columns, dtype=np.float32).T
    keys = (*data.keys, *truth)
    return replace(data, values=np.concatenate([data.values, added], axis=1), keys=keys)


def with_network(
    data: LabelledTokens, library: PrototypeLibrary, control: RunControl
) -> LabelledTokens:
    """Gaps and moduli of the crystal network where no table has them."""
    structures = structures_of(data.table, library)
    network = load_crystal_ensemble()
    values = data.values.copy()
    columns = [data.keys.index(name) for name in TABULATED]
    asked = np.flatnonzero(~np.isfinite(values[:, columns]).all(axis=1))
    asked = np.random.default_rng(0).permutation(asked)[:MOST_ASKED]
    fine = [row for row in asked if network.refusals([structures[row]])[0] is None]
    for start in range(0, len(fine), _CHUNK):
        control.checkpoint()
        control.progress(start, len(fine), "Asking the crystal network")
        rows = fine[start : start + _CHUNK]
        said = network.predict([structures[row] for row in rows])
        for name, column in zip(TABULATED, columns, strict=True):
            mean = said[_IN_MATBENCH[name]].mean
            values[rows, column] = np.where(
                np.isfinite(values[rows, column]), values[rows, column], mean
            )
    return replace(data, values=values)


def conductivities(
    tables: Sequence[tuple[TokenTable, int]],
    library: PrototypeLibrary,
    control: RunControl,
    most: int = 800,
) -> LabelledTokens:
    """log10 S/cm at room temperature of crystals with lithium, by the conductivity head.

    `tables` are pairs of crystals and their origin; of each `most` are asked.
    """
    head = conductivity_head()
    parts: list[LabelledTokens] = []
    for table, origin in tables:
        rows = np.flatnonzero((table.elements == _LITHIUM).any(axis=1))
        rows = np.random.default_rng(0).permutation(rows)[:most]
        chosen = table.rows(rows)
        values = np.full(len(chosen), np.nan)
        for place, structure in enumerate(structures_of(chosen, library)):
            if place % 100 == 0:
                control.checkpoint()
                control.progress(place, len(chosen), "Asking the conductivity head")
            counts = library.slot_counts[chosen.prototype[place]]
            unit = formula(reduced(amounts_of_slots(chosen.elements[place], counts))[0])
            try:
                values[place] = head.predict_crystal(unit, structure).value
            except InvalidSpecError:  # no anion: an alloy is no electrolyte
                continue
        ions = np.full(len(chosen), IONS.index("Li"))
        found = labelled(chosen, {CONDUCTIVITY: values}, library, origin=origin, ion=ions)
        parts.append(found.rows(np.isfinite(values)))
    found = parts[0]
    for more in parts[1:]:
        found = found.and_more(more)
    return found


def structures_of(table: TokenTable, library: PrototypeLibrary) -> list[Structure]:
    """The crystals with all atoms."""
    return [
        library.structure_of(library.tokens(table, row), f"design-{row}")
        for row in range(len(table))
    ]
