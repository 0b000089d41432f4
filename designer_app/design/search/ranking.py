"""One judge for the proposals of all strategies: heads first, then single points of the best.

Of each property a proposal has a mean and an error: spread of the ensemble and the head's error on
kept-back rows, or those of single points (`judging.py`). Scores are chances to meet all targets,
so that strategies compare and doubtful predictions are not rewarded.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray

from designer_app.design.heads.ensemble import (
    ENERGY_DENSITY,
    FREE_ENERGY,
    LEADING,
    BoundHeads,
    HeadOutput,
)
from designer_app.design.representation.soft import certain
from designer_app.design.representation.tokens import TokenTable
from designer_app.design.search.judging import Points
from designer_app.design.search.objective import Goal, score_of
from designer_app.specs.design_targets import OWN, PROPERTIES
from designer_app.specs.estimates import Estimate

Floats = NDArray[np.float64]
Numbers = tuple[Floats, Floats]
"""(mean, standard error) of n crystals, in the scale of the goals."""

_SIGMA_MAE = 1.2533
"""sqrt(pi/2): a normal distribution's standard deviation over its mean absolute error."""
_SIGMA_90 = 1.645
_BATCH = 2048
HEADS, POINTS, SETTLED = "learned head", "single point", "single point after a few steps"
_HEAD_SHARE, _HEAD_BIAS = 0.82, 0.3
"""Share of the head in a voltage beside the single point, and by how many V it is too high where
a search has looked for high voltages."""
_VOLTAGE_ERROR = 0.35
"""V: spread of voltages after relaxation about both together."""
_NEAR = 0.05
"""eV/atom: what relaxing takes off crystals nearer to the hull is no share of their distance."""


@dataclass(frozen=True, kw_only=True)
class Gains:
    """What relaxation changes about single points, each with its spread.

    Those given are of 180 proposals relaxed afterwards, sixty each for sodium cathodes, magnesium
    cathodes, and lithium electrolytes (`bench single-points`); a search that relaxes some of its
    own proposals briefly measures its own.
    """

    always: float = 0.011
    """eV/atom that relaxation takes off."""
    always_error: float = 0.017
    drop: float = 0.67
    """Share of the distance to the hull, as made, that it takes off besides."""
    drop_error: float = 0.31
    volts: float = 0.59
    """V by which the host as it stands says too much."""


ALLOYS = Gains(always=0.0, always_error=0.01, drop=0.17, drop_error=0.36)
"""Of sixty alloys, already at their volume of lowest energy."""
_SETTLED = Gains(always=0.0, always_error=0.01, drop=0.01, drop_error=0.17, volts=0.03)
"""The same after a few steps."""
_SETTLED_VOLTAGE_ERROR = 0.24
"""V."""
_FEWEST = 12
"""Relaxed crystals that gains are measured on."""
_LEAST_ERROR, _LEAST_SHARE = 0.01, 0.1
"""Spreads below which nothing is known so well: eV/atom, and share of a distance."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Numbers of n crystals by one method, by property."""

    method: str
    origin: str
    numbers: Mapping[str, Numbers]
    units: Mapping[str, str] = field(default_factory=dict)
    """Of properties of one's own."""


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
    units = {key: card.unit for key, card in heads.heads.cards.items() if key.startswith(OWN)}
    return Predictions(HEADS, heads.heads.origin, numbers, units)


def _column(parts: Sequence[torch.Tensor]) -> Floats:
    return torch.cat(list(parts)).double().numpy() if parts else np.zeros(0)


def _held_out(heads: BoundHeads, key: str, charge: Floats) -> Floats | float:
    """Mean absolute error on kept-back rows; of an energy density that of its voltage, times the
    charge in mAh/g, of a free energy that of the adsorption energy it stands on.
    """
    cards = heads.heads.cards
    if key == FREE_ENERGY:
        key = f"adsorption {LEADING[heads.reaction.upper()]}"
    if key == ENERGY_DENSITY and "voltage" in cards:
        return cards["voltage"].held_out_error * charge
    return cards[key].held_out_error if key in cards else 0.0


def by_points(
    learned: Predictions, points: Points, origin: str, gains: Gains | None = None
) -> Predictions:
    """What single points as made tell of relaxed crystals; NaN where there is no single point."""
    gains = gains or Gains()
    numbers: dict[str, Numbers] = {"e_above_hull": _after(points.e_above_hull, gains)}
    voltage = points.voltage - gains.volts
    if np.isfinite(voltage).any() and "voltage" in learned.numbers:
        said = learned.numbers["voltage"][0] - _HEAD_BIAS
        voltage = (1.0 - _HEAD_SHARE) * voltage + _HEAD_SHARE * said
    return Predictions(POINTS, origin, numbers | _volts(learned, voltage, _VOLTAGE_ERROR))


def by_settled(learned: Predictions, settled: Points, origin: str) -> Predictions:
    """What crystals tell after a few steps of relaxation; NaN where there are none."""
    numbers: dict[str, Numbers] = {"e_above_hull": _after(settled.e_above_hull, _SETTLED)}
    voltage = settled.voltage - _SETTLED.volts
    return Predictions(SETTLED, origin, numbers | _volts(learned, voltage, _SETTLED_VOLTAGE_ERROR))


def _after(distance: Floats, gains: Gains) -> Numbers:
    """Distances to the hull after relaxation, eV/atom."""
    far = np.maximum(distance, 0.0)
    error = np.hypot(gains.always_error, gains.drop_error * far)
    return distance - gains.always - gains.drop * far, error


def gains_of(made: Points, settled: Points, usual: Gains) -> Gains:
    """What relaxation changes, from crystals that have both; the usual where there are too few."""
    after, _ = _after(settled.e_above_hull, _SETTLED)
    found = taken_off(made.e_above_hull, after, usual)
    volts = made.voltage - (settled.voltage - _SETTLED.volts)
    volts = volts[np.isfinite(volts)]
    if len(volts) >= _FEWEST:
        found = replace(found, volts=float(np.median(volts)))
    return found


def taken_off(before: Floats, after: Floats, usual: Gains, fewest: int = _FEWEST) -> Gains:
    """What relaxing takes off distances to the hull, by least absolute deviations.

    Crystals near the hull tell what it takes off always, those far from it the share of the rest;
    where there are fewer of one kind than asked, the usual stays.
    """
    there = np.isfinite(before) & np.isfinite(after)
    before, fallen = before[there], (before - after)[there]
    near, far = np.abs(before) < _NEAR, before >= _NEAR
    found = usual
    if near.sum() >= fewest:
        always = float(np.median(fallen[near]))
        spread = _SIGMA_MAE * float(np.abs(fallen[near] - always).mean())
        found = replace(found, always=always, always_error=max(spread, _LEAST_ERROR))
    if far.sum() >= fewest:
        drop, spread = _share(fallen[far] - found.always, before[far])
        found = replace(found, drop=drop, drop_error=max(spread, _LEAST_SHARE))
    return found


def _share(fallen: Floats, before: Floats) -> tuple[float, float]:
    """(share, spread) of what is taken off, the farther the more a crystal counts."""
    shares = fallen / before
    order = np.argsort(shares)
    half = int(np.searchsorted(np.cumsum(before[order]), 0.5 * before.sum()))
    share = float(np.clip(shares[order][half], 0.0, 1.0))
    return share, _SIGMA_MAE * float(np.abs(fallen - share * before).sum() / before.sum())


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
        unit=known.unit if known is not None else said.units.get(key, ""),
        low=None if is_exact else low,
        high=None if is_exact else high,
        error=None if is_exact or (known is not None and known.is_log) else error / _SIGMA_MAE,
        method="composition" if is_exact else said.method,
        origin="from the formula" if is_exact else said.origin,
        light="green" if is_exact else "amber",
        reason="" if is_exact else "Predicted for the crystal as proposed; not relaxed yet.",
    )
