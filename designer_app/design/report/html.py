"""A report as one HTML file that needs nothing else, to read on a screen and to print on A4."""

from collections.abc import Sequence
from html import escape

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
from designer_app.screening.pictures import svg_of
from designer_app.screening.report import STYLE

_MORE_STYLE = """
figure { margin: .8em 0; break-inside: avoid } figcaption { color: #5B6470; font-size: .9em }
.row { display: flex; flex-wrap: wrap; gap: 1em; align-items: center }
.row figure { flex: 1 1 30% } .grid { align-items: flex-end }
.grid figure { flex: 0 0 var(--share) } h2, h3 { break-after: avoid } tr { break-inside: avoid }
section { border-top: 2px solid #D9DDE3; margin-top: 2.5em }
p.small { color: #5B6470; font-size: .82em }
td { overflow-wrap: anywhere } th.n { text-align: right }
@page { size: A4; margin: 16mm 15mm }
@media print { body { font-size: 9.5pt; padding: 0 } section { break-before: page; border: 0;
  margin: 0 } thead { display: table-header-group } }
"""


def html_of(blocks: Sequence[Block], title: str) -> str:
    """The whole file as text."""
    parts: list[str] = []
    n_sections = 0
    for block in blocks:
        if isinstance(block, NewPage):
            parts.append("</section><section>" if n_sections else "<section>")
            n_sections += 1
        else:
            parts.append(_block(block))
    parts += ["</section>"] if n_sections else []
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}{_MORE_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def _block(block: Heading | Text | Table | Figure | Row) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
        case Text():
            return f"<p{_class(block.tone)}>{escape(block.text)}</p>"
        case Table():
            return _table(block)
        case Figure():
            return _figure(block)
        case Row():
            return _row(block)


def _row(row: Row) -> str:
    share = 100 / row.n_columns if row.n_columns else 0.0
    wide = f' style="--share:{share - 2:.0f}%"' if share else ""
    kind = "row grid" if share else "row"
    return f'<div class="{kind}"{wide}>{"".join(map(_figure, row.figures))}</div>'


def _figure(figure: Figure) -> str:
    caption = f"<figcaption>{escape(figure.caption)}</figcaption>" if figure.caption else ""
    style = f' style="max-width:{100 * figure.width:.0f}%"'
    return f"<figure{style}>{svg_of(figure.picture)}{caption}</figure>"


def _table(table: Table) -> str:
    columns = "".join(f'<col style="width:{100 * share:.0f}%">' for share in table.widths)
    heads = "".join(
        f"<th{_class('n' if place in table.numbers else '')}>{escape(head)}</th>"
        for place, head in enumerate(table.heads)
    )
    lines = "".join(
        "<tr>"
        + "".join(_cell(cell, place in table.numbers) for place, cell in enumerate(row))
        + "</tr>"
        for row in table.rows
    )
    head = f"<thead><tr>{heads}</tr></thead>" if any(table.heads) else ""
    return f"<table><colgroup>{columns}</colgroup>{head}<tbody>{lines}</tbody></table>"


def _cell(cell: Cell, is_number: bool) -> str:
    kinds = " ".join(each for each in ("n" if is_number else "", cell.tone) if each)
    below = f'<br><span class="muted">{escape(cell.below)}</span>' if cell.below else ""
    return f"<td{_class(kinds)}>{escape(cell.text)}{below}</td>"


def _class(names: str) -> str:
    return f' class="{names}"' if names else ""
