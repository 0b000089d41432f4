"""Labels beyond our own energies: tabulated ones where there are, else those of teachers.

A teacher is an estimator of this program with a measured error of its own: the crystal network for
gaps and moduli, the conductivity head for lithium conductors.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.design.heads.features import IONS
from designer_app.design.heads.labels import (
    KNOWN,
    MADE,
    NO_ION,
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
_IN_NETWORK = _IN_MATBENCH
CONDUCTIVITY = "ionic_conductivity"
_LITHIUM = ATOMIC_NUMBERS["Li"]
_CHUNK = 256


def tabulated_values(folder: Path, library: PrototypeLibrary) -> dict[str, NDArray[np.float64]]:
    """Gaps (eV) and bulk moduli (log10 GPa) of known crystals, NaN where no table has them."""
    table, sources = known_tokens(library)
    keys = list(
        zip(
            formulas_of(table, library),
            library.space_groups[table.prototype].tolist(),
            strict=True,
        )
    )
    gaps = {each.material_id: each.band_gap for each in read_crystals(folder)}
    found: dict[str, NDArray[np.float64]] = {}
    for name in TABULATED:
        joined = read_matbench(folder, _IN_MATBENCH[name])
        found[name] = np.array([joined.get(key, np.nan) for key in keys])
    own = np.array([gaps.get(source) for source in sources], dtype=np.float64)
    found["band_gap"] = np.where(np.isfinite(own), own, found["band_gap"])
    return found


def with_network(
    data: LabelledTokens,
    library: PrototypeLibrary,
    truth: dict[str, NDArray[np.float64]],
    control: RunControl,
) -> LabelledTokens:
    """Gaps and moduli added; `truth` belongs to the known crystals, which stand first.

    Where no table has a number, that of the crystal network stands in.
    """
    structures = structures_of(data.table, library)
    network = load_crystal_ensemble()
    columns = {name: np.full(len(data), np.nan) for name in TABULATED}
    for name, values in truth.items():
        columns[name][: len(values)] = values
    asked = np.flatnonzero(~np.isfinite(np.stack(list(columns.values()))).all(axis=0))
    fine = [row for row in asked if network.refusals([structures[row]])[0] is None]
    for start in range(0, len(fine), _CHUNK):
        control.checkpoint()
        control.progress(start, len(fine), "Asking the crystal network")
        rows = fine[start : start + _CHUNK]
        said = network.predict([structures[row] for row in rows])
        for name, values in columns.items():
            mean = said[_IN_NETWORK[name]].mean
            values[rows] = np.where(np.isfinite(values[rows]), values[rows], mean)
    added = np.stack([columns[name] for name in TABULATED], axis=1).astype(np.float32)
    return replace(
        data, values=np.concatenate([data.values, added], axis=1), keys=(*data.keys, *TABULATED)
    )


def conductivities(
    tables: Sequence[tuple[TokenTable, int]],
    library: PrototypeLibrary,
    control: RunControl,
    most: int = 6000,
) -> LabelledTokens:
    """log10 S/cm at room temperature of crystals with lithium, by the conductivity head.

    `tables` are pairs of crystals and their origin.
    """
    head = conductivity_head()
    parts: list[LabelledTokens] = []
    for table, origin in tables:
        rows = np.flatnonzero((table.elements == _LITHIUM).any(axis=1))[:most]
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


__all__ = ["KNOWN", "MADE", "NO_ION", "conductivities", "tabulated_values", "with_network"]
