"""Training of the conductivity head on OBELiX."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import InvalidSpecError
from designer_app.properties.features import ElementTable, element_table
from designer_app.properties.heads.conductivity import BY_FORMULA, FORMULA_COLUMNS, WITH_CELL
from designer_app.properties.heads.fitting import Held, errors_by, finished, hold_out
from designer_app.properties.heads.ionic_features import ionic_features
from designer_app.provenance import versions
from designer_app.running.control import RunControl
from designer_app.specs.train import TrainSpec
from designer_app.training.published.conductivity import TABLE, Measurement, read_conductivities
from designer_app.training.published.folder import data_folder
from designer_app.training.trees import Grow, extra_trees
from designer_app.weights.cards import HeadCard, ModelCard, data_set, write_model

N_TREES = 100
N_FOLDS = 10
SPLIT = (
    "Rows are kept back by chemical family: all measurements of one set of elements together, "
    "in ten folds; beside it all of one structure family (argyrodite, garnet, LGPS, NASICON, ...)."
)


def growing() -> Grow:
    """How the head is grown."""
    return extra_trees(n_trees=N_TREES, min_leaf=1, share=0.4)


def rows_of(measured: Sequence[Measurement], table: ElementTable) -> NDArray[np.float64]:
    """Features of measurements."""
    return np.array([ionic_features(m.amounts, m.space_group, m.lattice, table) for m in measured])


def families_of(measured: Sequence[Measurement], rows: NDArray[np.float64]) -> list[str]:
    """Structure family of each row; one without a label goes with its nearest labelled one."""
    scaled = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    labelled = np.array([at for at, each in enumerate(measured) if each.family])
    found = []
    for each, row in zip(measured, scaled, strict=True):
        nearest = labelled[np.abs(scaled[labelled] - row).sum(axis=1).argmin()]
        found.append(each.family or measured[int(nearest)].family)
    return found


def train(spec: TrainSpec, control: RunControl) -> ModelCard:
    """Weights and card in `spec.out`."""
    if spec.table is not None:
        raise InvalidSpecError("table", spec.table, "only adsorption heads learn from own rows")
    folder = data_folder(spec.data)
    measured = read_conductivities(folder)
    table = element_table()
    rows = rows_of(measured, table)
    truth = np.array([each.log10_sigma for each in measured])
    bound = np.array([each.is_bound for each in measured])
    systems = [each.system for each in measured]
    families = families_of(measured, rows)
    control.progress(0, 3, "Rows kept back by chemical family")
    full = hold_out(rows, truth, systems, growing(), control, bound=bound, n_folds=N_FOLDS)
    control.progress(1, 3, "Rows kept back by structure family")
    strict = hold_out(rows, truth, families, growing(), control, bound=bound, n_folds=N_FOLDS)
    brief = rows[:, FORMULA_COLUMNS]
    control.progress(2, 3, "Without the crystal")
    plain = hold_out(brief, truth, systems, growing(), control, bound=bound, n_folds=N_FOLDS)
    heads = (
        _head(WITH_CELL, "Conductivity, from formula and cell", full, families),
        _head(BY_FORMULA, "Conductivity, from the formula alone", plain, families),
    )
    card = ModelCard(
        key="conductivity",
        title="Conductivity of lithium electrolytes at room temperature",
        version="1",
        made_by="designer-app train --model conductivity",
        data=(
            data_set(
                folder / TABLE,
                folder,
                name="OBELiX, training part",
                licence="CC-BY-4.0",
                doi="10.48550/arXiv.2502.14234",
                address="https://github.com/NRC-Mila/OBELiX",
                used="All 478 rows; compositions, space groups, lattices, labels of families.",
            ),
        ),
        split=SPLIT,
        heads=heads,
        settings={"trees": N_TREES, "columns at a node": 0.4, "folds": N_FOLDS},
        seeds=(spec.seed,),
        versions=versions(),
        elements=tuple(sorted({each for m in measured for each in m.amounts})),
        notes=(
            f"With whole structure families kept back the mean absolute error is "
            f"{strict.error:.2f} decades, where the mean of the rest is off by "
            f"{strict.baseline_error:.2f}: it does not extrapolate to a family it has not seen. "
            "Upper bounds count as no error where the prediction is below them."
        ),
    )
    learned = [
        finished(heads[0], card, rows, truth, full, growing(), spec.seed),
        finished(heads[1], card, brief, truth, plain, growing(), spec.seed),
    ]
    arrays: dict[str, NDArray[Any]] = {"elements": table.values.astype(np.float32)}
    for each in learned:
        arrays |= each.arrays()
    control.progress(3, 3)
    return write_model(spec.out, card, arrays)


def _head(key: str, title: str, held: Held, families: list[str]) -> HeadCard:
    return HeadCard(
        key=key,
        title=title,
        unit="log10 S/cm",
        n_labels=len(held.truth),
        held_out_error=held.error,
        grouped_by="set of elements",
        baseline_error=held.baseline_error,
        coverage=held.coverage,
        by_group=errors_by(held, families),
        applicability="Crystalline lithium conductors of the structure families in `by_group`.",
    )
