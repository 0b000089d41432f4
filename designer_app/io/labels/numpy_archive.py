"""Arrays of one molecule in an .npz file, as the MD17 and rMD17 sets are published.

R or coords (n_frames, n_atoms, 3), z or nuclear_charges (n_atoms,), E or energies, F or forces; in
kcal/mol mostly. Arrays are read as plain numbers, never as objects.
"""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from designer_app.errors import FileUnreadableError
from designer_app.io.labels.raw import RawFile, RawFrame
from designer_app.specs.structure import Structure

_NAMES: Mapping[str, tuple[str, ...]] = {
    "positions": ("R", "coords", "positions", "pos"),
    "numbers": ("z", "nuclear_charges", "atomic_numbers", "numbers"),
    "energy": ("E", "energies", "energy"),
    "forces": ("F", "forces", "force"),
    "cell": ("cell", "cells", "box", "lattice"),
    "stress": ("stress", "stresses"),
}


def is_numpy_archive(path: Path) -> bool:
    """Whether a file is a zip archive of .npy arrays."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def open_numpy_archive(path: Path) -> RawFile:
    """The frames of an archive. Raises `FileUnreadableError`, also for arrays of objects."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {
                quantity: archive[name]
                for quantity, names in _NAMES.items()
                for name in names[::-1]
                if name in archive.files
            }
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        reason = "it is damaged, or holds Python objects besides numbers"
        raise FileUnreadableError(str(path), reason) from error
    if "positions" not in arrays or "numbers" not in arrays:
        reason = "it holds no positions (R) or no atomic numbers (z)"
        raise FileUnreadableError(str(path), reason)
    return RawFile(kind="NumPy archive", frames=_frames(arrays, path))


def _frames(arrays: Mapping[str, Any], path: Path) -> Iterator[RawFrame]:
    positions = np.asarray(arrays["positions"], dtype=np.float64)
    numbers = np.asarray(arrays["numbers"], dtype=np.int64)
    if positions.ndim != 3 or positions.shape[1:] != (numbers.shape[-1], 3):
        raise FileUnreadableError(str(path), "its positions and atomic numbers do not fit together")
    labels = {name: arrays[name] for name in ("energy", "forces", "stress") if name in arrays}
    if any(len(each) != len(positions) for each in labels.values()):
        raise FileUnreadableError(str(path), "it has fewer labels than frames")
    for place, at in enumerate(positions):
        cell = np.zeros((3, 3))
        if "cell" in arrays:
            cells = np.asarray(arrays["cell"], dtype=np.float64)
            cell = cells[place] if cells.ndim == 3 else cells.reshape(3, 3)
        periodic = bool(cell.any())
        structure = Structure(
            numbers=(numbers[place] if numbers.ndim == 2 else numbers).copy(),
            positions=at.copy(),
            cell=cell.copy(),
            pbc=(periodic, periodic, periodic),
        )
        yield RawFrame(structure, {name: each[place] for name, each in labels.items()})
