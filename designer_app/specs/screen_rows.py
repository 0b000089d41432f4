"""The rows that a screening run makes, and what is counted from them.

How rows reach whoever watches: the run folder holds `rows.jsonl`, one line a row, appended and
flushed to the disk chunk by chunk; a later line of the same `id` replaces the earlier one. After
each chunk the job appends to `control.series` one row of numbers {"stage": place in `STAGES`,
"entered", "passed", "lines": lines of `rows.jsonl` so far}, so the window knows that there is more
to read (`io/screen_store.py: RowReader.new_rows`, no torch) and what changed. The funnel is always
`funnel_of(rows)`: it is not stored a second time. Rows are shown in the order of `ranked`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from designer_app.specs.estimates import Estimate

STAGES = (
    ("made", "Made"),
    ("valid", "Valid"),
    ("unique", "Unique"),
    ("new", "New"),
    ("balanced", "Charge balanced"),
    ("network", "Network"),
    ("relaxed", "Relaxed"),
    ("hull", "Hull"),
    ("rules", "Rules"),
)
"""(key, title) in order. A candidate is in one stage at a time and leaves it to the next, is lost
there, or waits there because it is not among the best that go on."""

PASSES, FAILS, LOST, WAITS = "passes", "fails", "lost", "waits"
"""Verdicts: meets all criteria; was judged and misses some; could not go on, `reason` says why;
not looked at further (yet), because others were better."""


@dataclass(frozen=True, kw_only=True)
class ScreenRow:
    """One candidate: what it is, how far it came, and every number with its origin."""

    id: str
    """Of this run, e.g. "00042"; also the name of its structure."""
    formula: str
    space_group: str = ""
    """Symbol and number, e.g. "Pnma (62)"; empty where it was not looked for."""
    n_atoms: int = 0
    made_from: str = ""
    """A sentence, e.g. "LiFePO4 with Fe replaced by Mn (probability 0.03)"."""
    structure_file: str = ""
    """Path in the run folder of the CIF, relaxed where it was; empty: `ScreenStore.structure`."""
    stage: str = "made"
    """The stage that it is in, or was lost in."""
    verdict: str = WAITS
    reason: str = ""
    """One sentence: why it was lost, or what keeps it from passing."""
    failing: tuple[str, ...] = ()
    """Keys of the estimates whose criterion it misses."""
    estimates: tuple[Estimate, ...] = ()
    score: float = math.nan
    """Larger is better; only for sorting rows of one run."""
    light: str = "amber"
    """The worst light of its estimates that count."""
    known: str = ""
    """Id of the same crystal in the reference set."""
    decomposition: str = ""
    """What it competes with on the hull, e.g. "0.57 LiFePO4 (mp-19017) + 0.43 Li (element-Li)"."""
    warnings: tuple[str, ...] = ()

    def estimate(self, key: str) -> Estimate | None:
        """The last estimate of a property, which is the one by the best method; None without."""
        found = [each for each in self.estimates if each.key == key]
        return found[-1] if found else None


@dataclass(frozen=True, kw_only=True)
class FunnelCount:
    """How many candidates a stage let through."""

    stage: str
    entered: int
    passed: int
    waiting: int = 0
    """Neither passed nor lost: others were better, or their turn has not come."""
    lost_reasons: tuple[tuple[str, int], ...] = ()
    """(what they have in common, how many), the most frequent first."""


@dataclass(frozen=True, kw_only=True)
class ScreenResult:
    """The end of a run."""

    rows: tuple[ScreenRow, ...]
    """In the order of `ranked`."""
    funnel: tuple[FunnelCount, ...]
    failing_counts: tuple[tuple[str, int], ...] = ()
    """(key of a criterion, judged rows that miss it)."""
    n_passing: int = 0
    proposed: tuple[tuple[str, int], ...] = ()
    """What became of proposals before they were candidates: (reason, how many)."""
    warnings: tuple[str, ...] = ()
    folder: str = ""
    report: str = ""
    """Path of the HTML report."""
    origin: tuple[tuple[str, str], ...] = ()
    """Provenance: (what, which), e.g. ("potential", "chgnet 0.3.0, 1a2b3c4d")."""
    seconds: tuple[tuple[str, float], ...] = ()
    """(stage, seconds) of this session of the run."""


_BETTER = {PASSES: 0, FAILS: 1, WAITS: 2, LOST: 3}


def funnel_of(
    rows: Iterable[ScreenRow], stages: Sequence[tuple[str, str]] = STAGES
) -> tuple[FunnelCount, ...]:
    """What each stage let through, from the rows alone; the last one judges by criteria."""
    rows = list(rows)
    places = {key: place for place, (key, _) in enumerate(stages)}
    last = stages[-1][0]
    found = []
    for place, (key, _) in enumerate(stages):
        here = [row for row in rows if row.stage == key]
        beyond = sum(places[row.stage] > place for row in rows)
        lost = [row for row in here if row.verdict == LOST or (key == last and row.failing)]
        passed = beyond + sum(row.verdict == PASSES for row in here)
        reasons = Counter(common_reason(row) for row in lost)
        found.append(
            FunnelCount(
                stage=key,
                entered=beyond + len(here),
                passed=passed,
                waiting=beyond + len(here) - passed - len(lost),
                lost_reasons=tuple(sorted(reasons.items(), key=lambda each: (-each[1], each[0]))),
            )
        )
    return tuple(found)


def ranked(
    rows: Iterable[ScreenRow], stages: Sequence[tuple[str, str]] = STAGES
) -> list[ScreenRow]:
    """Rows as they are shown: passing ones first, then by how few criteria fail, then by score."""
    places = {key: place for place, (key, _) in enumerate(stages)}

    def place(row: ScreenRow) -> tuple[int, int, int, float, str]:
        score = row.score if math.isfinite(row.score) else -math.inf
        return _BETTER[row.verdict], len(row.failing), -places[row.stage], -score, row.id

    return sorted(rows, key=place)


def failing_counts(rows: Sequence[ScreenRow]) -> tuple[tuple[str, int], ...]:
    """How many judged rows miss each criterion, the most frequent first."""
    counts = Counter(key for row in rows for key in row.failing)
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def common_reason(row: ScreenRow) -> str:
    """What a lost row has in common with others: its reason up to the details after a colon."""
    return ", ".join(row.failing) if row.failing else row.reason.partition(":")[0].rstrip(".")
