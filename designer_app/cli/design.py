"""`designer-app design battery|catalyst|own`: new materials for targets, judged and ranked."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, given_flags
from designer_app.cli.code_of_folders import refuse_unnamed_code
from designer_app.cli.command import Command, Console
from designer_app.design.criteria import targets_of
from designer_app.design.search.feasible import doubts_of
from designer_app.errors import InvalidSpecError, ResumeError
from designer_app.io.design_store import DesignStore
from designer_app.io.screen_store import SPEC
from designer_app.jobs import design, design_check
from designer_app.running.control import RunControl
from designer_app.running.pace import slowness
from designer_app.screening.battery_estimates import CHARGED
from designer_app.screening.ion_release import KEY as RELEASE
from designer_app.specs.contradictions import guessed
from designer_app.specs.design import DesignSpec
from designer_app.specs.design_budgets import BUDGETS, expected_seconds
from designer_app.specs.design_check import DesignCheckSpec
from designer_app.specs.design_estimates import is_predicted
from designer_app.specs.design_purposes import purpose_of
from designer_app.specs.design_rows import DesignResult
from designer_app.specs.design_targets import OWN, PROPERTIES, targets_from
from designer_app.specs.fields import check_spec, spec_from_settings
from designer_app.specs.presets import Preset, applied, preset_named
from designer_app.specs.screen_rows import PASSES, ScreenRow

KINDS = {"battery": "cathode", "catalyst": "catalyst", "own": "own"}
"""What is designed, and its purpose where --purpose names none."""
_SHORT = {
    "adsorption_free_energy": "G ads",
    "band_gap": "gap",
    "formation_energy": "forms",
    "volume_change": "volume",
}
"""What tells columns of one unit apart."""
_Column = tuple[str, str, float, str]
"""(key, heading with its unit, factor, format)."""
_LASTING: tuple[_Column, ...] = (
    (RELEASE, "ions out, %", 100.0, ".0f"),
    ("volume_change", "volume change, %", 1.0, ".1f"),
    (CHARGED, "charged, meV/atom", 1000.0, "z.0f"),
)
"""Whether an electrode lasts: how much of its ions leaves, what that does to its cell, and how far
above the hull it leaves the rest."""
_BUSY = 1.5
"""Slowness from which other programs are told of."""
CHECK = "check"
"""In place of a kind: a design that ended is computed again."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "kind",
        choices=[*KINDS, CHECK],
        help="battery designs a cathode unless --purpose says anode or electrolyte; check has the "
        "shortlist in --out computed again by voltage, hull, adsorption and conductivity, from "
        "its files.",
    )
    parser.add_argument(
        "--budget",
        choices=[each.key for each in BUDGETS],
        default="balanced",
        help=" ".join(
            f"{each.key} (a cathode in about {_time(each)}): {each.doc}" for each in BUDGETS
        )
        + " Single numbers are changed by the flags below.",
    )
    add_spec_arguments(parser, DesignSpec)


def _time(budget: Preset) -> str:
    """How long a budget takes on two cores, in words."""
    return f"{expected_seconds(applied(budget, DesignSpec()), cores=2) / 60.0:.0f} min on two cores"


def _time_told(minutes: float, slower: float) -> str:
    """How long a run takes here and now, in words."""
    if slower < _BUSY:
        return f"This takes about {max(minutes, 1):.0f} min here, if nothing else runs."
    return (
        f"This takes about {max(minutes * slower, 1):.0f} min here while other programs are "
        f"running, about {max(minutes, 1):.0f} min without them."
    )


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    if namespace.kind == CHECK:
        return _checked(given_flags(DesignSpec, namespace), control)
    spec = spec_of(namespace.kind, namespace.budget, given_flags(DesignSpec, namespace))
    doubts: tuple[str, ...] = ()
    if spec.out is not None and (spec.out / SPEC).exists():
        if spec.resume:
            _refuse_code(spec.out, given_flags(DesignSpec, namespace))
            spec = _continued(spec)
        console.say(f"“{spec.out}” holds a run already; it goes on.")
    else:
        doubts = doubts_of(*design.checked(spec)).unlikely  # what cannot run takes no time
        for sentence in doubts:
            console.say(sentence)
        console.say(_time_told(expected_seconds(spec) / 60.0, slowness()))
    result = design.run(spec, control)
    for sentence in result.warnings:
        if sentence not in doubts:
            console.say(sentence)
    return {**as_json(result), "targets": [each.key for each in targets_of(spec)]}


def _checked(given: dict[str, Any], control: RunControl) -> dict[str, Any]:
    """Each number of a design that ended beside what a command makes of its file."""
    if given.get("out") is not None:
        _refuse_code(given["out"], given)
    found = design_check.run(
        DesignCheckSpec(**_named(given, "out", "n", "device", "threads")), control
    )
    return {
        "n_agree": sum(each.agrees for each in found),
        "n": len(found),
        "numbers": [{**asdict(each), "agrees": each.agrees} for each in found],
    }


def spec_of(kind: str, budget: str, given: dict[str, Any]) -> DesignSpec:
    """The spec of a command line: purpose and budget, then what flags say.

    Targets that are not named keep those of the purpose: asked for energy density alone, a search
    drifts to voltages that nothing bears. Only what no head learned of the ion gives way to those
    that are named. Elements are left out by flags alone.
    """
    begun = DesignSpec(**{"purpose": KINDS[kind], **_named(given, "purpose", "ion", "reaction")})
    purpose = purpose_of(begun)
    changes = {name: value for name, value in purpose.changes if name == "charge"}
    spec = replace(applied(preset_named(BUDGETS, budget), begun), **{**changes, **given})
    check_spec(spec)
    asked = {each.key for each in targets_from(spec.targets)}
    usual = targets_from(purpose.targets)
    left_out = guessed(usual, spec.ion if spec.has_ion else "") if asked else ()
    kept = [each for each in usual if each.key not in asked and each not in left_out]
    return replace(spec, targets=(*spec.targets, *(each.text() for each in kept)))


def _named(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if name in given}


def _refuse_code(folder: Path, given: dict[str, Any]) -> None:
    refuse_unnamed_code(folder / SPEC, DesignStore(folder).settings(), given)


def _continued(spec: DesignSpec) -> DesignSpec:
    """The run that is in the folder, with the threads and workers asked for now."""
    settings = DesignStore(spec.out or Path()).settings()
    settings.pop("start_structure", None)
    try:
        before: DesignSpec = spec_from_settings(DesignSpec, settings, out=spec.out)
    except InvalidSpecError as error:
        why = f"another version of the program began it (setting “{error.field}”)"
        raise ResumeError(str(spec.out), why) from error
    return replace(
        before,
        threads=spec.threads,
        device=spec.device,
        workers=spec.workers,
        start_structure=spec.start_structure,
    )


def as_json(result: DesignResult) -> dict[str, Any]:
    """The keys of the contract: funnel, candidates (the shortlist), arms, verdict, seconds."""
    shortlist = result.rows[: result.n_shortlist]
    return {
        "verdict": result.verdict,
        "n_hits": result.n_hits,
        "candidates": [candidate(rank, row, result) for rank, row in enumerate(shortlist, 1)],
        "funnel": [
            {**asdict(count), "lost_reasons": dict(count.lost_reasons)} for count in result.funnel
        ],
        "arms": [asdict(arm) for arm in result.arms],
        "warnings": list(result.warnings),
        "origin": dict(result.origin),
        "seconds": dict(result.seconds),
        "folder": result.folder or None,
        "report": result.report or None,
    }


def candidate(rank: int, row: ScreenRow, result: DesignResult) -> dict[str, Any]:
    """A candidate with what was predicted and what was computed of it."""
    in_folder = result.folder and row.structure_file
    return {
        "rank": rank,
        "id": row.id,
        "formula": row.formula,
        "space_group": row.space_group,
        "file": str(Path(result.folder) / row.structure_file) if in_folder else None,
        "meets_targets": row.verdict == PASSES,
        "misses": list(row.failing),
        "known": row.known or None,
        "made_from": row.made_from,
        "predicted": _estimates(row, computed=False),
        "verified": _estimates(row, computed=True),
        "trust": row.light,
        "decomposition": row.decomposition,
        "warnings": list(row.warnings),
    }


def _estimates(row: ScreenRow, *, computed: bool) -> dict[str, dict[str, Any]]:
    """The best estimate of each property by the one sort of methods."""
    found = {each.key: each for each in row.estimates if is_predicted(each) != computed}
    tables = {key: asdict(each) for key, each in found.items()}
    for table in tables.values():
        table.pop("distribution", None)  # the interval and the probability tell enough
    return tables


def _present_check(result: dict[str, Any]) -> str:
    lines = [f"{result['n_agree']} of {result['n']} numbers come out again.", ""]
    head = f"{'':4s} {'formula':18s} {'command':13s} {'':24s} {'design':>10s} {'again':>10s}"
    lines.append(head)
    for row in result["numbers"]:
        told = "" if row["agrees"] else f"  differs: {row['why'] or 'other number'}"
        named = f"{row['key'].replace('_', ' ')}, {row['unit']}"
        lines.append(
            f"{row['rank']:4d} {row['formula']:18s} {row['command']:13s} {named:24s} "
            f"{row['said']:10.4g} {row['found']:10.4g}{told}"
        )
    return "\n".join(lines)


def _present(result: dict[str, Any]) -> str:
    if "verdict" not in result:
        return _present_check(result)
    lines = [result["verdict"], ""]
    for count in result["funnel"]:
        lost = [f"{n} {reason}" for reason, n in list(count["lost_reasons"].items())[:3]]
        cut = [f"{count['waiting']} not looked at (budget)"] if count["waiting"] else []
        told = f"{count['stage']:>9s} {count['passed']:6d} of {count['entered']:6d}"
        lines.append(f"{told}  {'; '.join([*cut, *lost])}".rstrip())
    rows = result["candidates"]
    if rows:
        columns = [_column(key, rows) for key in result["targets"]]
        heads = "".join(f"{unit:>18s}" for _, unit, _, _ in columns)
        lasting = [each for each in _LASTING if any(each[0] in row["verified"] for row in rows)]
        lasting = [each for each in lasting if each[0] not in result["targets"]]
        more = "".join(f"{head:>18s}" for _, head, _, _ in lasting)
        lines += [
            "",
            f"{'':4s} {'formula':18s}{heads}{more}",
            f"{'':23s}"
            + f"{'computed':>9s}{'pred.':>9s}" * len(columns)
            + f"{'computed':>18s}" * len(lasting),
        ]
        lines += [_line(row, columns, lasting) for row in rows]
    if result["report"]:
        lines += ["", f"Report: {result['report']}"]
    return "\n".join(lines)


def _column(key: str, rows: Sequence[dict[str, Any]]) -> _Column:
    """Of a property that was aimed at."""
    if key == "e_above_hull":
        return key, "hull, meV/atom", 1000.0, "z.0f"
    known = PROPERTIES.get(key)
    if known is not None:
        form = ".0e" if known.is_log else f"z.{known.decimals}f"
        return key, f"{_SHORT[key]}, {known.unit}" if key in _SHORT else known.unit, 1.0, form
    found = [row[sort].get(key) for row in rows for sort in ("verified", "predicted")]
    unit = next((each["unit"] for each in found if each is not None), "")
    return key, ", ".join(filter(None, (key.removeprefix(OWN), unit))), 1.0, ".3g"


def _line(row: dict[str, Any], columns: Sequence[_Column], lasting: Sequence[_Column]) -> str:
    cells = ""
    for key, _, factor, form in columns:
        for sort in ("verified", "predicted"):
            found = row[sort].get(key)
            cells += f"{'-' if found is None else format(found['value'] * factor, form):>9s}"
    for key, _, factor, form in lasting:
        found = row["verified"].get(key)
        cells += f"{'-' if found is None else format(found['value'] * factor, form):>18s}"
    titles = ", ".join(_title(key) for key in row["misses"])
    told = "meets all" if row["meets_targets"] else f"misses {titles}"
    known = f" ({row['known']})" if row["known"] else ""
    return f"{row['rank']:4d} {row['formula']:18s}{cells}  {told}{known}"


def _title(key: str) -> str:
    return PROPERTIES[key].title.lower() if key in PROPERTIES else key.removeprefix(OWN)


COMMAND = Command(
    name="design",
    summary="Search new materials for targets, relax, check and rank them.",
    configure=_configure,
    run=_run,
    present=_present,
)
