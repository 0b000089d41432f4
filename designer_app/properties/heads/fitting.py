"""Fitting of a head: judged by rows kept back in groups, then fitted to all rows."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.nn.forest import Forest
from designer_app.nn.linear import Linear
from designer_app.properties.heads.domains import Domain, places_of
from designer_app.properties.heads.learned import Learned
from designer_app.running.control import RunControl
from designer_app.training.splits import grouped_folds
from designer_app.trust.intervals import calibrate, cross_coverage
from designer_app.weights.cards import HeadCard, Judgement, ModelCard

Floats = NDArray[np.float64]

Fit = Callable[[Floats, Floats, int], Forest | Linear]
"""(rows, targets, seed) -> model."""

N_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Held:
    """Predictions of rows by a model that saw no row of their group."""

    truth: Floats
    mean: Floats
    spread: Floats
    distance: Floats
    """To the nearest place of the rows learned from."""
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
    fit: Fit,
    control: RunControl,
    *,
    bound: NDArray[np.bool_] | None = None,
    n_folds: int = N_FOLDS,
    seed: int = 0,
) -> Held:
    """Every row predicted by a model fitted without its group."""
    mean, spread, distance, baseline = (np.zeros(len(targets)) for _ in range(4))
    marks = np.zeros(len(targets), dtype=np.int64)
    for number, (known, held) in enumerate(grouped_folds(groups, n_folds, seed)):
        control.checkpoint()
        mean[held], spread[held] = fit(rows[known], targets[known], seed).predict(rows[held])
        distance[held] = places_of(rows[known]).distances(rows[held])
        baseline[held] = targets[known].mean()
        marks[held] = number
    if bound is None:
        bound = np.zeros(len(targets), dtype=bool)
    return Held(targets, mean, spread, distance, marks, baseline, bound)


def judgement(held: Held, groups: Sequence[Hashable], grouped_by: str) -> Judgement:
    """What rows kept back by one rule say."""
    return Judgement(
        grouped_by=grouped_by,
        n_groups=len(set(groups)),
        error=held.error,
        baseline_error=held.baseline_error,
        coverage=held.coverage,
    )


def finished(
    head: HeadCard,
    card: ModelCard,
    rows: Floats,
    targets: Floats,
    held: Held,
    fit: Fit,
    seed: int = 0,
) -> Learned:
    """The head fitted to all rows, with the calibration of the kept-back ones."""
    exact = ~held.bound
    return Learned(
        head=head,
        card=card,
        model=fit(rows, targets, seed),
        calibration=calibrate(held.truth[exact], held.mean[exact], held.spread[exact]),
        domain=domain_of(rows, held),
    )


def domain_of(rows: Floats, held: Held) -> Domain:
    """Where the rows lie, and how far kept-back ones were from what was then learned from."""
    near, far = np.quantile(held.distance, [0.9, 0.99])
    return Domain(
        places=places_of(rows),
        near=float(near),
        far=float(far),
        spread=float(np.quantile(held.spread, 0.9)),
    )


def errors_by(held: Held, labels: Sequence[str]) -> dict[str, tuple[int, float]]:
    """(rows, mean absolute error) of each label, the most frequent first."""
    marks = np.array(labels)
    errors = held.errors
    found = {
        str(each): (int((marks == each).sum()), round(float(errors[marks == each].mean()), 4))
        for each in np.unique(marks)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1][0]))
