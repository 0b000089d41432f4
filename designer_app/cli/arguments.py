"""From a spec dataclass to command-line flags, and back."""

import argparse
from collections.abc import Callable
from dataclasses import MISSING
from pathlib import Path
from typing import Any, get_args

from designer_app.specs.fields import About, check_spec, plain_type, spec_fields

_LIST = " “designer-app potentials” lists what is shipped, with elements."
_POINTERS: dict[str, str] = {"potential": _LIST, "potentials": _LIST}
"""Behind the help of fields: the command that tells more."""


def add_spec_arguments(parser: argparse._ActionsContainer, spec: type[Any], *skip: str) -> None:
    """One flag for every field of a spec that people may set, with unit, range and default.

    The namespace holds only the flags that were given; `spec_from_namespace` fills in the rest.
    """
    flags: dict[str, str] = {}
    for each, said, hint in spec_fields(spec):
        if said.argument == "-" or each.name in skip:
            continue
        flags[each.name] = f"--{said.argument or each.name.replace('_', '-')}"
        kind = plain_type(hint)
        required = each.default is MISSING and each.default_factory is MISSING
        default = None if each.default is MISSING else each.default
        flag = flags[each.name]
        text = _help(said, default) + _POINTERS.get(each.name, "")
        if kind is bool:
            # What is on unless said otherwise needs a flag that switches it off: --no-FLAG.
            action = argparse.BooleanOptionalAction if default is True else "store_true"
            parser.add_argument(
                flag, dest=each.name, action=action, default=argparse.SUPPRESS, help=text
            )
        elif kind is tuple:
            holds_paths = Path in get_args(hint)
            parser.add_argument(
                flag,
                dest=each.name,
                action="append",
                type=Path if holds_paths else str,
                default=argparse.SUPPRESS,
                metavar="FILE" if holds_paths else _form_of(said),
                help=f"{text} May be given several times.",
            )
        else:
            parser.add_argument(
                flag,
                dest=each.name,
                type=_reader(said, kind),
                choices=[key for key, _ in said.choices] or None,
                default=argparse.SUPPRESS,
                required=required,
                metavar=None if said.choices else _metavar(said, kind),
                help=text,
            )
    parser.set_defaults(flag_of={**(parser.get_default("flag_of") or {}), **flags})


def spec_from_namespace(spec: type[Any], namespace: argparse.Namespace, **given: Any) -> Any:
    """The spec that the flags describe, checked; `given` sets what has no flag."""
    made = spec(**{**given_flags(spec, namespace), **given})
    check_spec(made)
    return made


def given_flags(spec: type[Any], namespace: argparse.Namespace) -> dict[str, Any]:
    """The values of a spec's fields for which a flag stood on the command line."""
    names = [each.name for each, _, _ in spec_fields(spec)]
    found = {name: getattr(namespace, name) for name in names if hasattr(namespace, name)}
    return {name: tuple(each) if isinstance(each, list) else each for name, each in found.items()}


def _reader(said: About, kind: type) -> Callable[[str], Any]:
    """What makes a value of the text after a flag."""
    if said.choices:
        keys = {key.casefold(): key for key, _ in said.choices}
        return lambda text: keys.get(text.casefold(), text)
    if kind not in (int, float):
        return kind

    def number(text: str) -> Any:
        try:
            return kind(text)
        except ValueError:
            what = "a whole number" if kind is int else "a number"
            unit = f" in {said.unit}" if said.unit else ""
            raise argparse.ArgumentTypeError(f"“{text}” is not {what}{unit}") from None

    return number


def _metavar(said: About, kind: type) -> str:
    if said.unit:
        return said.unit
    return {int: "N", float: "X", Path: "PATH"}.get(kind, "TEXT")


def _form_of(said: About) -> str:
    """NAME=VALUE where the text begins with such a form, as "name=value of ..."; else TEXT."""
    return "NAME=VALUE" if "name=value" in said.doc or "=" in said.doc else "TEXT"


def _help(said: About, default: Any) -> str:
    text = said.doc
    if default is True:
        text += " On unless switched off."
    elif default not in (None, "", False, ()):
        name, values = said.when
        alone = len(values) == 1 and isinstance(values[0], str)
        where = f" with --{name.replace('_', '-')} {values[0]}" if alone else ""
        shown = f"{default:g}" if isinstance(default, float) else str(default)
        text += f" Default{where}: {shown}"
        text += f" {said.unit}." if said.unit else "."
    return text.replace("%", "%%")
