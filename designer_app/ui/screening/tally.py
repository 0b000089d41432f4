"""The funnel, counted as rows come and go: the numbers of `funnel_of` without a pass over all rows
at every turn.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from designer_app.specs.screen_rows import (
    LOST,
    PASSES,
    STAGES,
    FunnelCount,
    ScreenRow,
    common_reason,
)


class Tally:
    """Counts of rows by stage, by reason of loss and by failing criterion."""

    def __init__(self, stages: Sequence[tuple[str, str]] = STAGES) -> None:
        self._stages = tuple(key for key, _ in stages)
        self._last = self._stages[-1]
        self._here: Counter[str] = Counter()
        self._passing: Counter[str] = Counter()
        self._lost: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._failing: Counter[str] = Counter()

    def add(self, row: ScreenRow) -> None:
        """A row is there now."""
        self._count(row, 1)

    def remove(self, row: ScreenRow) -> None:
        """A row is replaced by another."""
        self._count(row, -1)

    @property
    def n_passing(self) -> int:
        """Candidates that meet all criteria."""
        return self._passing.total()

    @property
    def n_judged(self) -> int:
        """Candidates that came to the rules."""
        return self._here[self._last]

    def failing(self) -> list[tuple[str, int]]:
        """How many judged rows miss each criterion, the most frequent first."""
        return [(key, n) for key, n in self._failing.most_common() if n]

    def counts(self) -> tuple[FunnelCount, ...]:
        """What each stage let through."""
        found = []
        beyond = self._here.total()
        for key in self._stages:
            entered = beyond
            beyond -= self._here[key]
            passed = beyond + self._passing[key]
            reasons = [(reason, n) for reason, n in self._lost[key].items() if n]
            lost = sum(n for _, n in reasons)
            found.append(
                FunnelCount(
                    stage=key,
                    entered=entered,
                    passed=passed,
                    waiting=entered - passed - lost,
                    lost_reasons=tuple(sorted(reasons, key=lambda each: (-each[1], each[0]))),
                )
            )
        return tuple(found)

    def _count(self, row: ScreenRow, by: int) -> None:
        self._here[row.stage] += by
        if row.verdict == PASSES:
            self._passing[row.stage] += by
        if row.verdict == LOST or (row.stage == self._last and row.failing):
            self._lost[row.stage][common_reason(row)] += by
        for key in row.failing:
            self._failing[key] += by
