"""What the report of a design says, from the title to the settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from designer_app import __version__
from designer_app.design.report.blocks import (
    Block,
    Cell,
    Figure,
    Heading,
    NewPage,
    Row,
    Table,
    Text,
)
from designer_app.design.report.candidate import SIGNS, candidate_page
from designer_app.design.report.methods import methods_text
from designer_app.design.report.numbers import (
    bounds_of,
    pairs_of,
    scale_of,
    wilson,
)
from designer_app.design.report.pictures import arms_picture, parity_picture
from designer_app.io.formulas import with_subscripts, with_subscripts_in
from designer_app.provenance import versions
from designer_app.screening.report import settings_lines
from designer_app.screening.report_drawings import funnel_drawing
from designer_app.specs.design import STRATEGIES, DesignSpec
from designer_app.specs.design_estimates import is_predicted, predicted, verified
from designer_app.specs.design_purposes import purpose_of
from designer_app.specs.design_rows import (
    STAGES,
    Arm,
    CandidateDetail,
    DesignResult,
)
from designer_app.specs.design_targets import PROPERTIES, Target, in_words
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import FunnelCount, ScreenRow
from designer_app.specs.structure import Structure

_TITLES = dict(STAGES)
_ALWAYS = "e_above_hull"
_ABREAST = 3
"""Scatters beside each other."""


def title_of(spec: DesignSpec) -> str:
    """What was asked, in words."""
    purpose = purpose_of(spec)
    wanted = ", ".join(in_words(each) for each in spec.wanted())
    return f"{purpose.title}: {wanted}"


def content_of(
    spec: DesignSpec,
    result: DesignResult,
    details: Mapping[str, CandidateDetail],
    structures: Mapping[str, Structure],
    diagrams: Mapping[str, PhaseDiagram],
    files: Mapping[str, Sequence[str]],
) -> list[Block]:
    """All blocks in their order."""
    shortlist = result.rows[: result.n_shortlist]
    blocks: list[Block] = [
        Heading(title_of(spec), 1),
        Text(f"Inverse design, designer_app {__version__}, seed {spec.seed}", "muted"),
        *([Text(with_subscripts_in(result.verdict))] if result.verdict else []),
        *(Text(f"▲ {each}", "amber") for each in result.warnings),
    ]
    blocks += _shortlist(spec, shortlist)
    blocks += _parities(spec, result.rows)
    blocks += _strategies(result.arms)
    blocks += _funnel(result.funnel)
    for rank, row in enumerate(shortlist, 1):
        detail = details.get(row.id, CandidateDetail(id=row.id))
        blocks += candidate_page(
            rank, row, detail, structures.get(row.id), diagrams.get(row.id), files.get(row.id, ())
        )
    return [*blocks, NewPage(), *_made_how(spec, result)]


# --- shortlist ---


def _shortlist(spec: DesignSpec, rows: Sequence[ScreenRow]) -> list[Block]:
    if not rows:
        return [Heading("Shortlist"), Text("No candidate reached the shortlist.")]
    targets = list(spec.wanted())
    if all(each.key != _ALWAYS for each in targets):
        targets.append(Target(key=_ALWAYS))
    heads = ["", "Candidate", "Verdict", *(_head(each, rows) for each in targets)]
    lines = tuple(_line(rank, row, targets) for rank, row in enumerate(rows, 1))
    fixed = (0.05, 0.19, 0.2)
    rest = (1.0 - sum(fixed)) / len(targets)
    numbers = frozenset({0, *range(3, 3 + len(targets))})
    told = (
        "Computed values, with their typical error where it was measured; below, what was "
        "predicted before. ● can be believed, ▲ with care, ■ hardly; the pages say why. What is "
        "not in the reference set may still be known: look into the literature."
    )
    table = Table(tuple(heads), lines, (*fixed, *[rest] * len(targets)), numbers)
    blocks: list[Block] = [Heading("Shortlist"), Text(told, "muted")]
    if checks := [each.key for each in targets if _is_only_checked(each.key, rows)]:
        names = ", ".join(PROPERTIES[key].title for key in checks)
        blocks.append(
            Text(
                f"{names}: what was predicted decides about the target. The computed value is a "
                "check with a larger error, and a candidate misses where the two lie far apart."
            )
        )
    return [*blocks, table]


def _is_only_checked(key: str, rows: Sequence[ScreenRow]) -> bool:
    """Whether a property was computed, and yet its prediction decides."""
    return any(
        verified(row, key) is not None
        and (decides := row.estimate(key)) is not None
        and is_predicted(decides)
        for row in rows
    )


def _head(target: Target, rows: Sequence[ScreenRow]) -> str:
    known = PROPERTIES.get(target.key)
    _, unit, _ = scale_of(target.key, (row.estimate(target.key) for row in rows))
    title = known.title if known else target.key.partition(":")[2] or target.key
    return f"{title}, {unit}" if unit else title


def _line(rank: int, row: ScreenRow, targets: Sequence[Target]) -> tuple[Cell, ...]:
    missed = ", ".join(each.replace("_", " ") for each in row.failing)
    told = f"misses {missed}" if missed else "meets all targets"
    below = f"known: {row.known}" if row.known else "not in the reference set"
    tone = "" if row.light == "green" else row.light
    return (
        Cell(str(rank)),
        Cell(with_subscripts(row.formula), row.space_group or row.id),
        Cell(f"{SIGNS[row.light]} {told}", below, tone),
        *(_value(row, each.key) for each in targets),
    )


def _value(row: ScreenRow, key: str) -> Cell:
    factor, _, form = scale_of(key)
    guess, truth = predicted(row, key), verified(row, key)
    if truth is None:
        return Cell("-", f"predicted {_number(guess, factor, form)}" if guess else "")
    below = f"predicted {_number(guess, factor, form)}" if guess else ""
    return Cell(_number(truth, factor, form), below)


def _number(each: Estimate, factor: float, form: str) -> str:
    if not math.isfinite(each.value):
        return "-"
    text = f"{each.value * factor:{form}}"
    return f"{text} ± {each.error * factor:{form}}" if each.error else text


def _parities(spec: DesignSpec, rows: Sequence[ScreenRow]) -> list[Block]:
    figures: list[Figure] = []
    for target in spec.wanted():
        factor, unit, _ = scale_of(target.key)
        known = PROPERTIES.get(target.key)
        title = known.title if known else target.key
        pairs = pairs_of(rows, target.key, factor)
        picture = parity_picture(title, unit, pairs, bounds_of(target, factor))
        if picture is not None:
            n = len(pairs)
            mean = sum(abs(each.predicted - each.verified) for each in pairs) / n
            told = f"{title}: mean absolute error {mean:.3g} {unit} on these {n}."
            figures.append(Figure(picture, told))
    if not figures:
        return []
    told = "Each dot is a candidate; green meets all targets, the band is the target."
    blocks: list[Block] = [Heading("Predicted and verified"), Text(told, "muted")]
    for place in range(0, len(figures), _ABREAST):
        beside = figures[place : place + _ABREAST]
        blocks.append(Row(tuple(beside)) if len(beside) > 1 else replace(beside[0], width=0.5))
    return blocks


# --- strategies and funnel ---


def _strategies(arms: Sequence[Arm]) -> list[Block]:
    relaxed = [each for each in arms if each.n_relaxed]
    if not relaxed:
        return []
    titles = dict(STRATEGIES)
    relaxed.sort(key=lambda each: -each.n_hits / each.n_relaxed)
    bars: list[tuple[str, float, float, float]] = []
    lines: list[tuple[Cell, ...]] = []
    for each in relaxed:
        low, high = wilson(each.n_hits, each.n_relaxed)
        share = each.n_hits / each.n_relaxed
        title = titles.get(each.strategy, each.strategy)
        bars.append((title, share, low, high))
        numbers = (each.n_candidates, each.n_relaxed, each.n_hits)
        between = f"{100 * share:.1f} % ({100 * low:.0f} … {100 * high:.0f})"
        lines.append((Cell(title), *(Cell(f"{number:,}") for number in numbers), Cell(between)))
    heads = ("Strategy", "Candidates", "Relaxed", "Hits", "Hits per relaxation, 95 %")
    table = Table(heads, tuple(lines), (0.36, 0.14, 0.12, 0.1, 0.28), frozenset({1, 2, 3, 4}))
    picture = arms_picture(bars)
    drawn = [Figure(picture, width=0.8)] if picture is not None and len(bars) > 1 else []
    return [Heading("Strategies"), Text(_winner(bars)), table, *drawn]


def _winner(bars: Sequence[tuple[str, float, float, float]]) -> str:
    title, share, low, _ = bars[0]
    hit = (
        "A hit is not in the reference set, near the hull, and meets the targets by the best "
        "numbers known, which are predicted where nothing was computed. One ranking dealt the "
        "relaxations, so strategies are not compared at equal cost."
    )
    if share == 0.0:
        return f"No strategy found a hit. {hit}"
    if len(bars) == 1:
        return f"{hit} One strategy was run, so nothing is compared."
    second, _, _, high = max(bars[1:], key=lambda each: each[3])
    if low > high:
        return f"{title} won: its interval lies above that of all others. {hit}"
    return (
        f"{title} found most per relaxation, but its interval overlaps with that of "
        f"“{second}”: this run alone does not tell which is better. {hit}"
    )


def _funnel(funnel: Sequence[FunnelCount]) -> list[Block]:
    if not funnel:
        return []
    lines = tuple(
        (Cell(_TITLES[count.stage]), Cell(reason), Cell(f"{number:,}"))
        for count in funnel
        for reason, number in count.lost_reasons
    )
    heads = ("Lost at", "Because", "How many")
    table = [Table(heads, lines, (0.2, 0.65, 0.15), frozenset({2}))] if lines else []
    picture = funnel_drawing(funnel, _TITLES)
    return [Heading("Funnel"), Figure(picture, width=0.8), *table]


# --- how it was made ---


def _made_how(spec: DesignSpec, result: DesignResult) -> list[Block]:
    settings = tuple((Cell(label), Cell(text)) for label, text in settings_lines(spec))
    pairs = [*result.origin, *versions().items()]
    origin = tuple((Cell(what), Cell(which)) for what, which in pairs)
    seconds = tuple(
        (Cell(_TITLES.get(stage, stage)), Cell(f"{each:.0f} s")) for stage, each in result.seconds
    )
    blocks: list[Block] = [Heading("What was done, and what it cannot tell")]
    blocks += [Text(each) for each in methods_text(spec, result)]
    blocks += [Heading("Settings"), Table(("", ""), settings, (0.35, 0.65))]
    blocks += [Heading("Where the numbers come from"), Table(("", ""), origin, (0.3, 0.7))]
    if seconds:
        blocks += [Heading("Time"), Table(("", ""), seconds, (0.35, 0.65))]
    return blocks
