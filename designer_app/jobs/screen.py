"""Screening: candidates from files, open structures or known crystals, judged stage by stage."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from designer_app.device import Compute
from designer_app.errors import DesignerAppError, MissingDataError
from designer_app.explanations import explain_exception
from designer_app.io.documents import Document
from designer_app.io.formulas import amounts_in
from designer_app.io.screen_store import REPORT, STRUCTURES, TABLE, ScreenStore
from designer_app.io.screen_table import write_csv
from designer_app.jobs import read
from designer_app.potentials import Potential, load_potential
from designer_app.properties.ordering import ordered_cells
from designer_app.provenance import now
from designer_app.running.control import RunControl
from designer_app.screening.convex_hull import hull_for
from designer_app.screening.funnel import Funnel, Given, Tools
from designer_app.screening.masks import masks_of
from designer_app.screening.network import Network
from designer_app.screening.phase_diagrams import phase_diagram
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import SHIPPED, ReferenceTable, load_reference
from designer_app.screening.report import write_report
from designer_app.screening.report_drawings import hull_drawing
from designer_app.screening.rules import Rules, StabilityRules
from designer_app.specs.documents import ReadSpec
from designer_app.specs.fields import check_spec, refusal, settings_of
from designer_app.specs.order import OrderSpec
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_rows import (
    LOST,
    PASSES,
    ScreenResult,
    ScreenRow,
    failing_counts,
    funnel_of,
    ranked,
)
from designer_app.state import set_threads

LARGEST_FILE = 20_000_000
"""Bytes of a candidate's file: a crystal of 2,000 atoms takes 200,000."""

MOST_HULLS = 3
"""Phase diagrams of the report."""


def run(spec: ScreenSpec, control: RunControl) -> ScreenResult:
    """All rows, best first; with a folder they are kept there, and the same run goes on in it.

    Raises `InvalidSpecError` where there is nothing to screen, and `ResumeError` where the folder
    holds a run with other settings.
    """
    check_spec(spec)
    if not (spec.paths or spec.structures or spec.make == "prototypes"):
        raise refusal(spec, "paths", "there is nothing to screen")
    masks_of(spec)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    with ExitStack() as opened:
        folder = spec.out or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        store = ScreenStore(folder)
        goes_on = store.begin(_settings(spec))
        if goes_on:
            control.log.info("“%s” holds this run already; it goes on.", folder)
        control.progress(0, 1, "Loading models")
        tools, origin = _tools(spec, compute, control)
        funnel = Funnel(spec, store, tools, control)
        n_given = len(spec.paths) + len(spec.structures)
        rows = funnel.run(n_given, lambda index: _given(spec, index, control))
        return _finished(spec, store, funnel, ranked(rows), origin)


def _settings(spec: ScreenSpec) -> dict[str, Any]:
    """What makes it this run: the settings and the files."""
    settings = settings_of(replace(spec, out=None, resume=False))
    return {**settings, "paths": list(spec.paths), "n_structures": len(spec.structures)}


# --- what is given ---


def _given(spec: ScreenSpec, index: int, control: RunControl) -> Given:
    """One of the files, or of the open structures behind them."""
    if index >= len(spec.paths):
        structure = spec.structures[index - len(spec.paths)]
        document = Document.from_structure(structure, made_by="screen")
    else:
        path = Path(spec.paths[index])
        try:
            limits = ReadSpec(path=path, max_bytes=LARGEST_FILE, max_atoms=10 * spec.max_atoms)
            document = read.run(limits, control)
        except DesignerAppError as error:
            return Given(path.stem, error=f"unreadable: {explain_exception(error).sentence}")
    return _ordered(spec, document, control)


def _ordered(spec: ScreenSpec, document: Document, control: RunControl) -> Given:
    """A document as it is, or its best ordered cell."""
    name, warnings = document.name, document.warnings
    if not document.is_disordered:
        return Given(name, document.structure(), f"{name} as given", warnings=warnings)
    if not spec.order or not document.occupancies:
        example = document.structure().disorder_example
        return Given(name, error=f"disordered: sites are shared or partly occupied ({example})")
    wanted = OrderSpec(
        structure=document.structure(),
        occupancies=document.occupancies,
        max_atoms=spec.max_atoms,
        candidates=1,
        seed=spec.seed,
    )
    try:
        found = ordered_cells(wanted, control)["documents"][0]
    except DesignerAppError as error:
        return Given(name, error=f"disordered: {explain_exception(error).sentence}")
    told = f"{name} with its mixed sites ordered by electrostatics"
    return Given(name, found.structure(), told, warnings=found.warnings)


# --- tools ---


def _tools(
    spec: ScreenSpec, compute: Compute, control: RunControl
) -> tuple[Tools, list[tuple[str, str]]]:
    # The crystals are known whatever the potential; only their energies belong to one.
    table = load_reference(spec.potential, spec.model) or load_reference(*next(iter(SHIPPED)))
    network = _network()
    control.checkpoint()
    origin = [("created", now()), ("seed", str(spec.seed))]
    if table is not None:
        origin.append(("known crystals", table.name))
    if network is not None:
        origin.append(("crystal network", network.origin))

    @cache
    def potential() -> Potential:
        found = load_potential(spec.potential, spec.model, compute)
        told = f"{found.key} {found.model} ({found.model_sha256})"
        origin.append(("potential", told))
        return found

    tools = Tools(
        rules=_rules(spec, potential),
        network=network,
        table=table,
        placing=lambda: Placing(potential(), table, may_relax=spec.references == "automatic"),
    )
    return tools, origin


def _network() -> Network | None:
    """The shipped ensemble; None where none is, which the funnel tells of."""
    from designer_app.screening.crystal_gnn.ensemble import load_crystal_ensemble

    try:
        ensemble = load_crystal_ensemble()
    except MissingDataError:
        return None
    return Network(ensemble, ensemble.origin)


def _rules(spec: ScreenSpec, potential: Callable[[], Potential]) -> Rules:
    if spec.rules == "battery":
        from designer_app.screening.battery_rules import BatteryRules

        return BatteryRules(spec, potential)
    if spec.rules == "catalyst":
        from designer_app.screening.catalyst_rules import CatalystRules

        return CatalystRules(spec, potential)
    return StabilityRules(spec)


# --- the end ---


def _hulls(table: ReferenceTable | None, rows: list[ScreenRow]) -> list[tuple[str, str]]:
    """(title, drawing) of the best rows whose system a page can show."""
    found: list[tuple[str, str]] = []
    for row in rows:
        energy = row.estimate("energy")
        amounts = amounts_in(row.formula)
        if table is None or energy is None or not row.decomposition or len(amounts) > 3:
            continue
        if table.origin.model_sha256[:12] not in energy.origin:
            continue  # of another potential
        hull = hull_for(tuple(amounts), table.in_system(tuple(amounts)), table.origin)
        diagram = phase_diagram(hull, [hull.place(amounts, energy.value)])
        found.append((f"Hull of {row.formula}", hull_drawing(diagram)))
        if len(found) == MOST_HULLS:
            break
    return found


def _finished(
    spec: ScreenSpec,
    store: ScreenStore,
    funnel: Funnel,
    rows: list[ScreenRow],
    origin: list[tuple[str, str]],
) -> ScreenResult:
    """The result, and the files that tell it."""
    proposed = tuple((str(why), int(n)) for why, n in store.decisions().get("proposed", ()))
    result = ScreenResult(
        rows=tuple(rows),
        funnel=tuple(
            count
            for count in funnel_of(rows)
            if spec.relax_best or count.stage not in ("relaxed", "hull")
        ),
        failing_counts=failing_counts(rows),
        n_passing=sum(row.verdict == PASSES for row in rows),
        proposed=proposed,
        warnings=tuple(dict.fromkeys(funnel.warnings)),
        folder="" if spec.out is None else str(spec.out),
        report="" if spec.out is None else str(spec.out / REPORT),
        origin=tuple(origin),
        seconds=tuple(funnel.seconds.items()),
    )
    if spec.out is not None:
        write_csv(store.folder / TABLE, rows)
        write_report(store.folder / REPORT, spec, result, _hulls(funnel.tools.table, rows))
        store.write_result(
            {
                "n_rows": len(rows),
                "n_passing": result.n_passing,
                "n_lost": sum(row.verdict == LOST for row in rows),
                "failing_counts": result.failing_counts,
                "proposed": proposed,
                "warnings": result.warnings,
                "origin": result.origin,
                "seconds": dict(result.seconds),
                "structures": STRUCTURES,
            }
        )
    return result
