"""How far predictions are from the targets: the loss that is climbed down, and chances to rank by.

With a prediction m +- s for a target [a, b], in units of the property's `wide` (its logarithm
where the property runs in one),

    loss = w sum_targets [ huber(max(a + s - m, m + s - b, 0)) + lambda s ]
    score = w sum_targets ln P(a <= x <= b),  x ~ N(m, s^2 + e^2)

with e the error of the method on decoded crystals. The loss aims one spread inside of the target,
so that doubtful predictions have to be better; its slope never vanishes far away.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.special import log_ndtr
from torch import Tensor

from designer_app.errors import InvalidSpecError
from designer_app.specs.design_targets import OWN, PROPERTIES, Target

_SPREAD_PENALTY = 0.3
"""Loss of one `wide` of spread."""
_LINEAR_FROM = 1.0
"""Distance, in `wide`, from which the loss grows linearly."""
_FAR = 30.0
"""Largest distance that counts: beyond it one target would drown all others."""
_OWN_WIDE = 0.1
"""Share of an own property's typical size that is one unit, where nothing else is known."""
_LEAST = 1e-30


class Output(Protocol):
    """A predicted property of n materials, in the unit of `PROPERTIES`; log10 where it runs so."""

    @property
    def mean(self) -> Float[Tensor, " n"]:
        """Mean over the members of an ensemble."""
        ...

    @property
    def spread(self) -> Float[Tensor, " n"]:
        """Their standard deviation; 0 for what is exact."""
        ...


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A target in the scale of its loss."""

    target: Target
    low: float
    high: float
    """Bounds in the scale, -inf or inf where open; equal for "about" in the loss."""
    wide: float
    is_log: bool
    reach: float = 0.0
    """How far "about" reaches to each side when chances are told."""

    @property
    def key(self) -> str:
        """Of the property."""
        return self.target.key

    def outside(
        self, mean: Float[Tensor, " n"], spread: Float[Tensor, " n"]
    ) -> Float[Tensor, " n"]:
        """Distance from where one spread fits inside, in `wide`; 0 inside."""
        room = 0.5 * (self.high - self.low)
        margin = spread.clamp(max=room) if math.isfinite(room) else spread
        below, above = self.low + margin - mean, mean + margin - self.high
        return torch.maximum(below, above).clamp_min(0.0) / self.wide

    def log_chance(
        self, mean: NDArray[np.floating], error: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """(n,) ln of the chance of lying inside, for a normal distribution."""
        sure = np.maximum(np.asarray(error, np.float64), 1e-6 * self.wide)
        low = (self.low - self.reach - mean) / sure
        high = (self.high + self.reach - mean) / sure
        # ln(P(x < high) - P(x < low)), from the side on which both are small.
        flip = low > 0
        first, last = np.where(flip, -high, low), np.where(flip, -low, high)
        upper, lower = log_ndtr(last), log_ndtr(first)
        return upper + np.log1p(-np.exp(np.minimum(lower - upper, -1e-12)))


def goals_of(
    targets: Sequence[Target], known: Sequence[str], typical: Mapping[str, float] | None = None
) -> tuple[Goal, ...]:
    """The targets as goals; `known` are the keys that can be predicted, `typical` sizes of own
    properties. Raises `InvalidSpecError` for what nothing predicts.
    """
    found = []
    for target in targets:
        if target.key not in known:
            told = ", ".join(known)
            raise InvalidSpecError(
                "target", target.text(), f"no model predicts it; those here predict {told}"
            )
        row = PROPERTIES.get(target.key)
        is_log = row is not None and row.is_log
        wide = row.wide if row is not None else _own_wide(target, typical or {})
        low, high = target.low, target.high
        reach = 0.0
        if target.about is not None:
            low = high = target.about
            reach = wide
        if is_log:
            low, high = _log10(low, target), _log10(high, target)
        found.append(Goal(target=target, low=low, high=high, wide=wide, is_log=is_log, reach=reach))
    return tuple(found)


def loss_of(goals: Sequence[Goal], outputs: Mapping[str, Output]) -> Float[Tensor, " n"]:
    """Loss of each material; 0 where all targets are met without doubt."""
    total: Tensor | float = 0.0
    for goal in goals:
        output = outputs[goal.key]
        far = goal.outside(output.mean, output.spread).clamp(max=_FAR)
        near = 0.5 * far**2 / _LINEAR_FROM
        bent = torch.where(far < _LINEAR_FROM, near, far - 0.5 * _LINEAR_FROM)
        doubt = _SPREAD_PENALTY * output.spread / goal.wide
        total = total + goal.target.weight * (bent + doubt)
    assert isinstance(total, Tensor)
    return total


def score_of(
    goals: Sequence[Goal],
    outputs: Mapping[str, tuple[NDArray[np.floating], NDArray[np.floating]]],
) -> NDArray[np.float64]:
    """(n,) ln of the chance to meet all targets, from mean and error of each property."""
    chances = [
        goal.target.weight * np.maximum(goal.log_chance(*outputs[goal.key]), math.log(_LEAST))
        for goal in goals
    ]
    return np.sum(chances, axis=0)


def _own_wide(target: Target, typical: Mapping[str, float]) -> float:
    name = target.key.removeprefix(OWN)
    size = typical.get(target.key, typical.get(name, 0.0))
    ends = [abs(each) for each in (target.low, target.high, target.about) if each is not None]
    finite = [each for each in ends if math.isfinite(each)]
    return _OWN_WIDE * (size or max(finite, default=1.0) or 1.0)


def _log10(value: float, target: Target) -> float:
    if math.isinf(value):
        return value
    if value <= 0.0:
        if value == target.low:
            return -math.inf
        raise InvalidSpecError("target", target.text(), "the property is always above 0")
    return math.log10(value)
