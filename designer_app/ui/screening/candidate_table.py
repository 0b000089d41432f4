"""All candidates of a run as arrays, so that 10,000 are sorted and filtered in a few ms.

Qt's own sorting proxy would compare in Python: 10,000 rows take it half a second, during which the
window stands still.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from designer_app.specs.screen_rows import FAILS, LOST, PASSES, STAGES, WAITS, ScreenRow
from designer_app.ui.screening.columns import (
    ATOMS,
    OF_THE_CELL,
    SCORE,
    Column,
    column_for,
    name_of,
    place_of,
)
from designer_app.ui.screening.tally import Tally

RANK, FORMULA, VERDICT = "rank", "formula", "verdict"
"""What rows are sorted by, besides the keys of columns."""
SHOWN = {
    "all": (PASSES, FAILS, WAITS, LOST),
    "passing": (PASSES,),
    "judged": (PASSES, FAILS),
    "lost": (LOST,),
}
"""Verdicts by the filter's key."""
_BETTER = {PASSES: 0, FAILS: 1, WAITS: 2, LOST: 3}
_FIRST_ROOM = 256


@dataclass(frozen=True)
class Wish:
    """In which order, and which of them."""

    sort: str = RANK
    is_descending: bool = False
    shown: str = "all"
    text: str = ""


class _Numbers:
    """A float array that grows."""

    def __init__(self) -> None:
        self._values = np.full(_FIRST_ROOM, math.nan)

    def put(self, place: int, value: float) -> None:
        if place >= len(self._values):
            wanted = max(2 * len(self._values), place + 1)
            grown = np.full(wanted, math.nan)
            grown[: len(self._values)] = self._values
            self._values = grown
        self._values[place] = value

    def first(self, n: int) -> NDArray[np.float64]:
        if n > len(self._values):
            self.put(n - 1, math.nan)
        return self._values[:n]


class CandidateTable:
    """The newest row of every candidate, by id; a later row of an id replaces the earlier one."""

    def __init__(self, stages: Sequence[tuple[str, str]] = STAGES) -> None:
        self.stages = tuple(stages)
        self.rows: list[ScreenRow] = []
        self.tally = Tally(stages)
        self._stage = {key: place for place, (key, _) in enumerate(stages)}
        self._place: dict[str, int] = {}
        self._numbers: dict[str, _Numbers] = {}
        self._columns: dict[str, Column] = {}
        self._texts: list[str] = []
        self._id_ranks: NDArray[np.int64] = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def put(self, rows: Iterable[ScreenRow]) -> None:
        """Take in rows as they come."""
        for row in rows:
            place = self._place.setdefault(row.id, len(self.rows))
            if place == len(self.rows):
                self.rows.append(row)
                self._texts.append("")
            else:
                self.tally.remove(self.rows[place])
                self.rows[place] = row
            self.tally.add(row)
            self._note(place, row)

    def place(self, candidate: str) -> int:
        """Where a candidate is; -1 for one that is not there."""
        return self._place.get(candidate, -1)

    def columns(self) -> list[Column]:
        """The properties of which at least one candidate has a number."""
        found = [each for each in self._columns.values() if each.key not in OF_THE_CELL]
        return sorted(found, key=lambda each: (place_of(each.key), each.key))

    def values(self, key: str) -> NDArray[np.float64]:
        """A property of all candidates, in the estimates' unit; NaN where it is not known."""
        return self._numbers[key].first(len(self)) if key in self._numbers else self._none()

    def have(self, verdicts: Sequence[str]) -> NDArray[np.bool_]:
        """(n,) which candidates have one of these verdicts."""
        return np.isin(self.values("_verdict"), [_BETTER[each] for each in verdicts])

    def span(self, key: str) -> tuple[float, float]:
        """The smallest and the largest value of a property; (0, 0) without any."""
        values = self.values(key)
        values = values[np.isfinite(values)]
        return (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)

    def order(self, wish: Wish) -> NDArray[np.int64]:
        """Places of the rows that are wanted, in the order that is wanted; NaN always last."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        order = self._ranked()
        if wish.sort != RANK:
            order = order[self._sorted(wish.sort, order, is_descending=wish.is_descending)]
        elif wish.is_descending:
            order = order[::-1]
        return order[self._wanted(wish)[order]]

    def _none(self) -> NDArray[np.float64]:
        return np.full(len(self), math.nan)

    def _note(self, place: int, row: ScreenRow) -> None:
        missed = ", ".join(name_of(key) for key in row.failing)
        words = f"{row.formula} {row.space_group} {row.made_from} {row.reason} {missed} {row.id}"
        self._texts[place] = words.casefold()
        plain = {
            SCORE.key: row.score,
            ATOMS.key: row.n_atoms,
            "_verdict": _BETTER[row.verdict],
            "_failing": len(row.failing),
            "_stage": self._stage[row.stage],
        }
        for key, value in plain.items():
            self._numbers.setdefault(key, _Numbers()).put(place, float(value))
        for estimate in row.estimates:  # the last of a property is the one by the best method
            self._columns.setdefault(estimate.key, column_for(estimate))
            self._numbers.setdefault(estimate.key, _Numbers()).put(place, estimate.value)

    def _ranked(self) -> NDArray[np.int64]:
        """As `specs.screen_rows.ranked` says."""
        score = self.values(SCORE.key)
        score = np.where(np.isfinite(score), score, -np.inf)
        if len(self._id_ranks) != len(self):
            by_id = np.argsort(np.array([row.id for row in self.rows]))
            self._id_ranks = np.argsort(by_id)
        keys = (self._id_ranks, -score, -self.values("_stage"), self.values("_failing"))
        return np.lexsort((*keys, self.values("_verdict")))

    def _sorted(
        self, key: str, order: NDArray[np.int64], *, is_descending: bool
    ) -> NDArray[np.int64]:
        """Stable, so that equal values stay in the order of rank."""
        if key == FORMULA:
            texts = np.array([row.formula.casefold() for row in self.rows])[order]
            found = np.argsort(texts, kind="stable")
            return found[::-1] if is_descending else found
        values = self.values("_verdict" if key == VERDICT else key)[order]
        return np.argsort(-values if is_descending else values, kind="stable")

    def _wanted(self, wish: Wish) -> NDArray[np.bool_]:
        wanted = self.have(SHOWN[wish.shown])
        words = wish.text.casefold().split()
        if words:
            found = [all(word in text for word in words) for text in self._texts]
            wanted &= np.array(found, dtype=bool)
        return wanted
