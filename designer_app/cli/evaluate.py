"""`designer-app evaluate DATA...`: errors of potentials on reference calculations."""

import argparse
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.cli.arguments import add_spec_arguments, given_flags, spec_from_namespace
from designer_app.cli.bench import table
from designer_app.cli.command import Command, Console
from designer_app.errors import FileUnreadableError, InvalidSpecError
from designer_app.explanations import explain_exception
from designer_app.io.learned_files import learned_of, n_learned_by
from designer_app.io.potential_cards import PotentialCard, read_potential_card, trained_folder
from designer_app.jobs import evaluate
from designer_app.potentials.baseline_files import parts_of
from designer_app.provenance import sha256_of
from designer_app.running.control import RunControl
from designer_app.specs.evaluate import ErrorRow, EvaluateSpec, Evaluation, Judged
from designer_app.specs.potentials import POTENTIALS, key_and_model


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", nargs="+", type=Path, metavar="DATA", help="Files or folders of calculations."
    )
    parser.add_argument(
        "--model-dir",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="Folder of a trained potential. May be given several times.",
    )
    add_spec_arguments(parser, EvaluateSpec, "data")


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    del console
    named = given_flags(EvaluateSpec, namespace).get("potentials", ())
    trained: list[str] = []
    refused: dict[Path, FileUnreadableError] = {}
    for folder in namespace.model_dir:
        try:
            trained.append(f"{_family(folder)}:{folder}")
        except FileUnreadableError as error:
            refused[folder] = error
    if not named and not trained:
        for error in refused.values():
            raise error
        reason = "name a trained potential with --model-dir, or others with --potential"
        raise InvalidSpecError("potentials", "", reason, "Potentials")
    spec = spec_from_namespace(
        EvaluateSpec, namespace, data=tuple(namespace.data), potentials=(*trained, *named)
    )
    _refuse_without_any(spec.potentials)
    found = evaluate.run(spec, control)
    missing = [_not_judged(folder, error) for folder, error in refused.items()]
    return as_result(replace(found, judged=(*found.judged, *missing)))


def _family(folder: Path) -> str:
    """The registry key of a trained potential: what its card says."""
    card = read_potential_card(folder)
    return "delta" if any(card.baseline) else card.family


def _refuse_without_any(potentials: Sequence[str]) -> None:
    """Raise where each of them names a folder, and none of these holds a potential."""
    errors: list[FileUnreadableError] = []
    for key, model in map(key_and_model, potentials):
        if key in POTENTIALS and POTENTIALS[key].is_trained and Path(model).suffix != ".xml":
            try:
                read_potential_card(trained_folder(POTENTIALS[key].chosen(model)))
            except FileUnreadableError as error:
                errors.append(error)
    if len(errors) == len(potentials):
        raise errors[0]


def _not_judged(folder: Path, error: FileUnreadableError) -> Judged:
    """The row of a folder that holds no potential: why it is missing."""
    nothing = np.zeros(0)
    return Judged(
        potential="",
        model=str(folder),
        title=str(folder),
        model_sha256="",
        rows=(),
        aligned=False,
        seconds_per_atom=float("nan"),
        energies=nothing,
        forces=nothing.astype(np.float32),
        stresses=nothing.astype(np.float32),
        problem=explain_exception(error).sentence,
    )


def as_result(found: Evaluation) -> dict[str, Any]:
    """The keys of the contract; with one potential its figures stand at the top."""
    judged = [_judged(each) | _learned_from(each, found) for each in found.judged]
    only = judged[0] if len(judged) == 1 else {}
    return {
        "n_frames": found.n_frames,
        "elements": list(found.elements),
        **only,
        **({} if only else {"potentials": judged}),
    }


def _judged(each: Judged) -> dict[str, Any]:
    rows = {row.group: row for row in each.rows}
    whole = rows.get("all", ErrorRow(group="all", n_frames=0))
    return {
        "potential": each.potential,
        "model": each.model,
        "title": each.title,
        "model_sha256": each.model_sha256,
        "energy_mae_meV_atom": whole.energy_mae_meV_atom,
        "force_mae_meV_A": whole.force_mae_meV_A,
        "stress_mae_GPa": whole.stress_mae_GPa,
        "energy_rmse_meV_atom": whole.energy_rmse_meV_atom,
        "force_rmse_meV_A": whole.force_rmse_meV_A,
        "energies_aligned": each.aligned,
        "ms_per_atom": 1e3 * each.seconds_per_atom if isfinite(each.seconds_per_atom) else None,
        "interval_coverage": each.interval_coverage,
        "spread_rank_correlation": each.spread_rank_correlation,
        "per_element": _group(rows, "element "),
        "per_tag": _group(rows, "tag "),
        "problem": each.problem,
    }


def _learned_from(each: Judged, found: Evaluation) -> dict[str, Any]:
    """Files among those judged on that it learned from, and how many of these frames are theirs.

    At most as many as it learned from at all: others of the same files were kept back.
    """
    sources = [Path(source) for source, _, _ in found.frames]
    hashes = {str(path): sha256_of(path) for path in set(sources) if path.is_file()}
    names, n_frames = set[str](), 0
    for card in _cards(each):
        known = learned_of(card, hashes)
        of_them = sum(path.name in known for path in sources)
        names.update(known)
        n_frames = max(n_frames, min(of_them, n_learned_by(card)))
    return {"learned_from": sorted(names), "n_learned_from": n_frames}


def _cards(each: Judged) -> list[PotentialCard]:
    """Of the trained potentials that it is made of."""
    found = list[PotentialCard]()
    if each.potential not in POTENTIALS:
        return found
    with suppress(FileUnreadableError):
        model = POTENTIALS[each.potential].chosen(each.model)
        for _, part in parts_of(each.potential, model):
            with suppress(FileUnreadableError):
                found += [read_potential_card(trained_folder(part))] if part else []
    return found


def _group(rows: dict[str, ErrorRow], prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): {
            key: value for key, value in asdict(row).items() if key != "group" and value is not None
        }
        for name, row in rows.items()
        if name.startswith(prefix)
    }


def _is_judged(each: dict[str, Any]) -> bool:
    return each["ms_per_atom"] is not None


def _failed(result: dict[str, Any]) -> bool:
    """Whether a potential that was named could not be judged at all."""
    return not all(map(_is_judged, result.get("potentials") or [result]))


def _present(result: dict[str, Any]) -> str:
    judged = result.get("potentials") or [result]
    lines = [f"{result['n_frames']} frames of {' '.join(result['elements'])}"]
    lines += ["Mean absolute errors:", table([_line(each) for each in judged])]
    for each in judged:
        if _is_judged(each) and (each["per_tag"] or len(each["per_element"]) > 1):
            parts = {**each["per_tag"], **each["per_element"]}
            lines.append(f"\n{each['title']}\n{table([_part(*part) for part in parts.items()])}")
    if any(each["energies_aligned"] for each in judged):
        lines.append(
            "\nAligned: a constant for each element was fitted to these data first, as codes and "
            "functionals count energies from different zeros. It is no energy of a free atom."
        )
    lines += [
        f"{each['title']}: {100 * each['interval_coverage']:.0f} % of the force components lie "
        "inside their interval of 90 %."
        for each in judged
        if each["interval_coverage"] is not None
    ]
    lines += [
        f"{each['title']}: its spread ranks the errors with a correlation of "
        f"{each['spread_rank_correlation']:.2f} (Spearman)."
        for each in judged
        if each["spread_rank_correlation"] is not None
    ]
    lines += [
        f"{each['title']}: it learned from up to {each['n_learned_from']} of these "
        f"{result['n_frames']} frames ({', '.join(each['learned_from'])}): these are no test "
        "errors."
        for each in judged
        if each["learned_from"]
    ]
    lines += [f"{each['title']}: {each['problem']}" for each in judged if each["problem"]]
    return "\n".join(lines)


def _line(each: dict[str, Any]) -> dict[str, Any]:
    return {
        "potential": each["title"],
        "energy meV/atom": each["energy_mae_meV_atom"],
        "forces meV/Å": each["force_mae_meV_A"],
        "stress GPa": each["stress_mae_GPa"],
        "forces rmse": each["force_rmse_meV_A"],
        "ms/atom": each["ms_per_atom"],
        "energies": _counted(each),
    }


def _counted(each: dict[str, Any]) -> str:
    if not _is_judged(each):
        return "not judged"
    return "aligned" if each["energies_aligned"] else "as given"


def _part(name: str, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "group": name,
        "frames": row["n_frames"],
        "energy meV/atom": row.get("energy_mae_meV_atom"),
        "forces meV/Å": row.get("force_mae_meV_A"),
        "stress GPa": row.get("stress_mae_GPa"),
    }


COMMAND = Command(
    name="evaluate",
    summary="Errors of potentials on reference calculations, side by side.",
    configure=_configure,
    run=_run,
    present=_present,
    failed=_failed,
)
