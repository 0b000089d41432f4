"""Inverse design: from targets to a shortlist that was relaxed, computed and checked."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

from designer_app.design.criteria import judge_of, targets_of
from designer_app.design.funnel import DesignFunnel
from designer_app.design.heads.ensemble import DesignHeads
from designer_app.design.representation.library import load_library
from designer_app.design.search.feasible import check_targets
from designer_app.design.search.limits import Limits, limits_of
from designer_app.design.searching import Searched, check_own, explained, heads_of, search_of
from designer_app.design.shortlist import ending
from designer_app.design.staged import Tools
from designer_app.design.telling import Explained, told
from designer_app.design.verdict import verdict_of
from designer_app.device import Compute
from designer_app.errors import Cancelled
from designer_app.io.design_store import DesignStore
from designer_app.jobs import read
from designer_app.potentials import Potential, load_potential
from designer_app.provenance import now
from designer_app.running.control import RunControl
from designer_app.running.executor import Executor
from designer_app.screening.placing import Placing
from designer_app.screening.reference.table import SHIPPED, ReferenceTable, load_reference
from designer_app.specs.contradictions import idle
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_rows import STAGES, DesignResult
from designer_app.specs.design_targets import OWN, Target
from designer_app.specs.documents import ReadSpec
from designer_app.specs.fields import check_spec, refusal, settings_of
from designer_app.specs.structure import Structure
from designer_app.state import set_threads

_WARM = ("designer_app.jobs.design_task", "designer_app.potentials.chgnet")
"""Modules that the workers import while the search runs."""
_TITLES = dict(STAGES)


def run(spec: DesignSpec, control: RunControl) -> DesignResult:
    """The shortlist first; with a folder all is kept there, and the same run goes on in it.

    A run that is stopped gives what it has, once there are relaxed candidates; before that
    `Cancelled` is raised. Raises `InvalidSpecError` for limits that leave nothing and for targets
    that cannot be met or that no head predicts, and `ResumeError` where the folder holds a run with
    other settings or another reference set.
    """
    targets, limits = checked(spec)
    compute = Compute(spec.device, spec.dtype, spec.threads)
    set_threads(compute)
    with ExitStack() as opened:
        folder = spec.out or Path(opened.enter_context(tempfile.TemporaryDirectory()))
        store = DesignStore(folder)
        table = _known_crystals(spec)
        if store.begin(_settings(spec), "" if table is None else table.name):
            control.log.info("“%s” holds this run already; it goes on.", folder)
        start = _started_from(spec, store, control)
        control.progress(0, 1, "Loading models")
        heads = heads_of(spec)
        control.checkpoint()
        executor = opened.enter_context(Executor(spec.workers, warm=_WARM))
        models = _Models(spec, compute, heads, table, control)
        tools = Tools(
            search=models.search(limits, store, start),
            limits=limits,
            judge=judge_of(targets),
            table=table,
            placing=lambda: Placing(models.potential(), table, may_relax=True),
            executor=executor,
        )
        funnel = DesignFunnel(spec, store, tools, control)
        stopped = ""
        try:
            funnel.run()
        except Cancelled:
            stopped = _TITLES[funnel.stage_now]
            if not any(funnel.is_past(row, "hull") for row in funnel.rows.values()):
                raise
        return _finished(spec, store, funnel, models, stopped)


def checked(spec: DesignSpec) -> tuple[tuple[Target, ...], Limits]:
    """Targets and limits of a spec that can be run. Raises `InvalidSpecError` for others."""
    check_spec(spec)
    targets, limits = targets_of(spec), limits_of(spec)
    _check_families(spec)
    _check_strategy(spec)
    check_targets(targets, limits, spec.elements)
    if spec.heads is not None or any(each.key.startswith(OWN) for each in targets):
        check_own(spec, targets, heads_of(spec))
    return targets, limits


def _check_families(spec: DesignSpec) -> None:
    known = load_library().families if spec.families else ()
    for name in spec.families:
        if name not in known:
            raise refusal(spec, "families", f"“{name}” is none; known: {', '.join(known)}")


def _check_strategy(spec: DesignSpec) -> None:
    has_start = spec.start is not None or spec.start_structure is not None
    told = idle(spec.strategy, only_new=spec.only_new, has_start=has_start)
    if told:
        raise refusal(spec, "strategy", told)


def _started_from(spec: DesignSpec, store: DesignStore, control: RunControl) -> Structure | None:
    """What the search begins with, kept in the folder: a run that goes on has no window's
    structure any more, and perhaps no file.
    """
    given = spec.start_structure
    if store.start() is None and given is None and spec.start is not None:
        given = read.run(ReadSpec(path=spec.start), control).structure()
    if store.start() is None and given is not None:
        store.write_start(given)
    return store.start()


def _settings(spec: DesignSpec) -> dict[str, Any]:
    """What makes it this run."""
    return settings_of(replace(spec, out=None, resume=False))


def _known_crystals(spec: DesignSpec) -> ReferenceTable | None:
    """They are known whatever the potential; only their energies belong to one."""
    return load_reference(spec.potential, spec.model) or load_reference(*next(iter(SHIPPED)))


class _Models:
    """What a run computes with, loaded when it is first asked for."""

    def __init__(
        self,
        spec: DesignSpec,
        compute: Compute,
        heads: DesignHeads,
        table: ReferenceTable | None,
        control: RunControl,
    ) -> None:
        self.spec, self.compute, self.heads, self.control = spec, compute, heads, control
        self.table = table
        self.origin = [("created", now()), ("seed", str(spec.seed))]
        if self.table is not None:
            self.origin.append(("known crystals", self.table.name))
        self.origin.append(("property heads", heads.origin))
        self.potential = cache(self._potential)

    def _potential(self) -> Potential:
        found = load_potential(self.spec.potential, self.spec.model, self.compute)
        self.origin.append(("potential", f"{found.key} {found.model} ({found.model_sha256})"))
        return found

    def search(self, limits: Limits, store: DesignStore, start: Structure | None) -> Searched:
        """The search of the spec; models are loaded when it is called."""
        given = (self.potential, self.table, start, self.heads)
        return search_of(self.spec, limits, *given, store, self.control)

    def explain(self, found: Mapping[str, Mapping[str, Any]]) -> Explained:
        """What the models tell of candidates."""
        given = (self.potential, self.table, self.heads)
        return explained(self.spec, limits_of(self.spec), *given, found)


# --- the end ---


def _finished(
    spec: DesignSpec, store: DesignStore, funnel: DesignFunnel, models: _Models, stopped: str
) -> DesignResult:
    """The result, and the files that tell it."""
    end = ending(funnel)
    store.append(end.shortlist)
    rows = (*end.shortlist, *end.others)
    result = DesignResult(
        rows=rows,
        funnel=end.funnel,
        n_shortlist=len(end.shortlist),
        n_hits=end.n_hits,
        shortlist=tuple(row.id for row in end.shortlist),
        arms=end.arms,
        verdict=verdict_of(end, stopped),
        warnings=tuple(dict.fromkeys(funnel.warnings)),
        folder="" if spec.out is None else str(spec.out),
        origin=tuple(models.origin),
        seconds=tuple(funnel.seconds.items()),
    )
    if spec.out is None:
        return result
    _keep(store, result)  # first: whoever stopped the run may not wait for the report
    told_in = told(funnel, result, models.explain, models.control, in_short=bool(stopped))
    result = replace(result, report=str(told_in))
    _keep(store, result)
    return result


def _keep(store: DesignStore, result: DesignResult) -> None:
    """The end of the run, for whoever opens the folder."""
    store.write_result(
        {
            "n_shortlist": result.n_shortlist,
            "n_hits": result.n_hits,
            "shortlist": result.shortlist,
            "verdict": result.verdict,
            "arms": [asdict(arm) for arm in result.arms],
            "folder": result.folder,
            "report": result.report,
            "warnings": result.warnings,
            "origin": result.origin,
            "seconds": dict(result.seconds),
        }
    )
