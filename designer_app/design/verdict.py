"""What a run came to in a sentence; with nothing, where all were lost and what to loosen."""

import math
from collections.abc import Sequence

from designer_app.design.criteria import STABILITY
from designer_app.design.shortlist import Ending
from designer_app.design.staged import UNSURE
from designer_app.specs.design_rows import STAGES
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.screen_rows import PASSES, FunnelCount, failing_counts

_TITLES = dict(STAGES)
_LOOSEN = {
    "made": "allow more elements or structure families, or more atoms",
    "valid": "allow more elements or larger cells",
    "unique": "take more seeds",
    "new": "let known materials in, or take more seeds",
    "balanced": "set the charge balance to loose",
    "ranked": "relax more of the best",
    "relaxed": "relax more of the best, or allow smaller cells only",
    "hull": "let known materials in, allow more elements, or relax more of the best",
}


def verdict_of(ending: Ending, stopped: str = "") -> str:
    """The sentence; `stopped` is the title of the stage in which the run was stopped."""
    begin = f"Stopped while in “{stopped}”. " if stopped else ""
    if not ending.shortlist:
        return begin + _nothing(ending.funnel, is_stopped=bool(stopped))
    n, hits = len(ending.shortlist), ending.n_hits
    best = ending.shortlist[0]
    if hits:
        told = f"{hits} of {n} candidates on the shortlist meet all targets; best: {best.formula}."
    else:
        told = f"None of {n} candidates meets all targets; {_nearest(ending)}."
    return " ".join(filter(None, [begin.strip(), told, _unsure(ending)]))


def _unsure(ending: Ending) -> str:
    """How many meet the targets by learned numbers that computed ones contradict."""
    n = sum(row.failing == (UNSURE,) for row in ending.shortlist)
    if not n:
        return ""
    begin = "One is" if n == 1 else f"{n} are"
    return f"{begin} unsure: learned and computed numbers disagree."


def _nothing(funnel: Sequence[FunnelCount], *, is_stopped: bool) -> str:
    if is_stopped:
        return "No candidate had been relaxed by then; what was found is kept, and goes on."
    for count in funnel:
        if count.entered and count.passed == 0:
            why = f": {count.lost_reasons[0][0]}" if count.lost_reasons else ""
            advice = _LOOSEN.get(count.stage, "widen the targets")
            title = _TITLES[count.stage]
            if count.waiting:
                return (
                    f"All {count.entered} candidates wait at “{title}”: none was allowed to go on; "
                    f"{advice}."
                )
            return f"No candidate passed “{title}” ({count.entered} came{why}); {advice}."
    return "The search proposed nothing within these limits; allow more elements or families."


def _nearest(ending: Ending) -> str:
    """What the candidates miss most, and the best of them."""
    rows = [row for row in ending.shortlist if row.verdict != PASSES]
    best = rows[0]
    counts = ", ".join(f"{_named(key)} by {n}" for key, n in failing_counts(rows)[:3])
    key = next((key for key in best.failing if key in PROPERTIES), "")
    found = best.estimate(key) if key else None
    at = ""
    if found is not None and math.isfinite(found.value):
        value, unit = found.value, found.unit
        if key == STABILITY:
            value, unit = 1000.0 * value, "meV/atom"
        number = float(f"{value:.3g}")
        at = f" with {_named(key)} {number:g} {unit}".rstrip() + "; loosen that target to take it"
    return f"missed: {counts}. The nearest is {best.formula}{at}"


def _named(key: str) -> str:
    return PROPERTIES[key].title.lower() if key in PROPERTIES else key.replace("_", " ")
