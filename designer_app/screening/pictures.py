"""Drawings of reports as marks, so that one drawing serves HTML (as SVG) and PDF alike."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BLUE, ORANGE, GREEN, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#B8BFC9", "#1B1F24"
"""Of Okabe and Ito, which the colour-blind tell apart."""
PURPLE, SKY, YELLOW = "#CC79A7", "#56B4E9", "#E69F00"
PALE = "#DCE6F2"


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str = INK
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True)
class Path:
    """A polyline through points, or the area that they enclose where it is filled."""

    points: tuple[tuple[float, float], ...]
    colour: str = BLUE
    width: float = 1.0
    fill: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Rect:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    fill: str = ""
    stroke: str = ""


@dataclass(frozen=True)
class Disc:
    """A filled circle; its title is shown where the mouse rests."""

    x: float
    y: float
    radius: float
    fill: str
    title: str = ""
    stroke: str = ""
    opacity: float = 1.0


@dataclass(frozen=True)
class Label:
    """Text on a line; anchored at its start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "start"
    size: float = 12.0
    colour: str = INK
    upright: bool = True
    """Otherwise it runs from bottom to top."""


Mark = Line | Path | Rect | Disc | Label


@dataclass(frozen=True)
class Picture:
    """Marks in the order in which they are painted; y runs downwards."""

    width: float
    height: float
    marks: tuple[Mark, ...]
    title: str
    """What it shows, for those who cannot see it."""


def svg_of(picture: Picture) -> str:
    """The picture as an SVG element that needs nothing else."""
    width, height = picture.width, picture.height
    box = f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}"'
    return (
        f'<svg {box} role="img" font-family="sans-serif"><title>{escape(picture.title)}</title>'
        f"{''.join(_svg_mark(mark) for mark in picture.marks)}</svg>"
    )


def _svg_mark(mark: Mark) -> str:
    match mark:
        case Line():
            dashes = ' stroke-dasharray="5 4"' if mark.dashed else ""
            ends = f'x1="{mark.x1:.1f}" y1="{mark.y1:.1f}" x2="{mark.x2:.1f}" y2="{mark.y2:.1f}"'
            return (
                f'<line {ends} {_stroke(mark.colour, mark.width)} stroke-linecap="round"{dashes}/>'
            )
        case Path():
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points)
            fill = mark.fill or "none"
            faint = f' opacity="{mark.opacity:g}"' if mark.opacity < 1 else ""
            kind = "polygon" if mark.fill else "polyline"
            line = _stroke(mark.colour, mark.width) if mark.colour else ""
            return f'<{kind} points="{points}" fill="{fill}" {line}{faint}/>'
        case Rect():
            box = f'x="{mark.x:.1f}" y="{mark.y:.1f}"'
            size = f'width="{mark.width:.1f}" height="{mark.height:.1f}"'
            line = f' stroke="{mark.stroke}"' if mark.stroke else ""
            return f'<rect {box} {size} fill="{mark.fill or "none"}"{line}/>'
        case Disc():
            dot = f'cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{mark.radius:.1f}" fill="{mark.fill}"'
            line = f' stroke="{mark.stroke}" stroke-width="0.7"' if mark.stroke else ""
            faint = f' opacity="{mark.opacity:g}"' if mark.opacity < 1 else ""
            title = f"<title>{escape(mark.title)}</title>" if mark.title else ""
            return f"<circle {dot}{line}{faint}>{title}</circle>"
        case Label():
            turned = "" if mark.upright else f' transform="rotate(-90 {mark.x:.1f} {mark.y:.1f})"'
            place = f'x="{mark.x:.1f}" y="{mark.y:.1f}" text-anchor="{mark.anchor}"'
            look = f'font-size="{mark.size:g}" fill="{mark.colour}"'
            return f"<text {place} {look}{turned}>{escape(mark.text)}</text>"


def _stroke(colour: str, width: float) -> str:
    wide = "" if width == 1.0 else f' stroke-width="{width:g}"'
    return f'stroke="{colour}"{wide}'


class Frame:
    """Axes of a drawing, 560 by 320 unless told otherwise."""

    def __init__(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        *,
        width: float = 560.0,
        height: float = 320.0,
        margin: float = 0.06,
        left: float = 74.0,
    ) -> None:
        self.left, self.right = left, width - 16.0
        self.top, self.bottom = 12.0, height - 44.0
        self._x, self._y = span(xs, margin), span(ys, margin)

    def x(self, value: float) -> float:
        """Where a value lies across."""
        low, high = self._x
        return self.left + (self.right - self.left) * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Where a value lies upwards."""
        low, high = self._y
        return self.bottom - (self.bottom - self.top) * (value - low) / (high - low)

    def axes(self, across: str, up: str) -> list[Mark]:
        """Box, ticks and titles."""
        width, height = self.right - self.left, self.bottom - self.top
        marks: list[Mark] = [
            Rect(self.left, self.top, width, height, stroke=GREY),
            Label(self.left + width / 2, self.bottom + 38, across, "middle"),
            Label(16, self.top + height / 2, up, "middle", upright=False),
        ]
        marks += [
            Label(self.x(tick), self.bottom + 18, f"{tick:g}", "middle", 11)
            for tick in ticks(*self._x)
        ]
        marks += [
            Label(self.left - 6, self.y(tick) + 4, f"{tick:g}", "end", 11)
            for tick in ticks(*self._y)
        ]
        return marks

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self._x[0] <= x <= self._x[1] and self._y[0] <= y <= self._y[1]


def span(values: Sequence[float], margin: float = 0.06) -> tuple[float, float]:
    """Ends of an axis that shows all values."""
    low, high = min(values), max(values)
    beside = margin * (high - low) or (0.5 * abs(high) or 0.5 if high == low else 0.0)
    return low - beside, high + beside


def ticks(low: float, high: float) -> list[float]:
    """About five round values."""
    step = 10.0 ** math.floor(math.log10((high - low) / 4.0))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6)
    first = math.ceil(low / step)
    return [round(k * step, 10) for k in range(first, math.floor(high / step) + 1)]
