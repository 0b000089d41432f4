"""Which pictures of the gallery are taken: by name, scheme and size of the window."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

SCENES: Mapping[str, tuple[str, ...]] = {
    "empty": ("empty",),
    "structure": ("structure",),
    "dialogs": ("preferences", "commands", "help"),
    "dynamics": ("dynamics-", "jobs", "log"),
    "errors": ("error-",),
    "disorder": ("disorder", "ordered"),
    "potentials": ("potentials-",),
    "screening": ("screening-",),
    "design": ("design-",),
    "large": ("large-",),
}
"""How the names of a scene's pictures begin, in the order in which scenes are played."""
SCHEMES = ("light", "dark")
_DESIGN_SIZE = (1280, 800)


@dataclass(frozen=True)
class Choice:
    """What is pictured; all of it where nothing is said."""

    patterns: tuple[str, ...] = ()
    schemes: tuple[str, ...] = SCHEMES
    size: tuple[int, int] = _DESIGN_SIZE
    """Of the window, except for what is pictured on a large screen."""

    def holds(self, name: str) -> bool:
        """Whether a picture is wanted, by its name without scheme."""
        return not self.patterns or any(fnmatchcase(name, each) for each in self.patterns)

    def plays(self, scene: str) -> bool:
        """Whether a scene may hold a picture that is wanted."""
        heads = [re.split(r"[*?\[]", each)[0] for each in self.patterns]
        return not heads or any(
            head.startswith(begin) or begin.startswith(head)
            for head in heads
            for begin in SCENES[scene]
        )


def choice_of(scenes: Sequence[str], theme: str | None, size: tuple[int, int] | None) -> Choice:
    """The pictures that the flags of `gui` ask for."""
    patterns = tuple(part for each in scenes for part in each.split(",") if part)
    schemes = (theme,) if theme in SCHEMES else SCHEMES
    return Choice(patterns, schemes, size or _DESIGN_SIZE)


def size_of(text: str) -> tuple[int, int]:
    """Width and height of "1600x1000"."""
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"“{text}” is no size such as 1600x1000")
    return int(found[1]), int(found[2])


def told_scenes() -> str:
    """What `--scenes` may name, for the help."""
    begins = ", ".join(f"{each}*" for scene in SCENES.values() for each in scene)
    return (
        "Only pictures of these names, such as “potentials-*”; may be given several times. They "
        f"are called {begins}."
    )
