"""Drawings of a design's report: predicted against computed, contributions, powder patterns."""

import math
from collections.abc import Sequence

from designer_app.design.report.numbers import Paired, Shown
from designer_app.screening.pictures import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    Disc,
    Frame,
    Label,
    Line,
    Mark,
    Picture,
    Rect,
)
from designer_app.specs.design_rows import Contribution

_SIDE = 340.0
_NAMED_LINES = 8
"""Strongest lines of a pattern that get their indices."""


def parity_picture(
    title: str, unit: str, pairs: Sequence[Paired], bounds: tuple[float, float]
) -> Picture | None:
    """Computed over predicted values, with the line where they agree and the target as a band.

    None where fewer than two are both predicted and verified.
    """
    if len(pairs) < 2:
        return None
    every = [value for each in pairs for value in (each.predicted, each.verified)]
    every += [value for value in bounds if math.isfinite(value)]
    frame = Frame(every, every, width=_SIDE + 40.0, height=_SIDE)
    low, high = min(every), max(every)
    marks: list[Mark] = []
    edge = [min(max(value, low), high) for value in bounds]
    top, bottom = frame.y(edge[1]), frame.y(edge[0])
    if math.isinf(bounds[0]):
        bottom = frame.bottom
    if math.isinf(bounds[1]):
        top = frame.top
    marks.append(Rect(frame.left, top, frame.right - frame.left, bottom - top, fill="#E6F4EC"))
    marks += frame.axes(f"Predicted, {unit}", f"Computed, {unit}")
    marks.append(Line(frame.x(low), frame.y(low), frame.x(high), frame.y(high), GREY, dashed=True))
    for each in pairs:
        x, y = frame.x(each.predicted), frame.y(each.verified)
        if each.error:
            left = max(frame.x(each.predicted - each.error), frame.left)
            right = min(frame.x(each.predicted + each.error), frame.right)
            marks.append(Line(left, y, right, y, GREY))
        marks.append(Disc(x, y, 4.0, GREEN if each.is_hit else BLUE, each.name))
    return Picture(_SIDE + 40.0, _SIDE, tuple(marks), f"{title}: computed over predicted")


def pattern_picture(pattern: Sequence[tuple[float, float, str]]) -> Picture | None:
    """Sticks of a powder pattern with the indices of the strongest; None without lines."""
    if not pattern:
        return None
    frame = Frame([10.0, 90.0], [0.0, 112.0], width=640.0, height=230.0, margin=0.0, left=46.0)
    marks = frame.axes("2θ, degrees (Cu K-alpha)", "Intensity")
    strongest = sorted(pattern, key=lambda line: -line[1])[:_NAMED_LINES]
    named: list[float] = []
    for angle, height, hkl in pattern:
        x = frame.x(angle)
        marks.append(Line(x, frame.bottom, x, frame.y(height), BLUE, 1.4))
        if (angle, height, hkl) in strongest and all(abs(x - other) > 24.0 for other in named):
            named.append(x)
            marks.append(Label(x, frame.y(height) - 4.0, hkl, "middle", 9.0))
    return Picture(640.0, 230.0, tuple(marks), "Simulated powder pattern")


def contributions_picture(
    contributions: Sequence[Contribution], told: Shown, least: float = 0.0
) -> Picture | None:
    """Bars to either side of how far each choice moved one property, without those below a share
    of the largest; None without any.
    """
    known = [each for each in contributions if math.isfinite(each.change)]
    most = max((abs(each.change) for each in known), default=0.0)
    seen = [each for each in known if abs(each.change) > least * most]
    if not seen:
        return None
    middle, reach, height = 330.0, 120.0, 22.0
    marks: list[Mark] = [Line(middle, 0.0, middle, height * len(seen), GREY)]
    for place, each in enumerate(seen):
        y, long = place * height, reach * abs(each.change) / most
        marks.append(Label(190.0, y + 15.0, each.choice, "end", 11.0))
        left = middle if each.change >= 0 else middle - long
        marks.append(Rect(left, y + 4.0, long, 14.0, BLUE if each.change >= 0 else ORANGE))
        beside = middle + 5.0 + (long if each.change >= 0 else 0.0)  # never over the choice
        size = f"{float(f'{each.change * told.factor:.2g}'):+g} {told.unit}"
        marks.append(Label(beside, y + 15.0, size, "start", 10.0))
    return Picture(560.0, height * len(seen) + 4.0, tuple(marks), "What moved the prediction")
