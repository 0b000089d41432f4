"""How good the heads are: calibration on validation formulas, errors on test formulas."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.stats import rankdata

from designer_app.elements import STANDARD_MASSES
from designer_app.screening.crystal_gnn.ensemble import (
    ATOMIC_MASS_G,
    CrystalEnsemble,
    HeadPrediction,
)
from designer_app.screening.crystal_gnn.heads import BAD, HEADS, KEYS, STABLE, HeadRow, fitted
from designer_app.screening.crystal_gnn.labels import KNOWN, SPLITS, SUBSTITUTED, LabelledGraphs
from designer_app.training.published.crystals import TABLES as CRYSTAL_TABLES
from designer_app.training.published.matbench import TABLES as MATBENCH_TABLES
from designer_app.training.published.matcalc import ELASTICITY, PHONONS
from designer_app.trust.intervals import (
    Calibration,
    calibrate,
    conformal_quantile,
    coverage,
)
from designer_app.weights.cards import DataSet, HeadCard, ModelCard, data_set

FLOORS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Shares of the median spread that are tried as the floor of the intervals."""
Floats = NDArray[np.float64]
Judged = tuple[NDArray[np.int64], Floats]
"""Rows, and the outputs of the members for them (members, rows, heads)."""
PARTS = {"known": KNOWN, "substituted": SUBSTITUTED}


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
        truth, mine = _truth(data, rows, row)
        mean, spread = outputs[:, mine, column].mean(axis=0), outputs[:, mine, column].std(axis=0)
        if row.scale == "logit":
            found["stability.platt"] = platt(mean, truth)
            continue
        made = balanced(fitted(row, truth), mean, spread, data.origin[rows[mine]])
        found[f"{row.key}.half_width"] = np.array(made.half_width)
        found[f"{row.key}.quantiles"] = made.quantiles
        found[f"{row.key}.floor"] = np.array(made.floor)
        if row.key == "formation_energy":
            is_known = data.origin[rows[mine]] != SUBSTITUTED
            found["spread.usual"] = np.array(np.quantile(spread[is_known], 0.95))
    return found


def balanced(truth: Floats, mean: Floats, spread: Floats, origin: NDArray[np.int8]) -> Calibration:
    """A calibration whose intervals hold as many known as substituted crystals, as far as may be.

    The smaller the floor, the more the spread decides how wide an interval is.
    """
    made = calibrate(truth, mean, spread)
    if len(np.unique(origin)) < 2:
        return made
    levels = (np.arange(len(made.quantiles)) + 0.5) / len(made.quantiles)
    tried = []
    for share in FLOORS:
        floor = share * made.floor
        scaled = (truth - mean) / (floor + spread)
        width = conformal_quantile(np.abs(scaled))
        inside = np.abs(scaled) <= width
        gap = abs(inside[origin == KNOWN].mean() - inside[origin == SUBSTITUTED].mean())
        tried.append((gap, Calibration(width, np.quantile(scaled, levels), floor)))
    return min(tried, key=lambda each: each[0])[1]


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
    if "expansion" in known:
        growth = next(card for card in cards if card.key == "expansion")
        cards.extend(_derived(growth, found["expansion"], data, rows))
    return tuple(cards)


def head_card(
    row: HeadRow, found: HeadPrediction, data: LabelledGraphs, rows: NDArray[np.int64]
) -> HeadCard:
    """Errors of one head on the rows that have its label."""
    truth, mine = _truth(data, rows, row)
    origin = data.origin[rows[mine]]
    train = np.flatnonzero(data.split == SPLITS.index("train"))
    learned = data.labels[train, KEYS.index(row.key)].astype(np.float64)
    learned = learned[np.isfinite(learned)]
    error = np.abs(found.mean[mine] - truth)
    parts = {
        name: (int((origin == number).sum()), float(error[origin == number].mean()))
        for name, number in PARTS.items()
        if (origin == number).sum()
    }
    headline = origin == (SUBSTITUTED if row.key == "expansion" else KNOWN)
    return HeadCard(
        key=row.key,
        title=row.title,
        unit=row.unit,
        n_labels=len(learned),
        held_out_error=float(error[headline].mean()),
        grouped_by="formula",
        baseline_error=float(np.abs(truth[headline] - learned.mean()).mean()),
        coverage=None
        if row.scale == "logit"
        else coverage(truth, found.low[mine], found.high[mine]),
        by_group=parts | _areas(row, found.mean[mine], truth, origin),
        applicability=row.applicability,
    )


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


def _derived(
    growth: HeadCard, found: HeadPrediction, data: LabelledGraphs, rows: NDArray[np.int64]
) -> tuple[HeadCard, HeadCard]:
    """Cards of the relaxed volume and density, which follow from the expansion."""
    truth, mine = _truth(data, rows, HEADS[KEYS.index("expansion")])
    graphs = data.graphs.chosen(rows[mine])
    start = graphs.volumes.astype(np.float64)
    ends = np.cumsum(graphs.n_nodes) - graphs.n_nodes
    masses = np.add.reduceat(graphs.shares * STANDARD_MASSES[graphs.numbers], ends)
    made = found.mean[mine]
    volume = np.abs(start * (np.exp(made) - np.exp(truth)))
    density = np.abs(masses * ATOMIC_MASS_G / start * (np.exp(-made) - np.exp(-truth)))
    cards = []
    for key, title, unit, error in (
        ("volume", "Relaxed volume", "A^3 an atom", volume),
        ("density", "Relaxed density", "g/cm^3", density),
    ):
        told = {"key": key, "title": title, "unit": unit, "baseline_error": None}
        said = {"substituted": (len(error), float(error.mean()))}
        cards.append(replace(growth, **told, held_out_error=float(error.mean()), by_group=said))
    return cards[0], cards[1]


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
    data: LabelledGraphs, rows: NDArray[np.int64], row: HeadRow
) -> tuple[Floats, NDArray[np.int64]]:
    """(labels, which of the rows have one that judges).

    A relaxed crystal at its own volume asks nothing of the expansion.
    """
    labels = data.labels[rows, KEYS.index(row.key)].astype(np.float64)
    judges = np.isfinite(labels)
    if row.key == "expansion":
        judges &= data.origin[rows] == SUBSTITUTED
    mine = np.flatnonzero(judges)
    return labels[mine], mine
