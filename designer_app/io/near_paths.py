"""Paths as files in a folder say them: found again where all is moved together, telling no machine.

What lies near a folder is told relative to it; of what lies elsewhere only the name is told.
"""

import os
from collections.abc import Sequence
from pathlib import Path


def told_from(folder: Path, path: Path) -> str:
    """A path as it stands in a file of a folder, with slashes on every system."""
    folder, path = folder.resolve(), _in_whole(path)
    try:
        shared = Path(os.path.commonpath([folder, path]))
    except ValueError:  # on another drive
        return path.name
    names_a_person = shared in Path.home().parents
    if shared == Path(shared.anchor) or names_a_person:
        return path.name
    return Path(os.path.relpath(path, folder)).as_posix()


def found_from(folder: Path, told: str, others: Sequence[Path] = ()) -> Path:
    """The path that a file in a folder tells, or the one of `others` that has its name.

    What is not there may be in the folder in which the program was started.
    """
    path = Path(os.path.normpath(folder.resolve() / told))
    known = [other for other in others if other.name == path.name]
    here = Path(path.name)
    if known:
        return known[0]
    return here if here.exists() and not path.exists() else path


def _in_whole(path: Path) -> Path:
    """A link stays one, as its name is what was given; those of the folders are followed."""
    return path.absolute().parent.resolve() / path.name
