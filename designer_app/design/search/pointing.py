"""Energies of what a search proposes, each crystal once: as made, and after a few steps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from designer_app.design.heads.labels import fractions_of
from designer_app.design.representation.library import PrototypeLibrary
from designer_app.design.representation.tokens import N_ELEMENTS
from designer_app.design.search.judging import PointJudge, Points, scaled
from designer_app.design.search.pool import Pool, keys_of
from designer_app.design.search.ranking import (
    Gains,
    Predictions,
    by_points,
    by_settled,
    gains_of,
    merged,
)
from designer_app.running.control import RunControl
from designer_app.specs.structure import Structure

Key = tuple[int, ...]
Kept = dict[Key, tuple[float, float]]
"""Distance to the hull and voltage by crystal."""


class Pointed:
    """What a potential has said within one search."""

    def __init__(
        self, points: PointJudge, ion: str, control: RunControl, usual: Gains | None = None
    ) -> None:
        """`ion` is what leaves, where a voltage is asked; `usual` what relaxation changes."""
        self._points, self._ion, self._control = points, ion, control
        self._made: Kept = {}
        self._settled: Kept = {}
        self._gains = self._usual = usual or Gains()
        self._volumes: dict[Key, float] = {}
        """A^3 of a cell, of crystals whose volume was looked for."""

    def at_best_volumes(
        self, pool: Pool, structures: Mapping[int, Structure]
    ) -> dict[int, Structure]:
        """The structures by row of the pool at their volume of lowest energy.

        A decoded alloy keeps the volume of what a descent began at: 10 % off, Pt3Ni lies 150
        meV/atom too high. Metals are stiff and mostly have nothing but their volume to relax.
        """
        keys = keys_of(pool.table)
        asked = [row for row in sorted(structures) if keys[row] not in self._volumes]
        found = self._points.best_volumes([structures[row] for row in asked], self._control)
        self._volumes |= {keys[row]: volume for row, volume in zip(asked, found, strict=True)}
        return {
            row: scaled(each, (self._volumes[keys[row]] / each.volume) ** (1.0 / 3.0))
            for row, each in structures.items()
        }

    def judge(self, pool: Pool, structures: Mapping[int, Structure]) -> None:
        """Single points of structures by row of the pool."""
        keys = keys_of(pool.table)
        asked = [row for row in sorted(structures) if keys[row] not in self._made]
        said = self._points.judged([structures[row] for row in asked], self._ion, self._control)
        _keep(self._made, [keys[row] for row in asked], said)

    def settle(self, pool: Pool, structures: Mapping[int, Structure]) -> None:
        """The same after a few steps of relaxation, and what those change about single points."""
        keys = keys_of(pool.table)
        said = self._points.settled(list(structures.values()), self._ion, self._control)
        _keep(self._settled, [keys[row] for row in structures], said)
        self._gains = gains_of(_kept(self._made, self._settled), _kept(self._settled), self._usual)

    def methods(
        self, pool: Pool, learned: Predictions, structures: Mapping[int, Structure]
    ) -> list[Predictions]:
        """What heads, single points and brief relaxations tell, the best last."""
        origin, keys = self._points.origin, keys_of(pool.table)
        here = [key if row in structures else () for row, key in enumerate(keys)]
        found = [learned, by_points(learned, _kept(self._made, here), origin, self._gains)]
        if self._settled:
            found.append(by_settled(learned, _kept(self._settled, here), origin))
        return found

    def labels(
        self, pool: Pool, structures: Mapping[int, Structure], library: PrototypeLibrary
    ) -> Predictions:
        """What heads may learn from: the energies alone, without any share of a head's own answer,
        and distances above the hull of other formulas, which is what heads are asked for.
        """
        nothing = Predictions("", "", {})
        said = merged(self.methods(pool, nothing, structures)[1:])
        mean, error = said.numbers["e_above_hull"]
        there = np.isfinite(mean)
        fractions = fractions_of(pool.table.rows(there), library, N_ELEMENTS)
        mean = mean.copy()
        mean[there] += self._points.leads(fractions)
        return replace(said, numbers={**said.numbers, "e_above_hull": (mean, error)})


def _keep(kept: Kept, keys: Sequence[Key], said: Points) -> None:
    for key, *pair in zip(keys, said.e_above_hull, said.voltage, strict=True):
        kept[key] = float(pair[0]), float(pair[1])


def _kept(kept: Kept, keys: Iterable[Key] | None = None) -> Points:
    """Of some crystals, or of all; NaN where there is nothing."""
    asked = list(kept if keys is None else keys)
    found = np.array([kept.get(key, (np.nan, np.nan)) for key in asked]).reshape(-1, 2)
    return Points(found[:, 0], found[:, 1])
