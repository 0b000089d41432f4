"""What came out of a screening, in one sentence."""

from designer_app.io.formulas import written
from designer_app.specs.screen_rows import ScreenRow
from designer_app.ui.screening.candidate_table import CandidateTable, Wish
from designer_app.ui.screening.columns import name_of
from designer_app.ui.wording import with_spaces

_MOST_NAMED, _MOST_REASONS = 2, 4


def screening_outcome(table: CandidateTable) -> tuple[str, str]:
    """(sentence, ok or warn) about the rows that are there."""
    n, tally = len(table), table.tally
    if not n:
        return "No candidate could be made: allow more elements, or start from another one.", "warn"
    best = _best(table)
    many = with_spaces(n)
    if tally.n_passing:
        one = tally.n_passing == 1
        told = f"{tally.n_passing} of {many} {'passes' if one else 'pass'} all rules"
        return f"{told}; the best is {written(best.formula)}.", "ok"
    if not tally.n_judged:
        return f"None of {many} came to the rules: the funnel tells where they were lost.", "warn"
    missed = ", ".join(
        f"{name_of(key).lower()} ({count})" for key, count in tally.failing()[:_MOST_NAMED]
    )
    judged = with_spaces(tally.n_judged)
    told = f"None of {judged} judged passes all rules"
    return f"{told}; most miss {missed}. The best is {written(best.formula)}.", "warn"


def live_text(table: CandidateTable) -> str:
    """How a run stands, for the line above it."""
    n, tally = len(table), table.tally
    many = with_spaces(n)
    parts = [f"{many} candidates"]
    if tally.n_judged:
        parts.append(f"{with_spaces(tally.n_judged)} judged")
        parts.append(f"{with_spaces(tally.n_passing)} pass")
    return " · ".join(parts)


def losses_text(table: CandidateTable) -> str:
    """The most frequent reasons of losses, a line each."""
    found: dict[str, int] = {}
    for count in table.tally.counts()[:-1]:  # missing a rule is no loss: the table tells of it
        for reason, n in count.lost_reasons:
            found[reason] = found.get(reason, 0) + n
    most = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:_MOST_REASONS]
    return "\n".join(f"{n} lost: {reason}" for reason, n in most)


def best_of(table: CandidateTable) -> ScreenRow | None:
    """The candidate at the top; None without any that was looked at."""
    return _best(table) if len(table) else None


def _best(table: CandidateTable) -> ScreenRow:
    return table.rows[int(table.order(Wish())[0])]
