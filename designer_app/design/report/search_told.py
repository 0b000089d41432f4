"""How the search went: predictions beside what was computed, losses, and who proposed what."""

from collections.abc import Sequence
from dataclasses import replace

from designer_app.design.report.blocks import Block, Cell, Figure, Heading, Row, Table, Text
from designer_app.design.report.numbers import bounds_of, pairs_of, rounded, shown, wilson
from designer_app.design.report.pictures import parity_picture
from designer_app.screening.report_drawings import funnel_drawing
from designer_app.specs.design import STRATEGIES, DesignSpec
from designer_app.specs.design_rows import STAGES, Arm, DesignResult
from designer_app.specs.screen_rows import FunnelCount, ScreenRow

TITLES = dict(STAGES)
_ABREAST = 3
"""Scatters beside each other."""


def search_blocks(spec: DesignSpec, result: DesignResult) -> list[Block]:
    """All of it."""
    return [*_parities(spec, result.rows), *_funnel(result.funnel), *_proposals(result.arms)]


def _parities(spec: DesignSpec, rows: Sequence[ScreenRow]) -> list[Block]:
    figures: list[Figure] = []
    for target in spec.wanted():
        told = shown(target.key)
        pairs = pairs_of(rows, target.key)
        picture = parity_picture(told.title, told.unit, pairs, bounds_of(target))
        if picture is not None:
            n = len(pairs)
            mean = sum(abs(each.predicted - each.verified) for each in pairs) / n
            error = f"{rounded(mean, told.decimals)} {told.unit}"
            figures.append(Figure(picture, f"{told.title}: mean difference {error} on these {n}."))
    if not figures:
        return []
    legend = "Each dot is a candidate; green meets all targets, the band is the target."
    blocks: list[Block] = [Heading("Predicted and computed"), Text(legend, "muted")]
    for place in range(0, len(figures), _ABREAST):
        beside = figures[place : place + _ABREAST]
        blocks.append(Row(tuple(beside)) if len(beside) > 1 else replace(beside[0], width=0.5))
    return blocks


def _funnel(funnel: Sequence[FunnelCount]) -> list[Block]:
    if not funnel:
        return []
    lines = tuple(
        (Cell(TITLES[count.stage]), Cell(reason), Cell(f"{number:,}"))
        for count in funnel
        for reason, number in count.lost_reasons
    )
    heads = ("Lost at", "Because", "How many")
    table = [Table(heads, lines, (0.2, 0.65, 0.15), frozenset({2}))] if lines else []
    picture = funnel_drawing(funnel, TITLES)
    return [Heading("Funnel"), Figure(picture, width=0.8), *table]


def _proposals(arms: Sequence[Arm]) -> list[Block]:
    """Hits among what each strategy proposed, without a comparison."""
    relaxed = [each for each in arms if each.n_relaxed]
    if not relaxed:
        return []
    titles = dict(STRATEGIES)
    lines: list[tuple[Cell, ...]] = []
    for each in relaxed:
        low, high = wilson(each.n_hits, each.n_relaxed)
        share = 100 * each.n_hits / each.n_relaxed
        title = titles.get(each.strategy, each.strategy)
        numbers = (each.n_candidates, each.n_relaxed, each.n_hits)
        between = f"{share:.0f} % ({100 * low:.0f} … {100 * high:.0f})"
        lines.append((Cell(title), *(Cell(f"{number:,}") for number in numbers), Cell(between)))
    told = (
        "Share of hits among what each strategy proposed and was relaxed; no comparison at equal "
        "cost, as one ranking dealt the relaxations. A hit is not in our reference set, near the "
        "hull, and meets the targets by the best numbers known, which are predicted where nothing "
        "was computed."
    )
    heads = ("Strategy", "Proposed", "Relaxed", "Hits", "Share of hits, 95 %")
    table = Table(heads, tuple(lines), (0.36, 0.14, 0.12, 0.1, 0.28), frozenset({1, 2, 3, 4}))
    return [Heading("Who proposed what"), Text(told), table]
