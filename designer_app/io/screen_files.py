"""Which files of a folder are structures."""

from collections.abc import Callable
from pathlib import Path

SUFFIXES = frozenset(
    (".cif", ".vasp", ".poscar", ".xyz", ".extxyz", ".xsf", ".res", ".gen", ".json")
)
_STEMS = ("POSCAR", "CONTCAR")


def structure_files(folder: Path, step: Callable[[], object] | None = None) -> list[Path]:
    """Files in a folder and below that look like structures, in the order of their paths.

    `step` is called for every file looked at: it may raise to end the search.
    """
    found = []
    for path in folder.rglob("*"):
        if step is not None:
            step()
        if (path.suffix.lower() in SUFFIXES or path.name.startswith(_STEMS)) and path.is_file():
            found.append(path)
    return sorted(found)
