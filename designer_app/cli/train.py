"""`designer-app train`: a potential of your own calculations, or a model of published tables."""

import argparse
import logging
from pathlib import Path
from typing import Any

from designer_app.cli.arguments import add_spec_arguments, given_flags, spec_from_namespace
from designer_app.cli.bench import table
from designer_app.cli.command import Command, Console
from designer_app.cli.continued_training import continued, holds_training, refuse_unknown
from designer_app.cli.training_settings import told_settings, which_wins
from designer_app.errors import BadLabelsError, InvalidSpecError
from designer_app.jobs import preflight, train, train_potential
from designer_app.running.control import RunControl
from designer_app.specs.fields import spec_fields
from designer_app.specs.train import MODELS, TrainSpec
from designer_app.specs.train_potential import BY_HAND, TrainPotentialSpec
from designer_app.specs.trainable import TRAINABLE

_SHARED = ("model", "out", "resume", "seed", "device", "threads")
"""Fields of both trainings: one flag for the two."""


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="DATA",
        help="Files or folders of reference calculations that a potential is trained on; may be "
        "left out with --resume.",
    )
    parser.add_argument(
        "--model",
        default=argparse.SUPPRESS,
        type=str.casefold,
        choices=[*TRAINABLE, *MODELS],
        metavar="MODEL",
        help=f"What is trained. Potentials: {', '.join(TRAINABLE)}. "
        f"Of published tables: {', '.join(MODELS)}. May be left out with --resume.",
    )
    parser.add_argument(
        "--unchecked", action="store_true", help="Learn from data whatever is wrong with them."
    )
    own = parser.add_argument_group("a potential of your own calculations", which_wins())
    add_spec_arguments(own, TrainPotentialSpec, "model")
    tables = parser.add_argument_group("a model of published tables")
    add_spec_arguments(tables, TrainSpec, *_SHARED)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = told_settings()


def _run(namespace: argparse.Namespace, control: RunControl, console: Console) -> dict[str, Any]:
    if "model" not in namespace:
        namespace.model = _model_to_go_on(namespace)
    if namespace.model in TRAINABLE:
        _refuse_flags_of(TrainSpec, namespace)
        spec = _spec_of(namespace)
        control.log.setLevel(logging.INFO)  # the plan, before the first step
        if not (spec.resume or namespace.unchecked):
            _check_data(spec, control, console)
        return train_potential.run(spec, control)
    _refuse_flags_of(TrainPotentialSpec, namespace)
    if namespace.files:
        raise InvalidSpecError(
            "data", namespace.files[0], f"{namespace.model} is trained on --data DIR", "Data"
        )
    return train.run(spec_from_namespace(TrainSpec, namespace), control)


def _model_to_go_on(namespace: argparse.Namespace) -> str:
    """What the training in the folder trains, where the user does not say it again."""
    if not getattr(namespace, "resume", False):
        models = ", ".join((*TRAINABLE, *MODELS))
        raise InvalidSpecError("model", None, f"say what is trained with --model: {models}")
    if not holds_training(namespace.out):
        raise refuse_unknown(namespace.out)
    flags = given_flags(TrainPotentialSpec, namespace)
    return continued(namespace.out, namespace.files, flags).model


def _spec_of(namespace: argparse.Namespace) -> TrainPotentialSpec:
    flags = given_flags(TrainPotentialSpec, namespace)
    by_hand = tuple(name for name in BY_HAND if name in flags)
    if namespace.model == "gap" and by_hand:
        label = {each.name: said.label for each, said, _ in spec_fields(TrainPotentialSpec)}
        name, reason = by_hand[0], "a GAP is solved for, and has no epochs"
        raise InvalidSpecError(name, flags[name], reason, label[name])
    if flags.get("resume") and holds_training(namespace.out):
        return continued(namespace.out, namespace.files, flags)
    made: TrainPotentialSpec = spec_from_namespace(
        TrainPotentialSpec, namespace, data=tuple(namespace.files), by_hand=by_hand
    )
    return made


def _check_data(spec: TrainPotentialSpec, control: RunControl, console: Console) -> None:
    """Tell what is wrong with the data; raises `BadLabelsError` where it would spoil everything."""
    report = preflight.run(spec, control)
    findings = report.findings
    for each in findings:
        if each.level == "warning" and each.key != preflight.UNREAD:  # the training tells them
            console.say(f"Look at it: {each.sentence} {each.advice}")
    # What was asked for in vain is told by the training itself, with the flag that mends it.
    errors = [each for each in findings if each.level == "error"]
    if not report.n_train or any(each.key == preflight.PLAN for each in errors):
        return
    worst = next(iter(errors), None)
    if worst is not None:
        ways = [_flags(fix.changes) for fix in worst.fixes]
        ways = [way for way in ways if way]
        advice = f"{worst.advice} {' or '.join(ways)}".strip()
        raise BadLabelsError(worst.sentence, advice)


def _flags(changes: tuple[tuple[str, object], ...]) -> str:
    """The settings of a fix as they stand on the command line."""
    said = {each.name: about for each, about, _ in spec_fields(TrainPotentialSpec)}
    found = []
    for name, value in changes:
        flag = f"--{said[name].argument or name.replace('_', '-')}"
        values = value if isinstance(value, tuple) else (value,)
        found += [f"{flag} {each}" for each in values[:3]]
    return " ".join(found)


def _refuse_flags_of(other: type[Any], namespace: argparse.Namespace) -> None:
    """What only the other kind of training knows is a mistake, not to be passed over."""
    kind = TrainSpec if other is TrainPotentialSpec else TrainPotentialSpec
    known = {each.name for each, _, _ in spec_fields(kind)} - {"data"}
    for name, value in given_flags(other, namespace).items():
        if name not in known:
            reason = f"it means nothing to {namespace.model}"
            raise InvalidSpecError(name, value, reason, name.replace("_", " "))


def _present(result: dict[str, Any]) -> str:
    if "fits" in result:
        return _of_potential(result)
    told = f"{result['model']} {result['version']} -> {result['folder']}"
    return f"{told}, {result['seconds']:.0f} s\n{result['split']}\n{table(result['heads'])}"


def _of_potential(result: dict[str, Any]) -> str:
    if result["was_finished"]:
        more = "" if result["model"] == "gap" else "; --max-minutes or --epochs ask for more"
        return (
            f"{result['title']} -> {result['folder']}: its training came to its end before, so "
            f"nothing was done{more}."
        )
    seconds = sum(fit.get("seconds", 0.0) for fit in result["fits"])
    rows = [*result["errors"], *result["per_element"], *result["per_tag"]]
    told = [
        {
            "frames": row["name"],
            "n": row["n_frames"],
            "energy meV/atom": row.get("energy_meV_atom"),
            "forces meV/Å": row.get("force_meV_A"),
            "stress GPa": row.get("stress_GPa"),
        }
        for row in rows
    ]
    head = f"{result['title']} -> {result['folder']}, {seconds:.0f} s of training"
    lines = [head, result["split"], *_counted_from(result), "Mean absolute errors:", table(told)]
    return "\n".join(lines)


def _counted_from(result: dict[str, Any]) -> list[str]:
    """What the energies count from: a fitted offset is no energy of a free atom."""
    fitted = result["fitted"]
    if fitted is None:
        return []
    said = {symbol: f"{symbol} {energy:.3f}" for symbol, energy in result["references_eV"].items()}
    offsets = ", ".join(text for symbol, text in said.items() if symbol in fitted)
    free = ", ".join(text for symbol, text in said.items() if symbol not in fitted)
    lines = [f"Energies count from free atoms in the data: {free} eV."] if free else []
    if offsets:
        lines.append(f"Energies count from fitted offsets, which are no free atoms: {offsets} eV.")
    return lines


COMMAND = Command(
    name="train",
    summary="Train a potential on your own calculations, or a model on published tables.",
    configure=_configure,
    run=_run,
    present=_present,
)
