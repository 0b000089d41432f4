"""Rows at the end of a run: judged by the targets, the best of them on the shortlist."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from designer_app.design.criteria import STABILITY, Judge
from designer_app.design.staged import (
    BARE_HULL,
    CHARGED_FALLS,
    MARKS,
    SWELLS,
    UNSURE,
    DesignRows,
    order_of,
)
from designer_app.io.formulas import amounts_in
from designer_app.screening.battery_estimates import CHARGED, MOST_CHARGED
from designer_app.screening.rules import judged, worst_light
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import STAGES, Arm
from designer_app.specs.screen_rows import FAILS, PASSES, FunnelCount, ScreenRow, funnel_of

_CHECKED = ("checked",)
_COMPUTED = (*_CHECKED, "physics")
_FARTHEST = (*_COMPUTED, "hull")
"""Stages of rows that were relaxed, the best known first."""
_VOLUME, _MOST_SWELLING = "volume_change", 20.0
"""%. LiFePO4, which lasts, changes by 7 (Padhi et al. 1997, doi:10.1149/1.1837571)."""
_MOST_GAINED = 0.1
"""eV/atom. Of 400 known phases of three and four elements on the hull of the shipped set, 28 % lie
farther below all others where only compounds compete, 57 % where elements do."""
_COMPETITOR = re.compile(r"\d ([A-Z][A-Za-z0-9.]*) \(")
"""In `ScreenRow.decomposition`, e.g. "0.40 LiCl (mp-22905) + 0.40 Cl (element-Cl)"."""


@dataclass(frozen=True, eq=False)
class Ending:
    """What a run came to."""

    shortlist: tuple[ScreenRow, ...]
    others: tuple[ScreenRow, ...]
    """What else was relaxed, best first."""
    funnel: tuple[FunnelCount, ...]
    arms: tuple[Arm, ...]

    @property
    def n_hits(self) -> int:
        """Candidates on the shortlist that meet all targets."""
        return sum(row.verdict == PASSES for row in self.shortlist)


def ending(run: DesignRows) -> Ending:
    """The shortlist of a run and what is counted; of one that was stopped, from what there is.

    Those that were checked come first, then those whose numbers were computed, before those that
    are only predicted; of each those that meet all criteria, as different as is asked. Where they
    are too few, the nearest misses follow.
    """
    alive = [_judged(row, run.spec, run.tools.judge) for row in run.alive(*_FARTHEST)]
    alive.sort(key=_order)
    n = run.spec.n
    chosen: list[ScreenRow] = []
    for stages in (_CHECKED, computed_stages(run.spec.purpose)):
        here = [row for row in alive if row.stage in stages and row not in chosen]
        hits = [row for row in here if row.verdict == PASSES]
        chosen += [hits[place] for place in run.spread(hits, n - len(chosen))]
    misses = [row for row in alive if row.verdict != PASSES]
    misses.sort(key=lambda row: (_FARTHEST.index(row.stage), _order(row)))
    chosen += misses[: max(n - len(chosen), 0)]
    ids = {row.id for row in chosen}
    others = tuple(row for row in alive if row.id not in ids)
    shortlist = tuple(replace(row, stage="shortlist") for row in chosen)
    made = run.store.decisions().get("made", {})
    # Not all that came upon a short shortlist went through every stage.
    through = {row.id: row for row in shortlist if run.rows[row.id].stage in _CHECKED}
    rows = {**run.rows, **through}.values()
    strategies = {key: str(each["strategy"]) for key, each in run.found.items()}
    return Ending(
        shortlist=shortlist,
        others=others,
        funnel=_funnel(rows, shortlist, made.get("lost", {})),
        arms=_arms(made.get("arms", ()), strategies, run, [*shortlist, *others]),
    )


def first_to_check(run: DesignRows) -> list[str]:
    """Rows that are computed, in the order in which they would come upon the shortlist."""
    stages = computed_stages(run.spec.purpose)
    rows = [_judged(row, run.spec, run.tools.judge) for row in run.alive(*stages)]
    rows.sort(key=_order)
    hits = [row for row in rows if row.verdict == PASSES]
    misses = [row for row in rows if row.verdict != PASSES]
    return [part[place].id for part in (hits, misses) for place in run.spread(part, len(part))]


def computed_stages(purpose: str) -> tuple[str, ...]:
    """Stages from which hits are taken."""
    return _FARTHEST if purpose == "own" else _COMPUTED


def _judged(row: ScreenRow, spec: DesignSpec, judge: Judge) -> ScreenRow:
    verdict, failing, told = judged(row, judge.criteria)
    marks = [mark for mark in MARKS if mark in row.failing]
    if spec.is_electrode and _swells(row, judge):
        marks.append(SWELLS)
    if spec.purpose == "cathode" and _falls_charged(row):
        marks.append(CHARGED_FALLS)
    if spec.charge != "off" and _has_bare_hull(row):
        marks.append(BARE_HULL)
    if marks:
        verdict, failing = FAILS, (*failing, *marks)
        told = "; ".join(filter(None, [told, *(MARKS[mark] for mark in marks)]))
    light = "red" if set(marks) - {UNSURE} else worst_light(row, judge.criteria)
    return replace(row, verdict=verdict, failing=failing, reason=told, light=light)


def _swells(row: ScreenRow, judge: Judge) -> bool:
    """Whether the computed volume changes too much, where no target says how much."""
    found = row.estimate(_VOLUME)
    if found is None or any(goal.key == _VOLUME for goal in judge.goals):
        return False
    return row.stage in _COMPUTED and found.value > _MOST_SWELLING


def _falls_charged(row: ScreenRow) -> bool:
    """Whether a cathode that gave up its ions lies too far above the hull to last."""
    found = row.estimate(CHARGED)
    return found is not None and found.value > MOST_CHARGED


def _has_bare_hull(row: ScreenRow) -> bool:
    """Whether a compound gains much over competitors among which are elements: LiCl, Mn and Cl2 for
    LiMnCl3, because the reference set has no MnCl2. Alloys do compete with their metals.
    """
    distance = row.estimate(STABILITY)
    if distance is None or not distance.value < -_MOST_GAINED:
        return False
    return any(len(amounts_in(name)) == 1 for name in _COMPETITOR.findall(row.decomposition))


def _order(row: ScreenRow) -> tuple[int, float, str]:
    return len(row.failing), -order_of(row.score), row.id


def _funnel(
    rows: Iterable[ScreenRow], shortlist: Sequence[ScreenRow], lost: Mapping[str, int]
) -> tuple[FunnelCount, ...]:
    """The counts, with proposals that the search dropped before they were candidates."""
    made, *stages, _ = funnel_of(rows, STAGES)
    reasons = sorted(lost.items(), key=lambda each: (-each[1], each[0]))
    made = replace(made, entered=made.entered + sum(lost.values()), lost_reasons=tuple(reasons))
    return (made, *stages, funnel_of(shortlist, STAGES)[-1])


def _arms(
    made: Sequence[Mapping[str, Any]],
    strategies: Mapping[str, str],
    run: DesignRows,
    ends: Sequence[ScreenRow],
) -> tuple[Arm, ...]:
    """Each strategy's candidates, relaxations, and hits: new, near the hull, meeting the targets
    by numbers that were computed.
    """
    relaxed = Counter(
        strategies.get(row.id, "") for row in run.rows.values() if run.is_past(row, "relaxed")
    )
    known_best = (*computed_stages(run.spec.purpose), STAGES[-1][0])
    hits = Counter(
        strategies.get(row.id, "") for row in ends if row.stage in known_best and _is_hit(row)
    )
    known = dict.fromkeys([*(str(each["strategy"]) for each in made), *relaxed])
    proposed = {str(each["strategy"]): int(each["n_proposed"]) for each in made}
    return tuple(
        Arm(
            strategy=name,
            n_candidates=proposed.get(name, 0),
            n_relaxed=relaxed[name],
            n_hits=hits[name],
        )
        for name in known
        if name
    )


def _is_hit(row: ScreenRow) -> bool:
    return not row.known and not row.failing and row.estimate(STABILITY) is not None
