"""What an explanation is, and how names and amounts stand in one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any


@dataclass(frozen=True)
class Explanation:
    """An error in the user's words."""

    what: str
    """One sentence: what happened."""
    meaning: str = ""
    """What that means for the user's work."""
    advice: tuple[str, ...] = ()
    """Next steps, the most useful first."""

    @property
    def sentence(self) -> str:
        """All in one line, for a terminal."""
        return " ".join(" ".join((self.what, self.meaning, *self.advice)).split())


Facts = Mapping[str, Any]
"""The fields of an error by name."""
Table = Mapping[str, Callable[[Facts], Explanation]]
"""Who explains an error type."""


def name_of(path: str) -> str:
    """The last part, which the user gave it."""
    return PurePath(path).name or path


def begun(text: str) -> str:
    """As the start of a sentence; `str.capitalize` would flatten names in it."""
    return text[:1].upper() + text[1:]


def amount(value: float, quantity: str) -> str:
    """A number with its unit; bytes in the unit that suits them."""
    if quantity != "bytes":
        return f"{value:,.0f} {quantity}"
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.3g} {unit}"
        value /= 1000
    raise AssertionError
