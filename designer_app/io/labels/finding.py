"""Which files a list of paths and folders means, each once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from designer_app.io.labels.deepmd import is_deepmd

_SAME_RUN = ("vasprun", "outcar")
"""Two outputs of one VASP run; the first that is there is read."""


@dataclass(frozen=True)
class Source:
    """A file, or a folder that is one data set."""

    path: Path
    was_named: bool
    """By the user himself: then it must be readable."""


def sources(paths: Iterable[Path]) -> tuple[Source, ...]:
    """Files and data sets in the order of their names; what lies in a folder is found in it."""
    found: dict[str, Source] = {}
    for path in paths:
        for source in _under(Path(path), was_named=True):
            found.setdefault(str(source.path.resolve()), source)
    return tuple(found.values())


def _under(path: Path, *, was_named: bool) -> Iterator[Source]:
    if not path.is_dir() or is_deepmd(path):
        yield Source(path, was_named)
        return
    inside = sorted(each for each in path.iterdir() if not each.name.startswith("."))
    for each in _one_of_a_run(inside):
        if each.is_dir() and each.is_symlink():
            continue  # a link to a folder above would go round for ever
        yield from _under(each, was_named=False)


def _one_of_a_run(inside: list[Path]) -> list[Path]:
    """Without the OUTCAR that lies beside the vasprun.xml of the same run."""
    first, second = _SAME_RUN
    if not any(each.name.lower().startswith(first) for each in inside):
        return inside
    return [each for each in inside if not each.name.lower().startswith(second)]
