"""Drawings of reports: funnel, scatter of two numbers, hull of a system."""

import math
from collections.abc import Mapping, Sequence

from designer_app.io.formulas import with_subscripts
from designer_app.screening.pictures import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PALE,
    Disc,
    Frame,
    Label,
    Line,
    Mark,
    Picture,
    Rect,
    svg_of,
)
from designer_app.specs.hull import DiagramPhase, PhaseDiagram, triangle_place
from designer_app.specs.screen_rows import PASSES, STAGES, FunnelCount, ScreenRow

_TITLES = dict(STAGES)
_SLACK = 1.06
"""How far a bar may reach beyond the longest of the others before it is cut."""
_NEAR = 0.15
"""eV/atom above the hull up to which phases are drawn."""


def funnel_drawing(funnel: Sequence[FunnelCount], titles: Mapping[str, str] = _TITLES) -> Picture:
    """A bar for each stage: what entered, and of it what passed; what others kept from a turn is
    told apart from what was lost.

    A first stage that dwarfs the others is cut off at their scale, with a gap in its bar.
    """
    width, height, left, beside = 640, 26, 130, 200
    most = max((count.entered for count in funnel[1:] or funnel), default=0) or 1
    most = max(most, *(count.passed for count in funnel[:1]), 1)
    marks: list[Mark] = []
    for line, count in enumerate(funnel):
        y = line * height
        entered, passed = (
            (width - left - beside) * number / most for number in (count.entered, count.passed)
        )
        longest = float(width - left - beside)
        is_cut, entered = entered > longest * _SLACK, min(entered, longest * _SLACK)
        marks += [
            Label(left - 8, y + 17, titles[count.stage], "end"),
            Rect(left, y + 4, entered, 18, PALE),
            Rect(left, y + 4, passed, 18, BLUE),
            Label(left + entered + 6, y + 17, _passed(count)),
        ]
        if is_cut:
            marks.append(Rect(left + entered - 14, y + 4, 5, 18, "#FFFFFF"))
    said = "Candidates that each stage let through"
    return Picture(width, height * len(funnel), tuple(marks), said)


def _passed(count: FunnelCount) -> str:
    waiting = f", {count.waiting:,} not looked at" if count.waiting else ""
    return f"{count.passed:,} of {count.entered:,}{waiting}"


def scatter_drawing(
    rows: Sequence[ScreenRow],
    across: tuple[str, str, float],
    up: tuple[str, str, float],
    limits: tuple[float | None, float | None],
) -> Picture | None:
    """Rows by two estimates, (key, title with unit, factor); limits are dashed lines.

    None where fewer than two rows have both.
    """
    points = [
        (row, x.value * across[2], y.value * up[2])
        for row in rows
        if (x := row.estimate(across[0])) is not None
        and (y := row.estimate(up[0])) is not None
        and math.isfinite(x.value)
        and math.isfinite(y.value)
    ]
    if len(points) < 2:
        return None
    frame = Frame(
        [x for _, x, _ in points] + ([] if limits[0] is None else [limits[0]]),
        [y for _, _, y in points] + ([] if limits[1] is None else [limits[1]]),
    )
    marks = frame.axes(across[1], up[1])
    if limits[0] is not None:
        x = frame.x(limits[0])
        marks.append(Line(x, frame.top, x, frame.bottom, ORANGE, dashed=True))
    if limits[1] is not None:
        y = frame.y(limits[1])
        marks.append(Line(frame.left, y, frame.right, y, ORANGE, dashed=True))
    for row, x, y in points:
        passes = row.verdict == PASSES
        look = (5, GREEN) if passes else (3, BLUE)
        marks.append(Disc(frame.x(x), frame.y(y), *look, f"{row.id} {row.formula}"))
    return Picture(560, 320, tuple(marks), f"{up[1]} over {across[1]}")


def hull_drawing(diagram: PhaseDiagram) -> str:
    """The hull as SVG text; "" for systems that a page cannot show."""
    picture = hull_picture(diagram)
    return "" if picture is None else svg_of(picture)


def hull_picture(diagram: PhaseDiagram) -> Picture | None:
    """A binary line or a ternary triangle; None for systems that a page cannot show."""
    if len(diagram.elements) == 2:
        return _binary(diagram)
    return _ternary(diagram) if len(diagram.elements) == 3 else None


def _binary(diagram: PhaseDiagram) -> Picture:
    shown = [each for each in diagram.phases if each.e_above_hull <= _NEAR or each.is_candidate]
    frame = Frame([0.0, 1.0], [0.0, *(each.formation_energy for each in shown)])
    first, second = diagram.elements
    marks = frame.axes(f"Atomic fraction of {second} in {first}", "Formation energy, eV/atom")
    for one, other in diagram.tie_lines:
        a, b = diagram.phases[one], diagram.phases[other]
        marks.append(
            Line(
                frame.x(a.shares[1]), frame.y(a.formation_energy),
                frame.x(b.shares[1]), frame.y(b.formation_energy), INK,
            )
        )  # fmt: skip
    marks += _dots(
        [(each, frame.x(each.shares[1]), frame.y(each.formation_energy)) for each in shown]
    )
    return Picture(560, 320, tuple(marks), f"Convex hull of {first} and {second}")


def _ternary(diagram: PhaseDiagram) -> Picture:
    side, left, top = 380.0, 60.0, 24.0

    def place(each: DiagramPhase) -> tuple[float, float]:
        x, y = triangle_place((each.shares[0], each.shares[1], each.shares[2]))
        return left + side * x, top + side * (math.sqrt(0.75) - y)

    marks: list[Mark] = [
        Line(*place(diagram.phases[one]), *place(diagram.phases[other]), INK)
        for one, other in diagram.tie_lines
    ]
    marks += _dots(
        [
            (each, *place(each))
            for each in diagram.phases
            if each.e_above_hull <= _NEAR or each.is_candidate
        ]
    )
    bottom = top + side * math.sqrt(0.75)
    for name, x, y in zip(
        diagram.elements,
        (left - 16, left + side + 16, left + side / 2),
        (bottom + 6, bottom + 6, top - 10),
        strict=True,
    ):
        marks.append(Label(x, y, name, "middle"))
    return Picture(520, bottom + 24, tuple(marks), f"Phases of {'-'.join(diagram.elements)}")


def _dots(points: Sequence[tuple[DiagramPhase, float, float]]) -> list[Mark]:
    """Points over their lines; names of candidates and stable phases where there is room."""
    marks: list[Mark] = []
    named: list[tuple[float, float]] = []
    for each, x, y in sorted(points, key=lambda point: not point[0].is_candidate):
        is_stable = each.e_above_hull < 1e-3
        matters = each.is_candidate or is_stable
        colour = ORANGE if each.is_candidate else GREEN if is_stable else GREY
        height = f"{1000 * each.e_above_hull:.0f} meV/atom above the hull"
        title = f"{each.formula} {each.source}: {height}"
        marks.append(Disc(x, y, 5 if matters else 2.5, colour, title))
        has_room = all(abs(x - a) > 62 or abs(y - b) > 13 for a, b in named)
        if matters and has_room and max(each.shares) < 1.0:
            named.append((x, y))
            marks.append(Label(x + 7, y - 5, with_subscripts(each.formula), size=11))
    return marks
