"""Fields of specs: each carries what forms, command line, TOML and reports need to know.

One declaration makes the widget, the flag, the check and the line in the report.
"""

import math
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from designer_app.errors import InvalidSpecError


@dataclass(frozen=True, kw_only=True)
class About:
    """What is known of a field beside its type and default."""

    label: str
    doc: str
    """What it means and what is usual, in one or two sentences."""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    """Inclusive bounds."""
    above: float | None = None
    """Exclusive lower bound."""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, title) pairs."""
    advanced: bool = False
    """Folded away under "More"."""
    hidden: bool = False
    """Set by the program, not shown in forms (arrays, output folders)."""
    kept: bool = False
    """Part of the settings that are written down, although a tuple that is hidden."""
    argument: str = ""
    """How the command line names it, when not by its field name; "-" leaves it out."""
    decimals: int | None = None
    when: tuple[str, tuple[object, ...]] = ("", ())
    """Shown only while another field has one of these values."""


def about(spec_field: "Field[Any]") -> About:
    """The description of a spec's field."""
    return cast("About", spec_field.metadata["about"])


def spec_field(
    default: Any = MISSING, *, factory: Callable[[], Any] | None = None, **said: Any
) -> Any:
    """A dataclass field with an `About`."""
    metadata = {"about": About(**said)}
    if factory is not None:
        return field(default_factory=factory, metadata=metadata)
    if default is MISSING:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


def spec_fields(spec: Any) -> Iterator[tuple["Field[Any]", About, Any]]:
    """(field, about, resolved type) of a spec class or instance, in order."""
    hints = _hints(spec if isinstance(spec, type) else type(spec))
    for each in fields(spec):
        if "about" in each.metadata:
            yield each, about(each), hints[each.name]


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Resolved once for each class: forms ask at every keystroke."""
    return get_type_hints(kind)


def is_shown(spec: Any, said: About) -> bool:
    """Whether a field matters for the present values of a spec."""
    name, values = said.when
    return not name or getattr(spec, name) in values


def plain_type(hint: Any) -> type:
    """The type behind `X | None`, and `tuple` for `tuple[X, ...]`."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    return cast("type", get_origin(hint) or hint)


def check_spec(spec: Any) -> None:
    """Raise `InvalidSpecError` for the first field whose value is out of its range."""
    for each, said, hint in spec_fields(spec):
        _check_field(each.name, getattr(spec, each.name), said, hint)


def check_field(spec: Any, name: str, value: Any) -> None:
    """Raise `InvalidSpecError` where a value is out of the range of a spec's field."""
    for each, said, hint in spec_fields(spec):
        if each.name == name:
            _check_field(name, value, said, hint)


def _check_field(name: str, value: Any, said: About, hint: Any) -> None:
    if value is None:
        return
    if said.choices and value not in [key for key, _ in said.choices]:
        allowed = ", ".join(key for key, _ in said.choices)
        raise InvalidSpecError(name, value, f"choose one of {allowed}", said.label)
    if plain_type(hint) in (int, float):
        _check_range(name, value, said)


def _check_range(name: str, value: Any, said: About) -> None:
    unit = f" {said.unit}" if said.unit else ""
    reason = ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        reason = "give a number"
    elif not math.isfinite(value):
        reason = "give a finite number"
    elif said.above is not None and value <= said.above:
        reason = f"it must be above {said.above:g}{unit}"
    elif said.low is not None and value < said.low:
        reason = f"the smallest allowed value is {said.low:g}{unit}"
    elif said.high is not None and value > said.high:
        reason = f"the largest allowed value is {said.high:g}{unit}"
    if reason:
        raise InvalidSpecError(name, value, reason, said.label, said.unit)


def refusal(spec: Any, name: str, reason: str) -> InvalidSpecError:
    """The error that a spec's field cannot be used for a reason that only the job knows."""
    said = next(said for each, said, _ in spec_fields(spec) if each.name == name)
    return InvalidSpecError(name, getattr(spec, name), reason, said.label, said.unit)


def settings_of(spec: Any) -> dict[str, Any]:
    """The plain values of a spec (no arrays), ready for TOML or a report; None is left out."""
    found: dict[str, Any] = {}
    for each, said, _ in spec_fields(spec):
        value = getattr(spec, each.name)
        is_plain = not said.hidden or said.kept
        if value is None or not (is_plain or isinstance(value, str | int | float | bool | Path)):
            continue
        if isinstance(value, Path):
            value = str(value)
        elif isinstance(value, tuple):
            value = [str(item) if isinstance(item, Path) else item for item in value]
        found[each.name] = value
    return found


def spec_from_settings(kind: type[Any], settings: Mapping[str, Any], **given: Any) -> Any:
    """A spec from plain values; unknown and missing names, wrong types: `InvalidSpecError`."""
    hints = {each.name: hint for each, _, hint in spec_fields(kind)}
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in hints:
            raise InvalidSpecError(name, value, f"{kind.__name__} has no such setting")
        values[name] = _converted(name, value, plain_type(hints[name]))
        if isinstance(values[name], tuple):
            values[name] = _items(name, values[name], get_args(hints[name]))
    values |= given
    for each in fields(kind):
        if each.name not in values and each.default is MISSING and each.default_factory is MISSING:
            raise InvalidSpecError(each.name, None, f"{kind.__name__} does not go without it")
    spec = kind(**values)
    check_spec(spec)
    return spec


def _items(name: str, values: tuple[Any, ...], wanted: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items of a list of paths, texts or numbers; the job checks those of other kinds."""
    if len(wanted) != 2 or wanted[1] is not Ellipsis or wanted[0] not in (Path, str, int, float):
        return values
    return tuple(_converted(name, each, wanted[0]) for each in values)


def _converted(name: str, value: Any, wanted: type) -> Any:
    if wanted is tuple and isinstance(value, list):
        return tuple(value)
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise InvalidSpecError(name, value, f"expected {wanted.__name__}")
    return value
