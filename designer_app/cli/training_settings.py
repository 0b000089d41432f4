"""What `designer-app train --help` tells of the settings of each family, made from their specs."""

import shutil
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, Field
from typing import Any

from designer_app.specs.fields import About, spec_fields
from designer_app.specs.trainable import TRAINABLE

_WHICH_WINS = (
    "What you name holds: --epochs, --batch-size, --learning-rate and each --set win over "
    "--preset. That chooses what you leave open, by your data and this machine, and says so "
    "before the first step. Its time stays the longest time; --max-minutes may make it shorter."
)
_INDENT = 30


def which_wins() -> str:
    """What holds where a setting is named beside a preset."""
    return textwrap.fill(_WHICH_WINS, _width())


def told_settings() -> str:
    """The names that `--set NAME=VALUE` takes, by family, with defaults, meaning and range."""
    lines = ["settings of each family, for --set NAME=VALUE, with what --preset custom takes:"]
    for key, row in TRAINABLE.items():
        lines += ["", f"  --model {key}"]
        for each, said, _ in spec_fields(row.settings_class()):
            name = f"    {each.name}={_default(each)}"
            meaning = textwrap.wrap(" ".join(_meaning(said)), _width() - _INDENT)
            first = f"{name:{_INDENT}}" if len(name) < _INDENT - 1 else f"{name}  "
            lines.append(first + meaning[0])
            lines += [" " * _INDENT + line for line in meaning[1:]]
    return "\n".join(lines)


def _width() -> int:
    return max(72, shutil.get_terminal_size().columns - 2)


def _default(field: "Field[Any]") -> str:
    value = None if field.default is MISSING else field.default
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _meaning(said: About) -> Iterator[str]:
    """Its label and doc, its choices, or its range with the unit."""
    yield f"{said.label}: {said.doc}"
    unit = f" {said.unit}" if said.unit else ""
    if said.choices:
        yield f"One of {', '.join(key for key, _ in said.choices)}."
    elif said.low is not None and said.high is not None:
        yield f"{said.low:g} to {said.high:g}{unit}."
    elif unit:
        yield f"In{unit}."
