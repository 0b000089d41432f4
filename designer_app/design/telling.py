"""What a run leaves for people: details of the shortlist, hulls to draw, and the report."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from designer_app.design.details import detail_of
from designer_app.design.report import write_reports
from designer_app.design.staged import DesignRows
from designer_app.elements import SYMBOLS
from designer_app.io.formulas import amounts_of
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.phase_diagrams import phase_diagram
from designer_app.screening.reference.table import ReferenceTable
from designer_app.specs.design_rows import CandidateDetail, DesignResult
from designer_app.specs.hull import PhaseDiagram
from designer_app.specs.screen_rows import ScreenRow
from designer_app.specs.structure import Structure

Explained = Mapping[str, Mapping[str, Any]]
"""What the models tell of candidates, by id: keyword arguments of `detail_of`."""
_MOST_ELEMENTS = 3
"""Of a hull that a page can show."""


def told(
    run: DesignRows,
    result: DesignResult,
    explain: Callable[[Mapping[str, Mapping[str, Any]]], Explained],
    control: RunControl,
    *,
    in_short: bool = False,
) -> Path:
    """The path of the report; details are kept beside it. `in_short` leaves details out, for a run
    that was stopped and has to end now.
    """
    shortlist = result.rows[: result.n_shortlist]
    structures = {row.id: run.relaxed(row) for row in shortlist}
    details: dict[str, CandidateDetail] = {}
    if not in_short:
        explained = explain({row.id: run.found[row.id] for row in shortlist})
        details = _details(run, shortlist, structures, explained, control)
    for detail in details.values():
        run.design_store.write_detail(detail)
    diagrams = _diagrams(run.tools.table, shortlist, structures)
    folder = run.store.folder
    return write_reports(folder, run.spec, result, details, structures, diagrams=diagrams)


def _details(
    run: DesignRows,
    shortlist: tuple[ScreenRow, ...],
    structures: Mapping[str, Structure],
    explained: Explained,
    control: RunControl,
) -> dict[str, CandidateDetail]:
    checks = run.design_store.checks()
    found = {}
    for done, row in enumerate(shortlist):
        control.progress(done, len(shortlist), "Writing the report")
        found[row.id] = detail_of(
            row,
            structures[row.id],
            table=run.tools.table,
            checks=checks.get(row.id, ()),
            reaction=run.spec.reaction if run.spec.purpose == "catalyst" else "",
            **explained.get(row.id, {}),
        )
    return found


def _diagrams(
    table: ReferenceTable | None,
    shortlist: tuple[ScreenRow, ...],
    structures: Mapping[str, Structure],
) -> dict[str, PhaseDiagram]:
    """The hulls of candidates of few elements, each with its candidate."""
    found: dict[str, PhaseDiagram] = {}
    for row in shortlist:
        energy = row.estimate("energy")
        elements = {SYMBOLS[number] for number in structures[row.id].numbers.tolist()}
        if table is None or energy is None or len(elements) > _MOST_ELEMENTS:
            continue
        if table.origin.model_sha256[:12] not in energy.origin:
            continue  # of another potential
        hull = hull_for(elements, table.in_system(elements), table.origin)
        placement = hull.place(amounts_of(structures[row.id].numbers), energy.value)
        found[row.id] = phase_diagram(hull, [placement])
    return found
