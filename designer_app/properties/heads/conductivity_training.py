"""Training of the conductivity head on OBELiX."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import ElementTable, element_table
from designer_app.properties.heads.conductivity import BY_FORMULA, FORMULA_COLUMNS, NEW, WITH_CELL
from designer_app.properties.heads.domains import places_of
from designer_app.properties.heads.fitting import Fit, domain_of, errors_by
from designer_app.properties.heads.ionic_features import COLUMNS, ionic_features
from designer_app.properties.heads.known_families import Intervals, Judged, KnownOrNew, judge
from designer_app.properties.heads.learned import Learned
from designer_app.provenance import versions
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.conductivity import TABLE, Measurement, read_conductivities
from designer_app.training.published.folder import data_folder
from designer_app.training.ridge import ridge
from designer_app.training.trees import extra_trees
from designer_app.weights.cards import (
    DataSet,
    HeadCard,
    Judgement,
    ModelCard,
    data_set,
    write_model,
)

Floats = NDArray[np.float64]

SETTINGS = {"trees": 100, "columns at a node": 0.4, "rows in a leaf": 2, "folds": 10, "pull": 300.0}
LINE = (
    "crystal system", "volume", "elements", "broken amounts", "mixing of cations",
    "mixing of anions", "electronegativity of anions",
)  # fmt: skip
"""Columns of the ridge: symmetry, disorder, and how soft the anions are."""
MAIN_SHARE = 0.08
"""Of the atoms other than lithium: an element with more is no dopant."""
BY_SET, BY_MAIN, BY_FAMILY = (
    "set of elements",
    "structure family and main elements",
    "structure family",
)
SPLIT = (
    "Rows are kept back in ten folds by set of elements; beside it by structure family and main "
    "elements, and by whole structure families (argyrodite, garnet, LGPS, NASICON, ...)."
)


def fits(columns: Sequence[int]) -> tuple[Fit, Fit]:
    """How the models of known and of new families are fitted to some of `COLUMNS`."""
    line = [at for at, column in enumerate(columns) if COLUMNS[column] in LINE]
    trees = extra_trees(
        n_trees=SETTINGS["trees"],
        min_leaf=SETTINGS["rows in a leaf"],
        share=SETTINGS["columns at a node"],
    )
    return trees, ridge(line, SETTINGS["pull"])


def rows_of(measured: Sequence[Measurement], table: ElementTable) -> Floats:
    """Features of measurements."""
    return np.array([ionic_features(m.amounts, m.space_group, m.lattice, table) for m in measured])


def families_of(measured: Sequence[Measurement], rows: Floats) -> list[str]:
    """Structure family of each row; one without a label goes with its nearest labelled one."""
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    labelled = np.array([at for at, each in enumerate(measured) if each.family])
    found = []
    for each, row in zip(measured, scaled, strict=True):
        nearest = labelled[np.abs(scaled[labelled] - row).sum(axis=1).argmin()]
        found.append(each.family or measured[int(nearest)].family)
    return found


def main_elements(measured: Measurement) -> str:
    """Elements other than lithium that are no dopants."""
    others = {each: n for each, n in measured.amounts.items() if each != "Li"}
    total = sum(others.values())
    return "-".join(sorted(each for each, n in others.items() if n >= MAIN_SHARE * total))


@dataclass(frozen=True, eq=False)
class Table:
    """The measurements as a head learns them, with or without the cell."""

    rows: Floats
    truth: Floats
    bound: NDArray[np.bool_]
    """Rows of which only an upper bound is known."""
    groups: dict[str, list[str]]
    """Labels of rows that are kept back together, by rule."""
    fits: tuple[Fit, Fit]

    def judged(self, rule: str, control: RunControl) -> Judged:
        """Both models on rows kept back by a rule."""
        groups = self.groups[rule]
        n_folds = int(SETTINGS["folds"])
        return judge(self.rows, self.truth, groups, self.fits, self.bound, control, n_folds)

    def without(self, left_out: NDArray[np.bool_], limit: float) -> Floats:
        """What models that never saw some rows say of those."""
        known = self.rows[~left_out], self.truth[~left_out]
        one, other = (fit(*known, 0).predict(self.rows[left_out])[0] for fit in self.fits)
        is_near = places_of(known[0]).distances(self.rows[left_out]) <= limit
        return np.where(is_near, one, other)


def tables_of(measured: Sequence[Measurement], elements: ElementTable) -> dict[str, Table]:
    """The table with the cell, and that by formula alone, by key of the head."""
    rows = rows_of(measured, elements)
    families = families_of(measured, rows)
    groups = {
        BY_SET: [each.system for each in measured],
        BY_MAIN: [
            f"{family} {main_elements(each)}"
            for family, each in zip(families, measured, strict=True)
        ],
        BY_FAMILY: families,
    }
    truth = np.array([each.log10_sigma for each in measured])
    bound = np.array([each.is_bound for each in measured])
    columns = {WITH_CELL: tuple(range(len(COLUMNS))), BY_FORMULA: FORMULA_COLUMNS}
    return {
        key: Table(rows[:, list(asked)], truth, bound, groups, fits(asked))
        for key, asked in columns.items()
    }


def intervals_of(table: Table, control: RunControl) -> Intervals:
    """Rows kept back by set of elements and by family, that set the intervals."""
    return Intervals(table.judged(BY_SET, control), table.judged(BY_FAMILY, control))


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Weights and card in `spec.out`."""
    if spec.table is not None:
        raise InvalidSpecError("table", spec.table, "only adsorption heads learn from own rows")
    folder = data_folder(spec.data)
    measured = read_conductivities(folder)
    elements = element_table()
    tables = tables_of(measured, elements)
    found: list[tuple[Table, Intervals, tuple[HeadCard, HeadCard]]] = []
    for done, (key, table) in enumerate(tables.items()):
        control.progress(done, len(tables), "Rows kept back by set of elements and by family")
        intervals = intervals_of(table, control)
        found.append((table, intervals, _cards(key, table, intervals, control)))
    card = ModelCard(
        key="conductivity",
        title="Conductivity of lithium electrolytes at room temperature",
        version="2",
        made_by="designer-app train --model conductivity",
        data=(_data(folder, len(measured)),),
        split=SPLIT,
        heads=tuple(head for *_, pair in found for head in pair),
        settings=SETTINGS,
        seeds=(spec.seed,),
        versions=versions(),
        elements=tuple(sorted({each for m in measured for each in m.amounts})),
        notes=_notes(tables[WITH_CELL]),
    )
    arrays: dict[str, NDArray[Any]] = {"elements": elements.values.astype(np.float32)}
    for table, intervals, pair in found:
        model = _grown(card, pair, table, intervals, spec.seed)
        arrays |= model.known.arrays() | model.new.arrays()
    control.progress(len(tables), len(tables))
    return write_model(spec.out, card, arrays)


def _grown(
    card: ModelCard,
    pair: tuple[HeadCard, HeadCard],
    table: Table,
    intervals: Intervals,
    seed: int,
) -> KnownOrNew:
    """Both models fitted to all rows, with the calibrations of kept-back ones."""
    domain = domain_of(table.rows, intervals.by_set.known)
    limit = intervals.limit
    domain = replace(domain, near=min(domain.near, limit), far=limit)
    everything = np.ones(len(table.truth), dtype=bool)
    return KnownOrNew(
        *(
            Learned(head, card, fit(table.rows, table.truth, seed), calibration, domain)
            for head, fit, calibration in zip(
                pair, table.fits, intervals.calibrations(everything), strict=True
            )
        )
    )


def _cards(
    key: str, table: Table, intervals: Intervals, control: RunControl
) -> tuple[HeadCard, HeadCard]:
    judged = {
        BY_SET: intervals.by_set,
        BY_MAIN: table.judged(BY_MAIN, control),
        BY_FAMILY: intervals.by_family,
    }
    said = [intervals.judgement(each, table.groups[rule], rule) for rule, each in judged.items()]
    of = "formula and cell" if key == WITH_CELL else "the formula alone"
    limit = intervals.limit
    first = _card(key, f"Conductivity, from {of}", table, said[0], said[1:])
    families = table.groups[BY_FAMILY]
    by_set = errors_by(intervals.by_set.routed(limit), families)
    by_family = errors_by(intervals.by_family.routed(limit), families)
    other = _card(f"{key}{NEW}", f"The same of a family it never saw, from {of}", table, said[2])
    return replace(first, by_group=by_set), replace(other, by_group=by_family)


def _card(
    key: str, title: str, table: Table, said: Judgement, stricter: Sequence[Judgement] = ()
) -> HeadCard:
    return HeadCard(
        key=key,
        title=title,
        unit="log10 S/cm",
        n_labels=len(table.truth),
        held_out_error=said.error,
        grouped_by=said.grouped_by,
        baseline_error=said.baseline_error,
        coverage=said.coverage,
        stricter=tuple(stricter),
        applicability="Crystalline lithium conductors of the structure families in `by_group`.",
    )


def _data(folder: Path, n_rows: int) -> DataSet:
    return data_set(
        folder / TABLE,
        folder,
        name="OBELiX, training part",
        licence="CC-BY-4.0",
        doi="10.48550/arXiv.2502.14234",
        address="https://github.com/NRC-Mila/OBELiX",
        used=f"All {n_rows} rows; compositions, space groups, lattices, labels of families.",
    )


def _notes(table: Table) -> str:
    scatter = family_scatter(table.truth, table.groups[BY_FAMILY])
    return (
        "No model of composition and cell extrapolates to a whole structure family it has not "
        f"seen; even the median of the other rows of a family is off by {scatter:.2f} decades on "
        "average. Upper bounds count as no error where the prediction is below them, and set no "
        "interval."
    )


def family_scatter(truth: Floats, families: Sequence[str]) -> float:
    """Mean distance of a row from the median of the other rows of its family."""
    marks = np.array(families)
    apart: list[float] = []
    for at, family in enumerate(families):
        others = marks == family
        others[at] = False
        if others.any():
            apart.append(abs(float(truth[at] - np.median(truth[others]))))
    return float(np.mean(apart))
