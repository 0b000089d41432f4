"""Rows on their way through stages: kept on the disk chunk by chunk, told of as they change.

After a chunk its rows are on the disk and the run may end. What is on the disk is not done again,
and decisions (which rows go on) are kept, so that a run that was stopped comes to the same rows as
one that was not.
"""

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from designer_app.errors import Cancelled
from designer_app.explanations import explain_exception
from designer_app.io.screen_store import ScreenStore
from designer_app.running.control import RunControl
from designer_app.specs.screen_rows import LOST, WAITS, ScreenRow
from designer_app.specs.structure import Structure

CHUNK = 128
"""Rows whose lines are written together."""


class StagedRows:
    """The rows of one run; what decides about them derives from this."""

    stages: Sequence[tuple[str, str]] = ()
    """(key, title) in order."""

    def __init__(self, store: ScreenStore, control: RunControl) -> None:
        self.store, self.control = store, control
        self.rows = store.rows()
        self.structures: dict[str, Structure] = {}
        self.seconds: dict[str, float] = defaultdict(float)
        self.warnings: list[str] = []
        self._place = {key: place for place, (key, _) in enumerate(self.stages)}
        self._lines = len(self.rows)
        self._waiting: list[ScreenRow] = []
        self._new: list[tuple[str, Structure, str]] = []
        self._at = Counter(row.stage for row in self.rows.values())

    def is_past(self, row: ScreenRow, stage: str) -> bool:
        """Whether a row has come to a stage, or farther."""
        return self._place[row.stage] >= self._place[stage]

    def alive(self, *stages: str) -> list[ScreenRow]:
        """Rows that wait in some stages."""
        return [
            row
            for stage in stages
            for row in self.rows.values()
            if row.stage == stage and row.verdict == WAITS
        ]

    def decided(self, name: str, most: int, stages: Sequence[str]) -> list[str]:
        """The best rows of some stages, as chosen once."""
        decisions = self.store.decisions()
        if name not in decisions:
            rows = self.alive(*stages)
            rows.sort(key=lambda row: (-_ordered(row.score), row.id))
            self.store.decide(name, [row.id for row in rows[:most]])
            decisions = self.store.decisions()
        return list(decisions[name])

    def open_chunks(
        self, ids: Sequence[str], size: int, is_done: Callable[[ScreenRow], bool]
    ) -> Iterator[tuple[int, list[ScreenRow]]]:
        """(place, rows) of the chunks that are not done. A chunk is worked on as a whole, also
        again, because the rounding of a batch depends on what is in it.
        """
        for start in range(0, len(ids), size):
            self.control.checkpoint()
            rows = [self.rows[key] for key in ids[start : start + size]]
            if not all(is_done(row) for row in rows):
                yield start, rows

    @contextmanager
    def told(self, row: ScreenRow) -> Iterator[None]:
        """What breaks on one structure is told in its row; the others go on."""
        try:
            yield
        except Cancelled:
            raise
        except Exception as error:
            self.control.log.debug("row %s", row.id, exc_info=True)
            why = f"could not be judged: {explain_exception(error).sentence}"
            self.keep(replace(row, verdict=LOST, reason=why))

    def add(self, row: ScreenRow, structure: Structure) -> None:
        """Remember a new row and its structure."""
        self._new.append((row.id, structure, row.made_from))
        self.keep(row)

    def keep(self, row: ScreenRow) -> None:
        """Remember a row; it is written with its chunk."""
        if row.id in self.rows:
            self._at[self.rows[row.id].stage] -= 1
        self._at[row.stage] += 1
        self.rows[row.id] = row
        self._waiting.append(row)
        if len(self._waiting) >= CHUNK:
            self.write()

    def write(self) -> None:
        """Put the waiting rows on the disk and tell whoever watches."""
        if not self._waiting:
            return
        self.store.add_candidates(self._new)
        self._new = []
        place = self._place[self._waiting[-1].stage]
        self._lines += self.store.append(self._waiting)
        self._waiting = []
        self.tell(place)

    def tell(self, place: int) -> None:
        """A row of numbers for whoever watches: how many entered a stage and left it."""
        beyond = sum(count for stage, count in self._at.items() if self._place[stage] > place)
        here = self._at[self.stages[place][0]]
        counts = {"stage": place, "entered": beyond + here, "passed": beyond, "lines": self._lines}
        self.control.series.append({**counts, **self.further()})

    def further(self) -> Mapping[str, float]:
        """Numbers that a kind of run adds to each row."""
        return {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Counts the seconds; what is known is written where the run is stopped."""
        began = time.perf_counter()
        try:
            yield
        except Cancelled:
            self.write()
            raise
        finally:
            self.seconds[stage] += time.perf_counter() - began


def key_of(index: int) -> str:
    """The id of a candidate by its number."""
    return f"{index:05d}"


def finite_score(score: float) -> float:
    """A score as rows keep it: NaN for one that is not finite."""
    return score if math.isfinite(score) else math.nan


def _ordered(score: float) -> float:
    return score if math.isfinite(score) else -math.inf
