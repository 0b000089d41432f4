"""The page of one candidate."""

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from designer_app.design.details.hazards import NOT_AN_ASSESSMENT
from designer_app.design.details.pattern import METHOD
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
from designer_app.design.report.crystal_picture import crystal_picture
from designer_app.design.report.pictures import contributions_picture, pattern_picture
from designer_app.io.formulas import with_subscripts, with_subscripts_in
from designer_app.screening.report_drawings import hull_picture
from designer_app.specs.design_rows import CandidateDetail
from designer_app.specs.design_targets import PROPERTIES
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

_TITLES = {"e_above_hull_second": "Energy above hull, second judge"}
SIGNS: Mapping[str, str] = {"green": "●", "amber": "▲", "red": "■"}


def candidate_page(
    rank: int,
    row: ScreenRow,
    detail: CandidateDetail,
    structure: Structure | None,
    diagram: PhaseDiagram | None,
    files: Sequence[str] = (),
) -> list[Block]:
    """Everything that is known of a candidate, on a page of its own."""
    blocks: list[Block] = [
        NewPage(),
        Heading(f"{rank}  {with_subscripts(row.formula)}"),
        Text(_facts(row, files), "muted"),
        *(Text(f"▲ {each}", "amber") for each in row.warnings),
    ]
    if detail.disorder:
        blocks.append(Text(f"▲ {detail.disorder}", "amber"))
    blocks += _drawings(structure, diagram)
    if row.decomposition:
        blocks.append(Text(f"Against the hull: {with_subscripts_in(row.decomposition)}."))
    blocks += [Heading("Numbers", 3), *_estimates(row.estimates)]
    blocks += _checks(detail)
    blocks += _why(detail)
    blocks += _synthesis(detail)
    picture = pattern_picture(detail.pattern)
    if picture is not None:
        blocks += [Heading("Powder pattern", 3), Figure(picture, f"Simulated: {METHOD}.")]
    return blocks


def _facts(row: ScreenRow, files: Sequence[str]) -> str:
    facts = [row.id, row.space_group, f"{row.n_atoms} atoms", with_subscripts_in(row.made_from)]
    facts.append(f"known as {row.known}" if row.known else "not in the reference set")
    facts += [", ".join(files)] if files else []
    return "; ".join(fact for fact in facts if fact)


def _drawings(structure: Structure | None, diagram: PhaseDiagram | None) -> list[Block]:
    figures: list[Figure] = []
    if structure is not None:
        figures.append(Figure(crystal_picture(structure), "The crystal as relaxed."))
    hull = None if diagram is None else hull_picture(diagram)
    if hull is not None:
        figures.append(Figure(hull, "Its system: stable phases green, the candidate orange."))
    if not figures:
        return []
    return [Row(tuple(figures))] if len(figures) > 1 else [Figure(figures[0].picture, width=0.6)]


def _estimates(estimates: Sequence[Estimate]) -> list[Block]:
    """A table, and below it each origin once."""
    origins = list(dict.fromkeys(each.origin for each in estimates if each.origin))
    table = Table(
        heads=("Property", "Value", "Interval", "Typical error", "Method"),
        rows=tuple(_estimate(each, origins) for each in estimates),
        widths=(0.23, 0.17, 0.16, 0.15, 0.29),
        numbers=frozenset({1, 2, 3}),
    )
    notes = [f"[{place}] {origin}" for place, origin in enumerate(origins, 1)]
    return [table, *([Text(". ".join(notes) + ".", "small")] if notes else [])]


def _estimate(each: Estimate, origins: Sequence[str]) -> tuple[Cell, ...]:
    known = PROPERTIES.get(each.key)
    name = known.title if known else _TITLES.get(each.key, each.key.replace("_", " ").capitalize())
    value = f"{each.value:.4g} {each.unit}" if math.isfinite(each.value) else "-"
    interval = chance = ""
    if each.low is not None and each.high is not None:
        interval = f"{each.low:.4g} … {each.high:.4g}"
        chance = f"{100 * each.level:.0f} %"
    error = "" if each.error is None else f"± {each.error:.3g} {each.unit}"
    note = f" [{origins.index(each.origin) + 1}]" if each.origin else ""
    return (
        Cell(f"{SIGNS[each.light]} {name}", tone="" if each.light == "green" else each.light),
        Cell(value.strip()),
        Cell(interval, chance),
        Cell(error.strip()),
        Cell(f"{each.method}{note}", each.reason),
    )


def _checks(detail: CandidateDetail) -> list[Block]:
    if not detail.checks:
        return []
    rows = tuple(
        (
            Cell("● holds" if each.holds else "■ does not hold", tone="" if each.holds else "red"),
            Cell(each.name),
            Cell(f"{each.value:.4g} {each.unit}".strip() if math.isfinite(each.value) else "-"),
            Cell(each.sentence),
        )
        for each in detail.checks
    )
    table = Table(("", "Check", "Value", "What it says"), rows, (0.17, 0.2, 0.17, 0.46))
    return [Heading("Recomputed", 3), table]


def _why(detail: CandidateDetail) -> list[Block]:
    blocks: list[Block] = []
    if detail.contributions:
        blocks.append(Heading("What moved the prediction", 3))
        for key, group in groupby(detail.contributions, lambda each: each.property_key):
            known = PROPERTIES.get(key)
            picture = contributions_picture(tuple(group), known.unit if known else "")
            name = known.title.lower() if known else key.replace("_", " ")
            if picture is not None:
                caption = f"Change of the predicted {name}, against the average allowed choice."
                blocks.append(Figure(picture, caption, 0.8))
    if detail.neighbours:
        rows = tuple(
            (
                Cell(with_subscripts(each.formula), each.source),
                Cell(each.why),
                Cell(f"{each.distance:.2f}"),
                Cell("-" if each.e_above_hull is None else f"{1000 * each.e_above_hull:z.0f}"),
            )
            for each in detail.neighbours
        )
        heads = ("Known material", "Likeness", "Distance", "Above hull, meV/atom")
        table = Table(heads, rows, (0.25, 0.43, 0.14, 0.18), frozenset({2, 3}))
        blocks += [Heading("Closest known materials", 3), table]
    if detail.seen:
        blocks.append(Text(detail.seen))
    return blocks


def _synthesis(detail: CandidateDetail) -> list[Block]:
    blocks: list[Block] = [Heading("Precursors for 1 g", 3)]
    if detail.ingredients:
        rows = tuple(
            (Cell(with_subscripts(each.formula)), Cell(each.name), Cell(f"{each.mass_g:.4f} g"))
            for each in detail.ingredients
        )
        blocks.append(Table(("Formula", "Name", "Mass"), rows, (0.3, 0.5, 0.2), frozenset({2})))
    blocks.append(Text(detail.synthesis_note, "muted"))
    if detail.hazards:
        lines = tuple(
            (Cell(each.subject), Cell(each.sentence, each.source)) for each in detail.hazards
        )
        blocks += [Heading("Hazards", 3), Table(("Of", "What is known"), lines, (0.2, 0.8))]
    return [*blocks, Text(NOT_AN_ASSESSMENT, "muted")]
