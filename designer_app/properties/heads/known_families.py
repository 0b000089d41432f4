"""A head with two models: one among known structure families, one for families it never saw.

Trees tell apart what lies between the rows they learned from, and are wrong by decades outside:
where whole structure families are left out, they are worse than the mean. There a ridge over few
columns answers, pulled towards the mean, with an interval set by families left out. Which one is
asked is told by the distance to what was learned from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from designer_app.properties.features import Amounts
from designer_app.properties.heads.fitting import Fit, Held, hold_out
from designer_app.properties.heads.learned import Learned
from designer_app.running.control import RunControl
from designer_app.specs.estimates import LearnedEstimate
from designer_app.trust.intervals import Calibration, calibrate
from designer_app.weights.cards import Judgement

Floats = NDArray[np.float64]

MISTAKEN = 0.08
"""Share of rows of left-out families that may pass for members of a known one."""
NEW_FAMILY = (
    "It is like no structure family it learned from: value and interval are those of families "
    "left out."
)


@dataclass(frozen=True, eq=False)
class KnownOrNew:
    """The two models of one number. `known.domain.far` is where known families end."""

    known: Learned
    new: Learned

    def estimate(self, row: Floats, amounts: Amounts, *, key: str) -> LearnedEstimate:
        """The estimate of the model that is meant for a row; red where its family is new."""
        if self.known.domain.distance(row) <= self.known.domain.far:
            return self.known.estimate(row, amounts, key=key)
        found = self.new.estimate(row, amounts, key=key)
        strange = sorted(set(amounts) - set(self.known.card.elements))
        said = f"It has never seen {' or '.join(strange)}. {NEW_FAMILY}" if strange else NEW_FAMILY
        return replace(found, light="red", reason=said)


@dataclass(frozen=True, eq=False)
class Judged:
    """Rows predicted by both models, neither of which saw a row of their group."""

    known: Held
    new: Held

    def routed(self, limit: float) -> Held:
        """What the two say together."""
        near = self.known.distance <= limit
        return replace(
            self.known,
            mean=np.where(near, self.known.mean, self.new.mean),
            spread=np.where(near, self.known.spread, self.new.spread),
        )


def judge(
    rows: Floats,
    targets: Floats,
    groups: Sequence[str],
    fits: tuple[Fit, Fit],
    bound: NDArray[np.bool_],
    control: RunControl,
    n_folds: int,
) -> Judged:
    """Both models on rows of groups kept back."""
    known, new = (
        hold_out(rows, targets, groups, fit, control, bound=bound, n_folds=n_folds) for fit in fits
    )
    return Judged(known, new)


@dataclass(frozen=True, eq=False)
class Intervals:
    """How intervals of both models are set: by sets of elements, and by families, kept back."""

    by_set: Judged
    by_family: Judged

    @property
    def limit(self) -> float:
        """Distance beyond which a row's family counts as new."""
        return float(np.quantile(self.by_family.known.distance, MISTAKEN))

    def calibrations(self, asked: NDArray[np.bool_]) -> tuple[Calibration, Calibration]:
        """Those of known and of new families, by the rows asked that have an exact value."""
        return (
            _calibrated(self.by_set.known, asked & self.is_near),
            _calibrated(self.by_family.new, asked & self.is_new),
        )

    @property
    def is_near(self) -> NDArray[np.bool_]:
        """Rows that have a known family near without their set of elements."""
        return self.by_set.known.distance <= self.limit

    @property
    def is_new(self) -> NDArray[np.bool_]:
        """Rows that are told to be of a new family without their own."""
        return self.by_family.known.distance > self.limit

    def judgement(self, judged: Judged, groups: Sequence[str], grouped_by: str) -> Judgement:
        """Error, and coverage of intervals that each fold's rows had no part in."""
        found = judged.routed(self.limit)
        inside = np.zeros(len(found.truth), dtype=bool)
        for mark in np.unique(found.fold):
            held = found.fold == mark
            inside[held] = self._inside(judged, held)
        return Judgement(
            grouped_by=grouped_by,
            n_groups=len(set(groups)),
            error=found.error,
            baseline_error=found.baseline_error,
            coverage=float(inside[~found.bound].mean()),
        )

    def shares_below(self, judged: Judged) -> Floats:
        """Share of rows below each quantile of their distribution, set by the other folds."""
        below: list[NDArray[np.bool_]] = []
        for mark in np.unique(judged.known.fold):
            held = (judged.known.fold == mark) & ~judged.known.bound
            near = judged.known.distance[held] <= self.limit
            one, other = (
                known.is_below(model.truth[held], model.mean[held], model.spread[held])
                for known, model in zip(
                    self.calibrations(judged.known.fold != mark),
                    (judged.known, judged.new),
                    strict=True,
                )
            )
            below.append(np.where(near[:, None], one, other))
        return np.concatenate(below).mean(axis=0)

    def _inside(self, judged: Judged, held: NDArray[np.bool_]) -> NDArray[np.bool_]:
        near = judged.known.distance[held] <= self.limit
        ends: list[tuple[Floats, Floats]] = [
            known.interval(model.mean[held], model.spread[held])
            for known, model in zip(
                self.calibrations(~held), (judged.known, judged.new), strict=True
            )
        ]
        low, high = (np.where(near, one, other) for one, other in zip(*ends, strict=True))
        truth = judged.known.truth[held]
        return (truth >= low) & (truth <= high)


def _calibrated(held: Held, asked: NDArray[np.bool_]) -> Calibration:
    exact = asked & ~held.bound
    return calibrate(held.truth[exact], held.mean[exact], held.spread[exact])
