"""The targets of a design as criteria of its rows, and the score by what is known of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from designer_app.design.search.objective import Goal, goals_of
from designer_app.screening.rules import Criterion
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_targets import PROPERTIES, Target
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import ScreenRow

STABILITY = "e_above_hull"
NEAR_HULL = Target(key=STABILITY, high=0.05)
"""Asked where a run says nothing of stability: what is farther from the hull is hardly made."""
_SIGMA_90 = 1.645
"""Half of a 90 % interval, in standard deviations."""
_SIGMA_MAE = 1.2533
"""sqrt(pi/2): a normal distribution's standard deviation over its mean absolute error."""
_UNKNOWN = math.log(1e-3)
"""ln of the chance that a target is met of which nothing is known."""
_LEAST = math.log(1e-9)


@dataclass(frozen=True)
class Judge:
    """What decides about rows: criteria to meet, and a score to sort by."""

    goals: tuple[Goal, ...]
    criteria: tuple[Criterion, ...]

    def score(self, row: ScreenRow) -> float:
        """Ln of the chance to meet all targets, from the best estimate of each, weights as powers.

        A later estimate of a property is by a better method; where it is wide, so is its chance.
        """
        return sum(goal.target.weight * self._log_chance(goal, row) for goal in self.goals)

    @staticmethod
    def _log_chance(goal: Goal, row: ScreenRow) -> float:
        found = row.estimate(goal.key)
        if found is None or not math.isfinite(found.value):
            return _UNKNOWN
        value = found.value
        if goal.is_log:
            if value <= 0.0:
                return _UNKNOWN
            value = math.log10(value)
        error = max(_sigma(found, is_log=goal.is_log), 0.1 * goal.wide)
        chance = goal.log_chance(np.array([value]), np.array([error]))
        return max(float(chance[0]), _LEAST)


def targets_of(spec: DesignSpec) -> tuple[Target, ...]:
    """The targets of a run, and nearness to the hull where it names none."""
    wanted = spec.wanted()
    if any(each.key == STABILITY for each in wanted):
        return wanted
    return (*wanted, NEAR_HULL)


def judge_of(targets: Sequence[Target]) -> Judge:
    """Criteria and score of some targets."""
    goals = goals_of(targets, [each.key for each in targets])
    return Judge(goals, tuple(_criterion(each) for each in goals))


def _criterion(goal: Goal) -> Criterion:
    """The bounds in the unit of the property."""
    low, high = goal.low - goal.reach, goal.high + goal.reach
    if goal.is_log:
        low, high = _power(low), _power(high)
    return Criterion(key=goal.key, low=low, high=high)


def _power(value: float) -> float:
    if value == -math.inf:
        return 0.0
    return math.inf if value == math.inf else 10.0**value


def _sigma(estimate: Estimate, *, is_log: bool) -> float:
    """Standard deviation that an estimate's interval or error tells; 0 where it has none."""
    low, high = estimate.low, estimate.high
    if low is not None and high is not None:
        if is_log:
            if low <= 0.0:
                return PROPERTIES[estimate.key].wide if estimate.key in PROPERTIES else 0.0
            low, high = math.log10(low), math.log10(high)
        return 0.5 * (high - low) / _SIGMA_90
    if estimate.error is not None and not is_log:
        return _SIGMA_MAE * estimate.error
    return 0.0
