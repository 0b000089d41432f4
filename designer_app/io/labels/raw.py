"""What a reader of labelled data gives, before anybody said what its keys mean."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from designer_app.specs.structure import Structure

UNSETTLED = "unsettled"
"""Among the labels of a frame whose electrons did not settle: they are not worth learning from."""


@dataclass(frozen=True, eq=False)
class RawFrame:
    """A structure, and every number and text that the file has beside it."""

    structure: Structure
    labels: Mapping[str, Any]
    """By the file's own names: numbers, texts, arrays."""


@dataclass(frozen=True, eq=False)
class RawFile:
    """One file as it was opened; its frames are read when they are asked for."""

    kind: str
    """Such as extended XYZ."""
    frames: Iterator[RawFrame]
    units: Mapping[str, str] = field(default_factory=dict)
    """quantity -> unit, where the format leaves no choice; such units are never guessed."""
    usual: Mapping[str, str] = field(default_factory=dict)
    """quantity -> unit that the format mostly has, where the data does not tell."""
    settings: str = ""
    """Code, functional and cutoff as far as the file tells, in one line."""
