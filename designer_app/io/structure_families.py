"""Names of the structure families that the shipped prototypes belong to, read without any model."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from designer_app.errors import FileUnreadableError
from designer_app.resources import resource

FILE = "data/prototypes.npz"


@lru_cache(maxsize=1)
def shipped_families() -> tuple[tuple[str, int], ...]:
    """(name, known crystals) of each family, the most common first."""
    path = resource(FILE)
    return families_of(path) if path.is_file() else ()


@lru_cache(maxsize=1)
def shipped_cells() -> Mapping[str, int]:
    """Atoms in the smallest primitive cell of each family."""
    path = resource(FILE)
    return smallest_cells(path) if path.is_file() else {}


def families_of(path: Path) -> tuple[tuple[str, int], ...]:
    """(name, known crystals) of each family of a prototype library, the most common first.

    Raises `FileUnreadableError`.
    """
    names, kinds, prototypes, archive = _read(path)
    members = archive["n_members"][prototypes]
    counts = np.bincount(kinds, weights=members, minlength=len(names))
    found = [(name, int(n)) for name, n in zip(names, counts, strict=True)]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def smallest_cells(path: Path) -> dict[str, int]:
    """Atoms in the smallest primitive cell of each family of a prototype library.

    Raises `FileUnreadableError`.
    """
    names, kinds, prototypes, archive = _read(path)
    atoms = np.add.reduceat(archive["class_count"], archive["class_slot_start"][:-1].astype(int))
    of_kind = atoms[prototypes]
    return {
        name: int(of_kind[kinds == kind].min())
        for kind, name in enumerate(names)
        if (kinds == kind).any()
    }


_NEEDED = ("family", "family_start", "n_members", "class_count", "class_slot_start")
_Read = tuple[list[str], NDArray[np.int64], NDArray[np.int64], dict[str, NDArray[Any]]]


def _read(path: Path) -> _Read:
    """Names of families; (kind, prototype) of each membership; the arrays that are needed."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            names = [str(each) for each in json.loads(bytes(archive["header"]))["families"]]
            arrays = {name: archive[name] for name in _NEEDED}
        many = np.diff(arrays["family_start"].astype(np.int64))
        prototypes = np.repeat(np.arange(len(many)), many)
    except (OSError, ValueError, LookupError, TypeError, EOFError, BadZipFile) as error:
        raise FileUnreadableError(str(path), "it is no prototype library") from error
    return names, arrays["family"].astype(np.int64), prototypes, arrays
