"""Fitting of a head: judged by rows kept back in groups, then grown on all rows."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.heads.learned import KEPT_ROWS, Domain, Learned
from designer_app.running.control import RunControl
from designer_app.training.intervals import calibrate, cross_coverage
from designer_app.training.splits import grouped_folds
from designer_app.training.trees import Grow
from designer_app.weights.cards import HeadCard, ModelCard

Floats = NDArray[np.float64]

N_FOLDS = 5
_FEW = 2000
"""Rows among which the distances of kept-back rows are sampled."""


@dataclass(frozen=True, eq=False)
class Held:
    """Predictions of rows by a model that saw no row of their group."""

    truth: Floats
    mean: Floats
    spread: Floats
    fold: NDArray[np.int64]
    baseline: Floats
    """The mean of the rows learned from."""
    bound: NDArray[np.bool_]
    """Rows of which only an upper bound is known: no error where the prediction is below."""

    @property
    def errors(self) -> Floats:
        """Absolute errors."""
        return self._errors(self.mean)

    @property
    def error(self) -> float:
        """Mean absolute error."""
        return float(self.errors.mean())

    @property
    def baseline_error(self) -> float:
        """Mean absolute error of the mean."""
        return float(self._errors(self.baseline).mean())

    @property
    def coverage(self) -> float:
        """Share of rows in their 90 % interval, each fold's set by the others."""
        exact = ~self.bound
        return cross_coverage(
            self.truth[exact], self.mean[exact], self.spread[exact], self.fold[exact].tolist()
        )

    def _errors(self, mean: Floats) -> Floats:
        below = self.bound & (mean < self.truth)
        return np.where(below, 0.0, np.abs(mean - self.truth))


def hold_out(
    rows: Floats,
    targets: Floats,
    groups: Sequence[Hashable],
    grow: Grow,
    control: RunControl,
    *,
    bound: NDArray[np.bool_] | None = None,
    n_folds: int = N_FOLDS,
    seed: int = 0,
) -> Held:
    """Every row predicted by a model grown without its group."""
    mean, spread, baseline = (np.zeros(len(targets)) for _ in range(3))
    marks = np.zeros(len(targets), dtype=np.int64)
    for number, (known, held) in enumerate(grouped_folds(groups, n_folds, seed)):
        control.checkpoint()
        mean[held], spread[held] = grow(rows[known], targets[known], seed).predict(rows[held])
        baseline[held] = targets[known].mean()
        marks[held] = number
    unbound = np.zeros(len(targets), dtype=bool)
    return Held(targets, mean, spread, marks, baseline, unbound if bound is None else bound)


def finished(
    head: HeadCard,
    card: ModelCard,
    rows: Floats,
    targets: Floats,
    held: Held,
    grow: Grow,
    seed: int = 0,
) -> Learned:
    """The head grown on all rows, with the calibration of the kept-back ones."""
    exact = ~held.bound
    return Learned(
        head=head,
        card=card,
        forest=grow(rows, targets, seed),
        calibration=calibrate(held.truth[exact], held.mean[exact], held.spread[exact]),
        domain=domain_of(rows, held, seed),
    )


def domain_of(rows: Floats, held: Held, seed: int = 0) -> Domain:
    """Where the rows lie, and how far kept-back ones are from the nearest of the others."""
    centre, scale = rows.mean(axis=0), rows.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    scaled = np.clip((rows - centre) / scale, -8.0, 8.0)
    draw = np.random.default_rng(seed)
    kept = spread_out(scaled, KEPT_ROWS, draw)
    asked = draw.permutation(len(rows))[:_FEW]
    distances = []
    for row in asked:
        others = kept[held.fold[kept] != held.fold[row]]
        distances.append(np.abs(scaled[others] - scaled[row]).mean(axis=1).min())
    near, far = np.quantile(distances, [0.9, 0.99])
    return Domain(
        centre=centre,
        scale=scale,
        rows=scaled[kept],
        near=float(near),
        far=float(far),
        spread=float(np.quantile(held.spread, 0.9)),
    )


def spread_out(scaled: Floats, n: int, draw: np.random.Generator) -> NDArray[np.int64]:
    """Rows that lie far from each other: the farthest from those taken, one by one."""
    taken = [int(draw.integers(len(scaled)))]
    nearest = np.abs(scaled - scaled[taken[0]]).mean(axis=1)
    while len(taken) < min(n, len(scaled)):
        taken.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.abs(scaled - scaled[taken[-1]]).mean(axis=1))
    return np.array(taken, dtype=np.int64)


def errors_by(held: Held, labels: Sequence[str]) -> dict[str, tuple[int, float]]:
    """(rows, mean absolute error) of each label, the most frequent first."""
    marks = np.array(labels)
    errors = held.errors
    found = {
        str(each): (int((marks == each).sum()), round(float(errors[marks == each].mean()), 4))
        for each in np.unique(marks)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))
