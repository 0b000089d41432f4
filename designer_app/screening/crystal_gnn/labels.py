"""The table the crystal network is trained on: structures, joined to everything known of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import amounts_of
from designer_app.io.space_groups import symmetry_dataset
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.graphs import CrystalGraphs, crystal_graphs
from designer_app.screening.crystal_gnn.heads import HEADS, KEYS, STABLE
from designer_app.screening.crystal_gnn.substituted_table import read_substituted
from designer_app.screening.reference.table import ReferenceTable, load_reference
from designer_app.specs.structure import Structure
from designer_app.training.published.crystals import read_crystals
from designer_app.training.published.matbench import TABLES, read_matbench
from designer_app.training.published.matcalc import read_elasticity, read_heat_capacities
from designer_app.training.splits import formula_of, split_of

SYMPREC = 0.1
"""A, of the space groups that rows without coordinates are joined by; the tables' own."""
HIGHEST_INDEX = 8.0
"""Refractive indices above this belong to crystals with hardly a gap and have no meaning."""
SPLITS = ("train", "validation", "test")
SUBSTITUTED = 1
"""Origin of a row that no table of known crystals holds."""


@dataclass(frozen=True, eq=False)
class LabelledGraphs:
    """Graphs with their labels, NaN where there is none."""

    graphs: CrystalGraphs
    labels: NDArray[np.float32]
    """(n_graphs, n_heads), in the heads' units."""
    split: NDArray[np.int8]
    """Index in `SPLITS`, by formula."""
    origin: NDArray[np.int8]
    """0 known crystals, 1 substituted ones."""

    def save(self, path: Path) -> None:
        """All arrays in one file."""
        import io

        buffer = io.BytesIO()
        parts = {f"graph_{f.name}": getattr(self.graphs, f.name) for f in fields(CrystalGraphs)}
        np.savez(buffer, labels=self.labels, split=self.split, origin=self.origin, **parts)
        atomic_write(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> "LabelledGraphs":
        """From such a file."""
        with np.load(path, allow_pickle=False) as found:
            graphs = CrystalGraphs(
                **{f.name: found[f"graph_{f.name}"] for f in fields(CrystalGraphs)}
            )
            return cls(graphs, found["labels"], found["split"], found["origin"])


def labelled_graphs(folder: Path, control: RunControl) -> LabelledGraphs:
    """Everything there is to learn from, with its graphs; takes minutes, so callers keep it."""
    structures, rows, origins = _known(folder, control)
    table = read_substituted()
    if table is not None:
        for start, values in table.rows():
            structures.append(start)
            rows.append(values)
            origins.append(SUBSTITUTED)
    labels = np.full((len(rows), len(HEADS)), np.nan, dtype=np.float32)
    for place, values in enumerate(rows):
        if "e_above_hull" in values:
            values["stability"] = float(values["e_above_hull"] <= STABLE)
        for key, value in values.items():
            labels[place, KEYS.index(key)] = value
    graphs = []
    for start in range(0, len(structures), 1000):
        control.checkpoint()
        control.progress(start, len(structures), "Building graphs")
        graphs.append(crystal_graphs(structures[start : start + 1000]))
    from designer_app.screening.crystal_gnn.graphs import joined

    split = [SPLITS.index(split_of(formula_of(amounts_of(s.numbers)))) for s in structures]
    return LabelledGraphs(
        joined(graphs),
        labels,
        np.array(split, dtype=np.int8),
        np.array(origins, dtype=np.int8),
    )


def _known(
    folder: Path, control: RunControl
) -> tuple[list[Structure], list[dict[str, float]], list[int]]:
    """Structures of published tables, and their labels by name."""
    structures: list[Structure] = []
    rows: list[dict[str, float]] = []
    place: dict[str, int] = {}
    for crystal in read_crystals(folder):
        place[crystal.material_id] = len(rows)
        structures.append(crystal.structure)
        values = {
            "formation_energy": crystal.formation_energy,
            "e_above_hull": crystal.e_above_hull,
            "band_gap": crystal.band_gap,
            "expansion": 0.0,
        }
        rows.append({key: value for key, value in values.items() if value is not None})
    for labelled in (*read_elasticity(folder), *read_heat_capacities(folder)):
        name = labelled.structure.name
        if name not in place:
            place[name] = len(rows)
            structures.append(labelled.structure)
            rows.append({})
        rows[place[name]].update(labelled.values)
    _join(folder, structures, rows, control)
    _add_moments(load_reference(), place, rows)
    return structures, rows, [0] * len(rows)


def _join(
    folder: Path, structures: list[Structure], rows: list[dict[str, float]], control: RunControl
) -> None:
    """Numbers of tables without coordinates, where formula and space group agree."""
    tables = {name: read_matbench(folder, name) for name in TABLES}
    for number, (structure, row) in enumerate(zip(structures, rows, strict=True)):
        if number % 500 == 0:
            control.checkpoint()
            control.progress(number, len(structures), "Finding space groups")
        formula = formula_of(amounts_of(structure.numbers))
        group = space_group(structure)
        for name, table in tables.items():
            value = table.get((formula, group))
            if value is None or name in row:
                continue
            if name == "refractive_index" and not 1.0 <= value < HIGHEST_INDEX:
                continue
            row[name] = value


def space_group(structure: Structure) -> int:
    """Number of the space group; 0 where none is found."""
    fractions = np.linalg.solve(structure.cell.T, structure.positions.T).T
    found = symmetry_dataset(structure.cell, fractions, structure.numbers, SYMPREC)
    return 0 if found is None else int(found.number)


def _add_moments(
    table: ReferenceTable | None, place: Mapping[str, int], rows: list[dict[str, float]]
) -> None:
    """Magnetic moments of the relaxed reference phases, of our own calculations."""
    for source in _sources(table):
        assert table is not None
        phase = table.by_source(source)
        if phase is not None and source in place:
            atoms = sum(phase.composition.values())
            if np.isfinite(phase.magmom):
                rows[place[source]]["magnetization"] = phase.magmom / atoms


def _sources(table: ReferenceTable | None) -> Iterable[str]:
    return () if table is None else table.sources
