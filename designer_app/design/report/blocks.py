"""What a report says, as blocks that HTML and PDF both show."""

from dataclasses import dataclass

from designer_app.screening.pictures import Picture


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the report's own."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Text:
    """A paragraph; `tone` is "", "muted", "small" (a footnote), "green", "amber" or "red"."""

    text: str
    tone: str = ""


@dataclass(frozen=True)
class Cell:
    """What stands in a table, with a second line in a fainter colour."""

    text: str
    below: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under heads; numbers stand at the right."""

    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...]
    """Shares of the line."""
    numbers: frozenset[int] = frozenset()
    """Columns that hold numbers."""


@dataclass(frozen=True)
class Figure:
    """A picture with what it shows below it; `width` is its share of the line."""

    picture: Picture
    caption: str = ""
    width: float = 1.0


@dataclass(frozen=True)
class Row:
    """Pictures side by side."""

    figures: tuple[Figure, ...]
    n_columns: int = 0
    """Into how many the line is divided; 0: as many as there are pictures."""


@dataclass(frozen=True)
class NewPage:
    """The next block begins a page of its own when printed."""


Block = Heading | Text | Table | Figure | Row | NewPage
