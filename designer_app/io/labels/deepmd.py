"""Folders of DeePMD-kit: type.raw, type_map.raw and set.*/coord, box, energy, force, virial.npy.

Energies in eV, forces in eV/A, virials in eV, positive under compression; arrays are read as plain
numbers, never as objects.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designer_app.elements import ATOMIC_NUMBERS
from designer_app.errors import FileUnreadableError
from designer_app.io.labels.raw import RawFile, RawFrame
from designer_app.specs.structure import Structure

Array = NDArray[np.float64]
TYPES = "type.raw"
_UNITS = {"energy": "eV", "forces": "eV/A", "stress": "eV"}


def is_deepmd(folder: Path) -> bool:
    """Whether a folder is one system of DeePMD-kit."""
    return (folder / TYPES).is_file() and any(folder.glob("set.*"))


def open_deepmd(folder: Path) -> RawFile:
    """The frames of a system, in the order of its sets. Raises `FileUnreadableError`."""
    return RawFile(kind="DeePMD-kit folder", frames=_frames(folder), units=_UNITS)


def _frames(folder: Path) -> Iterator[RawFrame]:
    numbers = _numbers(folder)
    is_periodic = not (folder / "nopbc").exists()
    for part in sorted(folder.glob("set.*")):
        coordinates = _array(part / "coord.npy")
        if coordinates is None or coordinates.size % (3 * len(numbers)):
            raise FileUnreadableError(str(part), "coord.npy is missing or of another system")
        n_frames = coordinates.size // (3 * len(numbers))
        boxes = _array(part / "box.npy")
        if boxes is None or not is_periodic:
            boxes = np.zeros((n_frames, 9))
        labels: dict[str, Any] = {
            "energy": _array(part / "energy.npy"),
            "force": _array(part / "force.npy"),
            "virial": _array(part / "virial.npy"),
        }
        known = {name: each for name, each in labels.items() if each is not None}
        for name, each in (*known.items(), ("box", boxes)):
            if len(each) != n_frames:
                raise FileUnreadableError(str(part), f"{name}.npy has {len(each)} frames")
        for place in range(n_frames):
            cell = boxes[place].reshape(3, 3).astype(np.float64)
            periodic = bool(cell.any())
            structure = Structure(
                numbers=numbers.copy(),
                positions=coordinates[place].reshape(-1, 3).astype(np.float64),
                cell=cell,
                pbc=(periodic, periodic, periodic),
            )
            yield RawFrame(structure, {name: _of(each[place]) for name, each in known.items()})


def _of(value: Any) -> Any:
    array = np.asarray(value, dtype=np.float64)
    return float(array.item()) if array.size == 1 else array.reshape(-1, 3)


def _numbers(folder: Path) -> NDArray[np.int64]:
    try:
        kinds = np.loadtxt(folder / TYPES, dtype=np.int64, ndmin=1).ravel()
        names = (folder / "type_map.raw").read_text(encoding="utf-8").split()
    except OSError as error:
        reason = "type_map.raw, which names the elements, is missing"
        raise FileUnreadableError(str(folder), reason) from error
    except ValueError as error:
        raise FileUnreadableError(
            str(folder / TYPES), "it holds more than whole numbers"
        ) from error
    unknown = [name for name in names if name not in ATOMIC_NUMBERS]
    if unknown or len(kinds) == 0 or kinds.min() < 0 or kinds.max() >= len(names):
        reason = f"type_map.raw names no element for some types ({' '.join(names)})"
        raise FileUnreadableError(str(folder), reason)
    return np.array([ATOMIC_NUMBERS[names[kind]] for kind in kinds], dtype=np.int64)


def _array(path: Path) -> Array | None:
    """The numbers in an .npy file; None where there is none. Objects are refused."""
    if not path.is_file():
        return None
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise FileUnreadableError(str(path), "it is damaged, or holds more than numbers") from error
    if array.dtype.kind not in "fiu":
        raise FileUnreadableError(str(path), "it holds more than numbers")
    found: Array = array
    return found
