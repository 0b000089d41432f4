"""`designer-app screen FILES_OR_FOLDER`: candidates made, judged and ranked."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, given_flags
from designer_app.cli.code_of_folders import refuse_unnamed_code
from designer_app.cli.command import Command, Console
from designer_app.errors import NO_SUCH_FILE, FileUnreadableError
from designer_app.io.screen_store import SPEC, ScreenStore
from designer_app.jobs import screen
from designer_app.running.control import RunControl
from designer_app.screening import ion_release
from designer_app.specs.fields import check_spec, spec_from_settings
from designer_app.specs.presets import applied, preset_named
from designer_app.specs.screen import ScreenSpec
from designer_app.specs.screen_presets import PRESETS
from designer_app.specs.screen_rows import LOST, ScreenResult, ScreenRow

LEARNED = ("learned head", "crystal network")
"""Methods that guess from known materials; `estimates` are in the order of how good they are."""
MOST_SHOWN = 20
"""Rows of the table on a terminal; the JSON object and the folder hold all."""
_STRUCTURES = frozenset(
    (".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".json", ".traj", ".xsf", ".res", ".cell")
)
_SHOWN = (
    ("energy_density", "Wh/kg", 1.0, ".0f"),
    ("voltage", "V", 1.0, ".2f"),
    ("ionic_conductivity", "S/cm", 1.0, ".0e"),
    ("activity", "active V", 1.0, ".2f"),
    ("stability", "stable", 1.0, ".2f"),
    ("e_above_hull", "meV/atom", 1000.0, "z.0f"),
)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        type=Path,
        nargs="*",
        metavar="FILES_OR_FOLDER",
        help="Structure files, and folders of them. None with --make prototypes.",
    )
    parser.add_argument(
        "--rules",
        dest="preset",
        choices=[each.key for each in PRESETS],
        default=PRESETS[0].key,
        help=" ".join(f"{each.key}: {each.doc}" for each in PRESETS).replace("%", "%%")
        + " Single criteria are changed by the flags below.",
    )
    add_spec_arguments(parser, ScreenSpec, "rules")


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    chosen = applied(
        preset_named(PRESETS, namespace.preset), ScreenSpec(paths=paths_in(namespace.files))
    )
    spec = replace(chosen, **given_flags(ScreenSpec, namespace))
    check_spec(spec)
    folder = spec.out
    if spec.resume and folder is not None and (folder / SPEC).exists():
        refuse_unnamed_code(
            folder / SPEC, ScreenStore(folder).settings(), given_flags(ScreenSpec, namespace)
        )
        spec = _continued(spec)
    result = screen.run(spec, control)
    for sentence in result.warnings:
        console.say(sentence)
    return as_json(result)


def paths_in(given: list[Path]) -> tuple[str, ...]:
    """Files as given, and all structure files of folders by their names.

    Raises `FileUnreadableError` for what does not exist, because a list with a slip is no list.
    """
    found: list[str] = []
    for path in given:
        if path.is_dir():
            inside = (each for each in sorted(path.rglob("*")) if _may_be_structure(each))
            found += [str(each) for each in inside]
        elif path.exists():
            found.append(str(path))
        else:
            raise FileUnreadableError(str(path), NO_SUCH_FILE)
    return tuple(found)


def _may_be_structure(path: Path) -> bool:
    named = path.name.upper().startswith(("POSCAR", "CONTCAR"))
    return path.is_file() and (named or path.suffix.lower() in _STRUCTURES)


def _continued(spec: ScreenSpec) -> ScreenSpec:
    """The run that is in the folder, with the threads and the device asked for now."""
    settings = ScreenStore(spec.out or Path()).settings()
    paths = tuple(settings.pop("paths", ()))
    settings.pop("n_structures", None)
    before: ScreenSpec = spec_from_settings(ScreenSpec, settings, out=spec.out, paths=paths)
    return replace(before, threads=spec.threads, device=spec.device)


def as_json(result: ScreenResult) -> dict[str, Any]:
    """The keys of the contract: `rows` best first, `funnel`, counts and origins."""
    return {
        "n_rows": len(result.rows),
        "n_passing": result.n_passing,
        "n_lost": sum(row.verdict == LOST for row in result.rows),
        "failing_counts": dict(result.failing_counts),
        "rows": [row_as_json(rank, row) for rank, row in enumerate(result.rows, 1)],
        "funnel": [
            {**asdict(count), "lost_reasons": dict(count.lost_reasons)} for count in result.funnel
        ],
        "proposed": dict(result.proposed),
        "warnings": list(result.warnings),
        "origin": dict(result.origin),
        "seconds": dict(result.seconds),
        "folder": result.folder or None,
        "report": result.report or None,
    }


def row_as_json(rank: int, row: ScreenRow) -> dict[str, Any]:
    """A row with its estimates by property: the best one by its key, all of them in `estimates`."""
    keys = dict.fromkeys(each.key for each in row.estimates)
    best = {key: row.estimate(key) for key in keys}
    values = {key: found.value for key, found in best.items() if found is not None}
    return {"rank": rank, **asdict(row), "values": values}


def _present(result: dict[str, Any]) -> str:
    rows = [row for row in result["rows"] if row["verdict"] != LOST][:MOST_SHOWN]
    lines = [_headline(result), *_funnel(result["funnel"])]
    if rows:
        columns = [each for each in _SHOWN if any(each[0] in row["values"] for row in rows)]
        heads = "".join(f"{unit:>10s}" for _, unit, _, _ in columns)
        lines += ["", f"{'':4s} {'formula':18s}{heads}  verdict"]
        lines += [_line(row, columns) for row in rows]
        if any("~" in line for line in lines[-len(rows) :]):
            lines.append("     ~ learned; the others by relaxation. Intervals: in the report.")
    if result["report"]:
        lines += ["", f"Report: {result['report']}"]
    return "\n".join(lines)


def _headline(result: dict[str, Any]) -> str:
    if result["n_passing"]:
        return f"{result['n_passing']} of {result['n_rows']} candidates meet all criteria."
    counts = ", ".join(
        f"{key.replace('_', ' ')} by {n}" for key, n in result["failing_counts"].items()
    )
    told = f"None of {result['n_rows']} candidates meets all criteria"
    return f"{told}; missed: {counts}. The best follow." if counts else f"{told}."


def _funnel(counts: list[dict[str, Any]]) -> list[str]:
    lines = []
    for count in counts:
        if not count["entered"]:
            continue
        why = "; ".join(f"{n} {reason}" for reason, n in list(count["lost_reasons"].items())[:3])
        lines.append(f"{count['stage']:>9s} {count['passed']:6d} of {count['entered']:6d}  {why}")
    return lines


def _line(row: dict[str, Any], columns: list[tuple[str, str, float, str]]) -> str:
    learned = {each["key"]: each["method"] in LEARNED for each in row["estimates"]}
    cells = ""
    for key, _, factor, form in columns:
        told = "-"
        if key in row["values"]:
            told = f"{'~' if learned[key] else ''}{row['values'][key] * factor:{form}}"
        cells += f"{told:>10s}"
    known = f" ({row['known']})" if row["known"] else ""
    told = "misses " + ", ".join(row["failing"]) if row["failing"] else row["verdict"]
    told = told.replace(ion_release.KEY, ion_release.NOTHING)
    return f"{row['rank']:4d} {row['formula']:18s}{cells}  {told}{known}"


COMMAND = Command(
    name="screen",
    summary="Make candidates, judge them stage by stage, and rank them.",
    configure=_configure,
    run=_run,
    present=_present,
)
