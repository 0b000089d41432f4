"""The report of a screening run: one HTML file that needs nothing else, to read and to print."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from designer_app import __version__
from designer_app.io.atomic_write import atomic_write
from designer_app.io.formulas import with_subscripts
from designer_app.io.screen_store import STRUCTURES, TABLE
from designer_app.provenance import versions
from designer_app.screening.pictures import svg_of
from designer_app.screening.report_drawings import funnel_drawing, scatter_drawing
from designer_app.specs.estimates import Estimate
from designer_app.specs.fields import is_shown, spec_fields
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import LOST, PASSES, STAGES, WAITS, ScreenResult, ScreenRow

MOST_ROWS = 100
"""Rows of the ranked table; the CSV file holds all."""
MOST_CARDS = 10
"""Rows of which every number is shown with its origin."""
_SIGNS = {"green": "●", "amber": "▲", "red": "■"}
_WORDS = {PASSES: "passes", "fails": "misses", LOST: "lost", WAITS: "not looked at further"}
_COLUMNS = (
    ("energy_density", "Energy density", 1.0, ".0f", "Wh/kg"),
    ("voltage", "Voltage", 1.0, ".2f", "V"),
    ("ionic_conductivity", "Conductivity", 1.0, ".1e", "S/cm"),
    ("activity", "Activity", 1.0, ".2f", "V"),
    ("stability", "Stability", 100.0, ".0f", "%"),
    ("e_above_hull", "Above hull", 1000.0, "z.0f", "meV/atom"),
    ("formation_energy", "Formation energy", 1.0, ".2f", "eV/atom"),
)
"""(key, title, factor, format, unit) of the ranked table; columns without numbers are left out."""
_TITLES = dict(STAGES)
STYLE = """
:root { color-scheme: light }
body { font: 14px/1.45 system-ui, "Segoe UI", sans-serif; color: #1B1F24; background: #fff;
  max-width: 1080px; margin: 2em auto; padding: 0 1.5em }
h1 { font-size: 1.6em; margin-bottom: .1em } h2 { font-size: 1.2em; margin-top: 1.8em }
table { border-collapse: collapse; width: 100%; font-size: .92em }
th, td { text-align: left; padding: .25em .6em; border-bottom: 1px solid #D9DDE3;
  vertical-align: top }
th { color: #5B6470; font-weight: 600 } td.n { text-align: right; white-space: nowrap }
.muted { color: #5B6470 } .green { color: #1A7F4B } .amber { color: #9A6700 }
.red { color: #B42318 } .card { border: 1px solid #D9DDE3; border-radius: 6px; padding: .6em 1em;
  margin: 1em 0; break-inside: avoid } .card h3 { margin: .2em 0 }
svg { max-width: 100%; height: auto }
@media print { body { margin: 0; max-width: none } a { color: inherit } }
"""


def write_report(
    path: Path,
    spec: ScreenSpec,
    result: ScreenResult,
    hulls: Iterable[tuple[str, str]] = (),
) -> None:
    """The report as a file; `hulls` are (title, SVG) of the best rows."""
    atomic_write(path, report_html(spec, result, tuple(hulls)), backup=False)


def report_html(
    spec: ScreenSpec, result: ScreenResult, hulls: Sequence[tuple[str, str]] = ()
) -> str:
    """The report as text."""
    judged = [row for row in result.rows if row.verdict not in (LOST, WAITS)]
    shown = judged or [row for row in result.rows if row.verdict != LOST]
    parts = [
        f"<h1>{escape(headline(result))}</h1>",
        f'<p class="muted">{escape(_subject(spec))}</p>',
        _warnings(result.warnings),
        _verdict(result, judged),
        "<h2>Funnel</h2>",
        svg_of(funnel_drawing(result.funnel)),
        _losses(result),
        f"<h2>Ranked candidates</h2>{_ranked(shown[:MOST_ROWS])}",
        _left_out(len(shown), len(result.rows)),
        _scatter(spec, shown),
        *(f"<h2>{escape(title)}</h2>{drawing}" for title, drawing in hulls),
        "<h2>The best in detail</h2>",
        *(_card(row) for row in shown[:MOST_CARDS]),
        f"<h2>Settings</h2>{_settings(spec)}",
        f"<h2>Where the numbers come from</h2>{_origin(result)}",
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(headline(result))}</title><style>{STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def headline(result: ScreenResult) -> str:
    """What came out, in one sentence."""
    total = len(result.rows)
    judged = sum(row.verdict not in (LOST, WAITS) for row in result.rows)
    if result.n_passing:
        return f"{result.n_passing:,} of {total:,} candidates meet all criteria"
    if judged:
        return f"None of {total:,} candidates meets all criteria"
    return f"None of {total:,} candidates could be judged"


def _subject(spec: ScreenSpec) -> str:
    kind = {"battery": f"{spec.ion} battery", "catalyst": spec.reaction}.get(
        spec.rules, "stability"
    )
    return f"Screening for {kind}, designer_app {__version__}"


def _warnings(sentences: Sequence[str]) -> str:
    return "".join(f'<p class="amber">▲ {escape(each)}</p>' for each in sentences)


def _verdict(result: ScreenResult, judged: Sequence[ScreenRow]) -> str:
    if not judged:
        return ""
    text = ""
    if not result.n_passing:
        text = "The best are shown with the criteria that they miss. "
    counts = ", ".join(
        f"{key.replace('_', ' ')} by {count:,}" for key, count in result.failing_counts
    )
    text += f"Of {len(judged):,} judged, criteria were missed: {counts}." if counts else ""
    return f"<p>{escape(text)}</p>"


def _losses(result: ScreenResult) -> str:
    lines = [
        f"<tr><td>{escape(_TITLES[count.stage])}</td><td>{escape(reason)}</td>"
        f'<td class="n">{number:,}</td></tr>'
        for count in result.funnel
        for reason, number in count.lost_reasons
    ]
    lines += [
        f'<tr><td>Proposed</td><td>{escape(reason)}</td><td class="n">{number:,}</td></tr>'
        for reason, number in result.proposed
    ]
    if not lines:
        return ""
    head = "<tr><th>Lost at</th><th>because</th><th>how many</th></tr>"
    return f"<table>{head}{''.join(lines)}</table>"


def _ranked(rows: Sequence[ScreenRow]) -> str:
    columns = [each for each in _COLUMNS if any(row.estimate(each[0]) for row in rows)]
    heads = "".join(f"<th>{escape(title)}<br>{unit}</th>" for _, title, _, _, unit in columns)
    lines = [f"<tr><th></th><th>Formula</th><th>Verdict</th>{heads}<th>Known as</th></tr>"]
    for rank, row in enumerate(rows, 1):
        told = _WORDS[row.verdict]
        if row.failing:
            told = row.reason or f"misses {', '.join(row.failing)}"
        cells = "".join(
            f'<td class="n">{_cell(row.estimate(key), factor, form)}</td>'
            for key, _, factor, form, _ in columns
        )
        lines.append(
            f'<tr><td class="n">{rank}</td><td>{escape(with_subscripts(row.formula))}<br>'
            f'<span class="muted">{row.id}</span></td>'
            f'<td><span class="{row.light}">{_SIGNS[row.light]}</span> {escape(told)}</td>'
            f"{cells}<td>{escape(row.known)}</td></tr>"
        )
    return f"<table>{''.join(lines)}</table>"


def _left_out(shown: int, total: int) -> str:
    text = f"The table shows {min(shown, MOST_ROWS):,} of {total:,} rows; all are in {TABLE}."
    return f'<p class="muted">{escape(text)} Structures are in the folder {STRUCTURES}.</p>'


def _cell(estimate: Estimate | None, factor: float, form: str) -> str:
    if estimate is None or not math.isfinite(estimate.value):
        return "-"
    text = f"{estimate.value * factor:{form}}"
    if estimate.low is not None and estimate.high is not None:
        low, high = (f"{each * factor:{form}}" for each in (estimate.low, estimate.high))
        text += f'<br><span class="muted">{low} … {high}</span>'
    return text


def _scatter(spec: ScreenSpec, rows: Sequence[ScreenRow]) -> str:
    across = ("e_above_hull", "Energy above hull, meV/atom", 1000.0)
    up = ("stability", "Chance of stability, %", 100.0)
    limits: tuple[float | None, float | None] = (1000.0 * spec.e_above_hull, 100.0 * spec.stability)
    if spec.rules == "battery" and spec.energy_density > 0:
        up = ("energy_density", "Energy density, Wh/kg", 1.0)
        limits = limits[0], spec.energy_density
    elif spec.rules == "catalyst":
        up = ("activity", "Activity, V", 1.0)
        limits = limits[0], spec.activity
    drawing = scatter_drawing(rows, across, up, limits)
    return "" if drawing is None else f"<h2>Trade-off</h2>{svg_of(drawing)}"


def _card(row: ScreenRow) -> str:
    facts = [f"{row.n_atoms} atoms", row.space_group, row.made_from]
    facts += [f"known as {row.known}" if row.known else "not in the reference set"]
    facts += [f"competes with {row.decomposition}" if row.decomposition else ""]
    facts += [row.structure_file]
    lines = "".join(_estimate_line(each) for each in row.estimates)
    head = (
        "<tr><th>Property</th><th>Value</th><th>Interval</th><th>Typical error</th>"
        "<th>Method and origin</th></tr>"
    )
    return (
        f'<div class="card"><h3>{escape(with_subscripts(row.formula))} '
        f'<span class="muted">{row.id}</span></h3>'
        f"<p>{escape('; '.join(fact for fact in facts if fact))}</p>"
        f"{_warnings(row.warnings)}<table>{head}{lines}</table></div>"
    )


def _estimate_line(each: Estimate) -> str:
    value = f"{each.value:.4g} {each.unit}" if math.isfinite(each.value) else "-"
    interval = ""
    if each.low is not None and each.high is not None:
        interval = f"{each.low:.3g} … {each.high:.3g} ({100 * each.level:.0f} %)"
    if each.probability is not None:
        interval += f" P = {each.probability:.2f}"
    error = "" if each.error is None else f"{each.error:.3g} {each.unit}"
    sign = f'<span class="{each.light}">{_SIGNS[each.light]}</span>'
    told = f"{each.method}; {each.origin}" if each.origin else each.method
    reason = f'<br><span class="muted">{escape(each.reason)}</span>' if each.reason else ""
    return (
        f"<tr><td>{sign} {escape(each.key.replace('_', ' '))}</td><td>{escape(value)}</td>"
        f"<td>{escape(interval)}</td><td>{escape(error)}</td><td>{escape(told)}{reason}</td></tr>"
    )


def settings_lines(spec: Any) -> list[tuple[str, str]]:
    """(label, value with unit) of the settings that matter for a spec."""
    lines: list[tuple[str, str]] = []
    for each, said, _ in spec_fields(spec):
        value = getattr(spec, each.name)
        if said.hidden or value in ("", None, ()) or not is_shown(spec, said):
            continue
        if value is False and each.default is False:
            continue  # "No cobalt: no" above "Excluded elements: Co" contradicts itself
        titles = dict(said.choices)
        shown = ("yes" if value else "no") if isinstance(value, bool) else titles.get(value, value)
        text = f"{shown:g}" if isinstance(shown, float) else str(shown)
        text = ", ".join(map(str, shown)) if isinstance(shown, tuple) else text
        lines.append((said.label, f"{text} {said.unit}".strip()))
    return lines


def _settings(spec: ScreenSpec) -> str:
    lines = (
        f"<tr><td>{escape(label)}</td><td>{escape(text)}</td></tr>"
        for label, text in settings_lines(spec)
    )
    return f"<table>{''.join(lines)}</table>"


def _origin(result: ScreenResult) -> str:
    pairs = [*result.origin, *versions().items()]
    lines = "".join(
        f"<tr><td>{escape(what)}</td><td>{escape(which)}</td></tr>" for what, which in pairs
    )
    return f"<table>{lines}</table>"
