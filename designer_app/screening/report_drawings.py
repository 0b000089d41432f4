"""Drawings of the report as SVG text: funnel, scatter of two numbers, hull of a system."""

import math
from collections.abc import Sequence
from html import escape

from designer_app.io.formulas import with_subscripts
from designer_app.specs.hull import DiagramPhase, PhaseDiagram, triangle_place
from designer_app.specs.screen_rows import PASSES, STAGES, FunnelCount, ScreenRow

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#B8BFC9", "#1B1F24"
"""Of Okabe and Ito, which the colour-blind tell apart."""
_TITLES = dict(STAGES)
_NEAR = 0.15
"""eV/atom above the hull up to which phases are drawn."""


def funnel_drawing(funnel: Sequence[FunnelCount]) -> str:
    """A bar for each stage: what entered, and of it what passed."""
    width, height, left = 560, 26, 130
    most = max((count.entered for count in funnel), default=0) or 1
    parts = []
    for line, count in enumerate(funnel):
        y = line * height
        entered, passed = (
            (width - left - 120) * number / most for number in (count.entered, count.passed)
        )
        parts += [
            _text(left - 8, y + 17, _TITLES[count.stage], anchor="end"),
            f'<rect x="{left}" y="{y + 4}" width="{entered:.1f}" height="18" fill="#DCE6F2"/>',
            f'<rect x="{left}" y="{y + 4}" width="{passed:.1f}" height="18" fill="{BLUE}"/>',
            _text(left + entered + 6, y + 17, f"{count.passed:,} of {count.entered:,}"),
        ]
    return _svg(width, height * len(funnel), parts, "Candidates that each stage let through")


def scatter_drawing(
    rows: Sequence[ScreenRow],
    across: tuple[str, str, float],
    up: tuple[str, str, float],
    limits: tuple[float | None, float | None],
) -> str:
    """Rows by two estimates, (key, title with unit, factor); limits are dashed lines."""
    points = [
        (row, x.value * across[2], y.value * up[2])
        for row in rows
        if (x := row.estimate(across[0])) is not None
        and (y := row.estimate(up[0])) is not None
        and math.isfinite(x.value)
        and math.isfinite(y.value)
    ]
    if len(points) < 2:
        return ""
    frame = _Frame(
        [x for _, x, _ in points] + [limits[0]] * (limits[0] is not None),
        [y for _, _, y in points] + [limits[1]] * (limits[1] is not None),
    )
    parts = frame.axes(across[1], up[1])
    if limits[0] is not None:
        x = frame.x(limits[0])
        parts.append(_line(x, frame.top, x, frame.bottom, ORANGE, dashed=True))
    if limits[1] is not None:
        y = frame.y(limits[1])
        parts.append(_line(frame.left, y, frame.right, y, ORANGE, dashed=True))
    for row, x, y in points:
        passes = row.verdict == PASSES
        dot = f'cx="{frame.x(x):.1f}" cy="{frame.y(y):.1f}" r="{5 if passes else 3}"'
        title = f"<title>{escape(f'{row.id} {row.formula}')}</title>"
        parts.append(f'<circle {dot} fill="{GREEN if passes else BLUE}">{title}</circle>')
    return _svg(560, 320, parts, f"{up[1]} over {across[1]}")


def hull_drawing(diagram: PhaseDiagram) -> str:
    """A binary line or a ternary triangle; "" for systems that a page cannot show."""
    if len(diagram.elements) == 2:
        return _binary(diagram)
    return _ternary(diagram) if len(diagram.elements) == 3 else ""


def _binary(diagram: PhaseDiagram) -> str:
    shown = [each for each in diagram.phases if each.e_above_hull <= _NEAR or each.is_candidate]
    frame = _Frame([0.0, 1.0], [0.0, *(each.formation_energy for each in shown)])
    first, second = diagram.elements
    parts = frame.axes(f"Atomic fraction of {second} in {first}", "Formation energy, eV/atom")
    for one, other in diagram.tie_lines:
        a, b = diagram.phases[one], diagram.phases[other]
        parts.append(
            _line(
                frame.x(a.shares[1]), frame.y(a.formation_energy),
                frame.x(b.shares[1]), frame.y(b.formation_energy), INK,
            )
        )  # fmt: skip
    parts += _dots(
        [(each, frame.x(each.shares[1]), frame.y(each.formation_energy)) for each in shown]
    )
    return _svg(560, 320, parts, f"Convex hull of {first} and {second}")


def _ternary(diagram: PhaseDiagram) -> str:
    side, left, top = 380.0, 60.0, 24.0

    def place(each: DiagramPhase) -> tuple[float, float]:
        x, y = triangle_place((each.shares[0], each.shares[1], each.shares[2]))
        return left + side * x, top + side * (math.sqrt(0.75) - y)

    parts = []
    for one, other in diagram.tie_lines:
        parts.append(_line(*place(diagram.phases[one]), *place(diagram.phases[other]), INK))
    parts += _dots(
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
        parts.append(_text(x, y, name, anchor="middle"))
    return _svg(520, bottom + 24, parts, f"Phases of {'-'.join(diagram.elements)}")


def _dots(points: Sequence[tuple[DiagramPhase, float, float]]) -> list[str]:
    """Points over their lines; names of candidates and stable phases where there is room."""
    parts: list[str] = []
    named: list[tuple[float, float]] = []
    for each, x, y in sorted(points, key=lambda point: not point[0].is_candidate):
        is_stable = each.e_above_hull < 1e-3
        matters = each.is_candidate or is_stable
        colour = ORANGE if each.is_candidate else GREEN if is_stable else GREY
        height = f"{1000 * each.e_above_hull:.0f} meV/atom above the hull"
        title = escape(f"{each.formula} {each.source}: {height}")
        dot = f'cx="{x:.1f}" cy="{y:.1f}" r="{5 if matters else 2.5}"'
        parts.append(f'<circle {dot} fill="{colour}"><title>{title}</title></circle>')
        has_room = all(abs(x - a) > 62 or abs(y - b) > 13 for a, b in named)
        if matters and has_room and max(each.shares) < 1.0:
            named.append((x, y))
            parts.append(_text(x + 7, y - 5, with_subscripts(each.formula), size=11))
    return parts


class _Frame:
    """Axes of a drawing, 560 by 320."""

    left, right, top, bottom = 74.0, 544.0, 12.0, 276.0

    def __init__(self, xs: Sequence[float | None], ys: Sequence[float | None]) -> None:
        self._x = _range([x for x in xs if x is not None])
        self._y = _range([y for y in ys if y is not None])

    def x(self, value: float) -> float:
        low, high = self._x
        return self.left + (self.right - self.left) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        low, high = self._y
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    def axes(self, across: str, up: str) -> list[str]:
        width, height = self.right - self.left, self.bottom - self.top
        box = f'x="{self.left}" y="{self.top}" width="{width}" height="{height}"'
        turned = f'transform="translate(16 {self.top + height / 2}) rotate(-90)"'
        parts = [
            f'<rect {box} fill="none" stroke="{GREY}"/>',
            _text(self.left + width / 2, 314, across, anchor="middle"),
            f"<g {turned}>{_text(0, 0, up, anchor='middle')}</g>",
        ]
        parts += [_text(self.x(tick), 294, f"{tick:g}", "middle", 11) for tick in _ticks(*self._x)]
        return parts + [
            _text(self.left - 6, self.y(tick) + 4, f"{tick:g}", "end", 11)
            for tick in _ticks(*self._y)
        ]


def _range(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    margin = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return low - margin, high + margin


def _ticks(low: float, high: float) -> list[float]:
    """About five round values."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4.0))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step) + 1)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="5 4"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}"{dashes}/>'


def _text(x: float, y: float, text: str, anchor: str = "start", size: int = 12) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f'<text {place} fill="{INK}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], title: str) -> str:
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg {box} role="img" font-family="sans-serif"><title>{escape(title)}</title>'
        f"{''.join(parts)}</svg>"
    )
