"""The crystal network's numbers as estimates of rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from designer_app.errors import Cancelled
from designer_app.explanations import explain_exception
from designer_app.specs.estimates import Estimate
from designer_app.specs.screen_rows import LOST, ScreenRow
from designer_app.specs.structure import Structure

METHOD = "crystal network"
SHOWN = ("formation_energy", "e_above_hull", "stability", "band_gap")
"""Heads whose numbers stand in every row; the others only in those of relaxed candidates."""

_OF_INSULATORS = frozenset(("refractive_index",))
"""Learned from insulators; of a metal they mean nothing."""
_METAL = 0.1
"""eV; a smaller gap is none."""


class Ensemble(Protocol):
    """What is asked of an ensemble of crystal networks."""

    def estimates(self, structures: Sequence[Structure]) -> list[dict[str, Estimate]]:
        """Every head for each crystal; raises where one cannot be judged."""
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
            found = self.ensemble.estimates(structures)
        except Exception as error:
            if isinstance(error, Cancelled):
                raise
            if len(rows) > 1:
                return [
                    self.estimated([row], [structure], is_relaxed=is_relaxed)[0]
                    for row, structure in zip(rows, structures, strict=True)
                ]
            return [_refused(rows[0], error)]
        return [
            replace(row, estimates=(*_shown(each, is_relaxed=is_relaxed), *_of_others(row)))
            for row, each in zip(rows, found, strict=True)
        ]


def _shown(found: Mapping[str, Estimate], *, is_relaxed: bool) -> list[Estimate]:
    shown = [each for key, each in found.items() if is_relaxed or key in SHOWN]
    gap = found.get("band_gap")
    if gap is not None and gap.value < _METAL:
        shown = [each for each in shown if each.key not in _OF_INSULATORS]
    return shown


def _of_others(row: ScreenRow) -> list[Estimate]:
    return [each for each in row.estimates if each.method != METHOD]


def _refused(row: ScreenRow, error: Exception) -> ScreenRow:
    told = explain_exception(error).sentence
    return replace(row, verdict=LOST, reason=f"not for the network: {told}")
