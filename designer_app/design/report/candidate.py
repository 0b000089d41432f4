"""The page of one candidate."""

import math
import re
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
from designer_app.design.report.facts import density_text, provenance, symbol_of
from designer_app.design.report.numbers import (
    CHARGED,
    HULL,
    SECOND_HULL,
    interval_text,
    rounded,
    shown,
    value_text,
)
from designer_app.design.report.pictures import contributions_picture, pattern_picture
from designer_app.design.report.shortlist import SIGNS, verdict_text
from designer_app.io.formulas import with_subscripts, written, written_in
from designer_app.screening.report_drawings import hull_picture
from designer_app.specs.design_estimates import is_predicted, predicted, verified
from designer_app.specs.design_rows import CandidateDetail, Check
from designer_app.specs.estimates import Estimate
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

_LEFT_OUT = ("energy", SECOND_HULL)
"""Total energies mean nothing to people; the second potential's hull stands with the checks."""
_FIRST = (
    HULL, "stability", "adsorption_free_energy", "voltage", "capacity", "energy_density",
    "ion_release", CHARGED, "volume_change", "ionic_conductivity", "migration_barrier",
)  # fmt: skip
"""The order of the table; what is not here follows."""
_KIND_OF_SOURCE = re.compile(r"\(([a-z][a-z0-9-]*)-[A-Z][^)]*\)")
"""“element-Li”, “hypothetical-LiCrO2”: the formula stands before it."""
_SEEN = 0.02
"""Of the largest contribution: smaller ones are left out."""


def candidate_page(
    rank: int,
    row: ScreenRow,
    detail: CandidateDetail,
    structure: Structure | None,
    diagram: PhaseDiagram | None,
    files: Sequence[str] = (),
    reference_set: str = "",
) -> list[Block]:
    """Everything that is known of a candidate, on a page of its own.

    `reference_set` is the name of the known phases, which origins repeat.
    """
    marks = [*row.warnings, *filter(None, (detail.disorder, detail.dissolving))]
    blocks: list[Block] = [
        NewPage(),
        Heading(f"{rank}  {written(row.formula)}"),
        Text(_facts(row, detail, structure, files), "muted"),
        _verdict(row),
        *_namesakes(row, detail),
        *(Text(f"▲ {written_in(each)}", "amber") for each in marks),
        *_computed(row, reference_set),
        *_against_the_hull(row),
        *_checks(detail),
        *_drawings(structure, diagram),
        *_before(row, reference_set),
        *_why(detail),
        *_synthesis(detail),
    ]
    picture = pattern_picture(detail.pattern)
    if picture is not None:
        blocks += [Heading("Powder pattern", 3), Figure(picture, f"Simulated: {METHOD}.")]
    return blocks


def _facts(
    row: ScreenRow, detail: CandidateDetail, structure: Structure | None, files: Sequence[str]
) -> str:
    number = row.space_group.partition("(")[2].rstrip(")")
    symmetry = f"{symbol_of(row)} (no. {number})" if number else symbol_of(row)
    facts = [
        _kind(detail.structure_type),
        symmetry,
        f"{row.n_atoms} atoms in the primitive cell" if row.n_atoms else "",
        f"{density} g/cm³" if (density := density_text(structure)) else "",
        f"known as {row.known}" if row.known else "not in our reference set",
        written_in(provenance(row)),
        f"no. {row.id} of the run",
        ", ".join(files),
    ]
    return "; ".join(filter(None, facts)) + "."


def _kind(structure_type: str) -> str:
    told = written_in(structure_type)
    return f"structure {told}" if told.startswith("as ") else told


def _verdict(row: ScreenRow) -> Block:
    told = verdict_text(row)
    return Text(f"{SIGNS[row.light]} {told[0].upper()}{told[1:]}.", _tone(row.light))


def _namesakes(row: ScreenRow, detail: CandidateDetail) -> list[Block]:
    if not detail.named or row.known:
        return []
    kind = detail.structure_type
    if kind and kind.lower() in detail.named.lower().replace("-", " "):
        then = f"This one has the structure of {kind} too: it may well be the known compound."
    else:
        then = (
            "Its crystal is another one than here, or is missing in our set: compare the two "
            "before you call this new."
        )
    named = written_in(detail.named)
    return [Text(f"▲ A compound of this formula is known: {named}. {then}", "amber")]


def _drawings(structure: Structure | None, diagram: PhaseDiagram | None) -> list[Block]:
    figures: list[Figure] = []
    if structure is not None:
        figures.append(Figure(crystal_picture(structure), "The crystal as relaxed."))
    hull = None if diagram is None else hull_picture(diagram)
    if hull is not None:
        figures.append(Figure(hull, "Its system: stable phases green, the candidate orange."))
    if not figures:
        return []
    return [Row(tuple(figures))] if len(figures) > 1 else [Figure(figures[0].picture, width=0.45)]


def _against_the_hull(row: ScreenRow) -> list[Block]:
    """What it competes with, and what a place below all of that is worth."""
    if not row.decomposition:
        return []
    found = verified(row, HULL)
    phases = row.decomposition.partition(" below ")[2] or row.decomposition
    phases = _KIND_OF_SOURCE.sub(r"(\1)", phases)
    told = f"Competing phases: {written_in(phases)}."
    if found is None or found.value >= 0:
        return [Text(told)]
    if found.error and -found.value <= found.error:
        told += " It lies below them by less than the error: on the hull, as far as can be told."
    else:
        told += (
            f" It lies {rounded(-1000 * found.value, 0, 1000 * (found.error or 0.0))} meV/atom "
            "below: no phase that was computed there lies lower, and one that is missing in our "
            "set would take this away."
        )
    return [Text(told)]


# --- numbers ---


def _computed(row: ScreenRow, reference_set: str) -> list[Block]:
    """Each quantity once, by the method that decides among those that compute."""
    told = {each.key for each in row.estimates}.difference(_LEFT_OUT)
    keys = dict.fromkeys([*(key for key in _FIRST if key in told), *sorted(told)])
    chosen = [found for key in keys if (found := verified(row, key)) is not None]
    if not chosen:
        return []
    origins, notes = _origins(chosen, reference_set)
    lines = tuple(
        (
            Cell(f"{SIGNS[each.light]} {shown(each.key, each.unit).title}", tone=_tone(each.light)),
            Cell(_with_unit(each)),
            Cell(interval_text(each)),
            Cell(f"{_METHODS.get(each.method, each.method)}{origins.get(each.origin, '')}"),
        )
        for each in chosen
    )
    level = f"{100 * chosen[0].level:.0f} % interval"
    heads = ("Quantity", "Value", level, "How")
    table = Table(heads, lines, (0.4, 0.25, 0.18, 0.17), frozenset({1, 2}))
    return [Heading("Computed", 3), table, *_reasons(chosen, row), *notes]


_METHODS = {"composition": "from the formula", "relaxation": "relaxed"}


def _with_unit(each: Estimate) -> str:
    told, unit = value_text(each), shown(each.key, each.unit).unit
    number, below, side = told.partition(" below")
    if not below:
        number, below, side = told.partition(" above")
    return f"{number} {unit}{below}{side}".rstrip()


def _reasons(chosen: Sequence[Estimate], row: ScreenRow) -> list[Block]:
    """Why lights are not green, each reason once with the quantities that it is about."""
    about: dict[str, list[str]] = {}
    for each in chosen:
        if each.reason and each.reason not in row.warnings:
            about.setdefault(each.reason, []).append(shown(each.key, each.unit).title.lower())
    return [
        Text(f"▲ {', '.join(names).capitalize()}: {written_in(reason)}", "small")
        for reason, names in about.items()
    ]


def _before(row: ScreenRow, reference_set: str) -> list[Block]:
    """What was thought of the crystal as it was proposed, by which the search went."""
    keys = dict.fromkeys(each.key for each in row.estimates if is_predicted(each))
    chosen = [found for key in keys if (found := predicted(row, key)) is not None]
    if not chosen:
        return []
    origins, notes = _origins(chosen, reference_set)
    told = "; ".join(
        f"{shown(each.key, each.unit).title.lower()} {_with_unit(each)} "
        f"({each.method}{origins.get(each.origin, '')})"
        for each in chosen
    )
    return [
        Heading("Predicted before the computation", 3),
        Text(f"Of the crystal as proposed: {told}.", "small"),
        *notes,
    ]


def _origins(
    chosen: Sequence[Estimate], reference_set: str
) -> tuple[Mapping[str, str], list[Block]]:
    """(mark of each origin, the notes); the name of the reference set is told in the methods."""
    notes: dict[str, str] = {}
    marks: dict[str, str] = {}
    for each in chosen:
        if each.origin:
            short = each.origin
            if reference_set:
                short = short.replace(reference_set, "our reference set")
            marks[each.origin] = notes.setdefault(short, f" [{len(notes) + 1}]")
    told = ". ".join(f"{mark.strip()} {written_in(origin)}" for origin, mark in notes.items())
    return marks, [Text(f"{told}.", "small")] if told else []


def _tone(light: str) -> str:
    return "" if light == "green" else light


# --- checks and reasons ---


def _checks(detail: CandidateDetail) -> list[Block]:
    if not detail.checks:
        return []
    rows = tuple(
        (
            Cell(f"{SIGNS[each.light]} {each.outcome}", tone=_tone(each.light)),
            Cell(each.name),
            Cell(_check_value(each)),
            Cell(each.sentence),
        )
        for each in detail.checks
    )
    table = Table(("", "Check", "Value", "What it says"), rows, (0.17, 0.2, 0.15, 0.48))
    return [Heading("Recomputed", 3), table]


def _check_value(each: Check) -> str:
    if not math.isfinite(each.value):
        return "-"
    if each.unit == "eV/atom":
        return f"{1000 * each.value:z.0f} meV/atom"
    return f"{each.value:z.2f} {each.unit}".rstrip()


def _why(detail: CandidateDetail) -> list[Block]:
    blocks: list[Block] = []
    figures: list[Block] = []
    for key, group in groupby(detail.contributions, lambda each: each.property_key):
        told = shown(key)
        picture = contributions_picture(tuple(group), told, _SEEN)
        if picture is not None:
            caption = f"Change of the predicted {told.title.lower()}, against the average choice."
            figures.append(Figure(picture, caption, 0.8))
    if figures:
        blocks += [Heading("What moved the prediction", 3), *figures]
    if detail.neighbours:
        rows = tuple(
            (
                Cell(written(each.formula), each.source),
                Cell(each.why),
                Cell("-" if each.e_above_hull is None else f"{1000 * each.e_above_hull:z.0f}"),
            )
            for each in detail.neighbours
        )
        heads = ("Known material", "Likeness", "Above the hull, meV/atom")
        table = Table(heads, rows, (0.25, 0.53, 0.22), frozenset({2}))
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
    blocks.append(Text(written_in(detail.synthesis_note), "muted"))
    if detail.hazards:
        lines = tuple(
            (Cell(each.subject), Cell(each.sentence, each.source)) for each in detail.hazards
        )
        blocks += [Heading("Hazards", 3), Table(("Of", "What is known"), lines, (0.2, 0.8))]
    return [*blocks, Text(NOT_AN_ASSESSMENT, "muted")]
