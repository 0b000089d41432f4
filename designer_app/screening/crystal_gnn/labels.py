"""The table the crystal network is trained on: structures, joined to everything known of them."""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import amounts_of
from designer_app.io.space_groups import symmetry_dataset
from designer_app.running.control import RunControl
from designer_app.screening.crystal_gnn.graphs import CrystalGraphs, crystal_graphs, joined
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
KNOWN, SUBSTITUTED = 0, 1
"""Origin of a row: a table of known crystals, or our own substitutions."""
_CHUNK = 1000


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
        buffer = io.BytesIO()
        parts = {f"graph_{f.name}": getattr(self.graphs, f.name) for f in fields(CrystalGraphs)}
        np.savez(buffer, labels=self.labels, split=self.split, origin=self.origin, **parts)
        atomic_write(path, buffer.getvalue(), backup=False)

    @classmethod
    def load(cls, path: Path) -> "LabelledGraphs":
        """From such a file."""
        with np.load(path, allow_pickle=False) as found:
            parts = {f.name: found[f"graph_{f.name}"] for f in fields(CrystalGraphs)}
            return cls(CrystalGraphs(**parts), found["labels"], found["split"], found["origin"])


class LabelledStructures:
    """Structures and what is known of each, before their graphs are built."""

    def __init__(self, only: Collection[str] = SPLITS) -> None:
        self.only = frozenset(only)
        self.structures: list[Structure] = []
        self.values: list[dict[str, float]] = []
        self.origin: list[int] = []
        self.split: list[int] = []
        self.place: dict[str, int] = {}
        """Row of each known crystal, by its id."""

    def add(self, structure: Structure, values: Mapping[str, float | None], origin: int) -> None:
        """A row, or more numbers of one that is there; left out where its split is not wanted."""
        split = split_of(formula_of(amounts_of(structure.numbers)))
        if split not in self.only:
            return
        known = {key: value for key, value in values.items() if value is not None}
        if origin != SUBSTITUTED and structure.name in self.place:
            self.values[self.place[structure.name]].update(known)
            return
        if origin != SUBSTITUTED:
            self.place[structure.name] = len(self.values)
        self.structures.append(structure)
        self.values.append(known)
        self.origin.append(origin)
        self.split.append(SPLITS.index(split))

    def labels(self) -> NDArray[np.float32]:
        """(n_rows, n_heads), NaN where nothing is known."""
        found = np.full((len(self.values), len(HEADS)), np.nan, dtype=np.float32)
        for row, values in enumerate(self.values):
            for key, value in values.items():
                found[row, KEYS.index(key)] = value
        distance = found[:, KEYS.index("e_above_hull")]
        found[:, KEYS.index("stability")] = np.where(
            np.isfinite(distance), distance <= STABLE, np.nan
        )
        return found

    def graphs(self, control: RunControl) -> LabelledGraphs:
        """The same rows with their graphs."""
        built = []
        for start in range(0, len(self.structures), _CHUNK):
            control.checkpoint()
            control.progress(start, len(self.structures), "Building graphs")
            built.append(crystal_graphs(self.structures[start : start + _CHUNK]))
        return LabelledGraphs(
            joined(built),
            self.labels(),
            np.array(self.split, dtype=np.int8),
            np.array(self.origin, dtype=np.int8),
        )


def labelled_structures(
    folder: Path, control: RunControl, only: Collection[str] = SPLITS
) -> LabelledStructures:
    """Everything there is to learn from or to judge by; finding space groups takes minutes."""
    found = LabelledStructures(only)
    crystals = {crystal.material_id: crystal for crystal in read_crystals(folder)}
    for crystal in crystals.values():
        values = {
            "formation_energy": crystal.formation_energy,
            "e_above_hull": crystal.e_above_hull,
            "band_gap": crystal.band_gap,
            "expansion": 0.0,
        }
        found.add(crystal.structure, values, KNOWN)
    for labelled in (*read_elasticity(folder), *read_heat_capacities(folder)):
        found.add(labelled.structure, labelled.values, KNOWN)
    _join_tables(folder, found, control)
    _add_moments(load_reference(), found)
    substituted = read_substituted()
    if substituted is not None:
        known = {name: crystal.structure for name, crystal in crystals.items()}
        for start, values in substituted.rows(known):
            found.add(start, values, SUBSTITUTED)
    return found


def _join_tables(folder: Path, found: LabelledStructures, control: RunControl) -> None:
    """Numbers of tables without coordinates, where formula and space group agree."""
    tables = {name: read_matbench(folder, name) for name in TABLES}
    for number, (structure, values) in enumerate(zip(found.structures, found.values, strict=True)):
        if number % 500 == 0:
            control.checkpoint()
            control.progress(number, len(found.structures), "Finding space groups")
        key = (formula_of(amounts_of(structure.numbers)), space_group(structure))
        for name, table in tables.items():
            value = table.get(key)
            if value is None or name in values:
                continue
            if name == "refractive_index" and not 1.0 <= value < HIGHEST_INDEX:
                continue
            values[name] = value


def space_group(structure: Structure) -> int:
    """Number of the space group; 0 where none is found."""
    fractions = np.asarray(np.linalg.solve(structure.cell.T, structure.positions.T).T, np.float64)
    found = symmetry_dataset(structure.cell, fractions, structure.numbers, SYMPREC)
    return 0 if found is None else int(found.number)


def _add_moments(table: ReferenceTable | None, found: LabelledStructures) -> None:
    """Magnetic moments of the relaxed reference phases, of our own calculations."""
    for source in () if table is None else table.sources:
        phase = table.by_source(source) if table is not None and source in found.place else None
        if phase is not None and np.isfinite(phase.magmom):
            row = found.values[found.place[source]]
            row["magnetization"] = phase.magmom / phase.n_atoms
