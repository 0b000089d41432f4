"""The structures shipped with the program, and how to set each of them in motion."""

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from designer_app.errors import UnknownKeyError
from designer_app.resources import resource


@dataclass(frozen=True, kw_only=True)
class Example:
    """One shipped structure."""

    key: str
    title: str
    file: str
    source: str
    """Who published its lattice."""
    potential: str
    model: str
    """What computes it best of what is shipped."""
    trust: str
    """green or amber: how well that potential knows this kind of matter."""
    note: str
    """Why, in one sentence."""
    md: dict[str, Any]
    """Fields of `MDSpec` for a first run."""

    @property
    def path(self) -> Path:
        """Where the structure file lies."""
        return resource("examples") / self.file


@lru_cache(maxsize=1)
def examples() -> tuple[Example, ...]:
    """All shipped structures, in the order in which they are shown."""
    text = (resource("examples") / "examples.toml").read_text(encoding="utf-8")
    return tuple(Example(**row) for row in tomllib.loads(text)["example"])


def example(key: str) -> Example:
    """The shipped structure of a key; raises `UnknownKeyError`."""
    found = {each.key: each for each in examples()}
    if key not in found:
        raise UnknownKeyError("example", key, tuple(found))
    return found[key]
