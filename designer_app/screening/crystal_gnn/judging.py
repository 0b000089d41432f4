"""How good the heads are: calibration on validation formulas, errors on test formulas."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from designer_app.screening.crystal_gnn.ensemble import CrystalEnsemble, HeadPrediction
from designer_app.screening.crystal_gnn.heads import BAD, HEADS, KEYS, STABLE, HeadRow, fitted
from designer_app.screening.crystal_gnn.labels import SPLITS, SUBSTITUTED, LabelledGraphs
from designer_app.training.intervals import calibrate, coverage
from designer_app.training.published.crystals import TABLES as CRYSTAL_TABLES
from designer_app.training.published.matbench import TABLES as MATBENCH_TABLES
from designer_app.training.published.matcalc import ELASTICITY, PHONONS
from designer_app.weights.cards import DataSet, HeadCard, ModelCard, data_set

Floats = NDArray[np.float64]
Judged = tuple[NDArray[np.int64], Floats]
"""Rows, and the outputs of the members for them (members, rows, heads)."""
PARTS = {"known": 0, "substituted": SUBSTITUTED}


def calibration_arrays(
    data: LabelledGraphs,
    judged: Judged,
    known: list[str],
) -> dict[str, NDArray[Any]]:
    """What turns outputs into intervals and chances, from rows that were not learned from."""
    rows, outputs = judged
    found: dict[str, NDArray[Any]] = {}
    for column, row in enumerate(HEADS):
        if row.key not in known:
            continue
        truth, mine = _truth(data, rows, column)
        mean, spread = outputs[:, mine, column].mean(axis=0), outputs[:, mine, column].std(axis=0)
        if row.scale == "logit":
            found["stability.platt"] = platt(mean, truth)
            continue
        made = calibrate(fitted(row, truth), mean, spread)
        found[f"{row.key}.half_width"] = np.array(made.half_width)
        found[f"{row.key}.quantiles"] = made.quantiles
        found[f"{row.key}.floor"] = np.array(made.floor)
        if row.key == "formation_energy":
            is_known = data.origin[rows[mine]] != SUBSTITUTED
            found["spread.usual"] = np.array(np.quantile(spread[is_known], 0.95))
    return found


def platt(logits: Floats, truth: Floats) -> Floats:
    """Slope and offset that make the chance of the logits the one observed (Platt 1999)."""

    def loss(line: Floats) -> float:
        moved = line[0] * logits + line[1]
        return float(np.mean(np.logaddexp(0.0, moved) - truth * moved))

    return np.asarray(minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x)


def auc(truth: NDArray[np.bool_], score: Floats) -> float:
    """Chance that a true row has a higher score than a false one; ties count half."""
    n_true = int(truth.sum())
    n_false = len(truth) - n_true
    if not n_true or not n_false:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[truth].sum() - n_true * (n_true + 1) / 2) / (n_true * n_false))


def head_cards(
    card: ModelCard,
    arrays: dict[str, NDArray[Any]],
    data: LabelledGraphs,
    judged: Judged,
    known: list[str],
) -> tuple[HeadCard, ...]:
    """One card a head, with its errors on test formulas."""
    rows, outputs = judged
    blank = tuple(
        HeadCard(key=key, title="", unit="", n_labels=0, held_out_error=0.0) for key in known
    )
    ensemble = CrystalEnsemble(replace(card, heads=blank), arrays)
    found = ensemble.calibrated(outputs)
    cards = [head_card(row, found[row.key], data, rows) for row in HEADS if row.key in known]
    return tuple(cards) + tuple(_derived(cards))


def head_card(
    row: HeadRow, found: HeadPrediction, data: LabelledGraphs, rows: NDArray[np.int64]
) -> HeadCard:
    """Errors of one head on the rows that have its label."""
    column = KEYS.index(row.key)
    truth, mine = _truth(data, rows, column)
    origin = data.origin[rows[mine]]
    if row.key == "expansion":  # a relaxed crystal at its own volume asks nothing
        mine, truth = mine[origin == SUBSTITUTED], truth[origin == SUBSTITUTED]
        origin = origin[origin == SUBSTITUTED]
    learned = data.labels[data.split == SPLITS.index("train"), column].astype(np.float64)
    learned = learned[np.isfinite(learned)]
    error = np.abs(found.mean[mine] - truth)
    parts = {
        name: (int((origin == number).sum()), float(error[origin == number].mean()))
        for name, number in PARTS.items()
        if (origin == number).sum()
    }
    return HeadCard(
        key=row.key,
        title=row.title,
        unit=row.unit,
        n_labels=len(learned),
        held_out_error=float(error.mean()) if row.key == "expansion" else parts["known"][1],
        grouped_by="formula",
        baseline_error=float(np.abs(truth[_judges(row, origin)] - learned.mean()).mean()),
        coverage=None
        if row.scale == "logit"
        else coverage(truth, found.low[mine], found.high[mine]),
        by_group=parts | _areas(row, found.mean[mine], truth, origin),
        applicability=row.applicability,
    )


def _judges(row: HeadRow, origin: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Rows the headline error is of: known crystals, except for the expansion."""
    return origin == (SUBSTITUTED if row.key == "expansion" else 0)


def _areas(
    row: HeadRow, mean: Floats, truth: Floats, origin: NDArray[np.int8]
) -> dict[str, tuple[int, float]]:
    """Areas under the curve of the heads that sort crystals."""
    found: dict[str, tuple[int, float]] = {}
    for name, number in PARTS.items():
        mine = origin == number
        if row.key == "stability":
            found[f"AUC within 50 meV/atom, {name}"] = (
                int(mine.sum()),
                auc(truth[mine] > 0.5, mean[mine]),
            )
        if row.key == "e_above_hull":
            for limit in (STABLE, BAD):
                found[f"AUC within {1000 * limit:.0f} meV/atom, {name}"] = (
                    int(mine.sum()),
                    auc(truth[mine] <= limit, -mean[mine]),
                )
    return found


def _derived(cards: list[HeadCard]) -> list[HeadCard]:
    """Volume and density stand on the expansion head; their errors are relative."""
    growth = next((card for card in cards if card.key == "expansion"), None)
    if growth is None:
        return []
    said = f"Follows from the expansion, which is off by {100 * growth.held_out_error:.1f} %."
    nothing = {"held_out_error": float("nan"), "baseline_error": None, "by_group": {}}
    return [
        replace(
            growth,
            key="volume",
            title="Relaxed volume",
            unit="A^3 an atom",
            applicability=said,
            **nothing,
        ),
        replace(
            growth,
            key="density",
            title="Relaxed density",
            unit="g/cm^3",
            applicability=said,
            **nothing,
        ),
    ]


def data_sets(folder: Path) -> tuple[DataSet, ...]:
    """The tables learned from, with the hashes of the files that were read."""
    project = {
        "licence": "CC-BY-4.0",
        "doi": "10.1063/1.4812323",
        "address": "https://materialsproject.org",
    }
    found = [
        data_set(
            folder / "crystals" / name,
            folder,
            name="Materials Project crystals",
            used="structures, formation energies, energies above hull, band gaps",
            **project,
        )
        for name in CRYSTAL_TABLES
    ]
    found += [
        data_set(
            folder / "matbench" / table.file,
            folder,
            name="Matbench v0.1",
            licence="MIT; Materials Project, CC-BY-4.0",
            doi="10.1038/s41524-020-00406-3",
            address="https://matbench.materialsproject.org",
            used="joined to structures by reduced formula and space group",
        )
        for table in MATBENCH_TABLES.values()
    ]
    for name, used, source in (
        (ELASTICITY, "bulk and shear moduli of binary crystals", project),
        (
            PHONONS,
            "heat capacities of binary crystals",
            {
                "licence": "CC-BY-4.0",
                "doi": "10.1038/s41524-025-01650-1",
                "address": "https://alexandria.icams.rub.de",
            },
        ),
    ):
        path = folder / "matcalc" / name
        found.append(data_set(path, folder, name="MatCalc benchmark", used=used, **source))
    return tuple(found)


def _truth(
    data: LabelledGraphs, rows: NDArray[np.int64], column: int
) -> tuple[Floats, NDArray[np.int64]]:
    """(labels, which of the rows have one)."""
    labels = data.labels[rows, column].astype(np.float64)
    mine = np.flatnonzero(np.isfinite(labels))
    return labels[mine], mine
