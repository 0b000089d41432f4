"""One judge for the proposals of all strategies: heads first, then single points of the best.

Of each property a proposal has a mean and an error: spread of the ensemble and the head's error on
kept-back rows, or those of single points (`judging.py`). Scores are chances to meet all targets,
so that strategies compare and doubtful predictions are not rewarded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import ENERGY_DENSITY, BoundHeads, HeadOutput
from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.judging import Points
from designer_app.design.search.objective import Goal, score_of
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.estimates import Estimate

Floats = NDArray[np.float64]
Numbers = tuple[Floats, Floats]
"""(mean, standard error) of n crystals, in the scale of the goals."""

_SIGMA_MAE = 1.2533
"""sqrt(pi/2): a normal distribution's standard deviation over its mean absolute error."""
_SIGMA_90 = 1.645
_BATCH = 2048
HEADS, POINTS, SETTLED = "learned head", "single point", "single point after a few steps"
_HEAD_SHARE, _HEAD_BIAS = 0.4, 0.2
"""Share of the head in a voltage beside the single point, and by how many V it is too high where
a search has looked for high voltages."""
_VOLTAGE_ERROR = 0.36
"""V: spread of voltages after relaxation about both together; of the single point alone 0.41."""
_LEAST_ERROR = 0.01
"""eV/atom by which even single points at rest differ from relaxed crystals."""


@dataclass(frozen=True, kw_only=True)
class Gains:
    """What relaxation changes about single points, each with its spread.

    Those given are of 240 proposals of four searches for lithium cathodes, relaxed afterwards; a
    search that relaxes some of its own proposals briefly measures its own.
    """

    drop: float = 0.35
    """Share of the distance to the hull, as made, that relaxation takes off."""
    drop_error: float = 0.4
    volts: float = 0.45
    """V by which the host as it stands says too much."""


_SETTLED_DROP, _SETTLED_ERROR, _SETTLED_VOLTAGE_ERROR = 0.4, 0.3, 0.25
"""The same after a few steps: of 36 proposals for lithium cathodes, 12 for sodium cathodes, 12
electrolytes and 12 alloys; V of 24 proposals."""
_FEWEST = 12
"""Crystals relaxed briefly that gains are measured on."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Numbers of n crystals by one method, by property."""

    method: str
    origin: str
    numbers: Mapping[str, Numbers]


def by_heads(heads: BoundHeads, table: TokenTable) -> Predictions:
    """Numbers of decided crystals by the heads."""
    slot_counts = heads.heads.slot_counts
    parts: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {key: [] for key in heads.keys}
    charges: list[torch.Tensor] = []
    for start in range(0, len(table), _BATCH):
        soft = certain(table.rows(np.arange(start, min(start + _BATCH, len(table)))), slot_counts)
        with torch.no_grad():
            found: Mapping[str, HeadOutput] = heads(soft)
            if ENERGY_DENSITY in heads.keys:
                charges.append(heads.heads.exact.capacity(soft, heads.ion))
        for key in heads.keys:
            parts[key].append((found[key].mean, found[key].spread))
    charge = _column(charges)
    numbers = {}
    for key, said in parts.items():
        mean, spread = _column([each for each, _ in said]), _column([each for _, each in said])
        numbers[key] = mean, np.hypot(spread, _SIGMA_MAE * _held_out(heads, key, charge))
    return Predictions(HEADS, heads.heads.origin, numbers)


def _column(parts: Sequence[torch.Tensor]) -> Floats:
    return torch.cat(list(parts)).double().numpy() if parts else np.zeros(0)


def _held_out(heads: BoundHeads, key: str, charge: Floats) -> Floats | float:
    """Mean absolute error on kept-back rows; of an energy density that of its voltage, times the
    charge in mAh/g.
    """
    cards = heads.heads.cards
    if key == ENERGY_DENSITY and "voltage" in cards:
        return cards["voltage"].held_out_error * charge
    return cards[key].held_out_error if key in cards else 0.0


def by_points(
    learned: Predictions, points: Points, origin: str, gains: Gains | None = None
) -> Predictions:
    """What single points as made tell of relaxed crystals; NaN where there is no single point."""
    gains = gains or Gains()
    far = np.maximum(points.e_above_hull, 0.0)
    error = np.hypot(_LEAST_ERROR, gains.drop_error * far)
    numbers: dict[str, Numbers] = {"e_above_hull": (points.e_above_hull - gains.drop * far, error)}
    voltage = points.voltage - gains.volts
    if np.isfinite(voltage).any() and "voltage" in learned.numbers:
        said = learned.numbers["voltage"][0] - _HEAD_BIAS
        voltage = (1.0 - _HEAD_SHARE) * voltage + _HEAD_SHARE * said
    return Predictions(POINTS, origin, numbers | _volts(learned, voltage, _VOLTAGE_ERROR))


def by_settled(learned: Predictions, settled: Points, origin: str) -> Predictions:
    """What crystals tell after a few steps of relaxation; NaN where there are none."""
    far = np.maximum(settled.e_above_hull, 0.0)
    error = np.hypot(_LEAST_ERROR, _SETTLED_ERROR * far)
    distance = settled.e_above_hull - _SETTLED_DROP * far
    numbers: dict[str, Numbers] = {"e_above_hull": (distance, error)}
    volts = _volts(learned, settled.voltage, _SETTLED_VOLTAGE_ERROR)
    return Predictions(SETTLED, origin, numbers | volts)


def gains_of(made: Points, settled: Points) -> Gains:
    """What relaxation changes, from crystals that have both; the usual where there are too few.

    The share taken off is that of the least squares of what is left, so far crystals count more.
    """
    usual = Gains()
    after = settled.e_above_hull - _SETTLED_DROP * np.maximum(settled.e_above_hull, 0.0)
    far = np.maximum(made.e_above_hull, 0.0)
    both = np.isfinite(far) & np.isfinite(after) & (far > _LEAST_ERROR)
    if both.sum() >= _FEWEST:
        gone = (made.e_above_hull - after)[both] / far[both]
        drop = float(np.clip(np.median(gone), 0.0, 1.0))
        spread = float(np.clip(np.abs(gone - drop).mean() * _SIGMA_MAE, 0.1, 1.0))
        usual = replace(usual, drop=drop, drop_error=spread)
    volts = (made.voltage - settled.voltage)[np.isfinite(made.voltage - settled.voltage)]
    if len(volts) >= _FEWEST:
        usual = replace(usual, volts=float(np.median(volts)))
    return usual


def _volts(learned: Predictions, voltage: Floats, error: float) -> dict[str, Numbers]:
    """Voltages, where there are any, and energy densities with the charges that heads know."""
    if not np.isfinite(voltage).any():
        return {}
    doubt = np.full(len(voltage), error)
    numbers: dict[str, Numbers] = {"voltage": (voltage, doubt)}
    if "capacity" in learned.numbers:
        charge = learned.numbers["capacity"][0]
        numbers["energy_density"] = voltage * charge, doubt * charge
    return numbers


def scores(goals: Sequence[Goal], methods: Sequence[Predictions], n: int) -> Floats:
    """(n,) ln of the chance to meet all targets, each number by the last method that has it."""
    said = merged(methods).numbers
    nothing = np.full(n, np.nan), np.full(n, np.inf)
    return score_of(goals, {goal.key: said.get(goal.key, nothing) for goal in goals})


def merged(methods: Sequence[Predictions]) -> Predictions:
    """Each number by the last method that has it; named after the last of all."""
    numbers: dict[str, Numbers] = {}
    for said in methods:
        for key, (mean, error) in said.numbers.items():
            old_mean, old_error = numbers.get(key, (mean, error))
            there = np.isfinite(mean)
            numbers[key] = np.where(there, mean, old_mean), np.where(there, error, old_error)
    return replace(methods[-1], numbers=numbers)


def estimates_of(methods: Sequence[Predictions], row: int) -> tuple[Estimate, ...]:
    """All numbers of one crystal, the learned ones first."""
    found = []
    for said in methods:
        for key, (mean, error) in said.numbers.items():
            if not math.isfinite(mean[row]):
                continue
            found.append(_estimate(key, float(mean[row]), float(error[row]), said))
    return tuple(found)


def _estimate(key: str, mean: float, error: float, said: Predictions) -> Estimate:
    known = PROPERTIES.get(key)
    is_exact = error == 0.0
    low, high = mean - _SIGMA_90 * error, mean + _SIGMA_90 * error
    if known is not None and known.is_log:
        mean, low, high = 10.0**mean, 10.0**low, 10.0**high
    return Estimate(
        key=key,
        value=mean,
        unit=known.unit if known is not None else "",
        low=None if is_exact else low,
        high=None if is_exact else high,
        error=None if is_exact or (known is not None and known.is_log) else error / _SIGMA_MAE,
        method="composition" if is_exact else said.method,
        origin="from the formula" if is_exact else said.origin,
        light="green" if is_exact else "amber",
        reason="" if is_exact else "Predicted for the crystal as proposed; not relaxed yet.",
    )
