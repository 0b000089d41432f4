"""Settings under a name that says what they are for: presets first, numbers second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

OWN = "custom"
"""In place of a key: the settings are none of the presets'."""
_Spec = TypeVar("_Spec", bound=Any)


@dataclass(frozen=True)
class Preset:
    """Changes of a spec."""

    key: str
    title: str
    doc: str
    changes: tuple[tuple[str, Any], ...]
    """(field, value)."""


def preset_named(presets: Sequence[Preset], key: str) -> Preset:
    """The preset of a key; `KeyError` for another."""
    return {each.key: each for each in presets}[key]


def applied(preset: Preset, spec: _Spec) -> _Spec:
    """The spec with the settings of a preset; all others stay."""
    changes: dict[str, Any] = dict(preset.changes)
    return replace(spec, **changes)


def preset_of(presets: Sequence[Preset], spec: Any) -> str:
    """The key of the first preset whose settings a spec has, or `OWN`."""
    for preset in presets:
        if all(getattr(spec, name) == value for name, value in preset.changes):
            return preset.key
    return OWN
