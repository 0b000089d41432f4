"""Settings, specs and project files as TOML: the standard library reads it, this writes it."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from designer_app.io.atomic_write import atomic_write

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(path: Path) -> dict[str, Any]:
    """The table in a file. Raises `OSError`, or `ValueError` where it is no TOML."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def write_toml(
    path: Path, table: Mapping[str, Any], *, backup: bool = True, through_link: bool = False
) -> None:
    """Put a table into a file, atomically."""
    atomic_write(path, toml_text(table), backup=backup, through_link=through_link)


def toml_text(table: Mapping[str, Any]) -> str:
    """A table of text, numbers, lists, paths and tables as TOML; None is left out."""
    return "\n".join(_lines(table, ())) + "\n"


def _lines(table: Mapping[str, Any], above: tuple[str, ...]) -> list[str]:
    present = {name: value for name, value in table.items() if value is not None}
    lines = [
        f"{_key(name)} = {_value(value)}"
        for name, value in present.items()
        if not isinstance(value, Mapping)
    ]
    for name, value in present.items():
        if isinstance(value, Mapping):
            path = (*above, _key(name))
            lines += [*([""] if lines else []), f"[{'.'.join(path)}]", *_lines(value, path)]
    return lines


def _key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(float(value))  # numpy's float64 is a float with another repr
    if isinstance(value, int):
        return repr(int(value))
    if isinstance(value, str | Path):
        return _text(str(value))
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each) for each in value)}]"
    if isinstance(value, Mapping):
        inside = (f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{{', '.join(inside)}}}"
    message = f"{type(value).__name__} has no place in TOML"
    raise TypeError(message)


def _text(text: str) -> str:
    valid = text.encode("utf-8", "replace").decode()  # a lone surrogate, from an odd file name
    return json.dumps(valid, ensure_ascii=False).replace("\x7f", "\\u007f")
