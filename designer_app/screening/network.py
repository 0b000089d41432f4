"""The crystal network's numbers as estimates of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from designer_app.errors import Cancelled
from designer_app.explanations import explain_exception
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen import LOST, ScreenRow
from designer_app.specs.structure import Structure

METHOD = "crystal network"
SHOWN = ("formation_energy", "e_above_hull", "stability", "band_gap")
"""Heads whose numbers stand in every row; the others only in those of relaxed candidates."""


class Ensemble(Protocol):
    """What is asked of an ensemble of crystal networks."""

    @property
    def heads(self) -> Mapping[str, Any]:
        """Cards of the heads by key."""
        ...

    def predict(self, structures: Sequence[Structure]) -> Mapping[str, Any]:
        """Arrays of mean, spread, low and high by head."""
        ...


class Network:
    """An ensemble that fills in rows."""

    def __init__(self, ensemble: Ensemble, origin: str) -> None:
        self.ensemble = ensemble
        self.origin = origin

    def estimated(
        self,
        rows: Sequence[ScreenRow],
        structures: Sequence[Structure],
        *,
        is_relaxed: bool = False,
    ) -> list[ScreenRow]:
        """The rows with the network's numbers before all others; one it cannot judge is lost.

        Numbers of an unrelaxed structure make room for those of the relaxed one.
        """
        try:
            found = self.ensemble.predict(structures)
        except Exception as error:
            if isinstance(error, Cancelled):
                raise
            if len(rows) > 1:
                return [
                    self.estimated([row], [structure], is_relaxed=is_relaxed)[0]
                    for row, structure in zip(rows, structures, strict=True)
                ]
            return [_refused(rows[0], error)]
        keys = [key for key in found if is_relaxed or key in SHOWN]
        return [
            replace(row, estimates=(*self._estimates(found, keys, index), *_of_others(row)))
            for index, row in enumerate(rows)
        ]

    def _estimates(
        self, found: Mapping[str, Any], keys: Sequence[str], index: int
    ) -> tuple[Estimate, ...]:
        return tuple(
            Estimate(
                key=key,
                value=float(found[key].mean[index]),
                unit=self.ensemble.heads[key].unit,
                low=_number(found[key].low[index]),
                high=_number(found[key].high[index]),
                error=_number(getattr(self.ensemble.heads[key], "held_out_error", None)),
                method=METHOD,
                origin=self.origin,
            )
            for key in keys
        )


def _of_others(row: ScreenRow) -> list[Estimate]:
    return [each for each in row.estimates if each.method != METHOD]


def _refused(row: ScreenRow, error: Exception) -> ScreenRow:
    told = explain_exception(error).sentence
    return replace(row, verdict=LOST, reason=f"not for the network: {told}")


def _number(value: Any) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 6)
