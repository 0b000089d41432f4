"""A report as PDF on A4, by ReportLab's flowing layout; no Qt, and fonts are embedded.

Letters are DejaVu Sans, which matplotlib brings and which has subscripts and Greek; what it lacks
of Chinese is left to the reader's own font (STSong-Light, one of the standard names of PDF).
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path as FilePath
from typing import Any

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
from designer_app.screening.pictures import Disc, Label, Line, Mark, Path, Picture, Rect

_REGULAR, _BOLD, _CHINESE = "DejaVuSans", "DejaVuSans-Bold", "STSong-Light"
_MARGIN, _PAGE_WIDTH, _PAGE_HEIGHT = 42.0, 595.28, 841.89
"""Points; A4."""
_LINE = _PAGE_WIDTH - 2 * _MARGIN
_TONES = {
    "": "#1B1F24",
    "muted": "#5B6470",
    "small": "#5B6470",
    "green": "#1A7F4B",
    "amber": "#9A6700",
    "red": "#B42318",
}
_PER_PIXEL = 0.75
"""Points of a pixel of a picture at its natural size."""
_ROOM = 80.0
"""Points that are left below a heading: lower ones go to the next page."""
_TALLEST = 420.0
"""Points of a picture, so that its caption stays on its page."""


def pdf_of(blocks: Sequence[Block], title: str) -> bytes:
    """The whole file."""
    from reportlab.platypus import SimpleDocTemplate

    _register_fonts()
    file = BytesIO()
    document = SimpleDocTemplate(
        file, pagesize=(_PAGE_WIDTH, _PAGE_HEIGHT), title=title, author="designer_app",
        leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        invariant=True,
    )  # fmt: skip

    def footer(canvas: Any, _document: Any) -> None:
        canvas.setFont(_REGULAR, 7)
        canvas.setFillColor(_TONES["muted"])
        canvas.drawRightString(_PAGE_WIDTH - _MARGIN, 24, str(canvas.getPageNumber()))

    following = [*blocks[1:], None]
    story = [
        each
        for block, after in zip(blocks, following, strict=True)
        for each in _flowables(block, after)
    ]
    document.build(story, onFirstPage=footer, onLaterPages=footer)
    return file.getvalue()


def _flowables(block: Block, after: Block | None) -> list[Any]:
    """What is laid out for a block; a heading stays on the page of what begins below it."""
    from reportlab.platypus import CondPageBreak, PageBreak, Paragraph

    match block:
        case NewPage():
            return [PageBreak()]
        case Heading():
            size = {1: 16.0, 2: 12.5}.get(block.level, 10.5)
            is_drawn = isinstance(after, Figure | Row)
            style = _style(size, bold=True, before=10.0, with_next=is_drawn)
            return [CondPageBreak(_ROOM), Paragraph(_marked(block.text), style)]
        case Text():
            size = 6.5 if block.tone == "small" else 8.5
            return [Paragraph(_marked(block.text), _style(size, tone=block.tone, after=4.0))]
        case Table():
            return [_table(block)]
        case Figure():
            return _figure(block, _LINE)
        case Row():
            return [_side_by_side(block)]


def _figure(figure: Figure, line: float) -> list[Any]:
    from reportlab.platypus import Paragraph

    painted = _painted(figure.picture, figure.width * line)
    if not figure.caption:
        return [painted]
    painted.keepWithNext = 1
    style = _style(7.5, tone="muted", after=6.0)
    return [painted, Paragraph(_marked(figure.caption), style)]


def _side_by_side(row: Row) -> Any:
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Grid

    n_columns = row.n_columns or len(row.figures)
    width = _LINE / n_columns
    style = _style(7.5, tone="muted", after=6.0)
    cells: list[Any] = [
        [_painted(each.picture, width - 8.0), Paragraph(_marked(each.caption), style)]
        for each in row.figures
    ]
    cells += [""] * (n_columns - len(cells))
    place = "BOTTOM" if row.n_columns else "MIDDLE"
    return Grid([cells], colWidths=[width] * n_columns, style=[("VALIGN", (0, 0), (-1, -1), place)])


def _table(table: Table) -> Any:
    from reportlab.platypus import Paragraph
    from reportlab.platypus import Table as Grid

    styles = [_style(7.5, right=right) for right in (False, True)]
    heads = [_style(7.5, tone="muted", bold=True, right=right) for right in (False, True)]

    def cell(held: Cell, place: int) -> Any:
        text = f'<font color="{_TONES[held.tone]}">{_marked(held.text)}</font>'
        if held.below:
            text += f'<br/><font color="{_TONES["muted"]}" size="6.5">{_marked(held.below)}</font>'
        return Paragraph(text, styles[place in table.numbers])

    lines = [[cell(held, place) for place, held in enumerate(row)] for row in table.rows]
    has_head = any(table.heads)
    if has_head:
        lines.insert(
            0,
            [
                Paragraph(_marked(each), heads[place in table.numbers])
                for place, each in enumerate(table.heads)
            ],
        )
    total = sum(table.widths)
    return Grid(
        lines,
        colWidths=[_LINE * share / total for share in table.widths],
        repeatRows=int(has_head),
        spaceBefore=3.0,
        spaceAfter=6.0,
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, "#D9DDE3"),
            ("TOPPADDING", (0, 0), (-1, -1), 2.0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
            ("LEFTPADDING", (0, 0), (-1, -1), 3.0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 3.0),
        ],
    )


def _painted(picture: Picture, width: float) -> Any:
    """A flowable that paints the marks, at most as wide as told and never larger than it is."""
    from reportlab.platypus import Flowable

    scale = min(width / picture.width, _PER_PIXEL, _TALLEST / picture.height)

    class Painted(Flowable):
        def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: ARG002
            return picture.width * scale, picture.height * scale + 4.0

        def draw(self) -> None:
            canvas = self.canv
            canvas.saveState()
            canvas.translate(0.0, picture.height * scale + 2.0)
            canvas.scale(scale, -scale)
            for mark in picture.marks:
                canvas.saveState()
                _paint(canvas, mark)
                canvas.restoreState()
            canvas.restoreState()

    return Painted()


def _paint(canvas: Any, mark: Mark) -> None:
    match mark:
        case Line():
            canvas.setStrokeColor(mark.colour)
            canvas.setLineWidth(mark.width)
            canvas.setLineCap(1)
            if mark.dashed:
                canvas.setDash(5, 4)
            canvas.line(mark.x1, mark.y1, mark.x2, mark.y2)
        case Path():
            outline = canvas.beginPath()
            outline.moveTo(*mark.points[0])
            for point in mark.points[1:]:
                outline.lineTo(*point)
            canvas.setFillAlpha(mark.opacity)
            _dress(canvas, mark.fill, mark.colour, mark.width)
            canvas.drawPath(outline, stroke=int(bool(mark.colour)), fill=int(bool(mark.fill)))
        case Rect():
            _dress(canvas, mark.fill, mark.stroke, 1.0)
            stroke, fill = int(bool(mark.stroke)), int(bool(mark.fill))
            canvas.rect(mark.x, mark.y, mark.width, mark.height, stroke=stroke, fill=fill)
        case Disc():
            canvas.setFillAlpha(mark.opacity)
            _dress(canvas, mark.fill, mark.stroke, 0.7)
            canvas.circle(mark.x, mark.y, mark.radius, stroke=int(bool(mark.stroke)), fill=1)
        case Label():
            canvas.translate(mark.x, mark.y)
            canvas.scale(1.0, -1.0)
            if not mark.upright:
                canvas.rotate(90)
            canvas.setFillColor(mark.colour)
            canvas.setFont(_font_for(mark.text), mark.size)
            draw = {"middle": canvas.drawCentredString, "end": canvas.drawRightString}
            draw.get(mark.anchor, canvas.drawString)(0.0, 0.0, mark.text)


def _dress(canvas: Any, fill: str, stroke: str, width: float) -> None:
    if fill:
        canvas.setFillColor(fill)
    if stroke:
        canvas.setStrokeColor(stroke)
        canvas.setLineWidth(width)


def _style(
    size: float,
    *,
    tone: str = "",
    bold: bool = False,
    right: bool = False,
    before: float = 0.0,
    after: float = 0.0,
    with_next: bool = False,
) -> Any:
    from reportlab.lib.styles import ParagraphStyle

    return ParagraphStyle(
        "text", fontName=_BOLD if bold else _REGULAR, fontSize=size, leading=1.28 * size,
        textColor=_TONES[tone],  # type: ignore[arg-type]
        alignment=2 if right else 0, spaceBefore=before, spaceAfter=after,
        keepWithNext=int(with_next), splitLongWords=1,
    )  # fmt: skip


def _marked(text: str) -> str:
    """Text for a paragraph: nothing in it acts as markup, and Chinese gets its font."""
    parts: list[str] = []
    for letter in text:
        safe = escape(letter, quote=False)
        parts.append(safe if _has(letter) else f'<font name="{_CHINESE}">{safe}</font>')
    return "".join(parts)


def _font_for(text: str) -> str:
    return _REGULAR if all(map(_has, text)) else _CHINESE


@cache
def _has(letter: str) -> bool:
    """Whether the embedded font has a letter."""
    from reportlab.pdfbase.pdfmetrics import getFont

    face: Any = getFont(_REGULAR)
    return ord(letter) in face.face.charWidths


@cache
def _register_fonts() -> None:
    import matplotlib as mpl
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    folder = FilePath(mpl.get_data_path()) / "fonts" / "ttf"
    for name in (_REGULAR, _BOLD):
        registerFont(TTFont(name, str(folder / f"{name}.ttf")))
    registerFont(UnicodeCIDFont(_CHINESE))
