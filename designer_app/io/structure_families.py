"""Names of the structure families that the shipped prototypes belong to, read without any model."""

import json
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from designer_app.errors import FileUnreadableError
from designer_app.resources import resource

FILE = "data/prototypes.npz"


@lru_cache(maxsize=1)
def shipped_families() -> tuple[tuple[str, int], ...]:
    """(name, known crystals) of each family, the most common first."""
    path = resource(FILE)
    return families_of(path) if path.is_file() else ()


def families_of(path: Path) -> tuple[tuple[str, int], ...]:
    """(name, known crystals) of each family of a prototype library, the most common first.

    Raises `FileUnreadableError`.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = list(json.loads(bytes(archive["header"]))["families"])
            members = np.repeat(archive["n_members"], np.diff(archive["family_start"]))
            counts = np.bincount(archive["family"], weights=members, minlength=len(names))
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise FileUnreadableError(str(path), "it is no prototype library") from error
    found = [(name, int(n)) for name, n in zip(names, counts, strict=True)]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))
