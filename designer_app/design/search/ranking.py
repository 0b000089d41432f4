"""One judge for the proposals of all strategies: heads first, then single points of the best.

Of each property a proposal has a mean and an error: spread of the ensemble and the head's error on
kept-back rows, or those of single points (`judging.py`). Scores are chances to meet all targets,
so that strategies compare and doubtful predictions are not rewarded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import BoundHeads, HeadOutput
from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import TokenTable
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
HEADS, POINTS = "learned head", "single point"
_RELAXES = 0.45
"""V that a host gains by relaxing after its ions are gone: mean of 240 proposals of four searches
for lithium cathodes, relaxed afterwards, as are the other numbers here."""
_HEAD_SHARE, _HEAD_BIAS = 0.4, 0.2
"""Share of the head in a voltage beside the single point, and by how many V it is too high where
a search has looked for high voltages."""
_VOLTAGE_ERROR = 0.36
"""V: spread of voltages after relaxation about both together; of the single point alone 0.41."""
_DROP, _DROP_ERROR = 0.35, 0.4
"""Share of the distance to the hull, as made, that relaxation takes off, and its spread."""
_LEAST_ERROR = 0.01
"""eV/atom by which even single points at rest differ from relaxed crystals."""


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
    for start in range(0, len(table), _BATCH):
        rows = np.arange(start, min(start + _BATCH, len(table)))
        with torch.no_grad():
            found: Mapping[str, HeadOutput] = heads(certain(table.rows(rows), slot_counts))
        for key in heads.keys:
            parts[key].append((found[key].mean, found[key].spread))
    numbers = {}
    for key, said in parts.items():
        mean = torch.cat([each for each, _ in said]).double().numpy() if said else np.zeros(0)
        spread = torch.cat([each for _, each in said]).double().numpy() if said else np.zeros(0)
        numbers[key] = mean, np.hypot(spread, _SIGMA_MAE * _held_out(heads, key, numbers))
    return Predictions(HEADS, heads.heads.origin, numbers)


def _held_out(heads: BoundHeads, key: str, numbers: Mapping[str, Numbers]) -> Floats | float:
    """Mean absolute error on kept-back rows; of an energy density that of its voltage."""
    cards = heads.heads.cards
    if key == "energy_density" and "voltage" in cards and "capacity" in numbers:
        return cards["voltage"].held_out_error * numbers["capacity"][0]
    return cards[key].held_out_error if key in cards else 0.0


def by_points(
    learned: Predictions, e_above_hull: Floats, voltage: Floats, origin: str
) -> Predictions:
    """What single points as made tell of relaxed crystals; NaN where there is no single point."""
    far = np.maximum(e_above_hull, 0.0)
    relaxed = e_above_hull - _DROP * far
    error = np.hypot(_LEAST_ERROR, _DROP_ERROR * far)
    numbers: dict[str, Numbers] = {"e_above_hull": (relaxed, error)}
    if np.isfinite(voltage).any():
        doubt = np.full(len(voltage), _VOLTAGE_ERROR)
        voltage = voltage - _RELAXES
        if "voltage" in learned.numbers:
            said = learned.numbers["voltage"][0] - _HEAD_BIAS
            voltage = (1.0 - _HEAD_SHARE) * voltage + _HEAD_SHARE * said
        numbers["voltage"] = voltage, doubt
        if "capacity" in learned.numbers:
            charge = learned.numbers["capacity"][0]
            numbers["energy_density"] = voltage * charge, doubt * charge
    return Predictions(POINTS, origin, numbers)


def scores(goals: Sequence[Goal], methods: Sequence[Predictions], n: int) -> Floats:
    """(n,) ln of the chance to meet all targets, each number by the last method that has it."""
    merged: dict[str, Numbers] = {}
    for said in methods:
        for key, (mean, error) in said.numbers.items():
            old_mean, old_error = merged.get(key, (np.full(n, np.nan), np.full(n, np.inf)))
            there = np.isfinite(mean)
            merged[key] = np.where(there, mean, old_mean), np.where(there, error, old_error)
    return score_of(goals, {goal.key: merged[goal.key] for goal in goals})


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
