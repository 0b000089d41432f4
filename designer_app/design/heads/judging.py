"""How far heads are off on known and on made crystals of formulas that they did not learn from."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from designer_app.design.heads.ensemble import DesignHeads, Group, output_of
from designer_app.design.heads.labels import DECODED, FORMER, KNOWN, MADE, SPLITS, LabelledTokens
from designer_app.design.heads.rows import BAD, STABLE, HeadRow
from designer_app.design.heads.teachers import teacher_error
from designer_app.design.heads.training import predicted

TEST = SPLITS.index("test")
PARTS = {"known": KNOWN, "swapped": MADE, "decoded": DECODED, "decoded before": FORMER}
FEWEST = 10
"""Rows that a figure needs."""
_DRAWS = 500


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One head on one sort of crystals of test formulas."""

    key: str
    unit: str
    part: str
    n: int
    error: float
    """Mean absolute error against the labels; for a chance the Brier score."""
    of_teacher: float = 0.0
    """What those are off by themselves where a teacher gave them."""
    baseline: float
    """The same of the mean of these rows."""
    base_rate: float
    """Share below 100 meV/atom (below 50 for a chance); NaN for other heads."""
    auc: float
    """Of telling those apart from the rest; NaN for other heads."""
    interval: tuple[float, float] = (float("nan"), float("nan"))
    """95 % of the area, drawing rows again."""

    @property
    def whole_error(self) -> float:
        """Mean absolute error of the answers as numbers of the material."""
        return math.hypot(self.error, self.of_teacher)

    @property
    def whole_baseline(self) -> float:
        """The same of the mean of these rows."""
        return math.hypot(self.baseline, self.of_teacher)


def figures(
    heads: DesignHeads, group: Group, data: LabelledTokens, only: Collection[str] | None = None
) -> list[Figure]:
    """All heads of a group, or some, on test formulas, known and made crystals apart."""
    test = data.rows(data.split == TEST)
    found: list[Figure] = []
    for name, origin in PARTS.items():
        rows = test.rows(test.origin == origin)
        if len(rows) < FEWEST:
            continue
        said = predicted(group.network, group.scaling, heads.featurizer, heads.slot_counts, rows)
        for column, row in enumerate(group.rows):
            if only is not None and row.key not in only:
                continue
            truth = rows.column(row.key).astype(np.float64)
            known = np.isfinite(truth) & _is_computed(row, rows)
            if known.sum() < FEWEST:
                continue
            mean = output_of(row, said[..., column]).mean.numpy().astype(np.float64)
            shown = _shown(row, truth[known])
            figure = _figure(row, name, mean[known], shown)
            found.append(replace(figure, of_teacher=teacher_error(row.key, origin, shown)))
    return found


def _is_computed(row: HeadRow, rows: LabelledTokens) -> NDArray[np.bool_]:
    """Rows that may judge: a voltage that a line made of a host as it stands is no truth. Only
    where the host was relaxed is there a volume change.
    """
    if row.key != "voltage" or "volume_change" not in rows.keys:
        return np.ones(len(rows), dtype=bool)
    return np.isfinite(rows.column("volume_change"))


def area_under_curve(is_good: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Chance that a good row scores above a bad one (Hanley & McNeil 1982,
    doi:10.1148/radiology.143.1.7063747); NaN where there is only one sort.
    """
    n_good, n_bad = int(is_good.sum()), int((~is_good).sum())
    if not n_good or not n_bad:
        return float("nan")
    ranks = rankdata(score)
    return float((ranks[is_good].sum() - n_good * (n_good + 1) / 2) / (n_good * n_bad))


def interval_of_area(is_good: NDArray[np.bool_], score: NDArray[np.float64]) -> tuple[float, float]:
    """95 % of the areas under the curve when rows are drawn again."""
    generator = np.random.default_rng(0)
    drawn = generator.integers(len(score), size=(_DRAWS, len(score)))
    areas = [area_under_curve(is_good[rows], score[rows]) for rows in drawn]
    low, high = np.nanquantile(areas, [0.025, 0.975])
    return float(low), float(high)


def _shown(row: HeadRow, truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Labels in the unit in which heads answer."""
    return 10.0**truth if row.key == "bulk_modulus" else truth


def _figure(
    row: HeadRow, part: str, mean: NDArray[np.float64], truth: NDArray[np.float64]
) -> Figure:
    errors, centre = np.abs(mean - truth), np.median(truth)
    error, baseline = float(errors.mean()), float(np.abs(truth - centre).mean())
    rate, judged = float("nan"), None
    if row.key == "e_above_hull":
        rate, judged = float((truth < BAD).mean()), (truth < BAD, -mean)
    elif row.key == "stability":
        rate, judged = float(truth.mean()), (truth > STABLE, mean)
        error = float((errors**2).mean())
        baseline = float(truth.var())
    auc = float("nan") if judged is None else area_under_curve(*judged)
    interval = (auc, auc) if judged is None else interval_of_area(*judged)
    unit = "GPa" if row.key == "bulk_modulus" else row.unit
    return Figure(
        key=row.key, unit=unit, part=part, n=len(truth), error=error, baseline=baseline,
        base_rate=rate, auc=auc, interval=interval,
    )  # fmt: skip
